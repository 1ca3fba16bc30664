import { assert } from "../../kernel/index.ts";
import { type Ceiling, ceilingOf, relaxed } from "./bound.ts";
import { type Branch, BranchHeap } from "./branch-heap.ts";
import { judge, type Verdict } from "./judge.ts";
import { natural } from "./limits.ts";
import type { ReadyBlock } from "./market.ts";
import type { Bench } from "./trial.ts";

export type Found = Extract<Verdict, { readonly kind: "holds" }>;

export interface Searched {
  readonly best: Found;
  /** No set that would hold has more welfare. */
  readonly bound: bigint;
  readonly relaxedBound: bigint;
  readonly tried: number;
  readonly finished: boolean;
}

/**
 * Looks for the set of blocks with the most welfare among those that hold. First it follows prices: take what is in the money at
 * the last ones, clear, look again. Then it branches, block by block in or out, the most promising branch first, where a
 * branch promises what the ceilings of all clearings so far leave it; it ends when nothing promises more than what is found, or
 * the budget is spent. Counted in clearings, never in time: every home finds the same.
 */
export function search(bench: Bench): Searched {
  const state = new Search(bench);
  state.followPrices();
  const open = state.branch();
  const bound = open === null || open < state.best.welfare ? state.best.welfare : open;
  return {
    best: state.best,
    bound: least(bound, state.relaxedBound()),
    relaxedBound: state.relaxedBound(),
    tried: state.tried,
    finished: open === null,
  };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** More ceilings make sharper promises and slower branches. */
const CEILINGS = 16;
const ROUNDS = 12;
/** Branches cost no clearing; this many are looked at. */
const BRANCHES = 1 << 16;

class Search {
  readonly #bench: Bench;
  readonly #blocks: readonly ReadyBlock[];
  readonly #seen = new Set<bigint>();
  #ceilings: readonly Ceiling[] = [];
  /** What blocks from an index on can add at most, for each ceiling. */
  #rests: readonly (readonly bigint[])[] = [];
  best: Found;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#blocks = bench.market.blocks;
    const none = judge(bench, []);
    assert(none.kind === "holds", "without blocks every interval clears");
    this.best = none;
    this.#seen.add(0n);
    this.#learn(none);
  }

  get tried(): number {
    return this.#seen.size;
  }

  relaxedBound(): bigint {
    return this.#ceilings.map(relaxed).reduce(least);
  }

  followPrices(): void {
    const divisible = this.#bench.clear(
      this.#blocks.filter(({ limit }) => limit !== null).map((ready) => natural({ ready, steps: ready.steps })),
    );
    if (divisible === null) return;
    let ceiling = ceilingOf(this.#bench.market, divisible);
    this.#keep(ceiling);
    for (let round = 0; round < ROUNDS; round++) {
      const verdict = this.#try(this.#inTheMoney(ceiling));
      if (verdict === null || verdict.kind === "broke") return;
      ceiling = ceilingOf(this.#bench.market, verdict.clearings);
    }
  }

  /** The most that is still promised by what could not be looked at; null if nothing was left out. */
  branch(): bigint | null {
    const heap = new BranchHeap();
    heap.push({ depth: 0, set: 0n, promise: this.#promise(0, 0n) });
    let looked = 0;
    for (let branch = heap.pop(); branch !== null; branch = heap.pop()) {
      if (++looked > BRANCHES) return branch.promise;
      const promise = this.#promise(branch.depth, branch.set);
      if (promise <= this.best.welfare) continue;
      if (promise < branch.promise) heap.push({ ...branch, promise });
      else if (branch.depth === this.#blocks.length) {
        if (this.#try(branch.set)?.kind === "broke") return promise;
      } else for (const next of this.#next(branch)) if (next.promise > this.best.welfare) heap.push(next);
    }
    return null;
  }

  #next({ depth, set }: Branch): readonly Branch[] {
    const sets = this.#mayJoin(depth, set) ? [set, set | (1n << BigInt(depth))] : [set];
    return sets.map((each) => ({ depth: depth + 1, set: each, promise: this.#promise(depth + 1, each) }));
  }

  /** Parents have lower indices, so whoever may join finds them decided. */
  #mayJoin(index: number, set: bigint): boolean {
    const { parent, block, limit, legs } = this.#blocks[index]!;
    if (parent !== null && !has(set, parent)) return false;
    // It would buy only if it were paid for it.
    if (limit === null && legs.every(({ side }) => side === "buy")) return false;
    return block.group === null || !this.#blocks.some((other) => has(set, other.index) && other.block.group === block.group);
  }

  #promise(depth: number, set: bigint): bigint {
    let promise: bigint | null = null;
    for (const [i, { others, accepted }] of this.#ceilings.entries()) {
      let most = others + this.#rests[i]![depth]!;
      for (let index = 0; index < depth; index++) if (has(set, index)) most += accepted[index]!;
      promise = promise === null ? most : least(promise, most);
    }
    return promise!;
  }

  /** Best first: of a group the one that gains most, of a family as long as its parent is in. */
  #inTheMoney({ gains }: Ceiling): bigint {
    const byGain = [...this.#blocks].filter(({ index }) => gains[index]! >= 0n);
    byGain.sort((a, b) => (gains[a.index] === gains[b.index] ? a.index - b.index : gains[a.index]! > gains[b.index]! ? -1 : 1));
    let set = 0n;
    for (let before = -1n; before !== set; ) {
      before = set;
      for (const { index } of byGain) if (!has(set, index) && this.#mayJoin(index, set)) set |= 1n << BigInt(index);
    }
    return set;
  }

  /** null if it was tried before. */
  #try(set: bigint): Verdict | null {
    if (this.#seen.has(set)) return null;
    const verdict = judge(
      this.#bench,
      this.#blocks.filter(({ index }) => has(set, index)),
    );
    if (verdict.kind === "broke") return verdict;
    this.#seen.add(set);
    this.#learn(verdict);
    if (verdict.kind === "holds" && isBetter(verdict, this.best)) this.best = verdict;
    return verdict;
  }

  #learn(verdict: Exclude<Verdict, { readonly kind: "broke" }>): void {
    this.#keep(ceilingOf(this.#bench.market, verdict.clearings));
  }

  /** The lowest ceilings stay. */
  #keep(ceiling: Ceiling): void {
    const all = [...this.#ceilings, ceiling].sort((a, b) => (relaxed(a) < relaxed(b) ? -1 : relaxed(a) > relaxed(b) ? 1 : 0));
    this.#ceilings = all.slice(0, CEILINGS);
    this.#rests = this.#ceilings.map(({ gains }) => sumsFrom(gains));
  }
}

/** Most welfare, then most volume; branches are looked at for welfare alone. */
const isBetter = (one: Found, other: Found): boolean =>
  one.welfare === other.welfare ? volumeOf(one) > volumeOf(other) : one.welfare > other.welfare;

const volumeOf = ({ clearings }: Found): number =>
  clearings.reduce((total, clearing) => total + (clearing.kind === "trade" ? clearing.volume : 0), 0);

const has = (set: bigint, index: number): boolean => ((set >> BigInt(index)) & 1n) === 1n;

function sumsFrom(gains: readonly bigint[]): readonly bigint[] {
  const rests: bigint[] = [...gains.map(() => 0n), 0n];
  for (let i = gains.length - 1; i >= 0; i--) rests[i] = rests[i + 1]! + (gains[i]! > 0n ? gains[i]! : 0n);
  return rests;
}
