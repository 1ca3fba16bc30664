import { implausible } from "./bounds.ts";
import type { PointPlace } from "./layout.ts";
import { type Placed, placed } from "./places.ts";
import { type Registers, rawValue, scaled, type Value } from "./values.ts";

/** Why a point says nothing: the device says so, its registers couldn't be read, or its scale factor is none. */
export type Silence = "not implemented" | "unreadable" | "no scale factor";

export interface PointReading {
  /** Points of repeated groups are called "module_0_DCW". */
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly value: Value;
  /** null: it says something. */
  readonly silence: Silence | null;
  /** What can't be true about the value, in words; null: it can be. */
  readonly doubt: string | null;
}

/**
 * All points of one model in their order. `registers` start with the model's id register; the length on the wire is trusted:
 * what the device leaves out is left out here. undefined: a model nobody published.
 */
export function readingsOf(registers: Registers): readonly PointReading[] | undefined {
  const id = registers[0];
  if (typeof id !== "number") return undefined;
  const end = endOf(registers);
  const places = placed(id, registers, end);
  return places.length === 0 ? undefined : places.map((place) => readingAt(place, registers, end));
}

/** The same by name, values alone. */
export function decodeModel(registers: Registers): ReadonlyMap<string, Value> | undefined {
  const readings = readingsOf(registers);
  return readings && new Map(readings.map(({ name, value }) => [name, value]));
}

/** One point of a model that starts at `registers[start]` and is `length` registers long behind its header. */
export function decodePoint(place: PointPlace, registers: Registers, start: number, length: number, zeroCounts = false): Value {
  if (place.offset + place.size > length + 2) return null;
  const raw = rawValue(place.type, registers, start + place.offset, place.size, zeroCounts);
  return place.scale === null ? raw : scaled(raw, scaleOf(place, registers, start, length));
}

/** The exponent that scales this point now; null: it can't be known. */
export function scaleOf(place: PointPlace, registers: Registers, start: number, length: number): number | null {
  if (typeof place.scale === "number") return place.scale;
  const { scaleOffset } = place;
  return scaleOffset === null || scaleOffset >= length + 2 ? null : scaleAt(registers, start + scaleOffset);
}

function scaleAt(registers: Registers, offset: number): number | null {
  const scale = rawValue("sunssf", registers, offset, 1);
  return typeof scale === "number" ? scale : null;
}

function endOf(registers: Registers): number {
  const length = registers[1];
  return typeof length === "number" ? Math.min(registers.length, length + 2) : registers.length;
}

function readingAt({ name, point, offset, scaleOffset }: Placed, registers: Registers, end: number): PointReading {
  const raw = rawValue(point.type, registers, offset, point.size);
  const scale = scaleOf({ ...point, offset, scaleOffset }, registers, 0, end - 2);
  const value = point.scale === null ? raw : scaled(raw, scale);
  const silence =
    value !== null ? null : raw !== null ? "no scale factor" : isHole(registers, offset, point.size) ? "unreadable" : "not implemented";
  return { name, type: point.type, unit: point.unit, value, silence, doubt: implausible(name, point.unit, value) };
}

function isHole(registers: Registers, offset: number, size: number): boolean {
  for (let i = offset; i < offset + size; i += 1) if (typeof registers[i] !== "number") return true;
  return false;
}
