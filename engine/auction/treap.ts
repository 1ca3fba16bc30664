/**
 * Marginal curves (see `curve.ts`) as treaps in columns, so that joining two, cutting one by energy, and moving all prices by a
 * fee cost logarithms however long the way to the root is (Blelloch and Reid-Miller 1998, "Fast set operations using treaps").
 */
export class Treaps {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;
  readonly #place: Int32Array;
  readonly #price: Float64Array;
  readonly #energy: Float64Array;
  /** As appended, whatever edges took off on the way. */
  readonly #own: Float64Array;
  readonly #total: Float64Array;
  readonly #factor: Float64Array;
  readonly #summand: Float64Array;
  readonly #scale: Float64Array;
  readonly #spine: Int32Array;
  #used = 0;
  #depth = 0;
  /** What the last cut gave; pairs would be garbage. */
  #low = 0;
  #high = 0;

  /** Room for so many increments, those that cuts make included. */
  constructor(capacity: number) {
    this.#left = new Int32Array(capacity + 1);
    this.#right = new Int32Array(capacity + 1);
    this.#rank = new Int32Array(capacity + 1);
    this.#place = new Int32Array(capacity + 1);
    this.#price = new Float64Array(capacity + 1);
    this.#energy = new Float64Array(capacity + 1);
    this.#own = new Float64Array(capacity + 1);
    this.#total = new Float64Array(capacity + 1);
    this.#factor = new Float64Array(capacity + 1).fill(1);
    this.#summand = new Float64Array(capacity + 1);
    this.#scale = new Float64Array(capacity + 1).fill(1);
    this.#spine = new Int32Array(capacity + 1);
  }

  #make(at: number, p: number, e: number, o: number): number {
    const node = ++this.#used;
    this.#rank[node] = scatter(node);
    this.#place[node] = at;
    this.#price[node] = p;
    this.#energy[node] = e;
    this.#own[node] = o;
    this.#total[node] = e;
    return node;
  }

  #apply(t: number, f: number, s: number, k: number): void {
    this.#price[t] = this.#price[t]! * f + s;
    this.#factor[t] = this.#factor[t]! * f;
    this.#summand[t] = this.#summand[t]! * f + s;
    if (k !== 1) {
      this.#energy[t]! *= k;
      this.#total[t]! *= k;
      this.#scale[t]! *= k;
    }
  }

  #push(t: number): void {
    const f = this.#factor[t]!;
    const s = this.#summand[t]!;
    const k = this.#scale[t]!;
    if (s === 0 && f === 1 && k === 1) return;
    if (this.#left[t] !== 0) this.#apply(this.#left[t]!, f, s, k);
    if (this.#right[t] !== 0) this.#apply(this.#right[t]!, f, s, k);
    this.#factor[t] = 1;
    this.#summand[t] = 0;
    this.#scale[t] = 1;
  }

  #pull(t: number): void {
    this.#total[t] = this.#total[this.#left[t]!]! + this.#total[this.#right[t]!]! + this.#energy[t]!;
  }

  /** Puts an increment at the end of the curve that is being built: they come by rising price. */
  append(at: number, p: number, e: number): void {
    const node = this.#make(at, p, e, e);
    let last = 0;
    while (this.#depth > 0 && this.#rank[this.#spine[this.#depth - 1]!]! < this.#rank[node]!) {
      last = this.#spine[--this.#depth]!;
      this.#pull(last);
    }
    this.#left[node] = last;
    if (this.#depth > 0) this.#right[this.#spine[this.#depth - 1]!] = node;
    this.#spine[this.#depth++] = node;
  }

  /** The curve that was built. */
  finish(): number {
    let root = 0;
    while (this.#depth > 0) {
      root = this.#spine[--this.#depth]!;
      this.#pull(root);
    }
    return root;
  }

  /** Puts one curve behind another whose prices are all lower or equal. */
  join(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    if (this.#rank[a]! >= this.#rank[b]!) {
      this.#push(a);
      this.#right[a] = this.join(this.#right[a]!, b);
      this.#pull(a);
      return a;
    }
    this.#push(b);
    this.#left[b] = this.join(a, this.#left[b]!);
    this.#pull(b);
    return b;
  }

  #split(t: number, e: number): void {
    if (t === 0) {
      this.#low = this.#high = 0;
      return;
    }
    this.#push(t);
    const before = this.#total[this.#left[t]!]!;
    if (e <= before) {
      this.#split(this.#left[t]!, e);
      this.#left[t] = this.#high;
      this.#pull(t);
      this.#high = t;
    } else if (e >= before + this.#energy[t]!) {
      this.#split(this.#right[t]!, e - before - this.#energy[t]!);
      this.#right[t] = this.#low;
      this.#pull(t);
      this.#low = t;
    } else {
      const part = e - before;
      const ownPart = this.#own[t] === this.#energy[t] ? part : (this.#own[t]! * part) / this.#energy[t]!;
      const head = this.#make(this.#place[t]!, this.#price[t]!, part, ownPart);
      this.#low = this.join(this.#left[t]!, head);
      this.#left[t] = 0;
      this.#energy[t]! -= part;
      this.#own[t]! -= ownPart;
      this.#pull(t);
      this.#high = t;
    }
  }

  #isBefore(t: number, p: number, at: number): boolean {
    return this.#price[t]! < p || (this.#price[t]! === p && this.#place[t]! < at);
  }

  #splitAt(t: number, p: number, at: number): void {
    if (t === 0) {
      this.#low = this.#high = 0;
      return;
    }
    this.#push(t);
    if (this.#isBefore(t, p, at)) {
      this.#splitAt(this.#right[t]!, p, at);
      this.#right[t] = this.#low;
      this.#pull(t);
      this.#low = t;
    } else {
      this.#splitAt(this.#left[t]!, p, at);
      this.#left[t] = this.#high;
      this.#pull(t);
      this.#high = t;
    }
  }

  union(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    const [top, other] = this.#rank[a]! >= this.#rank[b]! ? [a, b] : [b, a];
    this.#push(top);
    this.#splitAt(other, this.#price[top]!, this.#place[top]!);
    const above = this.#high;
    this.#left[top] = this.union(this.#left[top]!, this.#low);
    this.#right[top] = this.union(this.#right[top]!, above);
    this.#pull(top);
    return top;
  }

  /** Adds each increment's energy, as it was when appended, to its place. */
  addTo(t: number, totals: Float64Array): void {
    if (t === 0) return;
    totals[this.#place[t]!]! += this.#own[t]!;
    this.addTo(this.#left[t]!, totals);
    this.addTo(this.#right[t]!, totals);
  }

  energyOf(t: number): number {
    return this.#total[t]!;
  }

  /** Cuts off the first `e` of a curve's energy. */
  cut(t: number, e: number): Halves {
    this.#split(t, e);
    return { low: this.#low, high: this.#high };
  }

  /** Cuts off what lies below a price. */
  cutBelow(t: number, p: number): Halves {
    this.#splitAt(t, p, -1);
    return { low: this.#low, high: this.#high };
  }

  /** price x factor + summand for all of a curve, energy x scale. */
  transform(t: number, factor: number, summand: number, scale: number): void {
    if (t !== 0) this.#apply(t, factor, summand, scale);
  }
}

/** A curve in two: all of `low` comes before all of `high`. */
export interface Halves {
  readonly low: number;
  readonly high: number;
}

/** A place among the ranks of a treap: any fixed scattering of the numbers keeps it flat; this one is a 32-bit finalizer of MurmurHash3. */
function scatter(node: number): number {
  let x = Math.imul(node ^ (node >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
