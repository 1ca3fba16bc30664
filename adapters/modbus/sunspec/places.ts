import { type Group, layoutOf, type Point } from "./layout.ts";
import { type Registers, rawValue } from "./values.ts";

/** One point of a model as a device has it. Offsets count registers from the model's id register. */
export interface Placed {
  /** Points of repeated groups are called "module_0_DCW". */
  readonly name: string;
  readonly point: Point;
  readonly offset: number;
  /** Of its scale factor; null when that is constant, there is none, or the device has none. */
  readonly scaleOffset: number | null;
}

/**
 * All points of model `id` that begin and end within its first `end` registers, in their order. How often groups repeat is
 * taken from the registers, as far as they are known; a count that isn't there is none.
 */
export function placed(id: number, registers: Registers, end: number): readonly Placed[] {
  const layout = layoutOf(id);
  const found: Placed[] = [];
  if (layout !== undefined) placeGroup({ registers, end, found }, layout, 0, "", new Map());
  return found;
}

interface Target {
  readonly registers: Registers;
  readonly end: number;
  readonly found: Placed[];
}

/** Where the points are that points of this group and inner ones refer to: scale factors and counts. */
type Scope = ReadonlyMap<string, { readonly point: Point; readonly offset: number }>;

/** Returns where the group ends. */
function placeGroup(target: Target, group: Group, start: number, prefix: string, outer: Scope): number {
  const scope = scopeOf(group, start, outer);
  let offset = start;
  for (const point of group.points) {
    if (offset + point.size > target.end) return target.end;
    const scaleOffset = typeof point.scale === "string" ? (scope.get(point.scale)?.offset ?? null) : null;
    target.found.push({ name: prefix + point.name, point, offset, scaleOffset });
    offset += point.size;
  }
  for (const inner of group.groups) offset = placeRepeated(target, inner, offset, prefix, scope);
  return offset;
}

function placeRepeated(target: Target, group: Group, start: number, prefix: string, scope: Scope): number {
  const times =
    group.count === 0 ? Number.POSITIVE_INFINITY : typeof group.count === "number" ? group.count : countIn(target, scope, group.count);
  const name = prefix + group.name;
  let offset = start;
  for (let index = 0; index < times && offset < target.end; index += 1) {
    const next = placeGroup(target, group, offset, group.count === 1 ? `${name}_` : `${name}_${index}_`, scope);
    if (next === offset) break;
    offset = next;
  }
  return offset;
}

/** A scale factor may stand behind the points that it scales, so a group is looked through for them first. */
function scopeOf(group: Group, start: number, outer: Scope): Scope {
  const scope = new Map(outer);
  let offset = start;
  for (const point of group.points) {
    if (point.type === "sunssf" || point.type === "count" || point.type === "uint16") scope.set(point.name, { point, offset });
    offset += point.size;
  }
  return scope;
}

function countIn({ registers, end }: Target, scope: Scope, name: string): number {
  const found = scope.get(name);
  if (found === undefined || found.offset + found.point.size > end) return 0;
  const value = rawValue(found.point.type, registers, found.offset, found.point.size);
  return typeof value === "number" ? value : 0;
}
