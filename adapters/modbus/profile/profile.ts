/** What a device's registers mean, as data: one file of `config/devices`. Addresses count from 0, as on the wire. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  /** As nameplates and captures call the maker; the first one names it. */
  readonly vendors: readonly string[];
  /** Where the facts are from. */
  readonly source: string;
  readonly link: LinkNeeds;
  /** Who it must be before its registers are believed; empty: nothing tells. */
  readonly match: readonly Match[];
  /** Of points that don't say otherwise. */
  readonly table: Table;
  readonly order: WordOrder;
  /** By type: the raw values that mean "not implemented". */
  readonly na: Readonly<Record<string, readonly Sentinel[]>>;
  /** By unit: the least and the most that a point may say. */
  readonly bounds: Readonly<Record<string, Bounds>>;
  /** Names of numbers, or of bits. */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly points: Readonly<Record<string, Point>>;
  readonly commands: Readonly<Record<string, ProfileCommand>>;
}

export type Table = "holding" | "input";
/** Which register of a number comes first: that with its high digits, or that with its low ones. */
export type WordOrder = "high-first" | "low-first";
/** Raw bits, or a pattern: all ones, the sign bit alone, all ones but the sign bit. Text: hexadecimal, for 64 bits. */
export type Sentinel = number | string;
export type Bounds = readonly [least: number, most: number];

export interface LinkNeeds {
  /** Unit ids by role; "inverter" is asked first, others fall back to it. */
  readonly units: Readonly<Record<string, number>>;
  /** Unit ids and TCP ports where such devices have been met, the usual one first. */
  readonly knownUnits: readonly number[];
  readonly ports: readonly number[];
  readonly gapMs: number;
  readonly connectDelayMs: number;
  readonly timeoutMs: number;
  readonly maxRegisters: number;
  /** Registers that nobody asked for and that are read along to save a request. */
  readonly maxGap: number;
}

export interface Quantity {
  readonly unit?: string;
  readonly in?: Bounds;
  /** Turns the sign: raw + is export, or charging. */
  readonly negate?: boolean;
  /** Said only where another point is as told, such as a firmware. */
  readonly when?: Gate;
  /** As other sources call it; "-key": with the other sign; "key.0": the first of a list. */
  readonly as?: string | readonly string[];
  /** As other sources call its symbol; `as` with "_label" unless told. */
  readonly symbolAs?: string;
}

export interface RegisterPoint extends Quantity {
  readonly at: number | readonly number[];
  readonly type: RegisterType;
  /** Registers of a text. */
  readonly size?: number;
  readonly table?: Table;
  readonly of?: string;
  readonly order?: WordOrder;
  readonly na?: readonly Sentinel[];
  readonly gain?: number;
  readonly offset?: number;
  /** Register with a power of ten, int16. */
  readonly scaleAt?: number;
  /** Half of a register. */
  readonly byte?: "high" | "low";
  readonly mask?: number;
  readonly absolute?: boolean;
  readonly names?: string;
  readonly bits?: string;
}

export const REGISTER_TYPES = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  int64: 4,
  uint64: 4,
  float32: 2,
  float64: 4,
  /** Six bytes: year from 2000, month, day, hour, minute, second. */
  "time-bytes": 3,
  /** The same in six registers; the year in full. */
  "time-words": 6,
  text: 0,
} as const;

export type RegisterType = keyof typeof REGISTER_TYPES;

/** "203:W", "160:module_0_DCW"; "1#2:SN" is that of the second model 1. The first that says something counts. */
export interface SunspecPoint extends Quantity {
  readonly sunspec: string | readonly string[];
  readonly of?: string;
  readonly gain?: number;
}

export interface AnyPoint extends Quantity {
  /** The first that says something. */
  readonly any: readonly Point[];
}

/** The closed set of operators. Operands are names of points; "-name" takes the other sign. */
export interface DerivedPoint extends Quantity {
  readonly sum?: readonly string[];
  /** Parts that the device hasn't got are left out of the sum, as long as one is left. */
  readonly skipMissing?: boolean;
  readonly product?: readonly string[];
  /** To whole numbers, halves to the even one. */
  readonly round?: boolean;
  /** The magnitude, below 0 where the flag has one of these bits. */
  readonly signByBit?: { readonly magnitude: string; readonly flag: string; readonly mask: number };
  /** What is above 0, and 0 below. */
  readonly positive?: string;
  /** Which of the bands between these edges; an edge belongs to the band above it. */
  readonly band?: { readonly of: string; readonly edges: readonly number[]; readonly gives: readonly number[] };
  readonly names?: string;
}

export type Point = RegisterPoint | SunspecPoint | AnyPoint | DerivedPoint;

export interface Gate {
  readonly point: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly is?: readonly (number | string)[];
}

export type Match = (RegisterPoint | SunspecPoint) & {
  readonly is?: readonly (number | string)[];
  /** A regular expression that its text fits. */
  readonly like?: string;
};

/**
 * How the device is told what its battery shall do, for whoever drives it: steps are written in their order, each only where
 * the register holds something else, then read back; `verify` tells how to see that it did it.
 */
export interface ProfileCommand {
  readonly lease: Lease;
  readonly steps: readonly Step[];
  readonly verify: readonly Verify[];
  /** Brings the device back to its own rules. */
  readonly undo: readonly Step[];
  /** Whether the registers survive being written often. */
  readonly storage: "volatile" | "stored" | "unknown";
  readonly maxPerDay: number;
}

export type Lease =
  /** The device falls back to its own rules by itself: a timer register, a heartbeat register, or after silence. */
  | {
      readonly kind: "timer" | "heartbeat";
      readonly write: Place;
      readonly seconds: number;
      readonly perUnit?: number;
      readonly type?: RegisterType;
    }
  | { readonly kind: "silence"; readonly seconds: number }
  | { readonly kind: "none" };

export type Place = number | string;

export interface Step {
  /** A register, or a SunSpec point. */
  readonly write: Place;
  readonly type?: RegisterType;
  readonly order?: WordOrder;
  readonly value?: number;
  /** The power asked for in W, without its sign. */
  readonly from?: "power";
  readonly gain?: number;
  /** Percent of this point instead of W. */
  readonly percentOf?: string;
  readonly clamp?: readonly [least: number | string, most: number | string];
  /** Only these bits are changed. */
  readonly mask?: number;
  /** 6 where the device refuses 16. */
  readonly function?: 6 | 16;
}

export type Verify =
  | { readonly read: Place; readonly equals: number; readonly type?: RegisterType; readonly order?: WordOrder }
  | { readonly observe: string; readonly below?: number; readonly above?: number; readonly withinSeconds: number };

export const isRegister = (point: Point): point is RegisterPoint => "at" in point;
export const isSunspec = (point: Point): point is SunspecPoint => "sunspec" in point;
export const isAny = (point: Point): point is AnyPoint => "any" in point;

/** A point and all its alternatives. */
export function* leavesOf(point: Point): Generator<Exclude<Point, AnyPoint>> {
  if (isAny(point)) for (const each of point.any) yield* leavesOf(each);
  else yield point;
}

/** The points that an operator or a gate looks at. */
export function operandsOf(point: Exclude<Point, AnyPoint>): readonly string[] {
  const gate = point.when === undefined ? [] : [point.when.point];
  if (isRegister(point) || isSunspec(point)) return gate;
  const { sum = [], product = [], signByBit, positive, band } = point;
  const single = [positive, band?.of, signByBit?.magnitude, signByBit?.flag].filter((name) => name !== undefined);
  return [...gate, ...[...sum, ...product, ...single].map(bare)];
}

export const bare = (name: string): string => (name.startsWith("-") ? name.slice(1) : name);

/** The registers of a point, the one with the highest digits first where they are listed one by one. */
export function addressesOf(point: RegisterPoint): readonly number[] {
  if (typeof point.at !== "number") return point.at;
  const first = point.at;
  return Array.from({ length: point.type === "text" ? (point.size ?? 1) : REGISTER_TYPES[point.type] }, (_, i) => first + i);
}

export const listed = <T extends string | number>(value: T | readonly T[]): readonly T[] => (typeof value === "object" ? value : [value]);
