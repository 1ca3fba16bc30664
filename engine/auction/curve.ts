/**
 * Marginal curves: what a part of the street would export at a rising price, as increments sorted by price. A seller's limit
 * is where its export begins, a buyer's where its import ends: both raise what leaves by their energy. A curve is held as two
 * lists that begin where import turns into export: `low` runs down from there, `high` runs up. An edge takes its fee off the
 * prices of `low` and puts it on those of `high`; prices stand as the root will see them, so that this costs nothing.
 */
export interface Curves {
  /** By node: the first increment of its list, 0 for none; until `mergeRuns` several lists, chained by `nextRun`. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** By node: the energy of each list. */
  readonly imports: Float64Array;
  readonly exports: Float64Array;
  readonly feesToRoot: Float64Array;
  /** By increment, from 1 up: the next of its list. Place 0 holds what comes first while a list is put together. */
  readonly next: Int32Array;
  readonly order: Int32Array;
  readonly price: Float64Array;
  readonly energy: Float64Array;
  /** Energy as the order said it, whatever edges took off on the way. */
  readonly own: Float64Array;
  /** By a list's first increment. */
  readonly nextRun: Int32Array;
  /** The lists of one node while they are merged. */
  readonly runs: Int32Array;
  used: number;
}

/** Room for so many increments, those that cuts make included. */
export function emptyCurves(nodes: number, increments: number): Curves {
  return {
    low: new Int32Array(nodes),
    high: new Int32Array(nodes),
    imports: new Float64Array(nodes),
    exports: new Float64Array(nodes),
    feesToRoot: new Float64Array(nodes),
    next: new Int32Array(increments + 1),
    order: new Int32Array(increments + 1),
    price: new Float64Array(increments + 1),
    energy: new Float64Array(increments + 1),
    own: new Float64Array(increments + 1),
    nextRun: new Int32Array(increments + 1),
    runs: new Int32Array(2 * increments),
    used: 0,
  };
}

/** A list of one. */
export function increment(curves: Curves, order: number, price: number, energy: number, own = energy): number {
  const at = ++curves.used;
  curves.order[at] = order;
  curves.price[at] = price;
  curves.energy[at] = energy;
  curves.own[at] = own;
  return at;
}

/** Gives a node one more list. */
export function addRun({ nextRun }: Curves, lists: Int32Array, node: number, list: number): void {
  if (list === 0) return;
  nextRun[list] = lists[node]!;
  lists[node] = list;
}

/** Makes one of a node's lists: two and two, so that no increment is moved more often than log2 of their number. */
export function mergeRuns(curves: Curves, lists: Int32Array, node: number, direction: Direction): void {
  const { runs, nextRun } = curves;
  let count = 0;
  for (let run = lists[node]!; run !== 0; run = nextRun[run]!) runs[count++] = run;
  if (count < 2) return;
  for (let at = 0; at + 1 < count; at += 2) runs[count++] = merge(curves, runs[at]!, runs[at + 1]!, direction);
  lists[node] = runs[count - 1]!;
}

export const RISING = 1;
export const FALLING = -1;
type Direction = typeof RISING | typeof FALLING;

/** Equal prices stand by order. */
function merge({ next, price, order }: Curves, one: number, other: number, direction: Direction): number {
  let [a, b, last] = [one, other, 0];
  while (a !== 0 && b !== 0) {
    if (direction * (price[a]! - price[b]! || order[a]! - order[b]!) <= 0) {
      next[last] = a;
      last = a;
      a = next[a]!;
    } else {
      next[last] = b;
      last = b;
      b = next[b]!;
    }
  }
  next[last] = a === 0 ? b : a;
  return next[0]!;
}

/** Finds where import turns into export once a node's lists are merged: what is dearer in `low` than in `high` changes places, as much from either. */
export function balance(curves: Curves, node: number): void {
  const { low, high, next, price, energy, order } = curves;
  const fees = 2 * curves.feesToRoot[node]!;
  let [a, b] = [low[node]!, high[node]!];
  let [restOfA, restOfB] = [energy[a]!, energy[b]!];
  let [up, down] = [0, 0];
  while (a !== 0 && b !== 0 && (price[a]! + fees - price[b]! || order[a]! - order[b]!) > 0) {
    const part = Math.min(restOfA, restOfB);
    restOfA -= part;
    restOfB -= part;
    if (restOfA === 0) {
      const after = next[a]!;
      up = putBefore(curves, a, up, fees);
      a = after;
      restOfA = energy[a]!;
    }
    if (restOfB === 0) {
      const after = next[b]!;
      down = putBefore(curves, b, down, 0 - fees);
      b = after;
      restOfB = energy[b]!;
    }
  }
  if (restOfA < energy[a]!) up = putBefore(curves, partOf(curves, a, energy[a]! - restOfA), up, fees);
  if (restOfB < energy[b]!) down = putBefore(curves, partOf(curves, b, energy[b]! - restOfB), down, 0 - fees);
  if (up === 0) return;
  high[node] = merge(curves, up, b, RISING);
  low[node] = merge(curves, down, a, FALLING);
}

function putBefore({ next, price }: Curves, at: number, list: number, fees: number): number {
  next[at] = list;
  price[at]! += fees;
  return at;
}

/** Takes a part of an increment's energy into one of its own. */
function partOf(curves: Curves, at: number, energy: number): number {
  const whole = curves.energy[at]!;
  const own = curves.own[at] === whole ? energy : (curves.own[at]! * energy) / whole;
  curves.energy[at]! -= energy;
  curves.own[at]! -= own;
  return increment(curves, curves.order[at]!, curves.price[at]!, energy, own);
}

/** Keeps the first `energy` of a node's list; the rest is a list of its own. */
export function cutAfter(curves: Curves, lists: Int32Array, node: number, energy: number): number {
  const { next } = curves;
  let [at, last, left] = [lists[node]!, 0, energy];
  next[0] = at;
  for (; at !== 0 && curves.energy[at]! <= left; at = next[at]!) {
    left -= curves.energy[at]!;
    last = at;
  }
  if (at !== 0 && left > 0) {
    const part = partOf(curves, at, left);
    next[last] = part;
    last = part;
  }
  next[last] = 0;
  lists[node] = next[0]!;
  return at;
}

/** Keeps what is worth something of a node's falling list; the rest is a list of its own. */
export function cutBelowZero({ next, price }: Curves, lists: Int32Array, node: number): number {
  let [at, last] = [lists[node]!, 0];
  next[0] = at;
  for (; at !== 0 && price[at]! >= 0; at = next[at]!) last = at;
  next[last] = 0;
  lists[node] = next[0]!;
  return at;
}

/** price x factor + summand for all of a list, energy x scale. */
export function transform({ next, price, energy }: Curves, list: number, factor: number, summand: number, scale: number): void {
  for (let at = list; at !== 0; at = next[at]!) {
    price[at] = price[at]! * factor + summand;
    energy[at]! *= scale;
  }
}

export function energyOf({ next, energy }: Curves, list: number): number {
  let total = 0;
  for (let at = list; at !== 0; at = next[at]!) total += energy[at]!;
  return total;
}

/** Adds each increment's energy, as its order said it, to its order's. */
export function addTo({ next, order, own }: Curves, list: number, totals: Float64Array): void {
  for (let at = list; at !== 0; at = next[at]!) totals[order[at]!]! += own[at]!;
}
