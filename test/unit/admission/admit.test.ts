import { afterAll, describe, expect, test } from "@jest/globals";
import {
  ADMISSION,
  type AdmissionCode,
  type AgreementContext,
  type AgreementMessage,
  admitAgreement,
  admitCommit,
  admitOrder,
  admitReading,
  type CommitContext,
  type OrderContext,
  type ReadingContext,
  type Speakers,
  screenOrder,
  screenReading,
  type Verdict,
} from "../../../engine/admission/index.ts";
import { address, homeId, interval, microPerKwh, period, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import {
  type Commit,
  entryId,
  type Order,
  type Reading,
  type Signature,
  type SignedCommit,
  type SignedOrder,
  type SignedReading,
  type Vote,
} from "../../../engine/messages/index.ts";
import { idOf } from "../../support/book.ts";
import { RULES } from "../../support/rules.ts";

/** A pretended signature: the last byte names the signer, 0 is no signature. */
const agentOf = (n: number) => address(`0x${n.toString(16).padStart(40, "0")}`);
const signedBy = (n: number): Signature => Uint8Array.from({ length: 65 }, (_, i) => (i === 64 ? n : 0));
const recover = (_: unknown, signature: Signature) => (signature[64] === 0 ? null : agentOf(signature[64]!));

/** Homes 0 to 9 are registered; 9 belongs to the street from interval 105 on, and 8 had another key until 103. */
const agentAt: Speakers["agentAt"] = (home, at) => {
  if (home > 9 || (home === 9 && at < 105)) return undefined;
  return agentOf(home === 8 && at < 103 ? 108 : home);
};
const speakers: Speakers = { agentAt, isRegistered: (home) => home < 10, recover };

/** Not said by a pipeline of the engine, but where evidence and members are kept; tested with them, in test/unit/node. */
const OF_THE_NODE = ["EVIDENCE_SEEN", "EVIDENCE_ENOUGH", "EVIDENCE_UNFOUNDED", "MEMBERS_UNASKED", "TOO_MANY_MESSAGES"];
/** Every code that any verdict of this file carried; in the end that must be the whole table. */
const hit = new Set<AdmissionCode>();
function codeOf<T, C>(verdict: Verdict<T, C>): AdmissionCode | "accept" {
  if (verdict.kind === "accept") return "accept";
  expect(verdict.kind).toBe(ADMISSION[verdict.code]);
  hit.add(verdict.code);
  return verdict.code;
}
afterAll(() => expect([...hit, ...OF_THE_NODE].sort()).toEqual(Object.keys(ADMISSION).sort()));

describe("orders", () => {
  const BODY: Order = { home: homeId(3), interval: interval(102), side: "buy", energy: wh(500), limit: microPerKwh(142_000), seq: 0 };
  const signed = (change: Partial<Order> = {}, signer = 3, id = 7): SignedOrder => ({
    body: { ...BODY, ...change },
    id: idOf(id),
    signature: signedBy(signer),
  });
  const HELD = signed({ energy: wh(400) }, 3, 6);
  const context = (change: Partial<OrderContext> = {}): OrderContext => ({
    rules: RULES,
    openIntervals: { first: interval(100), last: interval(107) },
    ...speakers,
    hasSeen: () => false,
    heldOrders: () => [],
    ...change,
  });

  const number = <T>(value: number): T => value as T;

  test.each<[string, AdmissionCode | "accept", SignedOrder, Partial<OrderContext>]>([
    ["a good order", "accept", signed(), {}],
    ["seen before", "ORDER_SEEN", signed(), { hasSeen: (entry) => entryId(entry) === entryId(signed()) }],
    [
      "its digest seen under another signature",
      "accept",
      signed(),
      { hasSeen: (entry) => entryId(entry) === idOf(7) || entryId(entry) === entryId(signed({}, 4)) },
    ],
    ["the gate closed", "INTERVAL_CLOSED", signed({ interval: interval(99) }), {}],
    ["the first open interval", "accept", signed({ interval: interval(100) }), {}],
    ["the last open interval", "accept", signed({ interval: interval(107) }), {}],
    ["too far ahead", "INTERVAL_TOO_FAR", signed({ interval: interval(108) }), {}],
    ["no energy", "ENERGY_OUT_OF_RANGE", signed({ energy: wh(0) }), {}],
    ["negative energy", "ENERGY_OUT_OF_RANGE", signed({ energy: number(-1) }), {}],
    ["half a watt-hour", "ENERGY_OUT_OF_RANGE", signed({ energy: number(0.5) }), {}],
    ["the most energy", "accept", signed({ energy: wh(25_000) }), {}],
    ["a watt-hour more", "ENERGY_OUT_OF_RANGE", signed({ energy: wh(25_001) }), {}],
    ["the highest price", "accept", signed({ limit: microPerKwh(1_000_000) }), {}],
    ["a tick more", "PRICE_OUT_OF_RANGE", signed({ limit: microPerKwh(1_000_100) }), {}],
    ["a negative price", "PRICE_OUT_OF_RANGE", signed({ limit: number(-100) }), {}],
    ["no number at all", "PRICE_OUT_OF_RANGE", signed({ limit: number(Number.NaN) }), {}],
    ["the price 0", "accept", signed({ limit: microPerKwh(0) }), {}],
    ["between ticks", "PRICE_OFF_TICK", signed({ limit: microPerKwh(142_050) }), {}],
    ["the last seq", "accept", signed({ seq: 3 }), {}],
    ["one seq more than orders are allowed", "SEQ_OUT_OF_RANGE", signed({ seq: 4 }), {}],
    ["a negative seq", "SEQ_OUT_OF_RANGE", signed({ seq: -1 }), {}],
    ["an unknown home", "HOME_UNKNOWN", signed({ home: homeId(10) }, 10), {}],
    ["before the home's first interval", "HOME_NOT_YET", signed({ home: homeId(9), interval: interval(104) }, 9), {}],
    ["in the home's first interval", "accept", signed({ home: homeId(9), interval: interval(105) }, 9), {}],
    ["under the key of its interval", "accept", signed({ home: homeId(8), interval: interval(103) }, 8), {}],
    ["under the key before", "SIGNATURE_INVALID", signed({ home: homeId(8), interval: interval(103) }, 108), {}],
    ["under the key that comes", "SIGNATURE_INVALID", signed({ home: homeId(8), interval: interval(102) }, 8), {}],
    ["two of this seq held already", "TOO_MANY_ORDERS", signed(), { heldOrders: () => [HELD, signed({}, 3, 5)] }],
    ["one of this seq held", "SEQ_CONFLICT", signed(), { heldOrders: () => [HELD] }],
    ["no signature", "SIGNATURE_INVALID", signed({}, 0), {}],
    ["another home's signature", "SIGNATURE_INVALID", signed({}, 4), {}],
    ["a forged twin makes no conflict", "SIGNATURE_INVALID", signed({}, 4), { heldOrders: () => [HELD] }],
  ])("%s: %s", (_, expected, order, change) => {
    expect(codeOf(admitOrder(order, context(change)))).toBe(expected);
  });

  test("held orders are asked for by home, interval and seq", () => {
    const asked: unknown[] = [];
    const heldOrders: OrderContext["heldOrders"] = (...key) => {
      asked.push(key);
      return [];
    };
    admitOrder(signed({ seq: 2 }), context({ heldOrders }));
    expect(asked).toEqual([
      [3, 102, 2],
      [3, 102, 2],
    ]);
  });

  test("an admitted order is the order; a conflict hands out both as evidence", () => {
    const order = signed();
    expect(admitOrder(order, context())).toEqual({ kind: "accept", message: order });
    expect(admitOrder(order, context({ heldOrders: () => [HELD] }))).toEqual({
      kind: "ignore",
      code: "SEQ_CONFLICT",
      conflict: [HELD, order],
    });
  });

  test("only an order that passes all cheap checks costs a signature check, and screening costs none", () => {
    let checks = 0;
    const counting = context({
      recover: (digest, signature) => {
        checks++;
        return recover(digest, signature);
      },
    });
    admitOrder(signed({ energy: wh(0) }), counting);
    admitOrder(signed({ home: homeId(10) }, 10), counting);
    admitOrder(signed(), { ...counting, heldOrders: () => [HELD, HELD] });
    expect(screenOrder(signed(), counting)).toBeNull();
    expect(screenOrder(signed({ seq: 4 }), counting)).toBe("SEQ_OUT_OF_RANGE");
    expect(checks).toBe(0);
    admitOrder(signed(), counting);
    expect(checks).toBe(1);
  });

  test("cheap before dear: of two faults the cheaper is named", () => {
    expect(codeOf(admitOrder(signed({ interval: interval(99), energy: wh(0) }, 0), context({ hasSeen: () => true })))).toBe("ORDER_SEEN");
    expect(codeOf(admitOrder(signed({ interval: interval(99), energy: wh(0) }, 0), context()))).toBe("INTERVAL_CLOSED");
    expect(codeOf(admitOrder(signed({ home: homeId(10), energy: wh(0) }, 0), context()))).toBe("ENERGY_OUT_OF_RANGE");
  });
});

describe("sealed orders", () => {
  const BODY: Commit = { home: homeId(3), interval: interval(102), seq: 0, commitment: idOf(50) };
  const signed = (change: Partial<Commit> = {}, signer = 3, id = 7): SignedCommit => ({
    body: { ...BODY, ...change },
    id: idOf(id),
    signature: signedBy(signer),
  });
  const HELD = signed({ commitment: idOf(51) }, 3, 6);
  const context = (change: Partial<CommitContext> = {}): CommitContext => ({
    rules: RULES,
    isSealed: true,
    openIntervals: { first: interval(100), last: interval(107) },
    ...speakers,
    hasSeen: () => false,
    heldCommits: () => [],
    ...change,
  });

  test.each<[string, AdmissionCode | "accept", SignedCommit, Partial<CommitContext>]>([
    ["a good seal", "accept", signed(), {}],
    ["seen before", "COMMIT_SEEN", signed(), { hasSeen: (entry) => entryId(entry) === entryId(signed()) }],
    ["in a street whose orders are open", "ORDERS_NOT_SEALED", signed(), { isSealed: false }],
    ["the gate closed", "INTERVAL_CLOSED", signed({ interval: interval(99) }), {}],
    ["the first open interval", "accept", signed({ interval: interval(100) }), {}],
    ["the last open interval", "accept", signed({ interval: interval(107) }), {}],
    ["too far ahead", "INTERVAL_TOO_FAR", signed({ interval: interval(108) }), {}],
    ["the last seq", "accept", signed({ seq: 3 }), {}],
    ["one seq more than orders are allowed", "SEQ_OUT_OF_RANGE", signed({ seq: 4 }), {}],
    ["an unknown home", "HOME_UNKNOWN", signed({ home: homeId(10) }, 10), {}],
    ["before the home's first interval", "HOME_NOT_YET", signed({ home: homeId(9), interval: interval(104) }, 9), {}],
    ["in the home's first interval", "accept", signed({ home: homeId(9), interval: interval(105) }, 9), {}],
    ["under the key before", "SIGNATURE_INVALID", signed({ home: homeId(8), interval: interval(103) }, 108), {}],
    ["two of this seq held already", "TOO_MANY_ORDERS", signed(), { heldCommits: () => [HELD, signed({}, 3, 5)] }],
    ["one of this seq held", "SEQ_CONFLICT", signed(), { heldCommits: () => [HELD] }],
    ["no signature", "SIGNATURE_INVALID", signed({}, 0), {}],
    ["another home's signature", "SIGNATURE_INVALID", signed({}, 4), {}],
    ["a forged twin makes no conflict", "SIGNATURE_INVALID", signed({}, 4), { heldCommits: () => [HELD] }],
  ])("%s: %s", (_, expected, commit, change) => {
    expect(codeOf(admitCommit(commit, context(change)))).toBe(expected);
  });

  test("an admitted seal is the seal; a conflict hands out both; held ones are asked for by home, interval and seq", () => {
    const commit = signed({ seq: 2 });
    expect(admitCommit(commit, context())).toEqual({ kind: "accept", message: commit });
    const asked: unknown[] = [];
    const heldCommits: CommitContext["heldCommits"] = (...key) => {
      asked.push(key);
      return [HELD];
    };
    expect(admitCommit(commit, context({ heldCommits }))).toEqual({ kind: "ignore", code: "SEQ_CONFLICT", conflict: [HELD, commit] });
    expect(asked).toEqual([
      [3, 102, 2],
      [3, 102, 2],
    ]);
  });

  test("only a seal that passes all cheap checks costs a signature check", () => {
    let checks = 0;
    const counting = context({
      recover: (digest, signature) => {
        checks++;
        return recover(digest, signature);
      },
    });
    for (const bad of [signed({ seq: 4 }), signed({ interval: interval(99) }), signed({ home: homeId(10) }, 10)])
      admitCommit(bad, counting);
    admitCommit(signed(), { ...counting, isSealed: false });
    admitCommit(signed(), { ...counting, heldCommits: () => [HELD, HELD] });
    expect(checks).toBe(0);
    admitCommit(signed(), counting);
    expect(checks).toBe(1);
  });
});

describe("readings", () => {
  const BODY: Reading = { home: homeId(3), interval: interval(98), importWh: wh(1000), exportWh: wh(2000), quality: "measured" };
  const signed = (change: Partial<Reading> = {}, signer = 3, id = 7): SignedReading => ({
    body: { ...BODY, ...change },
    id: idOf(id),
    signature: signedBy(signer),
  });
  const HELD = signed({ importWh: wh(999) }, 3, 6);
  const at = (importWh: number, exportWh: number): Reading => ({ ...BODY, importWh: wh(importWh), exportWh: wh(exportWh) });
  const between = (before: Reading | null, after: Reading | null): Partial<ReadingContext> => ({ neighbours: () => ({ before, after }) });
  const context = (change: Partial<ReadingContext> = {}): ReadingContext => ({
    readableIntervals: { first: interval(96), last: interval(99) },
    ...speakers,
    hasSeen: () => false,
    heldReadings: () => [],
    neighbours: () => ({ before: null, after: null }),
    ...change,
  });

  test.each<[string, AdmissionCode | "accept", SignedReading, Partial<ReadingContext>]>([
    ["a good reading", "accept", signed(), {}],
    ["seen before", "READING_SEEN", signed(), { hasSeen: (entry) => entryId(entry) === entryId(signed()) }],
    ["of the last readable interval", "accept", signed({ interval: interval(99) }), {}],
    ["of an interval that is not over", "READING_TOO_EARLY", signed({ interval: interval(100) }), {}],
    ["of the first readable interval", "accept", signed({ interval: interval(96) }), {}],
    ["of an interval that is settled", "READING_TOO_LATE", signed({ interval: interval(95) }), {}],
    ["a counter below 0", "COUNTER_OUT_OF_RANGE", signed({ importWh: -1 as Reading["importWh"] }), {}],
    ["a counter that is no integer", "COUNTER_OUT_OF_RANGE", signed({ exportWh: 0.5 as Reading["exportWh"] }), {}],
    ["an unknown home", "HOME_UNKNOWN", signed({ home: homeId(10) }, 10), {}],
    ["before the home's first interval", "HOME_NOT_YET", signed({ home: homeId(9) }, 9), {}],
    [
      "just before the home's first interval: there its counting begins",
      "accept",
      signed({ home: homeId(9), interval: interval(104) }, 9),
      { readableIntervals: { first: interval(96), last: interval(104) } },
    ],
    ["counters that stand still", "accept", signed(), between(at(1000, 2000), at(1000, 2000))],
    ["import below the reading before", "COUNTER_FELL", signed(), between(at(1001, 2000), null)],
    ["export below the reading before", "COUNTER_FELL", signed(), between(at(1000, 2001), null)],
    ["import above the reading after", "COUNTER_FELL", signed(), between(null, at(999, 2000))],
    ["export above the reading after", "COUNTER_FELL", signed(), between(null, at(1000, 1999))],
    ["two held already", "TOO_MANY_READINGS", signed(), { heldReadings: () => [HELD, HELD] }],
    ["another one held", "READING_CONFLICT", signed(), { heldReadings: () => [HELD] }],
    ["no signature", "SIGNATURE_INVALID", signed({}, 0), {}],
    ["another home's signature", "SIGNATURE_INVALID", signed({}, 4), { heldReadings: () => [HELD] }],
  ])("%s: %s", (_, expected, reading, change) => {
    expect(codeOf(admitReading(reading, context(change)))).toBe(expected);
  });

  test("a conflict hands out both; screening asks for no signature", () => {
    const reading = signed();
    const verdict = admitReading(reading, context({ heldReadings: () => [HELD] }));
    expect(verdict).toEqual({ kind: "ignore", code: "READING_CONFLICT", conflict: [HELD, reading] });
    expect(screenReading(signed({}, 0), context())).toBeNull();
    expect(screenReading(signed({}, 0), context(between(at(1001, 0), null)))).toBe("COUNTER_FELL");
  });
});

describe("agreement", () => {
  const AT = interval(50);
  const ME = homeId(2);
  const envelope = { id: idOf(7), signature: signedBy(2) };
  const vote = (change: Partial<Vote> = {}, signer = 2): AgreementMessage => ({
    kind: "vote",
    vote: {
      ...envelope,
      signature: signedBy(signer),
      body: { kind: "notarize", interval: AT, view: 1, value: idOf(9), validator: ME, ...change },
    },
  });
  const list = (orders: readonly number[], readings: readonly number[], at = AT, commits: readonly number[] = []): AgreementMessage => ({
    kind: "list",
    list: {
      ...envelope,
      body: {
        interval: at,
        validator: ME,
        members: idOf(1),
        membersVersion: 1,
        stakes: [],
        commits: commits.map(idOf),
        orders: orders.map(idOf),
        readings: readings.map(idOf),
      },
    },
  });
  const staking = (stakes: readonly number[]): AgreementMessage => {
    const message = list([1], []);
    if (message.kind !== "list") throw new Error("not a list");
    return { kind: "list", list: { ...message.list, body: { ...message.list.body, stakes } } };
  };
  const proposal = (view: number, value = idOf(9), leader = ME): AgreementMessage => ({
    kind: "proposal",
    proposal: { ...envelope, body: { interval: AT, view, leader, value, parentView: 0, isVoid: false, lists: [] } },
  });
  const periodVote = (of: number, validator = ME, signer: number = ME): AgreementMessage => ({
    kind: "period-vote",
    periodVote: { ...envelope, signature: signedBy(signer), body: { period: period(of), validator, digest: idOf(7) } },
  });
  const context = (change: Partial<AgreementContext> = {}): AgreementContext => ({
    isSeen: false,
    undecidedIntervals: { first: interval(50), last: interval(51) },
    unsettledPeriods: { first: period(5), last: period(6) },
    maxEntries: 100,
    maxStakes: 2,
    maxView: 100,
    hasRoom: () => true,
    validatorKey: (home) => (home < 4 ? agentOf(home) : undefined),
    periodKey: (home, of) => (home < 4 ? agentOf(of === 6 && home === 3 ? 103 : home) : undefined),
    recover,
    ...change,
  });

  test.each<[string, AdmissionCode | "accept", AgreementMessage, Partial<AgreementContext>]>([
    ["a vote", "accept", vote(), {}],
    ["a vote to nullify", "accept", vote({ kind: "nullify", value: ZERO_DIGEST }), {}],
    ["a list", "accept", list([1, 2, 3], [4]), {}],
    ["an empty list", "accept", list([], []), {}],
    ["a proposal", "accept", proposal(1), {}],
    ["a period vote", "accept", periodVote(6), {}],
    ["seen from this validator", "MESSAGE_SEEN", vote(), { isSeen: true }],
    ["a decided interval", "INTERVAL_DECIDED", vote({ interval: interval(49) }), {}],
    ["the last interval that is worked on", "accept", list([], [], interval(51)), {}],
    ["a list from ahead", "INTERVAL_AHEAD", list([], [], interval(52)), {}],
    ["a vote from ahead", "INTERVAL_AHEAD", vote({ interval: interval(52) }), {}],
    ["a settled period", "PERIOD_SETTLED", periodVote(4), {}],
    ["a period ahead", "PERIOD_AHEAD", periodVote(7), {}],
    ["view 0", "VIEW_ZERO", proposal(0), {}],
    ["the highest view", "accept", vote({ view: 100 }), {}],
    ["a view too far", "VIEW_AHEAD", vote({ view: 101 }), {}],
    ["a vote of view 0", "VIEW_ZERO", vote({ view: 0 }), {}],
    ["a stranger", "NOT_A_VALIDATOR", vote({ validator: homeId(4) }, 4), {}],
    ["a stranger's proposal", "NOT_A_VALIDATOR", proposal(1, idOf(9), homeId(4)), {}],
    ["a stranger's period vote", "NOT_A_VALIDATOR", periodVote(5, homeId(4)), {}],
    ["as many entries as all homes can have", "accept", list([1, 2], [3], AT, [4]), { maxEntries: 4 }],
    ["a seal more", "LIST_TOO_LONG", list([1, 2], [3], AT, [4, 5]), { maxEntries: 4 }],
    ["an order more", "LIST_TOO_LONG", list([1, 2, 6], [3], AT, [4]), { maxEntries: 4 }],
    ["stakes of as many homes as there may be", "accept", staking([7, -7]), {}],
    ["of a home more", "LIST_TOO_LONG", staking([7, -7, 0]), {}],
    ["a reading more", "LIST_TOO_LONG", list([1, 2], [3, 5], AT, [4]), { maxEntries: 4 }],
    ["orders out of order", "LIST_NOT_SORTED", list([2, 1], []), {}],
    ["an order twice", "LIST_NOT_SORTED", list([1, 1], []), {}],
    ["seals out of order", "LIST_NOT_SORTED", list([1], [3], AT, [2, 1]), {}],
    ["seals in order", "accept", list([1], [3], AT, [1, 2]), {}],
    ["readings out of order", "LIST_NOT_SORTED", list([1], [3, 2]), {}],
    ["nullify with a value", "VALUE_MISPLACED", vote({ kind: "nullify" }), {}],
    ["finalize without a value", "VALUE_MISPLACED", vote({ kind: "finalize", value: ZERO_DIGEST }), {}],
    ["a proposal of nothing", "VALUE_MISPLACED", proposal(1, ZERO_DIGEST), {}],
    ["no signature", "SIGNATURE_INVALID", vote({}, 0), {}],
    ["a period vote under the key of its period", "accept", periodVote(6, homeId(3), 103), {}],
    ["under the key that its home has now", "SIGNATURE_INVALID", periodVote(6, homeId(3), 3), {}],
    ["another validator's signature", "SIGNATURE_INVALID", vote({}, 3), {}],
  ])("%s: %s", (_, expected, message, change) => {
    expect(codeOf(admitAgreement(message, context(change)))).toBe(expected);
  });

  test("an admitted message is the message", () => {
    const message = vote();
    expect(admitAgreement(message, context())).toEqual({ kind: "accept", message });
  });
});
