/** Some blocks decided, the rest open. */
export interface Branch {
  /** How many are decided. */
  readonly depth: number;
  /** Bit i: block i is in. */
  readonly set: bigint;
  /** What welfare it can have at most. */
  readonly promise: bigint;
}

/** Branches, the most promising first; of equals the deepest, then the lower set: one order for every home. */
export class BranchHeap {
  readonly #branches: Branch[] = [];

  push(branch: Branch): void {
    const all = this.#branches;
    let at = all.push(branch) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(branch, all[above]!)) break;
      all[at] = all[above]!;
      at = above;
    }
    all[at] = branch;
  }

  pop(): Branch | null {
    const all = this.#branches;
    const first = all[0];
    const last = all.pop();
    if (first === undefined || last === undefined) return null;
    if (all.length > 0) this.#sink(last);
    return first;
  }

  #sink(branch: Branch): void {
    const all = this.#branches;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= all.length) break;
      if (below + 1 < all.length && isBefore(all[below + 1]!, all[below]!)) below += 1;
      if (!isBefore(all[below]!, branch)) break;
      all[at] = all[below]!;
      at = below;
    }
    all[at] = branch;
  }
}

function isBefore(a: Branch, b: Branch): boolean {
  if (a.promise !== b.promise) return a.promise > b.promise;
  return a.depth === b.depth ? a.set < b.set : a.depth > b.depth;
}
