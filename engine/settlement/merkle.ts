import { assert, compare, concat, type Digest, digest, equal, fromHex, type HomeId, keccak, toHex, ZERO_DIGEST } from "../kernel/index.ts";
import type { Account } from "./ledger.ts";
import { NO_SURPLUS, type SurplusBooks } from "./surplus.ts";

/**
 * Merkle tree as OpenZeppelin's MerkleProof verifies it (pairs hashed in rising order, leaves hashed twice), positions by
 * rising home id, the surplus account behind them unless it is empty; the odd one out moves up unhashed.
 */
export function accountsRoot(accounts: ReadonlyMap<HomeId, Account>, surplus = NO_SURPLUS): Digest {
  return merkleRoot(leavesOf(accounts, surplus).map(([, leaf]) => leaf));
}

/** The siblings that lead from a home's leaf to the root. */
export function accountProof(accounts: ReadonlyMap<HomeId, Account>, home: HomeId, surplus = NO_SURPLUS): readonly Digest[] {
  const leaves = leavesOf(accounts, surplus);
  let at = leaves.findIndex(([id]) => id === home);
  assert(at >= 0, `home ${home} has no account`);
  const proof: Digest[] = [];
  for (let level: readonly Uint8Array[] = leaves.map(([, leaf]) => leaf); level.length > 1; level = above(level)) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) proof.push(digest(sibling));
    at = Math.floor(at / 2);
  }
  return proof;
}

export function verifyAccount(root: Digest, home: HomeId, account: Account, proof: readonly Digest[]): boolean {
  const top = proof.reduce((node, sibling) => pair(node, fromHex(sibling)), accountLeaf(home, account));
  return equal(top, fromHex(root));
}

/**
 * keccak(keccak(abi.encode(uint256 home, int256 balance, uint256 bought, sold, utilityImport, utilityExport,
 * bool metered, uint256 interval, importWh, exportWh, assumedImportWh, assumedExportWh))), zeros where there is no meter.
 */
export function accountLeaf(home: HomeId, account: Account): Uint8Array {
  const { balance, bought, sold, utilityImport, utilityExport, meter } = account;
  const metered =
    meter === null ? [0, 0, 0, 0, 0, 0] : [1, meter.interval, meter.importWh, meter.exportWh, meter.assumedImportWh, meter.assumedExportWh];
  return keccak(keccak(concat([home, balance, bought, sold, utilityImport, utilityExport, ...metered].map(int256))));
}

/** keccak(keccak(abi.encode(int256 balance, uint256 lost))): shorter than a home's, so that it can't be taken for one. */
export const surplusLeaf = ({ balance, lost }: SurplusBooks): Uint8Array => keccak(keccak(concat([balance, lost].map(int256))));

type Leaf = readonly [home: HomeId | null, bytes: Uint8Array];

function leavesOf(accounts: ReadonlyMap<HomeId, Account>, surplus: SurplusBooks): readonly Leaf[] {
  const homes = [...accounts].sort(([a], [b]) => compare(a, b)).map(([home, account]): Leaf => [home, accountLeaf(home, account)]);
  return surplus.balance === 0 && surplus.lost === 0 ? homes : [...homes, [null, surplusLeaf(surplus)]];
}

function merkleRoot(leaves: readonly Uint8Array[]): Digest {
  let level = leaves;
  while (level.length > 1) level = above(level);
  return level[0] === undefined ? ZERO_DIGEST : digest(level[0]);
}

function above(level: readonly Uint8Array[]): readonly Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1];
    parents.push(right === undefined ? level[i]! : pair(level[i]!, right));
  }
  return parents;
}

const pair = (a: Uint8Array, b: Uint8Array): Uint8Array => keccak(toHex(a) < toHex(b) ? concat([a, b]) : concat([b, a]));

/** Values of the low four bytes. */
const HALF_WORD = 2 ** 32;

/** Two's complement in 32 bytes. */
function int256(value: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(value < 0 ? 0xff : 0);
  const view = new DataView(bytes.buffer);
  const high = Math.floor(value / HALF_WORD);
  view.setInt32(24, high);
  view.setUint32(28, value - high * HALF_WORD);
  return bytes;
}
