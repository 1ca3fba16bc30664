import { loadCurve, recoverWith } from "../../adapters/system/index.ts";
import { clearingRootOf, type FillLeaf, fillHash, type HomeLeaf, homeHash } from "../../engine/auction/index.ts";
import {
  address,
  fromHex,
  type HomeId,
  homeId,
  type Interval,
  interval,
  keccakDigest,
  type MerkleTree,
  merkleTree,
  microPerKwh,
  wh,
  ZERO_DIGEST,
} from "../../engine/kernel/index.ts";
import {
  type Digests,
  digestsOf,
  hashRules,
  type IntervalResult,
  type MarketDomain,
  type MarketRules,
  type Order,
  periodHash,
  resultHash,
  type SignedOrder,
  type SignedReading,
} from "../../engine/messages/index.ts";
import {
  type AccountLeaf,
  type Advance,
  accountHash,
  advance,
  type Committed,
  type FraudContext,
  genesis,
  type IntervalRecord,
  type MarketState,
  type Proposed,
  recordOf,
  settledWith,
} from "../../engine/settlement/index.ts";
import { chance } from "./chance.ts";
import { readingOf } from "./settlement.ts";
import { addressOf, CHAIN_ID, keyOf } from "./test-chain.ts";
import { agentOf } from "./test-vault.ts";

/** The last interval of a period of four: the street's first period is cut short. */
export const FIRST = interval(1003);
export const PERIOD_INTERVALS = 4;
/** Home 3 never does anything; home 4 comes later. */
export const HOMES = [0, 1, 2, 4, 6].map(homeId);
const LATE = homeId(4);
const LATE_BY = 5;
const NO_SIGNATURE = new Uint8Array(65);

const curve = await loadCurve();

export const signOrder = (digests: Digests, body: Order, signer: number = body.home): SignedOrder => {
  const id = digests.order(body);
  const { rs, parity } = curve.sign(fromHex(id), fromHex(keyOf(agentOf(signer))));
  return { body, id, signature: Uint8Array.of(...rs, 27 + parity) };
};

/** What the contract reads from chain, registry and caller: of a `TestVault`, whose homes came with the interval of their number. */
export const contextOf = (domain: MarketDomain): FraudContext => ({
  rulesHash: domain.rulesHash,
  charges: [],
  orderDigest: ({ home, side, wanted: energy, limit, seq }, at) =>
    digestsOf(domain).order({ home, interval: at, side, energy, limit, seq }),
  recover: recoverWith(curve),
  keysOf: (home) => (home < 8 ? [{ agent: address(addressOf(agentOf(home))), since: home }] : []),
});

export interface DisputedStreet {
  readonly rules: MarketRules;
  readonly domain: MarketDomain;
  readonly context: FraudContext;
  /** Every period that the street closed, with all that it binds. */
  readonly periods: readonly Proposed[];
  /** Of each period the changes of wide accounts, in the vault's bytes. */
  readonly wides: readonly Uint8Array[];
}

export interface DisputedPlan {
  readonly rules: MarketRules;
  readonly vault: string;
  readonly seed: number;
  readonly intervals: number;
  /** What a withheld order costs by the homes' vote, from an interval on. */
  readonly voted?: FraudContext["charges"][number];
}

/** A street's life with orders as homes sign them, some of them withheld, void intervals, and readings that get lost. */
export function disputedStreet({ rules: given, vault, seed, intervals, voted }: DisputedPlan): DisputedStreet {
  const rules = { ...given, periodIntervals: PERIOD_INTERVALS };
  const domain = { chainId: CHAIN_ID, vault: address(vault), rulesHash: hashRules(rules) };
  const digests = digestsOf(domain);
  const random = chance(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const meters = new Map(HOMES.map((home) => [home, [below(1e6), below(1e6)] as [number, number]]));
  let state: MarketState = genesis(rules, FIRST, ZERO_DIGEST);
  const records: IntervalRecord[] = [];
  const periods: Proposed[] = [];
  const wides: Uint8Array[] = [];
  for (let at = FIRST; at < FIRST + intervals; at++) {
    for (const meter of meters.values()) meter[below(2)]! += below(3) * below(4000);
    const there = HOMES.filter((home) => home !== LATE || at >= FIRST + LATE_BY);
    const kind = below(8) === 0 ? "void" : "trade";
    const all = kind === "void" ? [] : there.flatMap((home) => ordersOf(rules, digests, home, at as Interval, below));
    const isShown = all.map(() => below(9) > 0);
    const entries = {
      kind,
      orders: all.filter((_, i) => isShown[i]),
      withheld: all.filter((_, i) => !isShown[i]).map((order) => ({ kind: "order", order }) as const),
      readings: there.filter(() => below(5) > 0).map((home) => signedReading(home, settledWith(at as Interval), meters.get(home)!)),
      orderSetRoot: ZERO_DIGEST,
      readingSetRoot: keccakDigest(Uint8Array.of(at % 256)),
      nextMembers: ZERO_DIGEST,
    } as const;
    const inForce = voted !== undefined && at >= voted.since ? { ...rules, withheldCharge: voted.withheldCharge } : rules;
    const made: Advance = advance(inForce, state, entries);
    records.push(recordOf(made, entries));
    if (made.batch !== null) {
      const { result: period, vector, wide } = made.batch;
      wides.push(wide);
      periods.push({
        period,
        vector,
        previous: periods.at(-1)?.period ?? null,
        intervals: records.filter(({ result }) => result.interval >= period.fromInterval),
      });
    }
    state = made.state;
  }
  return { rules, domain, context: { ...contextOf(domain), charges: voted === undefined ? [] : [voted] }, periods, wides };
}

const signedReading = (home: HomeId, at: Interval, [importWh, exportWh]: readonly [number, number]): SignedReading => ({
  body: readingOf(home, at, importWh, exportWh),
  id: ZERO_DIGEST,
  signature: NO_SIGNATURE,
});

const ordersOf = (
  rules: MarketRules,
  digests: Digests,
  home: HomeId,
  at: Interval,
  below: (end: number) => number,
): readonly SignedOrder[] =>
  Array.from({ length: below(3) }, (_, seq) =>
    signOrder(digests, {
      home,
      interval: at,
      side: below(2) === 0 ? "buy" : "sell",
      energy: wh(1 + below(6000)),
      limit: microPerKwh(rules.tick * Math.ceil((80_000 + below(200_000)) / rules.tick)),
      seq,
    }),
  );

/** What liars among the validators certify in one interval of a period. */
export interface Lie {
  /** Which of the period's intervals. */
  readonly at: number;
  readonly fills?: (leaves: readonly FillLeaf[]) => readonly FillLeaf[];
  readonly homes?: (leaves: readonly HomeLeaf[]) => readonly HomeLeaf[];
  readonly accounts?: (leaves: readonly AccountLeaf[]) => readonly AccountLeaf[];
  readonly result?: (result: IntervalResult) => IntervalResult;
}

/** What of a forged period is not as it follows. */
export type Outside = Partial<Proposed["period"]> & { readonly vector?: Uint8Array; readonly isFork?: boolean };

/**
 * The period as it would be certified with these lies: every root and every link above them follows. So does the period before, whose
 * head is the second interval's, unless liars fork from it.
 */
export function forge(proposed: Proposed, lies: readonly Lie[], outside: Outside = {}): Proposed {
  const { vector = proposed.vector, isFork = false, ...change } = outside;
  const intervals: IntervalRecord[] = [];
  for (const [at, record] of proposed.intervals.entries()) {
    const before = intervals.at(-1);
    const linked = before === undefined ? record.result : { ...record.result, prevHead: resultHash(before.result) };
    intervals.push(lies.filter((lie) => lie.at === at).reduce(retold, { ...record, result: linked }));
  }
  const last = intervals.at(-1)!.result;
  const roots = { head: resultHash(last), accountsRoot: last.ledgerRoot, vectorHash: keccakDigest(vector) };
  const previous = proposed.previous && !isFork ? { ...proposed.previous, head: resultHash(intervals[1]!.result) } : proposed.previous;
  const prevPeriod = previous === null ? ZERO_DIGEST : periodHash(previous);
  return { vector, previous, intervals, period: { ...proposed.period, prevPeriod, ...roots, ...change } };
}

function retold(record: IntervalRecord, lie: Lie): IntervalRecord {
  const fills = retree(record.fills, lie.fills, fillHash);
  const homes = retree(record.homes, lie.homes, homeHash);
  const accounts = retree(record.accounts, lie.accounts, accountHash);
  const clearing = { ...record.clearing, fillsRoot: fills.tree.root, homesRoot: homes.tree.root };
  const result = { ...record.result, clearingRoot: clearingRootOf(clearing), ledgerRoot: accounts.tree.root };
  return { fills, homes, accounts, clearing, result: lie.result?.(result) ?? result };
}

function retree<Leaf>(
  committed: Committed<Leaf>,
  change: ((leaves: readonly Leaf[]) => readonly Leaf[]) | undefined,
  hash: (leaf: Leaf) => Uint8Array,
): Committed<Leaf> {
  if (change === undefined) return committed;
  const leaves = change(committed.leaves);
  return { leaves, tree: merkleTree([...leaves.map(hash), ...behind(committed.tree, committed.leaves.length)]) };
}

/** What stands in a tree behind its leaves: the surplus account. */
const behind = ({ levels }: MerkleTree, leaves: number): readonly Uint8Array[] =>
  levels[0]!.length > 32 * leaves ? [levels[0]!.subarray(32 * leaves)] : [];
