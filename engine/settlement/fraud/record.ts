import { type ClearingOpening, commitClearing, type FillLeaf, type HomeLeaf } from "../../auction/index.ts";
import { type HomeId, type MerkleTree, merkleProof } from "../../kernel/index.ts";
import { authorOf, type IntervalResult } from "../../messages/index.ts";
import type { Advance, AgreedEntries } from "../advance.ts";
import { type AccountLeaf, accountsTree } from "../merkle.ts";
import type { Shown } from "./types.ts";

/** Leaves in their order, and the tree over them, which may have more behind. */
export interface Committed<Leaf> {
  readonly leaves: readonly Leaf[];
  readonly tree: MerkleTree;
}

/** One interval with all that its result binds and a contract opens: one's own, or what others certified and show. */
export interface IntervalRecord {
  readonly result: IntervalResult;
  readonly clearing: ClearingOpening;
  readonly fills: Committed<FillLeaf>;
  readonly homes: Committed<HomeLeaf>;
  readonly accounts: Committed<AccountLeaf>;
}

/** What a home keeps of an interval that it worked out, as the entries that were agreed on led to it. */
export function recordOf(
  { result, clearing, ledger }: Advance,
  { orders, withheld }: Pick<AgreedEntries, "orders" | "withheld">,
): IntervalRecord {
  const { fills, homes, fillsTree, homesTree, rest } = commitClearing(clearing, orders, withheld.map(authorOf));
  return {
    result,
    clearing: { fillsRoot: fillsTree.root, homesRoot: homesTree.root, rest },
    fills: { leaves: fills, tree: fillsTree },
    homes: { leaves: homes, tree: homesTree },
    accounts: accountsTree(ledger),
  };
}

export const show = <Leaf>({ leaves, tree }: Committed<Leaf>, at: number): Shown<Leaf> => ({
  leaf: leaves[at]!,
  path: merkleProof(tree, at),
});

/** A home's leaf, or the one that shows that it has none; null when there is no leaf at all. */
export function showHome<Leaf extends { readonly home: HomeId }>(committed: Committed<Leaf>, home: HomeId): Shown<Leaf> | null {
  const { leaves } = committed;
  if (leaves.length === 0) return null;
  const own = leaves.findIndex((leaf) => leaf.home === home);
  return show(
    committed,
    own >= 0
      ? own
      : Math.max(
          0,
          leaves.findLastIndex((leaf) => leaf.home < home),
        ),
  );
}
