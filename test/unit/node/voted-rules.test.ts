import { describe, expect, test } from "@jest/globals";
import { type Interval, interval, microPerKwh } from "../../../engine/kernel/index.ts";
import {
  decodeMembers,
  encodeMembers,
  entryId,
  type MarketRules,
  type Members,
  membersDigest,
  type RulesNumbers,
} from "../../../engine/messages/index.ts";
import { genesis } from "../../../engine/settlement/index.ts";
import { evaluateLists } from "../../../src/node/evaluate.ts";
import { Membership, membersAt } from "../../../src/node/membership.ts";
import { Pool } from "../../../src/node/pool.ts";
import type { DecidedRules, Registry } from "../../../src/ports/index.ts";
import { memoryStore, votedOn } from "../../../src/sim/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { desk } from "../../support/inbox-desk.ts";
import { asMessage, list, membership, order, REGISTRY, seal } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";

// Epochs of ten intervals from 90 on. Homes vote on half the highest price from 103 on, in the middle of an epoch; then on kPermille 0 from
// 120 on, and on kPermille 1000 from there as well.
const HALF = { maxPrice: 500_000 };
const firstRules = (periodIntervals: number): MarketRules => ({ ...RULES, periodIntervals, orders: "open" });
const voted = (since: number, change: Partial<RulesNumbers>, first = firstRules(10)): DecidedRules =>
  votedOn(first, interval(since), change);
const DECIDED = [voted(90, {}), voted(103, HALF), voted(120, { kPermille: 0 }), voted(120, { kPermille: 1000 })];
const decided = (...rules: readonly DecidedRules[]): Registry => ({ ...REGISTRY, rules });
const numbersAt = (registry: Registry, edge: number) => membersAt(registry, interval(edge)).rules?.numbers;
const open = (registry: Registry, rules = firstRules(10), store = memoryStore()) => ({
  store,
  members: new Membership({ rules, first: interval(90), store }, registry),
});

describe("what an epoch's members say of the rules", () => {
  const registry = decided(...DECIDED);

  test.each<[string, number, Partial<RulesNumbers> | undefined]>([
    ["nothing under the first ones", 90, undefined],
    ["nor where a vote comes within the epoch", 100, undefined],
    ["it counts from the next edge on", 110, HALF],
    [
      "of two with one beginning the later; what it doesn't change is as in the first rules",
      120,
      { kPermille: 1000, maxPrice: RULES.maxPrice },
    ],
  ])("%s", (_, edge, numbers) => {
    if (numbers === undefined) expect(numbersAt(registry, edge)).toBeUndefined();
    else expect(numbersAt(registry, edge)).toMatchObject(numbers);
  });

  test("each decision makes the set a later one", () => {
    const versions = [90, 100, 110, 120].map((edge) => membersAt(registry, interval(edge)).version);
    const before = [90, 100, 110, 120].map((edge) => membersAt(REGISTRY, interval(edge)).version);
    expect(versions.map((version, at) => version - before[at]!)).toEqual([0, 0, 1, 3]);
  });

  test("a street without a community, or without a vote, has the sets that it always had", () => {
    const digests = [REGISTRY, decided(DECIDED[0]!)].map((each) => membersDigest(membersAt(each, interval(110))));
    expect(digests[0]).toBe(digests[1]);
  });

  test("they are read as they are written, and another number or hash is another set", () => {
    const set = membersAt(registry, interval(110)) as Required<Members>;
    expect(decodeMembers(encodeMembers(set))).toEqual(set);
    const { hash, numbers } = set.rules;
    const others = [
      { hash: DECIDED[0]!.hash, numbers },
      ...Object.entries(numbers).map(([name, value]) => ({ hash, numbers: { ...numbers, [name]: value + 1 } })),
    ].map((rules) => membersDigest({ ...set, rules }));
    expect(new Set([membersDigest(set), membersDigest({ ...set, rules: undefined } as never), ...others]).size).toBe(7);
  });
});

describe("a home's rules", () => {
  const priceAt = (members: Membership, at: number) => members.rulesAt(interval(at)).maxPrice;

  test("are those agreed on in this epoch, and what the chain says in those to come", () => {
    const { members } = open(decided(...DECIDED));
    members.enter(members.digest, interval(105));
    expect([105, 109, 110, 119, 120].map((at) => priceAt(members, at))).toEqual([1_000_000, 1_000_000, 500_000, 500_000, 1_000_000]);
    expect(members.rulesAt(interval(120)).kPermille).toBe(1000);
  });

  test("come with the certified set, whatever it has read itself", () => {
    const { members, store } = open(decided(DECIDED[0]!));
    const next = membersAt(decided(...DECIDED), interval(110));
    expect([priceAt(members, 110), members.enter(membersDigest(next), interval(110))]).toEqual([1_000_000, false]);
    store.saveMembers(membersDigest(next), encodeMembers(next));
    expect([members.enter(membersDigest(next), interval(110)), members.rules.maxPrice]).toEqual([true, 500_000]);
  });

  test("that nobody can follow are never entered: a hash that means more, a price that no order can have", () => {
    for (const wrong of [{ ...DECIDED[1]!, hash: DECIDED[2]!.hash }, voted(103, { maxPrice: 500_050 })]) {
      const { members } = open(decided(DECIDED[0]!, wrong));
      const { digest } = members.wanted(interval(110));
      expect([members.enter(digest, interval(110)), members.rules.maxPrice, members.known(digest) === null]).toEqual([
        false,
        1_000_000,
        false,
      ]);
      expect(priceAt(members, 110)).toBe(1_000_000);
    }
  });
});

describe("an order above the highest price", () => {
  const dear = (seq: number, at = 100) => order(1, { seq, interval: interval(at), limit: microPerKwh(500_100) });
  const fair = (seq: number, at = 100) => order(2, { seq, interval: interval(at), limit: microPerKwh(500_000) });

  test.each(["open", "sealed"] as const)("doesn't count, and costs nothing: %s", (orders) => {
    const members = membership(REGISTRY, orders);
    const pool = new Pool();
    const entries = [dear(0), fair(0)];
    for (const entry of entries) pool.add({ kind: "order", order: entry }, { agent: agentAddressOf(entry.body.home), isTimely: true });
    const commits = orders === "sealed" ? entries.map((entry) => seal(entry)) : [];
    for (const commit of commits) pool.add({ kind: "commit", commit }, { agent: agentAddressOf(commit.body.home), isTimely: true });
    const names = { orders: entries.map(entryId).sort(), commits: commits.map(entryId).sort() };
    const lists = [0, 1, 2].map((validator) => {
      const { body, ...signed } = list(validator);
      return { ...signed, body: { ...body, ...names } };
    });
    const counted = (rules: MarketRules) => {
      const found = evaluateLists(
        { rules, validators: members.validators, membership: members, pool },
        genesis(RULES, 100 as Interval, members.digest),
        { lists, isVoid: false },
      );
      if ("missing" in found) throw new Error("nothing is missing");
      return [found.evaluation.orders.map(({ body }) => body.home).sort(), found.evaluation.withheld];
    };
    expect(counted(RULES)).toEqual([[1, 2], []]);
    expect(counted({ ...RULES, maxPrice: microPerKwh(500_000) })).toEqual([[2], []]);
  });

  test("leaves the pool when an epoch begins in which it is one", () => {
    const pool = new Pool();
    const entries = [dear(0, 99), fair(0, 99), dear(1), fair(1)];
    for (const entry of entries) pool.add({ kind: "order", order: entry }, { agent: agentAddressOf(entry.body.home), isTimely: true });
    const rulesAt = (at: Interval) => (at >= 100 ? { ...RULES, maxPrice: microPerKwh(500_000) } : RULES);
    pool.keepOf({ agentAt: (home) => agentAddressOf(home), rulesAt });
    expect(entries.map((entry) => pool.has(entryId(entry)))).toEqual([true, true, false, true]);
  });

  test("is refused in this epoch, and in the next one not heard: its home may have read less, or more, of the chain", () => {
    const { say, members } = desk({ epoch: 5 });
    members.update(decided(DECIDED[0]!, voted(105, HALF, firstRules(5))));
    expect([say(asMessage.order(dear(0, 104))), say(asMessage.order(dear(0, 105))), say(asMessage.order(fair(0, 105)))]).toEqual([
      "accept ACCEPTED",
      "ignore PRICE_OUT_OF_RANGE",
      "accept ACCEPTED",
    ]);
    expect(say(asMessage.order(order(3, { limit: microPerKwh(1_000_100) })))).toBe("reject PRICE_OUT_OF_RANGE");
  });
});
