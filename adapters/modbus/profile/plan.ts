import { addressesOf, isRegister, leavesOf, type Match, type Point, type Profile, type RegisterPoint, type Table } from "./profile.ts";

/** Registers that are read at once, so that what they say is of one moment. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** One request: `spans` are the places where it may be cut, rising and apart. */
export interface BlockRead {
  /** Whose registers: a role of the profile's units. */
  readonly of: string;
  readonly table: Table;
  readonly spans: readonly Span[];
}

export const addressOf = ({ spans }: BlockRead): number => spans[0]?.first ?? 0;
export const countOf = (read: BlockRead): number => (read.spans.at(-1)?.last ?? 0) - addressOf(read) + 1;

/** As few requests as possible for these points: no number is cut in two, and a value comes with its scale factor. */
export function planReads(points: Iterable<Point | Match>, profile: Profile): readonly BlockRead[] {
  const byPlace = new Map<string, { readonly of: string; readonly table: Table; readonly spans: Span[] }>();
  for (const point of points) {
    for (const leaf of leavesOf(point)) {
      if (!isRegister(leaf)) continue;
      const of = leaf.of ?? MAIN;
      const table = leaf.table ?? profile.table;
      const place = byPlace.get(`${of} ${table}`) ?? { of, table, spans: [] };
      byPlace.set(`${of} ${table}`, place);
      place.spans.push(spanOf(leaf));
    }
  }
  return [...byPlace.values()].flatMap(({ of, table, spans }) =>
    packed(merged(spans), profile.link).map((group) => ({ of, table, spans: group })),
  );
}

/** The unit that a profile's points belong to unless they say otherwise. */
export const MAIN = "inverter";

export function spanOf(point: RegisterPoint): Span {
  const all = [...addressesOf(point), ...(point.scaleAt === undefined ? [] : [point.scaleAt])];
  return { first: Math.min(...all), last: Math.max(...all) };
}

/** Spans that overlap become one. */
function merged(spans: readonly Span[]): readonly Span[] {
  const found: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.first - b.first || a.last - b.last)) {
    const last = found.at(-1);
    if (last === undefined || span.first > last.last) found.push(span);
    else found[found.length - 1] = { first: last.first, last: Math.max(last.last, span.last) };
  }
  return found;
}

function packed(spans: readonly Span[], { maxRegisters, maxGap }: Profile["link"]): readonly (readonly Span[])[] {
  const groups: Span[][] = [];
  for (const span of spans) {
    const group = groups.at(-1);
    const first = group?.[0]?.first ?? 0;
    const end = group?.at(-1)?.last ?? 0;
    const joins = group !== undefined && span.first - end - 1 <= maxGap && span.last - first + 1 <= maxRegisters;
    if (joins) group.push(span);
    else groups.push([span]);
  }
  return groups;
}

/** The request in two, at the border nearest to its middle; null: it can't be cut. */
export function halved(read: BlockRead): readonly [BlockRead, BlockRead] | null {
  if (read.spans.length < 2) return null;
  const middle = addressOf(read) + countOf(read) / 2;
  const cuts = read.spans.slice(1).map(({ first }, i) => ({ at: i + 1, distance: Math.abs(first - middle) }));
  const best = cuts.reduce((a, b) => (b.distance < a.distance ? b : a));
  return [
    { ...read, spans: read.spans.slice(0, best.at) },
    { ...read, spans: read.spans.slice(best.at) },
  ];
}
