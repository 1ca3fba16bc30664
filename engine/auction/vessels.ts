import { assert } from "../kernel/index.ts";
import type { Market } from "./market.ts";
import type { Rationing } from "./types.ts";
import { byId, type ZoneNode } from "./zone.ts";

/**
 * Sharing where wires stop the simple answer: orders are vessels that fill at one level, edges are pipes that let no more and
 * no less through than they may. Pro rata fills all vessels from 0 to 1, however wide; max-min has vessels of width 1, as
 * high as the order is large; price-time stacks them by rank. Behind a pipe that is at its limit the level is another.
 * This is the lexicographically fairest point of the flows that are possible (Fujishige 1980, "Lexicographically optimal
 * base of a polymatroid"). Levels are exact fractions: between two events what a part of the street holds is slope x level +
 * offset with whole numbers.
 */
export function level(market: Market, nodes: readonly ZoneNode[], rationing: Rationing): ReadonlyMap<number, number> {
  const ranks = ranksOf(market, nodes);
  const pipes: Pipe[] = nodes.map(() => ({ curve: [], below: [] }));
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { parent, orders, least, most } = nodes[at]!;
    const vessels = orders.flatMap((order) => vesselOf(market.energies[order]!, ranks.get(order)!, rationing));
    const curve = sorted([...vessels, ...pipes[at]!.below]);
    pipes[at] = { curve, below: [] };
    if (parent !== null) pipes[parent]!.below.push(...clamped(curve, BigInt(least), BigInt(most)));
  }
  const basins: Basin[] = [];
  for (const [at, { parent, least, most }] of nodes.entries()) {
    const { curve } = pipes[at]!;
    const above = parent === null ? null : basins[parent]!;
    const held = above === null ? null : heldAt(curve, above.level);
    if (held === null || held.n <= BigInt(least) * held.d) basins.push({ top: at, level: levelFor(curve, BigInt(least)), holds: least });
    else if (held.n >= BigInt(most) * held.d) basins.push({ top: at, level: levelFor(curve, BigInt(most)), holds: most });
    else basins.push({ top: above!.top, level: above!.level, holds: null });
  }
  return whole(market, nodes, basins, ranks, rationing);
}

/** Where a node's vessels stand: nodes at one level, from a top down. */
interface Basin {
  readonly top: number;
  readonly level: Fraction;
  /** What everything from here on holds, exactly: at a top. */
  readonly holds: number | null;
}

/** n / d, d > 0. */
interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** From this level on the slope and the offset of what is held are others. */
interface Event {
  readonly at: Fraction;
  readonly slope: bigint;
  readonly offset: bigint;
}

interface Pipe {
  readonly curve: readonly Event[];
  readonly below: Event[];
}

const isBelow = (a: Fraction, b: Fraction): boolean => a.n * b.d < b.n * a.d;
const fraction = (n: bigint): Fraction => ({ n, d: 1n });

/** A vessel begins to fill at one level and is full at another. */
function vesselOf(energy: number, rank: number, rationing: Rationing): readonly Event[] {
  const size = BigInt(energy);
  if (rationing === "max-min") return filling(0n, size, 1n);
  return rationing === "pro-rata" ? filling(0n, 1n, size) : filling(BigInt(rank), BigInt(rank) + 1n, size);
}

const filling = (from: bigint, until: bigint, slope: bigint): readonly Event[] => [
  { at: fraction(from), slope, offset: 0n - slope * from },
  { at: fraction(until), slope: 0n - slope, offset: slope * until },
];

function ranksOf(market: Market, nodes: readonly ZoneNode[]): ReadonlyMap<number, number> {
  const rankOf = (order: number): number => market.orders[order]!.rank ?? Number.MAX_SAFE_INTEGER;
  const lower = byId(market);
  const orders = nodes.flatMap((node) => node.orders).sort((a, b) => rankOf(a) - rankOf(b) || lower(a, b));
  return new Map(orders.map((order, rank) => [order, rank]));
}

const sorted = (events: readonly Event[]): readonly Event[] =>
  [...events].sort((a, b) => (isBelow(a.at, b.at) ? -1 : isBelow(b.at, a.at) ? 1 : 0));

/** What is held along rising levels: slope x level + offset from each level on to the next. */
function* pieces(curve: readonly Event[]): Generator<Event & { readonly until: Fraction | null }> {
  let [slope, offset] = [0n, 0n];
  for (const [i, event] of curve.entries()) {
    slope += event.slope;
    offset += event.offset;
    const until = curve[i + 1]?.at ?? null;
    if (until === null || isBelow(event.at, until)) yield { at: event.at, slope, offset, until };
  }
}

/** The lowest level at which so much is held. */
function levelFor(curve: readonly Event[], energy: bigint): Fraction {
  if (energy <= 0n) return fraction(0n);
  for (const { at, slope, offset, until } of pieces(curve)) {
    if (slope * at.n + offset * at.d >= energy * at.d) return at;
    if (slope === 0n) continue;
    const reached = { n: energy - offset, d: slope };
    if (until === null || !isBelow(until, reached)) return reached;
  }
  return last(curve);
}

const last = (curve: readonly Event[]): Fraction => curve.at(-1)?.at ?? fraction(0n);

function heldAt(curve: readonly Event[], at: Fraction): Fraction {
  let [slope, offset] = [0n, 0n];
  for (const event of curve) {
    if (isBelow(at, event.at)) break;
    slope += event.slope;
    offset += event.offset;
  }
  return { n: slope * at.n + offset * at.d, d: at.d };
}

/** The curve as it looks through a pipe: never below least, never above most. */
function clamped(curve: readonly Event[], least: bigint, most: bigint): readonly Event[] {
  const from = levelFor(curve, least);
  const until = levelFor(curve, most);
  const events: Event[] = [{ at: fraction(0n), slope: 0n, offset: least > 0n ? least : 0n }];
  let [slope, offset] = [0n, least > 0n ? least : 0n];
  const turn = (at: Fraction, nextSlope: bigint, nextOffset: bigint): void => {
    events.push({ at, slope: nextSlope - slope, offset: nextOffset - offset });
    [slope, offset] = [nextSlope, nextOffset];
  };
  for (const piece of pieces(curve)) {
    const start = isBelow(piece.at, from) ? from : piece.at;
    if (!isBelow(start, until)) break;
    if (piece.until !== null && !isBelow(start, piece.until)) continue;
    turn(start, piece.slope, piece.offset);
  }
  const held = heldAt(curve, until);
  turn(until, 0n, held.n / held.d);
  return events;
}

/** Whole watt-hours: shares rounded down, what is left 1 Wh each by largest remainder as far as the wires allow, the lower id at a tie. */
function whole(
  market: Market,
  nodes: readonly ZoneNode[],
  basins: readonly Basin[],
  ranks: ReadonlyMap<number, number>,
  rationing: Rationing,
): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  const remainders: { readonly order: number; readonly at: number; readonly remainder: Fraction }[] = [];
  for (const [at, { orders }] of nodes.entries())
    for (const order of orders) {
      const held = heldAt(vesselOf(market.energies[order]!, ranks.get(order)!, rationing), basins[at]!.level);
      shares.set(order, Number(held.n / held.d));
      if (held.n % held.d > 0n) remainders.push({ order, at, remainder: { n: held.n % held.d, d: held.d } });
    }
  const lower = byId(market);
  const larger = (a: Fraction, b: Fraction): number => (isBelow(b, a) ? -1 : isBelow(a, b) ? 1 : 0);
  remainders.sort((a, b) => larger(a.remainder, b.remainder) || lower(a.order, b.order));
  roundUp(nodes, basins, shares, remainders);
  return shares;
}

/** Gives 1 Wh to one after the other for as long as the rest can still come out right. */
function roundUp(
  nodes: readonly ZoneNode[],
  basins: readonly Basin[],
  shares: Map<number, number>,
  remainders: readonly { readonly order: number; readonly at: number }[],
): void {
  const rooms = roomsFor(nodes, basins, shares);
  const open = nodes.map(() => 0);
  for (const { at } of remainders) open[at]! += 1;
  const given = nodes.map(() => 0);
  for (const { order, at } of remainders) {
    open[at]! -= 1;
    given[at]! += 1;
    if (canFinish(nodes, basins, rooms, given, open)) shares.set(order, shares.get(order)! + 1);
    else given[at]! -= 1;
  }
  assert(canFinish(nodes, basins, rooms, given, open), "rounding keeps what every edge carries");
}

/** How many watt-hours more than rounded down each node may hold with all that lies below it: at the top of a part exactly what it lacks. */
function roomsFor(
  nodes: readonly ZoneNode[],
  basins: readonly Basin[],
  shares: ReadonlyMap<number, number>,
): readonly (readonly [number, number])[] {
  const held = nodes.map(({ orders }) => orders.reduce((total, order) => total + shares.get(order)!, 0));
  const rooms: (readonly [number, number])[] = [];
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { parent, least, most } = nodes[at]!;
    const { holds } = basins[at]!;
    rooms[at] = holds === null ? [least - held[at]!, most - held[at]!] : [holds - held[at]!, holds - held[at]!];
    if (parent !== null) held[parent]! += holds ?? held[at]!;
  }
  return rooms;
}

/** Whether the orders that are still open can be rounded so that each node holds what its room allows. */
function canFinish(
  nodes: readonly ZoneNode[],
  basins: readonly Basin[],
  rooms: readonly (readonly [number, number])[],
  given: readonly number[],
  open: readonly number[],
): boolean {
  const least = [...given];
  const most = given.map((count, at) => count + open[at]!);
  for (let at = nodes.length - 1; at >= 0; at--) {
    least[at] = Math.max(least[at]!, rooms[at]![0]);
    most[at] = Math.min(most[at]!, rooms[at]![1]);
    if (least[at]! > most[at]!) return false;
    if (basins[at]!.holds !== null) continue;
    least[nodes[at]!.parent!]! += least[at]!;
    most[nodes[at]!.parent!]! += most[at]!;
  }
  return true;
}
