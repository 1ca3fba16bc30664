import {
  abiWords,
  assert,
  compare,
  concat,
  type Digest,
  fromHex,
  type HomeId,
  keccakDigest,
  leafHash,
  type MerkleTree,
  type MicroPerKwh,
  merkleTree,
  type Nano,
  sub,
  sum,
  type Wh,
} from "../kernel/index.ts";
import { SIDE, type Signature, type SignedOrder } from "../messages/index.ts";
import { clearingDigest } from "./root.ts";
import type { Clearing, Fill } from "./types.ts";

/** A fill with all of its order, so that one leaf shows whether it is what the home signed. */
export interface FillLeaf extends Fill {
  /** Its place among the interval's fills, which stand by rising home, then by rising order. */
  readonly position: number;
  /** The order's energy and limit, and its number. */
  readonly wanted: Wh;
  readonly limit: MicroPerKwh;
  readonly seq: number;
  readonly signature: Signature;
}

/** What one home did in the interval; only homes with a fill or a withheld order have a leaf. */
export interface HomeLeaf {
  readonly position: number;
  readonly home: HomeId;
  /** The home of the next leaf; 0 behind the last. So one leaf shows that a home between has none. */
  readonly nextHome: HomeId;
  /** Its fills are those from `firstFill` on, `fillCount` of them. */
  readonly firstFill: number;
  readonly fillCount: number;
  readonly bought: Wh;
  readonly sold: Wh;
  /** What it gets minus what it pays for them. */
  readonly tradeAmount: Nano;
  /** Orders that it sealed and never showed. */
  readonly withheld: number;
}

/** What a result binds of its clearing: root = keccak(fillsRoot | homesRoot | rest). */
export interface ClearingCommitment {
  readonly fills: readonly FillLeaf[];
  readonly homes: readonly HomeLeaf[];
  readonly fillsTree: MerkleTree;
  readonly homesTree: MerkleTree;
  /** The digest of everything that the clearing says. */
  readonly rest: Digest;
  readonly root: Digest;
}

/** `withheld`: who sealed an order and never showed it, once for each. Every fill's order must be among `orders`. */
export function commitClearing(clearing: Clearing, orders: readonly SignedOrder[], withheld: readonly HomeId[] = []): ClearingCommitment {
  const fills = fillLeaves(clearing.kind === "trade" ? clearing.fills : [], orders);
  const homes = homeLeaves(fills, withheld);
  const fillsTree = merkleTree(fills.map(fillHash));
  const homesTree = merkleTree(homes.map(homeHash));
  const rest = clearingDigest(clearing);
  return { fills, homes, fillsTree, homesTree, rest, root: clearingRootOf({ fillsRoot: fillsTree.root, homesRoot: homesTree.root, rest }) };
}

/** What an interval's result names as its clearing. */
export const clearingRoot = (clearing: Clearing, orders: readonly SignedOrder[], withheld: readonly HomeId[] = []): Digest =>
  commitClearing(clearing, orders, withheld).root;

export interface ClearingOpening {
  readonly fillsRoot: Digest;
  readonly homesRoot: Digest;
  readonly rest: Digest;
}

export const clearingRootOf = ({ fillsRoot, homesRoot, rest }: ClearingOpening): Digest =>
  keccakDigest(concat([fillsRoot, homesRoot, rest].map(fromHex)));

function fillLeaves(fills: readonly Fill[], orders: readonly SignedOrder[]): readonly FillLeaf[] {
  const orderOf = new Map(orders.map((order) => [order.id, order]));
  const sorted = [...fills].sort((a, b) => compare(a.home, b.home) || compare(a.order, b.order));
  return sorted.map((fill, position) => {
    const order = orderOf.get(fill.order);
    assert(order !== undefined, `${fill.order} is filled and was not ordered`);
    const { energy: wanted, limit, seq } = order.body;
    return { ...fill, position, wanted, limit, seq, signature: order.signature };
  });
}

function homeLeaves(fills: readonly FillLeaf[], withheld: readonly HomeId[]): readonly HomeLeaf[] {
  const own = new Map<HomeId, FillLeaf[]>(withheld.map((home) => [home, []]));
  for (const fill of fills) {
    const known = own.get(fill.home);
    if (known === undefined) own.set(fill.home, [fill]);
    else known.push(fill);
  }
  const sealed = new Map<HomeId, number>();
  for (const home of withheld) sealed.set(home, (sealed.get(home) ?? 0) + 1);
  const sorted = [...own].sort(([a], [b]) => compare(a, b));
  let firstFill = 0;
  return sorted.map(([home, filled], position) => {
    const first = firstFill;
    firstFill += filled.length;
    const nextHome = sorted[position + 1]?.[0] ?? (0 as HomeId);
    return { position, home, nextHome, firstFill: first, ...totalsOf(filled), withheld: sealed.get(home) ?? 0 };
  });
}

/** What a home's leaf must say of its fills. */
export function totalsOf(fills: readonly Fill[]): Pick<HomeLeaf, "fillCount" | "bought" | "sold" | "tradeAmount"> {
  const [buys, sells] = (["buy", "sell"] as const).map((side) => fills.filter((fill) => fill.side === side)) as [Fill[], Fill[]];
  const energyOf = (some: readonly Fill[]): Wh => sum(some.map(({ energy }) => energy));
  const amountOf = (some: readonly Fill[]): Nano => sum(some.map(({ amount }) => amount));
  return { fillCount: fills.length, bought: energyOf(buys), sold: energyOf(sells), tradeAmount: sub(amountOf(sells), amountOf(buys)) };
}

/** In the order of `IDisputes.Fill`. */
export const fillWords = (leaf: FillLeaf): Uint8Array =>
  abiWords([
    leaf.position,
    leaf.order,
    leaf.home,
    SIDE[leaf.side],
    leaf.energy,
    leaf.price,
    leaf.amount,
    leaf.wanted,
    leaf.limit,
    leaf.seq,
    leaf.signature.subarray(0, 32),
    leaf.signature.subarray(32, 64),
    leaf.signature[64]!,
  ]);

/** In the order of `IDisputes.Home`. */
export const homeWords = (leaf: HomeLeaf): Uint8Array =>
  abiWords([
    leaf.position,
    leaf.home,
    leaf.nextHome,
    leaf.firstFill,
    leaf.fillCount,
    leaf.bought,
    leaf.sold,
    leaf.tradeAmount,
    leaf.withheld,
  ]);

export const fillHash = (leaf: FillLeaf): Uint8Array => leafHash(fillWords(leaf));
export const homeHash = (leaf: HomeLeaf): Uint8Array => leafHash(homeWords(leaf));
