import { type ClearingOpening, clearingRootOf, type FillLeaf, fillHash, type HomeLeaf, homeHash } from "../../auction/index.ts";
import {
  abiWords,
  concat,
  type Digest,
  equal,
  fromHex,
  type HomeId,
  keccak,
  keccakDigest,
  rootFrom,
  ZERO_DIGEST,
} from "../../kernel/index.ts";
import { type IntervalResult, periodHash, resultHash, settlementWords } from "../../messages/index.ts";
import { SETTLE_LAG } from "../ledger.ts";
import { type AccountLeaf, accountHash } from "../merkle.ts";
import { isSaneAccount, isSaneFill, isSaneHome } from "./sane.ts";
import { dueTicks, isStepRight } from "./step.ts";
import type {
  AccountFraud,
  DoubleFillFraud,
  Finding,
  FraudContext,
  FraudProof,
  LedgerStepFraud,
  OrderFraud,
  Period,
  Shown,
} from "./types.ts";

/**
 * What `Disputes.prove` says to a proof against a period, step by step as the contract does it; a home asks here before it sends one.
 * Leaves hold numbers that the engine can count with; of any others the contract says fraud.
 */
export function checkFraud(context: FraudContext, period: Period, proof: FraudProof): Finding {
  try {
    if (isBroken(period, proof.results)) return "fraud";
    return isWrong(context, period, proof) ? "fraud" : "no-fraud";
  } catch (error) {
    if (error instanceof ProofInvalid) return "invalid";
    throw error;
  }
}

class ProofInvalid extends Error {}

function mustOpen(opens: boolean): void {
  if (!opens) throw new ProofInvalid();
}

function isWrong(context: FraudContext, period: Period, proof: FraudProof): boolean {
  switch (proof.kind) {
    case "account":
      return isAccountWrong(period, proof);
    case "order":
      return isFillWrong(context, period, proof);
    case "double-fill":
      return areFillsWrong(period, proof);
    case "ledger-step":
      return isLedgerStepWrong(context, period, proof);
  }
}

/** A chain of results that don't follow one another or don't end the period, or a street that begins in the middle. */
function isBroken({ fromInterval, toInterval, head }: Period, results: readonly IntervalResult[]): boolean {
  const last = toInterval + SETTLE_LAG;
  mustOpen(results.length > 0 && fromInterval <= toInterval && results.length <= last - fromInterval + 1);
  let link = head;
  let broken = false;
  for (const [i, result] of results.entries()) {
    mustOpen(resultHash(result) === link);
    link = result.prevHead;
    if (result.interval !== last - i || (link === ZERO_DIGEST && last - i !== fromInterval)) broken = true;
  }
  return broken;
}

/** Results that don't go on from the head of the period before, which is that of this one's second interval. */
function isForked({ fromInterval, prevPeriod }: Period, { results, previous }: AccountFraud): boolean {
  const third = results.at(-1)!;
  if (previous === null || third.interval !== fromInterval + SETTLE_LAG || periodHash(previous) !== prevPeriod) return false;
  return third.prevHead !== previous.head;
}

function isAccountWrong(period: Period, proof: AccountFraud): boolean {
  const { accountsRoot, vectorHash } = period;
  const { results, home, account, vector } = proof;
  if (isForked(period, proof)) return true;
  if (results[0]!.ledgerRoot !== accountsRoot) return true;
  mustOpen(keccakDigest(vector) === vectorHash);
  const leaf = leafOf(accountsRoot, home, account, accountHash);
  if (leaf !== null && !isSaneAccount(leaf)) return true;
  return laneOf(vector, home) !== (leaf === null ? 0 : dueTicks(leaf));
}

/** As `encodeVector` writes it; 0 behind the end. */
function laneOf(vector: Uint8Array, home: number): number {
  if (home >= Math.floor(vector.length / 4)) return 0;
  const zigzag = new DataView(vector.buffer, vector.byteOffset).getUint32(4 * home);
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

function isFillWrong(context: FraudContext, period: Period, { results, clearing, fill }: OrderFraud): boolean {
  const { kind, interval } = clearedIn(period, results, clearing);
  mustOpen(isIn(clearing.fillsRoot, fill, fillHash));
  const { leaf } = fill;
  if (kind !== "trade" || !isSaneFill(leaf) || !isFair(leaf) || context.orderDigest(leaf, interval) !== leaf.order) return true;
  const signer = context.recover(leaf.order, leaf.signature);
  return !context.keysOf(leaf.home).some(({ agent, since }) => agent === signer && since <= period.fromInterval);
}

/** Some energy, no more than ordered, at the price that is told, within the limit. */
function isFair({ side, energy, price, amount, wanted, limit }: FillLeaf): boolean {
  if (energy === 0 || energy > wanted || amount < 0) return false;
  const [paid, atLimit] = [BigInt(amount), BigInt(energy) * BigInt(limit)];
  return (side === "buy" ? paid <= atLimit : paid >= atLimit) && paid / BigInt(energy) === BigInt(price);
}

function areFillsWrong(period: Period, { results, clearing, home, traded, fills }: DoubleFillFraud): boolean {
  clearedIn(period, results, clearing);
  const leaf = leafOf(clearing.homesRoot, home, traded, homeHash);
  if (leaf !== null && !isSaneHome(leaf)) return true;
  const [first, end] = leaf === null ? [0, 0] : [leaf.firstFill, leaf.firstFill + leaf.fillCount];
  for (const [i, shown] of fills.entries()) {
    mustOpen(isIn(clearing.fillsRoot, shown, fillHash));
    const fill = shown.leaf;
    if (!isSaneFill(fill)) return true;
    if ((fill.position >= first && fill.position < end) !== (fill.home === home)) return true;
    if (i > 0 && contradict(fills[i - 1]!.leaf, fill)) return true;
  }
  return leaf !== null && isSumWrong(leaf, fills);
}

/** Two leaves at one place, one order filled twice, or leaves out of order. */
function contradict(a: FillLeaf, b: FillLeaf): boolean {
  if (a.position === b.position) return !equal(fillHash(a), fillHash(b));
  if (a.order === b.order) return true;
  const isBelow = a.home === b.home ? a.order < b.order : a.home < b.home;
  return isBelow !== a.position < b.position;
}

/** Looks only when all of the home's fills are shown, in order. */
function isSumWrong(traded: HomeLeaf, fills: readonly Shown<FillLeaf>[]): boolean {
  const isWhole = fills.length === traded.fillCount && fills.every(({ leaf }, i) => leaf.position === traded.firstFill + i);
  if (!isWhole) return false;
  const total = (of: (fill: FillLeaf) => number): bigint => fills.reduce((sum, { leaf }) => sum + BigInt(of(leaf)), 0n);
  const bought = total(({ side, energy }) => (side === "buy" ? energy : 0));
  const sold = total(({ side, energy }) => (side === "sell" ? energy : 0));
  const amount = total((fill) => (fill.side === "sell" ? fill.amount : -fill.amount));
  return bought !== BigInt(traded.bought) || sold !== BigInt(traded.sold) || amount !== BigInt(traded.tradeAmount);
}

function isLedgerStepWrong({ rulesHash, charges }: FraudContext, { fromInterval }: Period, proof: LedgerStepFraud): boolean {
  const { results, step, home, numbers, restOfRules } = proof;
  mustOpen(keccakDigest(concat([keccak(abiWords(settlementWords(numbers))), fromHex(restOfRules)])) === rulesHash);
  mustOpen(step < results.length);
  const { interval, prevHead, ledgerRoot } = results[step]!;
  const before = prevHead === ZERO_DIGEST ? null : (results[step + 1] ?? null);
  mustOpen(prevHead === ZERO_DIGEST || before !== null);
  const earlier = before === null ? null : leafOf(before.ledgerRoot, home, proof.earlier, accountHash);
  const settles = before !== null && before.prevHead !== ZERO_DIGEST;
  const later = leafOf(ledgerRoot, home, proof.later, accountHash);
  const traded = settles ? tradedIn(results[step + 2], proof) : null;
  if (later === null) return earlier !== null || traded !== null;
  const isSane = isSaneAccount(later) && (earlier === null || isSaneAccount(earlier)) && (traded === null || isSaneHome(traded));
  if (!isSane) return true;
  // Homes that hear late of a vote go on with the rules they know.
  const voted = charges.filter(({ since }) => since <= fromInterval).map(({ withheldCharge }) => ({ ...numbers, withheldCharge }));
  return ![numbers, ...voted].some((each) => isStepRight(each, { interval, settles, earlier, later, traded }));
}

function tradedIn(settled: IntervalResult | undefined, { clearing, home, traded }: LedgerStepFraud): HomeLeaf | null {
  mustOpen(settled !== undefined && clearingRootOf(clearing) === settled.clearingRoot);
  return leafOf(clearing.homesRoot, home, traded, homeHash);
}

/** The last result shown, which must be of the period's own intervals and have this clearing. */
function clearedIn({ toInterval }: Period, results: readonly IntervalResult[], clearing: ClearingOpening): IntervalResult {
  const result = results.at(-1)!;
  mustOpen(result.interval <= toInterval && clearingRootOf(clearing) === result.clearingRoot);
  return result;
}

const isIn = <Leaf>(root: Digest, { leaf, path }: Shown<Leaf>, hash: (leaf: Leaf) => Uint8Array): boolean =>
  rootFrom(hash(leaf), path) === root;

/** The home's leaf, or null where one shows that it has none: the one just before its place, or the first of all behind it. */
function leafOf<Leaf extends AccountLeaf | HomeLeaf>(
  root: Digest,
  home: HomeId,
  shown: Shown<Leaf> | null,
  hash: (leaf: Leaf) => Uint8Array,
): Leaf | null {
  if (root === ZERO_DIGEST) return null;
  if (shown === null || !isIn(root, shown, hash)) throw new ProofInvalid();
  const { leaf } = shown;
  if (leaf.home === home) return leaf;
  // Below 0 is above all in the contract's words.
  const isBetween = leaf.home >= 0 && leaf.home < home && (leaf.nextHome <= 0 || home < leaf.nextHome);
  mustOpen(isBetween || (leaf.position === 0 && (leaf.home < 0 || home < leaf.home)));
  return null;
}
