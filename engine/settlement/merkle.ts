import {
  abiWords,
  assert,
  compare,
  type Digest,
  type HomeId,
  leafHash,
  type MerkleTree,
  merkleProof,
  merkleTree,
  rootFrom,
} from "../kernel/index.ts";
import type { Account, Ledger } from "./ledger.ts";
import type { SurplusBooks } from "./surplus.ts";

/** One home's account as its root binds it. */
export interface AccountLeaf {
  /** Its place among all accounts, by rising home. */
  readonly position: number;
  readonly home: HomeId;
  /** The home of the next account; 0 behind the last. So one leaf shows that a home between has none. */
  readonly nextHome: HomeId;
  readonly account: Account;
  /** What batches have carried for this home so far, before the one that the root's interval closes. */
  readonly carriedTicks: number;
}

export interface AccountsTree {
  readonly leaves: readonly AccountLeaf[];
  readonly tree: MerkleTree;
}

export interface AccountProof {
  readonly leaf: AccountLeaf;
  readonly path: readonly Digest[];
}

/** By rising home id, the surplus account behind them unless it is empty. */
export function accountsTree({ accounts, surplus, carried }: Ledger): AccountsTree {
  const sorted = [...accounts].sort(([a], [b]) => compare(a, b));
  const leaves = sorted.map(([home, account], position): AccountLeaf => {
    const nextHome = sorted[position + 1]?.[0] ?? (0 as HomeId);
    return { position, home, nextHome, account, carriedTicks: carried.ticks.get(home) ?? 0 };
  });
  const isEmpty = surplus.balance === 0 && surplus.lost === 0;
  return { leaves, tree: merkleTree([...leaves.map(accountHash), ...(isEmpty ? [] : [surplusHash(surplus)])]) };
}

export const accountsRoot = (ledger: Ledger): Digest => accountsTree(ledger).tree.root;

/** A home's leaf and the siblings that lead from it to the root. */
export function accountProof(ledger: Ledger, home: HomeId): AccountProof {
  const { leaves, tree } = accountsTree(ledger);
  const leaf = leaves.find((each) => each.home === home);
  assert(leaf !== undefined, `home ${home} has no account`);
  return { leaf, path: merkleProof(tree, leaf.position) };
}

export const verifyAccount = (root: Digest, { leaf, path }: AccountProof): boolean => rootFrom(accountHash(leaf), path) === root;

/** In the order of `IDisputes.Account`; zeros where there is no meter. */
export function accountWords({ position, home, nextHome, account, carriedTicks }: AccountLeaf): Uint8Array {
  const { balance, bought, sold, utilityImport, utilityExport, meter } = account;
  const metered =
    meter === null ? [0, 0, 0, 0, 0, 0] : [1, meter.interval, meter.importWh, meter.exportWh, meter.assumedImportWh, meter.assumedExportWh];
  return abiWords([position, home, nextHome, balance, bought, sold, utilityImport, utilityExport, ...metered, carriedTicks]);
}

export const accountHash = (leaf: AccountLeaf): Uint8Array => leafHash(accountWords(leaf));

/** abi.encode(int256 balance, uint256 lost), 64 bytes and hashed twice: no pair, and shorter than a home's. */
export const surplusHash = ({ balance, lost }: Pick<SurplusBooks, "balance" | "lost">): Uint8Array => leafHash(abiWords([balance, lost]));
