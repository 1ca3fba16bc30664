import { compare } from "../kernel/index.ts";
import { doubledFee, doubledLimit, edgesOf, type Fills, nodeOf } from "./reference-flow.ts";
import type { Edge, Network, OrderEntry, Rationing } from "./types.ts";

/**
 * Of all fills that are as good as `best` the ones that share fairly. Which fills are as good is what prices say: whoever gains
 * at them has all, whoever loses has nothing, an edge that earns is full, one that would lose is idle; the rest is free.
 * Pro rata and max-min: all that is free rises together as real numbers, what wires stop stays behind, the others go on;
 * then everything is rounded down, and what is left goes by largest remainder, then by lower id, wherever wires let it.
 */
export function shareFairly(network: Network, best: Fills, rationing: Rationing): ReadonlyMap<OrderEntry, number> {
  const choice = choices(network, best);
  const free = [...choice.orders].filter(([, { low, high }]) => low < high).map(([order]) => order);
  if (rationing === "price-time") return byRank(choice, free);
  const weights = new Map(free.map((order) => [order, rationing === "pro-rata" ? order.body.energy : 1]));
  const shares = rising(choice, weights);
  return rounded(keptFull(choice, shares), free, shares);
}

interface Span {
  readonly low: number;
  readonly high: number;
}

interface Choice {
  readonly network: Network;
  readonly orders: ReadonlyMap<OrderEntry, Span>;
  /** What each node's edge may bring in; null at the root. */
  readonly imports: readonly (Span | null)[];
}

function choices(network: Network, { energy, potentials }: Fills): Choice {
  const orders = [...energy.keys()].map((order): [OrderEntry, Span] => {
    const above = doubledLimit(order) - potentials[nodeOf(network, order)]!;
    return [order, spanOf(order.body.side === "buy" ? above : -above, order.body.energy)];
  });
  const span = ({ parent, node, importCapacity, exportCapacity, fee }: Edge & { readonly node: number }): Span => {
    const rise = potentials[node]! - potentials[parent]!;
    const [into, out] = [spanOf(rise - doubledFee(fee), importCapacity), spanOf(-rise - doubledFee(fee), exportCapacity)];
    return { low: into.low - out.high, high: into.high - out.low };
  };
  const spans = new Map(edgesOf(network).map((edge) => [edge.node, span(edge)]));
  return { network, orders: new Map(orders), imports: network.nodes.map((_, node) => spans.get(node) ?? null) };
}

const spanOf = (gain: number, most: number): Span => ({ low: gain > 0 ? most : 0, high: gain < 0 ? 0 : most });

/** Amounts as whole parts of a watt-hour; `parts` make one. */
interface Parts {
  readonly parts: bigint;
  readonly of: ReadonlyMap<OrderEntry, bigint>;
}

/** Whether every order can get at least this much: each subtree's need is a span, cut by what its edge may carry, and the root's must hold 0. */
function possible(choice: Choice, least: Parts, most: Parts | null = null): boolean {
  const low = choice.network.nodes.map(() => 0n);
  const high = choice.network.nodes.map(() => 0n);
  for (const [order, span] of choice.orders) {
    const node = nodeOf(choice.network, order);
    const from = least.of.get(order) ?? BigInt(span.low) * least.parts;
    const to = most?.of.get(order) ?? BigInt(span.high) * least.parts;
    if (from > to) return false;
    low[node]! += order.body.side === "buy" ? from : -to;
    high[node]! += order.body.side === "buy" ? to : -from;
  }
  for (let node = choice.network.nodes.length - 1; node > 0; node--) {
    const { parent } = choice.network.nodes[node]!.edge!;
    const [from, to] = [BigInt(choice.imports[node]!.low) * least.parts, BigInt(choice.imports[node]!.high) * least.parts];
    const [needed, wanted] = [low[node]! > from ? low[node]! : from, high[node]! < to ? high[node]! : to];
    if (needed > wanted) return false;
    low[parent]! += needed;
    high[parent]! += wanted;
  }
  return low[0]! <= 0n && high[0]! >= 0n;
}

/** All rise in proportion to their weights until something stops them; those that are stopped stay, the others go on. */
function rising(choice: Choice, weights: ReadonlyMap<OrderEntry, number>): Parts {
  let stopped: Parts = { parts: 1n, of: new Map() };
  let moving = [...weights.keys()];
  while (moving.length > 0) {
    const level = highestLevel(choice, stopped, moving, weights);
    const reached = atLevel(stopped, moving, weights, level);
    const canRise = (order: OrderEntry): boolean =>
      reached.of.get(order)! < BigInt(order.body.energy) * reached.parts &&
      possible(choice, { ...reached, of: new Map([...reached.of, [order, reached.of.get(order)! + 1n]]) });
    const risen = moving.filter(canRise);
    stopped = { ...reached, of: new Map([...reached.of].filter(([order]) => !risen.includes(order))) };
    moving = risen;
  }
  return stopped;
}

interface Level {
  readonly top: number;
  readonly bottom: number;
}

/** Where something stops, a whole number of watt-hours is shared by whole weights: all such fractions are tried, the highest that is possible stays. */
function highestLevel(choice: Choice, stopped: Parts, moving: readonly OrderEntry[], weights: ReadonlyMap<OrderEntry, number>): Level {
  const most = moving.reduce((sum, order) => sum + weights.get(order)!, 0);
  let best: Level = { top: 0, bottom: 1 };
  for (let bottom = 1; bottom <= most; bottom++) {
    let top = Math.floor((best.top * bottom) / best.bottom) + 1;
    while (possible(choice, atLevel(stopped, moving, weights, { top, bottom }))) {
      best = { top, bottom };
      if (moving.every((order) => weights.get(order)! * top >= order.body.energy * bottom)) return best;
      top++;
    }
  }
  return best;
}

function atLevel(stopped: Parts, moving: readonly OrderEntry[], weights: ReadonlyMap<OrderEntry, number>, { top, bottom }: Level): Parts {
  const parts = stopped.parts * BigInt(bottom);
  const here = (order: OrderEntry): bigint => {
    const [level, all] = [BigInt(weights.get(order)! * top) * stopped.parts, BigInt(order.body.energy) * parts];
    return level < all ? level : all;
  };
  const before = [...stopped.of].map(([order, amount]): [OrderEntry, bigint] => [order, amount * BigInt(bottom)]);
  return { parts, of: new Map([...before, ...moving.map((order): [OrderEntry, bigint] => [order, here(order)])]) };
}

/** An edge that the real shares fill stays as full when they become whole watt-hours: each side shares a whole number for itself. */
function keptFull(choice: Choice, { parts, of }: Parts): Choice {
  const needs = choice.network.nodes.map(() => 0n);
  for (const [order, { low }] of choice.orders) {
    const got = of.get(order) ?? BigInt(low) * parts;
    needs[nodeOf(choice.network, order)]! += order.body.side === "buy" ? got : -got;
  }
  for (const { node, parent } of [...edgesOf(choice.network)].reverse()) needs[parent]! += needs[node]!;
  const kept = (span: Span, need: bigint): Span => {
    const end = [span.low, span.high].find((bound) => BigInt(bound) * parts === need);
    return end === undefined ? span : { low: end, high: end };
  };
  return { ...choice, imports: choice.imports.map((span, node) => span && kept(span, needs[node]!)) };
}

function rounded(choice: Choice, free: readonly OrderEntry[], { parts, of }: Parts): ReadonlyMap<OrderEntry, number> {
  const least = new Map(free.map((order) => [order, of.get(order)! / parts]));
  const remainder = (order: OrderEntry): bigint => of.get(order)! % parts;
  const most = new Map(free.map((order) => [order, least.get(order)! + (remainder(order) > 0n ? 1n : 0n)]));
  const cut = free.filter((order) => remainder(order) > 0n);
  for (const order of cut.sort((a, b) => (remainder(a) === remainder(b) ? compare(a.id, b.id) : remainder(a) > remainder(b) ? -1 : 1))) {
    const more = new Map([...least, [order, least.get(order)! + 1n]]);
    if (possible(choice, { parts: 1n, of: more }, { parts: 1n, of: most })) least.set(order, more.get(order)!);
  }
  return settled(choice, least);
}

/** Whoever came first takes the most that leaves fills as good. */
function byRank(choice: Choice, free: readonly OrderEntry[]): ReadonlyMap<OrderEntry, number> {
  const given = new Map<OrderEntry, bigint>();
  for (const order of [...free].sort((a, b) => a.rank! - b.rank!)) {
    let most = 0n;
    while (most < order.body.energy && possible(choice, { parts: 1n, of: new Map([...given, [order, most + 1n]]) })) most++;
    given.set(order, most);
  }
  return settled(choice, given);
}

const settled = (choice: Choice, free: ReadonlyMap<OrderEntry, bigint>): ReadonlyMap<OrderEntry, number> =>
  new Map([...choice.orders].map(([order, { low }]) => [order, Number(free.get(order) ?? low)]));
