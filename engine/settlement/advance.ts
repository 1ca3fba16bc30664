import { type Clearing, clearingRoot, clearingRules, mechanismOf, networkOf, type OrderEntry } from "../auction/index.ts";
import { add, assert, compare, concat, type Digest, fromHex, type Interval, keccakDigest, type Nano, nano, sub } from "../kernel/index.ts";
import {
  authorOf,
  DEFAULT_RULES,
  type IntervalResult,
  type MarketRules,
  periodOf,
  type ResultKind,
  resultHash,
  type SignedOrder,
  type SignedReading,
  type Withheld,
} from "../messages/index.ts";
import { type Batch, closePeriod } from "./batch.ts";
import { type Ledger, type MarketState, SETTLE_LAG } from "./ledger.ts";
import { accountsRoot } from "./merkle.ts";
import { beginCounting, type SettledInterval, settle } from "./settle.ts";
import { partsOf, postSurplus } from "./surplus.ts";

/** What homes agreed to count: orders of one interval, and readings of the one that is settled with it. */
export interface AgreedEntries {
  /** void counts no orders. */
  readonly kind: ResultKind;
  readonly orders: readonly SignedOrder[];
  readonly withheld: readonly Withheld[];
  readonly readings: readonly SignedReading[];
  readonly orderSetRoot: Digest;
  readonly readingSetRoot: Digest;
  readonly nextMembers: Digest;
}

/** Everything that follows from the agreed entries; the same bytes on every home. */
export interface Advance {
  readonly result: IntervalResult;
  /** The result's hash: what votes name. */
  readonly value: Digest;
  readonly state: MarketState;
  /** What the result's `ledgerRoot` binds: the state's accounts, with what batches had carried before this interval closed one. */
  readonly ledger: Ledger;
  readonly clearing: Clearing;
  /** null while the street is younger than the lag. */
  readonly settled: SettledInterval | null;
  /** What of its surplus the community got; over all intervals its part of the whole. */
  readonly community: Nano;
  /** Not null when the settled interval was the last of its period. */
  readonly batch: Batch | null;
}

/**
 * The whole market for one interval under its rules: clears the orders, settles the interval two before under those that it was cleared
 * under, closes its period when it ends one.
 */
export function advance(rules: MarketRules, before: MarketState, entries: AgreedEntries): Advance {
  const interval = (before.interval + 1) as Interval;
  assert(
    entries.orders.every(({ body }) => body.interval === interval),
    "orders are of the interval that is cleared",
  );
  assert(
    entries.readings.every(({ body }) => body.interval === settledWith(interval)),
    "readings are of the interval that is settled",
  );
  assert(entries.kind === "trade" || entries.orders.length + entries.withheld.length === 0, "a void interval counts no orders");
  const clearing = clearUnder(rules, interval, entries);
  const withheld = entries.withheld.map(authorOf);
  const { settled, community, ...books } = settleDue(before, interval, entries);
  const ledger: Ledger = { accounts: books.accounts, surplus: books.surplus, carried: before.carried };
  const result: IntervalResult = {
    interval,
    kind: entries.kind,
    prevHead: before.head,
    orderSetRoot: entries.orderSetRoot,
    readingSetRoot: entries.readingSetRoot,
    clearingRoot: clearingRoot(clearing, entries.orders, withheld),
    ledgerRoot: accountsRoot(ledger),
    nextMembers: entries.nextMembers,
  };
  const value = resultHash(result);
  const cleared = [...before.cleared, { clearing, withheld, rules }].filter((each) => each.clearing.interval > settledWith(interval));
  const after: MarketState = { interval, head: value, members: entries.nextMembers, ...books, cleared, carried: before.carried };
  const closed = settled !== null && endsPeriod(rules, settled.interval) ? closePeriod(rules, after, settled.interval) : null;
  return {
    result,
    value,
    ledger,
    clearing,
    settled,
    community,
    batch: closed?.batch ?? null,
    state: closed === null ? after : { ...after, carried: closed.carried },
  };
}

/** The clearing that the rules name: their mechanism on their wires. */
function clearUnder(rules: MarketRules, interval: Interval, entries: AgreedEntries): Clearing {
  const orders = rules.rationing === "price-time" ? inTurns(entries) : entries.orders;
  const { clear } = mechanismOf(rules.mechanism ?? DEFAULT_RULES.mechanism);
  return clear({ interval, orders, network: networkOf(rules), rules: clearingRules(rules) });
}

/** Homes agree on a set of orders and on nobody's clock: turns are drawn from the set, so that nobody can choose its own. */
function inTurns({ orders, orderSetRoot }: AgreedEntries): readonly OrderEntry[] {
  const drawn = orders.map((order) => ({ order, lot: keccakDigest(concat([fromHex(orderSetRoot), fromHex(order.id)])) }));
  return drawn.sort((a, b) => compare(a.lot, b.lot)).map(({ order }, rank) => ({ ...order, rank }));
}

/** The interval whose readings are agreed on together with the orders of `interval`. */
export const settledWith = (interval: Interval): Interval => (interval - SETTLE_LAG) as Interval;

const endsPeriod = (rules: MarketRules, interval: Interval): boolean =>
  periodOf(rules, (interval + 1) as Interval) !== periodOf(rules, interval);

type Books = Pick<MarketState, "accounts" | "residual" | "surplus"> & Pick<Advance, "settled" | "community">;

function settleDue(before: MarketState, interval: Interval, entries: AgreedEntries): Books {
  const due = before.cleared.find(({ clearing }) => clearing.interval === settledWith(interval));
  const readings = entries.readings.map((reading) => reading.body);
  const { residual, surplus } = before;
  if (due === undefined)
    return { accounts: beginCounting(before.accounts, readings), residual, surplus, settled: null, community: nano(0) };
  const { accounts, settled } = settle(due.rules, before.accounts, due, readings);
  const after = postSurplus(due.rules, surplus, settled.surplus);
  const community = sub(partsOf(after).community, partsOf(surplus).community);
  return { accounts, residual: add(residual, settled.residualAmount), surplus: after, settled, community };
}
