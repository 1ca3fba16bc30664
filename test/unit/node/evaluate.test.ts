import { describe, expect, test } from "@jest/globals";
import { type Digest, homeId, interval, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import {
  entryId,
  type Order,
  type OrderList,
  type Signed,
  type SignedCommit,
  type SignedList,
  type SignedOrder,
  type SignedReading,
  stakedDigest,
} from "../../../engine/messages/index.ts";
import { genesis } from "../../../engine/settlement/index.ts";
import { type Evaluation, evaluateLists } from "../../../src/node/evaluate.ts";
import { Membership } from "../../../src/node/membership.ts";
import { Pool } from "../../../src/node/pool.ts";
import { memoryStore } from "../../../src/sim/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, list, order, REGISTRY, reading, seal, signedAgain, someDigest } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";

// Four validators: an entry is in when two of three lists hold it. Epochs of ten intervals: 109 is the last one of its own.
const rules = { ...RULES, periodIntervals: 10 };
type Entry = SignedOrder | SignedCommit | SignedReading;

function street({ orders = "open" as "open" | "sealed", at = AT as number } = {}) {
  const membership = new Membership(
    { rules: { ...RULES, periodIntervals: 10, orders }, first: interval(90), store: memoryStore() },
    REGISTRY,
  );
  membership.enter(membership.digest, interval(at));
  const pool = new Pool();
  const hold = (entry: Entry, agent = agentAddressOf(entry.body.home)) => {
    const how = { agent, isTimely: true };
    if ("commitment" in entry.body) pool.add({ kind: "commit", commit: entry as SignedCommit }, how);
    else if ("side" in entry.body) pool.add({ kind: "order", order: entry as SignedOrder }, how);
    else pool.add({ kind: "reading", reading: entry as SignedReading }, how);
  };
  const state = genesis(rules, interval(at), membership.digest);
  const evaluate = (lists: readonly SignedList[], isVoid = false) =>
    evaluateLists({ rules, validators: membership.validators, membership, pool }, state, { lists, isVoid });
  const result = (lists: readonly SignedList[], isVoid = false): Evaluation => {
    const found = evaluate(lists, isVoid);
    if ("missing" in found) throw new Error(`missing ${found.missing.join()}`);
    return found.evaluation;
  };
  return { membership, pool, hold, evaluate, result, state };
}

const saying = (validator: number, change: Partial<OrderList>): SignedList => {
  const { body, ...signed } = list(validator);
  return { ...signed, body: { ...body, ...change } };
};
/** Three validators' lists of the same. */
const three = (change: Partial<OrderList>) => [0, 1, 2].map((validator) => saying(validator, change));
const ids = (...entries: readonly Signed<unknown>[]) => entries.map(entryId).sort();
const sell = (home: number, change: Partial<Order> = {}, signer = home) => order(home, { side: "sell", ...change }, signer);

describe("what counts of open orders", () => {
  test("what two of three lists hold, and what is lacking is named", () => {
    const { hold, evaluate, result } = street();
    const [one, two, three_] = [order(0), sell(1), sell(2)];
    const lists = [saying(0, { orders: ids(one, two) }), saying(1, { orders: ids(one) }), saying(2, { orders: ids(two, three_) })];
    expect(evaluate(lists)).toEqual({ missing: ids(one, two) });
    hold(one);
    expect(evaluate(lists)).toEqual({ missing: ids(two) });
    hold(two);
    expect(result(lists).orders.map(entryId)).toEqual(ids(one, two));
    expect(result(lists).kind).toBe("trade");
  });

  test("not an order under a key that its home has no more, not of one that has left, not of another interval", () => {
    const { hold, result } = street();
    const [good, oldKey, left, later] = [order(0), order(1, {}, 77), order(5), order(2, { interval: interval(101) })];
    hold(good);
    hold(oldKey, agentAddressOf(77));
    hold(left, agentAddressOf(5));
    hold(later);
    expect(result(three({ orders: ids(good, oldKey, left, later) })).orders).toEqual([good]);
  });

  test("neither of one order under two signatures", () => {
    const { hold, result } = street();
    const [one, again, good] = [order(0), signedAgain(order(0)), sell(1)];
    for (const each of [one, again, good]) hold(each);
    expect(result(three({ orders: ids(one, again, good) })).orders).toEqual([good]);
    // Named by one list alone, the second takes nothing away.
    const lists = [saying(0, { orders: ids(one, again, good) }), saying(1, { orders: ids(one, good) }), saying(2, {})];
    expect(result(lists).orders.map(entryId)).toEqual(ids(one, good));
  });

  test("neither of two under one seq; and nothing is withheld in an open street, whatever seals there are", () => {
    const { hold, result } = street();
    const [one, other, good] = [order(0), order(0, { energy: wh(600) }), sell(1)];
    for (const each of [one, other, good, seal(order(2))]) hold(each);
    const { orders, withheld } = result(three({ orders: ids(one, other, good), commits: ids(seal(order(2))) }));
    expect([orders, withheld]).toEqual([[good], []]);
  });
});

describe("what counts of sealed ones", () => {
  test("what was shown counts, what never was is withheld: seals and orders alike under the keys in force", () => {
    const { hold, result } = street({ orders: "sealed" });
    const [shown, hidden, old] = [order(0), order(1), order(2, {}, 77)];
    const seals = [seal(hidden), seal(old, {}, 77)];
    for (const each of [shown, seals[0]!]) hold(each);
    hold(seals[1]!, agentAddressOf(77));
    const { orders, withheld } = result(three({ orders: ids(shown), commits: ids(...seals) }));
    expect([orders, withheld]).toEqual([[shown], [{ kind: "commit", commit: seals[0] }]]);
  });

  test("one order under two signatures that were both sealed and shown is two in one place: it is withheld", () => {
    const { hold, result } = street({ orders: "sealed" });
    const [one, again] = [order(1), signedAgain(order(1))];
    for (const each of [one, again]) hold(each);
    const { orders, withheld } = result(three({ orders: ids(one, again) }));
    expect([orders, withheld.map((each) => each.kind === "order" && entryId(each.order))]).toEqual([[], ids(one, again).slice(0, 1)]);
  });

  // A seal fits one signature of its order: what half of the street saw under another must not change what the other half makes of it.
  test.each([[order(1)], [signedAgain(order(1))], [null]])("whichever signature of an order a home holds, the value is one", (first) => {
    const { hold, evaluate, result } = street({ orders: "sealed" });
    const [one, other] = [order(1), signedAgain(order(1))];
    const lists = [
      ...[0, 1].map((validator) => saying(validator, { orders: ids(one) })),
      ...[2, 3].map((validator) => saying(validator, { commits: ids(seal(one)) })),
    ];
    hold(seal(one));
    if (first !== null) hold(first);
    if (first === null || entryId(first) === entryId(other)) expect(evaluate(lists)).toEqual({ missing: ids(one) });
    hold(one);
    expect([result(lists).orders, result(lists).withheld]).toEqual([[one], []]);
  });

  test("a seal that only one list names makes nobody pay", () => {
    const { hold, result } = street({ orders: "sealed" });
    hold(seal(order(1)));
    const lists = [saying(0, { commits: ids(seal(order(1))) }), saying(1, {}), saying(2, {})];
    expect(result(lists).withheld).toEqual([]);
  });
});

describe("void", () => {
  test("needs no orders, counts none, charges nobody, and settles readings all the same", () => {
    const { hold, evaluate, result } = street({ orders: "sealed" });
    const read = reading(1, 98, 500);
    const lists = three({ orders: ids(order(0)), commits: ids(seal(order(1))), readings: ids(read) });
    expect(evaluate(lists, true)).toEqual({ missing: ids(read) });
    hold(read);
    const found = result(lists, true);
    expect([found.kind, found.orders, found.withheld, found.readings]).toEqual(["void", [], [], [read]]);
    expect(found.result.kind).toBe("void");
    expect(evaluate(lists)).toEqual({ missing: [...ids(seal(order(1))), ...ids(order(0))] });
  });

  test("is another value than a trade of nothing", () => {
    const { result } = street();
    expect(result(three({}), true).value).not.toBe(result(three({})).value);
  });
});

test("readings: of two of one home none counts, and none of another interval", () => {
  const { hold, result } = street();
  const readings = [reading(0, 98, 5), reading(1, 98, 5), reading(1, 98, 6), reading(2, 97, 5)];
  for (const each of readings) hold(each);
  expect(result(three({ readings: ids(...readings) })).readings).toEqual([readings[0]]);
});

describe("who agrees next", () => {
  const named = { members: someDigest(7), membersVersion: 999 };
  test.each<[string, number, Partial<OrderList>, boolean, Digest | "current"]>([
    ["inside an epoch who agrees now, whatever the lists say", 108, named, false, "current"],
    ["at its last interval whom the lists name", 109, named, false, someDigest(7)],
    ["in a void one too", 109, named, true, someDigest(7)],
    ["not at the first of the next", 110, named, false, "current"],
    ["an older set never", 109, { members: someDigest(7), membersVersion: 0 }, false, "current"],
    ["nobody read anything: who agrees now", 109, { members: ZERO_DIGEST, membersVersion: 0 }, false, "current"],
  ])("%s", (_, at, change, isVoid, expected) => {
    const { membership, result } = street({ at });
    const found = result(three({ ...change, interval: interval(at) }), isVoid);
    const next = expected === "current" ? membership.digest : expected;
    expect([found.nextMembers, found.result.nextMembers, found.state.members]).toEqual([next, next, next]);
  });

  test("one list's word is not enough", () => {
    const { membership, result } = street({ at: 109 });
    expect(result([saying(0, named), saying(1, {}), saying(2, {})]).nextMembers).toBe(membership.digest);
  });

  test("a set of the very version that agrees now is not newer", () => {
    const { membership, result } = street({ at: 109 });
    const { version } = membership.members;
    expect(result(three({ members: someDigest(7), membersVersion: version })).nextMembers).toBe(membership.digest);
    expect(result(three({ members: someDigest(7), membersVersion: version + 1 })).nextMembers).toBe(someDigest(7));
  });
});

describe("what homes trade against", () => {
  // 500 Wh at 15 ct: 75,000,000 nano, 750 ticks.
  const staking = (at: number, ...stakes: readonly number[]) => ({ interval: interval(at), stakes });
  const enter = (town: ReturnType<typeof street>, at: number, stakes: readonly number[] | null) => {
    const { membership } = town;
    membership.enter(membership.staked(membership.unstaked, stakes), interval(at));
    return membership.unstaked;
  };

  test("is agreed on at an epoch's last interval and named with the set, whether its content is known here or not", () => {
    const town = street({ at: 109 });
    const unstaked = enter(town, 109, [1, 1, 1, 1]);
    expect(town.result(three(staking(109, 7, 8))).nextMembers).toBe(stakedDigest(unstaked, [7, 8]));
    expect(town.result(three(staking(109, 7, 8)), true).nextMembers).toBe(stakedDigest(unstaked, [7, 8]));
    const strange = { ...staking(109, 7, 8), members: someDigest(7), membersVersion: 999 };
    expect(town.result(three(strange)).nextMembers).toBe(stakedDigest(someDigest(7), [7, 8]));
    expect(town.membership.known(stakedDigest(someDigest(7), [7, 8]))).toBeNull();
    expect(town.membership.known(stakedDigest(unstaked, [7, 8]))).toEqual({ ...town.membership.members, stakes: [7, 8] });
  });

  test("nobody read anything: what was agreed before, with a new set too", () => {
    const town = street({ at: 109 });
    const unstaked = enter(town, 109, [1, 2]);
    expect(town.result(three({ interval: interval(109) })).nextMembers).toBe(stakedDigest(unstaked, [1, 2]));
    const joined = { interval: interval(109), members: someDigest(7), membersVersion: 999 };
    expect(town.result(three(joined)).nextMembers).toBe(stakedDigest(someDigest(7), [1, 2]));
  });

  test("inside an epoch it stays, unless there is none: then it is agreed on at once, and the set is the same", () => {
    const town = street({ at: 105 });
    const unstaked = town.membership.unstaked;
    const changed = { ...staking(105, 7), members: someDigest(7), membersVersion: 999 };
    expect(town.result(three(changed)).nextMembers).toBe(stakedDigest(unstaked, [7]));
    expect(town.result(three({ interval: interval(105) })).nextMembers).toBe(unstaked);
    const later = street({ at: 105 });
    enter(later, 105, [1]);
    expect(later.result(three({ ...changed, stakes: [1] })).nextMembers).toBe(later.state.members);
    expect(later.result(three({ ...changed, stakes: [7] })).nextMembers).toBe(later.state.members);
  });

  test("inside an epoch what has fallen is named with the same set, in an interval that is void too, and whatever chain lists name", () => {
    const town = street({ at: 105 });
    const unstaked = enter(town, 105, [9, 8]);
    const fallen = { ...staking(105, 9, 3), members: someDigest(7), membersVersion: 999 };
    for (const isVoid of [false, true]) expect(town.result(three(fallen), isVoid).nextMembers).toBe(stakedDigest(unstaked, [9, 3]));
    expect(town.membership.known(stakedDigest(unstaked, [9, 3]))).toEqual({ ...town.membership.members, stakes: [9, 3] });
  });

  test("an order beyond it is left out and not withheld, open or sealed; without stakes it counts", () => {
    for (const orders of ["open", "sealed"] as const) {
      const town = street({ orders });
      const [rich, poor] = [order(0), order(1)];
      for (const each of [rich, poor]) town.hold(each);
      expect(town.result(three({ orders: ids(rich, poor) })).orders.map(entryId)).toEqual(ids(rich, poor));
      enter(town, AT, [750, 749]);
      const found = town.result(three({ orders: ids(rich, poor) }));
      expect([found.orders, found.withheld]).toEqual([[rich], []]);
    }
  });
});

test("the order in which lists are named changes nothing", () => {
  const { hold, result } = street();
  for (const each of [order(0), sell(1), reading(1, 98, 5)]) hold(each);
  const lists = [
    saying(0, { orders: ids(order(0), sell(1)) }),
    saying(1, { orders: ids(order(0)), readings: ids(reading(1, 98, 5)) }),
    saying(2, { orders: ids(sell(1)), readings: ids(reading(1, 98, 5)) }),
  ];
  expect(result([...lists].reverse())).toEqual(result(lists));
  expect(homeId(0)).toBe(
    result(lists)
      .orders.map(({ body }) => body.home)
      .sort()[0],
  );
});
