/**
 * Marginal curves: what a part of the street would export at a rising price, as increments sorted by price. A seller's limit
 * is where its export begins, a buyer's where its import ends: both raise what leaves by their energy. A curve is held as two
 * lists that begin where import turns into export: `low` runs down from there, `high` runs up. An edge takes its fee off the
 * prices of `low` and puts it on those of `high`; prices stand as the root will see them, so that this costs nothing.
 */
export interface Curves {
  readonly low: Side;
  readonly high: Side;
  /** By node. */
  readonly feesToRoot: Float64Array;
  /** By increment, from 1 up: the next of its list. Place 0 holds what comes first while a list is put together. */
  readonly next: Int32Array;
  readonly order: Int32Array;
  readonly price: Float64Array;
  readonly energy: Float64Array;
  /** Energy as the order said it, whatever edges took off on the way; where none does, `energy` itself. */
  readonly own: Float64Array;
  /** By a list's first increment. */
  readonly nextRun: Int32Array;
  used: number;
}

/** One list for each node; until `mergeRuns` several, chained by `nextRun`. */
export interface Side {
  /** The first increment of the first list and of the last; 0 for none. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly energy: Float64Array;
  readonly direction: 1 | -1;
}

/** Room for so many increments, those that cuts make included. */
export function emptyCurves(nodes: number, increments: number, lossy: boolean): Curves {
  const energy = new Float64Array(increments + 1);
  return {
    low: emptySide(nodes, -1),
    high: emptySide(nodes, 1),
    feesToRoot: new Float64Array(nodes),
    next: new Int32Array(increments + 1),
    order: new Int32Array(increments + 1),
    price: new Float64Array(increments + 1),
    energy,
    own: lossy ? new Float64Array(increments + 1) : energy,
    nextRun: new Int32Array(increments + 1),
    used: 0,
  };
}

const emptySide = (nodes: number, direction: 1 | -1): Side => ({
  first: new Int32Array(nodes),
  last: new Int32Array(nodes),
  energy: new Float64Array(nodes),
  direction,
});

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
export function addRun({ nextRun }: Curves, { first, last }: Side, node: number, list: number): void {
  if (first[node] === 0) last[node] = list;
  nextRun[list] = first[node]!;
  first[node] = list;
}

/** Gives a node's lists to another. */
export function handOn({ nextRun }: Curves, { first, last }: Side, from: number, to: number): void {
  if (first[from] === 0) return;
  if (first[to] === 0) last[to] = last[from]!;
  nextRun[last[from]!] = first[to]!;
  first[to] = first[from]!;
}

/** Makes one of a node's lists: two and two, so that no increment is moved more often than log2 of their number. */
function mergeRuns(curves: Curves, side: Side, node: number): void {
  const { nextRun } = curves;
  while (side.first[node] !== side.last[node]) {
    let run = side.first[node]!;
    side.first[node] = 0;
    while (run !== 0) {
      const other = nextRun[run]!;
      const after = nextRun[other]!;
      addRun(curves, side, node, merge(curves, run, other, side.direction));
      run = after;
    }
  }
}

/** Equal prices stand by order. */
function merge({ next, price, order }: Curves, one: number, other: number, direction: number): number {
  let a = one;
  let b = other;
  let last = 0;
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

/** Makes a node's curve of its lists: sorted, and what is dearer in `low` than in `high` changes places, as much from either. */
export function balance(curves: Curves, node: number): void {
  const { low, high, next, price, energy, order } = curves;
  mergeRuns(curves, low, node);
  mergeRuns(curves, high, node);
  const fees = 2 * curves.feesToRoot[node]!;
  let a = low.first[node]!;
  let b = high.first[node]!;
  let restOfA = energy[a]!;
  let restOfB = energy[b]!;
  let up = 0;
  let down = 0;
  while (a !== 0 && b !== 0 && (price[a]! + fees - price[b]! || order[a]! - order[b]!) > 0) {
    const part = Math.min(restOfA, restOfB);
    if (restOfA === part) {
      const after = next[a]!;
      up = putBefore(curves, a, up, fees);
      a = after;
      restOfA = energy[a]!;
    } else restOfA -= part;
    if (restOfB === part) {
      const after = next[b]!;
      down = putBefore(curves, b, down, 0 - fees);
      b = after;
      restOfB = energy[b]!;
    } else restOfB -= part;
  }
  if (restOfA < energy[a]!) up = putBefore(curves, partOf(curves, a, energy[a]! - restOfA), up, fees);
  if (restOfB < energy[b]!) down = putBefore(curves, partOf(curves, b, energy[b]! - restOfB), down, 0 - fees);
  if (up === 0) return;
  putOnly(high, node, merge(curves, up, b, high.direction));
  putOnly(low, node, merge(curves, down, a, low.direction));
}

function putOnly({ first, last }: Side, node: number, list: number): void {
  first[node] = list;
  last[node] = list;
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
  if (curves.own !== curves.energy) curves.own[at]! -= own;
  return increment(curves, curves.order[at]!, curves.price[at]!, energy, own);
}

/** Keeps the first `energy` of a node's list; the rest is a list of its own. */
export function cutAfter(curves: Curves, side: Side, node: number, energy: number): number {
  const { next } = curves;
  let at = side.first[node]!;
  let last = 0;
  let left = energy;
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
  putOnly(side, node, next[0]!);
  side.energy[node] = energy;
  return at;
}

/** price x factor + summand for all of a list, energy x scale. */
export function transform({ next, price, energy }: Curves, list: number, factor: number, summand: number, scale: number): void {
  for (let at = list; at !== 0; at = next[at]!) {
    price[at] = price[at]! * factor + summand;
    energy[at]! *= scale;
  }
}

/** Adds each increment's energy, as its order said it, to its order's. */
export function addTo({ next, order, own }: Curves, list: number, totals: Float64Array): void {
  for (let at = list; at !== 0; at = next[at]!) totals[order[at]!]! += own[at]!;
}
