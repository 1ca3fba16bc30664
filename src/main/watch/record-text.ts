import { Ajv } from "ajv";
import { clearingRootOf, type FillLeaf, fillHash, type HomeLeaf, homeHash } from "../../../engine/auction/index.ts";
import { type Digest, fromHex, type MerkleTree, merkleTree, toHex } from "../../../engine/kernel/index.ts";
import { type IntervalResult, resultHash } from "../../../engine/messages/index.ts";
import { type AccountLeaf, accountHash, type Committed, type IntervalRecord } from "../../../engine/settlement/index.ts";
import type { RecordView } from "../../api/index.ts";
import { recordView } from "../../api/schema/index.ts";

/** A record for whoever wants to dispute it: what `GET /api/records` answers. */
export const viewOf = ({ result, clearing, fills, homes, accounts }: IntervalRecord): RecordView => ({
  result,
  rest: clearing.rest,
  fills: fills.leaves.map((leaf) => ({ ...leaf, signature: toHex(leaf.signature) })),
  homes: homes.leaves,
  accounts: accounts.leaves,
  behind: toHex(behind(accounts.tree, accounts.leaves.length)),
});

const behind = ({ levels }: MerkleTree, leaves: number): Uint8Array => levels[0]?.subarray(32 * leaves) ?? new Uint8Array(0);

const isView = new Ajv({ strict: false }).compile<RecordView>(recordView);

/** What anybody says is a record; null: it is none, or not of the result with this hash, or that result doesn't bind it. */
export function recordFrom(view: unknown, head: Digest): IntervalRecord | null {
  if (!isView(view)) return null;
  const result = view.result as IntervalResult;
  const fills = committed(
    view.fills.map((leaf) => ({ ...leaf, signature: fromHex(leaf.signature) }) as unknown as FillLeaf),
    fillHash,
  );
  const homes = committed(view.homes as readonly HomeLeaf[], homeHash);
  const accounts = committed(view.accounts as readonly AccountLeaf[], accountHash, fromHex(view.behind));
  const clearing = { fillsRoot: fills.tree.root, homesRoot: homes.tree.root, rest: view.rest as Digest };
  const isBound = clearingRootOf(clearing) === result.clearingRoot && accounts.tree.root === result.ledgerRoot;
  return resultHash(result) === head && isBound ? { result, clearing, fills, homes, accounts } : null;
}

function committed<Leaf>(
  leaves: readonly Leaf[],
  hash: (leaf: Leaf) => Uint8Array,
  after: Uint8Array = new Uint8Array(0),
): Committed<Leaf> {
  const others = Array.from({ length: after.length / 32 }, (_, at) => after.subarray(32 * at, 32 * (at + 1)));
  return { leaves, tree: merkleTree([...leaves.map(hash), ...others]) };
}
