/**
 * Marginal curves: what a part of the street would export at a rising price, as increments sorted by price. A seller's limit
 * is where its export begins, a buyer's where its import ends: both raise what leaves by their energy. Curves are treaps in
 * columns, so that joining two, cutting one by energy, and moving all prices by a fee cost logarithms (Blelloch and
 * Reid-Miller 1998, "Fast set operations using treaps").
 */
export interface Curves {
  /** Puts an increment at the end of the curve that is being built: they come by rising price. */
  readonly append: (place: number, price: number, energy: number) => void;
  /** The curve that was built. */
  readonly finish: () => number;
  readonly union: (a: number, b: number) => number;
  readonly energyOf: (curve: number) => number;
  /** Cuts off the first `energy` of a curve. */
  readonly cut: (curve: number, energy: number) => Cut;
  /** Puts one curve behind another whose prices are all lower or equal. */
  readonly join: (low: number, high: number) => number;
  /** price x factor + summand for all of a curve, energy x scale. */
  readonly transform: (curve: number, factor: number, summand: number, scale: number) => void;
  /** Cuts off what lies below a price. */
  readonly cutBelow: (curve: number, price: number) => Cut;
  /** Adds each increment's energy, as it was when appended, to its place. */
  readonly addTo: (curve: number, totals: Float64Array) => void;
}

export interface Cut {
  readonly low: number;
  readonly high: number;
}

/** Room for so many increments, those that cuts make included. */
export function curvesFor(capacity: number): Curves {
  const size = capacity + 1;
  const left = new Int32Array(size);
  const right = new Int32Array(size);
  const rank = new Int32Array(size);
  const place = new Int32Array(size);
  const price = new Float64Array(size);
  const energy = new Float64Array(size);
  /** As appended, whatever edges took off on the way. */
  const own = new Float64Array(size);
  const total = new Float64Array(size);
  const factor = new Float64Array(size).fill(1);
  const summand = new Float64Array(size);
  const scale = new Float64Array(size).fill(1);
  const spine = new Int32Array(size);
  let used = 0;
  let depth = 0;
  /** What the last cut gave; pairs would be garbage. */
  let low = 0;
  let high = 0;

  const make = (at: number, p: number, e: number, o: number): number => {
    const node = ++used;
    rank[node] = scatter(node);
    place[node] = at;
    price[node] = p;
    energy[node] = e;
    own[node] = o;
    total[node] = e;
    return node;
  };

  const apply = (t: number, f: number, s: number, k: number): void => {
    price[t] = price[t]! * f + s;
    factor[t] = factor[t]! * f;
    summand[t] = summand[t]! * f + s;
    if (k !== 1) {
      energy[t]! *= k;
      total[t]! *= k;
      scale[t]! *= k;
    }
  };

  const push = (t: number): void => {
    const f = factor[t]!;
    const s = summand[t]!;
    const k = scale[t]!;
    if (s === 0 && f === 1 && k === 1) return;
    if (left[t] !== 0) apply(left[t]!, f, s, k);
    if (right[t] !== 0) apply(right[t]!, f, s, k);
    factor[t] = 1;
    summand[t] = 0;
    scale[t] = 1;
  };

  const pull = (t: number): void => {
    total[t] = total[left[t]!]! + total[right[t]!]! + energy[t]!;
  };

  const append = (at: number, p: number, e: number): void => {
    const node = make(at, p, e, e);
    let last = 0;
    while (depth > 0 && rank[spine[depth - 1]!]! < rank[node]!) {
      last = spine[--depth]!;
      pull(last);
    }
    left[node] = last;
    if (depth > 0) right[spine[depth - 1]!] = node;
    spine[depth++] = node;
  };

  const finish = (): number => {
    let root = 0;
    while (depth > 0) {
      root = spine[--depth]!;
      pull(root);
    }
    return root;
  };

  const join = (a: number, b: number): number => {
    if (a === 0) return b;
    if (b === 0) return a;
    if (rank[a]! >= rank[b]!) {
      push(a);
      right[a] = join(right[a]!, b);
      pull(a);
      return a;
    }
    push(b);
    left[b] = join(a, left[b]!);
    pull(b);
    return b;
  };

  const split = (t: number, e: number): void => {
    if (t === 0) {
      low = high = 0;
      return;
    }
    push(t);
    const before = total[left[t]!]!;
    if (e <= before) {
      split(left[t]!, e);
      left[t] = high;
      pull(t);
      high = t;
    } else if (e >= before + energy[t]!) {
      split(right[t]!, e - before - energy[t]!);
      right[t] = low;
      pull(t);
      low = t;
    } else {
      const part = e - before;
      const ownPart = (own[t]! * part) / energy[t]!;
      const head = make(place[t]!, price[t]!, part, ownPart);
      low = join(left[t]!, head);
      left[t] = 0;
      energy[t]! -= part;
      own[t]! -= ownPart;
      pull(t);
      high = t;
    }
  };

  const isBefore = (t: number, p: number, at: number): boolean => price[t]! < p || (price[t]! === p && place[t]! < at);

  const splitAt = (t: number, p: number, at: number): void => {
    if (t === 0) {
      low = high = 0;
      return;
    }
    push(t);
    if (isBefore(t, p, at)) {
      splitAt(right[t]!, p, at);
      right[t] = low;
      pull(t);
      low = t;
    } else {
      splitAt(left[t]!, p, at);
      left[t] = high;
      pull(t);
      high = t;
    }
  };

  const union = (a: number, b: number): number => {
    if (a === 0) return b;
    if (b === 0) return a;
    const [top, other] = rank[a]! >= rank[b]! ? [a, b] : [b, a];
    push(top);
    splitAt(other, price[top]!, place[top]!);
    const above = high;
    left[top] = union(left[top]!, low);
    right[top] = union(right[top]!, above);
    pull(top);
    return top;
  };

  const addTo = (t: number, totals: Float64Array): void => {
    if (t === 0) return;
    totals[place[t]!]! += own[t]!;
    addTo(left[t]!, totals);
    addTo(right[t]!, totals);
  };

  return {
    append,
    finish,
    union,
    join,
    energyOf: (t) => total[t]!,
    cut: (t, e) => {
      split(t, e);
      return { low, high };
    },
    cutBelow: (t, p) => {
      splitAt(t, p, -1);
      return { low, high };
    },
    transform: (t, f, s, k) => {
      if (t !== 0) apply(t, f, s, k);
    },
    addTo,
  };
}

/** A place among the ranks of a treap: any fixed scattering of the numbers keeps it flat; this one is a 32-bit finalizer of MurmurHash3. */
function scatter(node: number): number {
  let x = Math.imul(node ^ (node >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
