import { type Group, layoutOf, type Point, type PointPlace } from "./layout.ts";
import { type Registers, rawValue, scaled, type Value } from "./values.ts";

/**
 * All points of one model by name, scaled; points of repeated groups are called "module_0_DCW". Starts with the model's
 * id register and trusts the length on the wire: what the device leaves out is not in the map. undefined: a model nobody published.
 */
export function decodeModel(registers: Registers): ReadonlyMap<string, Value> | undefined {
  const id = registers[0];
  const layout = typeof id === "number" ? layoutOf(id) : undefined;
  if (layout === undefined) return undefined;
  const points = new Map<string, Value>();
  const length = registers[1];
  const end = Math.min(registers.length, typeof length === "number" ? length + 2 : registers.length);
  decodeGroup({ registers, end, points }, layout, 0, "", new Map());
  return points;
}

/** One point of a model that starts at `registers[start]` and is `length` registers long behind its header. */
export function decodePoint(place: PointPlace, registers: Registers, start: number, length: number, zeroCounts = false): Value {
  if (place.offset + place.size > length + 2) return null;
  const raw = rawValue(place.type, registers, start + place.offset, place.size, zeroCounts);
  if (place.scale === null) return raw;
  if (typeof place.scale === "number") return scaled(raw, place.scale);
  const scale =
    place.scaleOffset === null || place.scaleOffset >= length + 2 ? null : rawValue("sunssf", registers, start + place.scaleOffset, 1);
  return scaled(raw, typeof scale === "number" ? scale : null);
}

interface Target {
  readonly registers: Registers;
  readonly end: number;
  readonly points: Map<string, Value>;
}

/** Numbers that points of this group and inner ones refer to: scale factors and counts. */
type Scope = ReadonlyMap<string, Value>;

function decodeGroup(target: Target, group: Group, start: number, prefix: string, outer: Scope): number {
  const scope = scopeOf(target, group, start, outer);
  let offset = start;
  for (const point of group.points) {
    if (offset + point.size > target.end) return target.end;
    const raw = rawValue(point.type, target.registers, offset, point.size);
    target.points.set(prefix + point.name, point.scale === null ? raw : scaled(raw, scaleOf(point, scope)));
    offset += point.size;
  }
  for (const inner of group.groups) offset = decodeRepeated(target, inner, offset, prefix, scope);
  return offset;
}

function decodeRepeated(target: Target, group: Group, start: number, prefix: string, scope: Scope): number {
  const times = typeof group.count === "number" ? group.count : (numberIn(scope, group.count) ?? 0);
  const name = prefix + group.name;
  let offset = start;
  for (let index = 0; (times === 0 && group.count === 0) || index < times; index += 1) {
    if (offset >= target.end) return target.end;
    const next = decodeGroup(target, group, offset, group.count === 1 ? `${name}_` : `${name}_${index}_`, scope);
    if (next === offset) return offset;
    offset = next;
  }
  return offset;
}

/** A scale factor may stand behind the points that it scales, so a group is read for them first. */
function scopeOf(target: Target, group: Group, start: number, outer: Scope): Scope {
  const scope = new Map(outer);
  let offset = start;
  for (const point of group.points) {
    if (point.type === "sunssf" || point.type === "count" || point.type === "uint16") {
      const inside = offset + point.size <= target.end;
      scope.set(point.name, inside ? rawValue(point.type, target.registers, offset, point.size) : null);
    }
    offset += point.size;
  }
  return scope;
}

const scaleOf = (point: Point, scope: Scope): number | null =>
  typeof point.scale === "number" ? point.scale : numberIn(scope, point.scale ?? "");

function numberIn(scope: Scope, name: string): number | null {
  const value = scope.get(name);
  return typeof value === "number" ? value : null;
}
