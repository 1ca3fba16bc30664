import { expect, test } from "@jest/globals";
import { type HomeId, homeId, type Interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { ADVERSARIES, FIRST, type SimulatedHome, SimulatedStreet, type StreetOptions } from "../../../src/sim/index.ts";
import type { Adversary } from "../../../src/sim/street/adversary.ts";

// Periods of three intervals: the fourth interval is the first of an epoch. Every home has 1,000 of the currency in the vault, and none
// orders for 10 in an interval.
const QUIET = { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } };
const street = (options: Partial<StreetOptions> = {}): SimulatedStreet =>
  new SimulatedStreet({ seed: 11, homes: 4, faults: QUIET, ...options });
const liar = (home: number, name: keyof typeof ADVERSARIES): Partial<StreetOptions> => ({
  adversaries: new Map<number, Adversary>([[home, ADVERSARIES[name]]]),
});

async function lived(town: SimulatedStreet, intervals: number, during: (town: SimulatedStreet) => Promise<void> = async () => undefined) {
  await town.start();
  await during(town);
  await town.runTo(intervals);
  town.stop();
  const { certified } = town.homes[0]!;
  const at = (place: number) => certified.find(({ evaluation }) => evaluation.result.interval === FIRST + place)!;
  const counted = (home: number) =>
    certified.map(({ evaluation: { orders } }) => orders.filter(({ body }) => body.home === home).length).slice(0, intervals);
  const stakes = () => certified.flatMap(({ block }) => (block.members === null ? [] : [block.members.stakes]));
  return { at, counted, stakes, heads: [...town.homes[0]!.heads] };
}
const DEPOSIT = 10_000_000;

test("the first interval runs without a limit and agrees on stakes; nothing changes them in an epoch that is quiet", async () => {
  const town = street();
  const { stakes, counted } = await lived(town, 8);
  expect(stakes()).toEqual([Array(4).fill(DEPOSIT)]);
  // Lists tell all stakes in the first interval and in the last of each epoch, and that nothing has fallen in the others.
  const lists = town.homes[1]!.said.flatMap((message) => (message.kind === "list" ? [message.list.body] : []));
  expect(lists.map((list) => [list.interval - FIRST, list.stakes.length])).toEqual(
    [4, 1, 4, 1, 1, 4, 1, 1, 4].map((count, place) => [place, count]).slice(0, lists.length),
  );
  for (const home of [0, 1, 2, 3]) expect(Math.min(...counted(home))).toBeGreaterThan(0);
});

test("a home that has staked nothing orders in vain from the second interval on; it is neither withheld nor charged", async () => {
  const town = street(liar(2, "overspending"));
  const { counted, stakes, at } = await lived(town, 7);
  expect(stakes()).toEqual([[DEPOSIT, DEPOSIT, 0, DEPOSIT]]);
  expect(counted(2)[0]).toBeGreaterThan(0);
  expect(counted(2).slice(1)).toEqual(Array(6).fill(0));
  expect(Math.min(...counted(0))).toBeGreaterThan(0);
  expect(town.homes[2]!.said.filter(({ kind }) => kind === "order").length).toBeGreaterThan(6);
  for (let place = 0; place < 7; place++) {
    expect(at(place).evaluation.withheld).toEqual([]);
    expect(at(place).evaluation.settled?.homes.map(({ charge }) => charge) ?? []).toEqual(place < 2 ? [] : [0, 0, 0, 0]);
  }
});

test("a home signs no order that it couldn't pay for, and says why in its log; what fits beside it is signed", async () => {
  const logged: object[] = [];
  const witness = {
    logged: (home: SimulatedHome, _level: unknown, event: string, data: object) =>
      void (event === "order.refused" && logged.push({ name: home.name, ...data })),
  };
  const town = street({ witness });
  town.chain.deposits.set(homeId(2), 40_000);
  await town.start();
  await town.runTo(2, 300);
  const { node, said } = town.homes[2]!;
  const next = node.rounds.current;
  // 90,000 Wh at 1 are 900,000 ticks; 1 Wh at 1 is 10.
  const orders = [90_000, 1].map((energy, seq) => ({
    home: homeId(2),
    interval: next,
    side: "buy" as const,
    energy: wh(energy),
    limit: microPerKwh(1_000_000),
    seq: seq + 7,
  }));
  const before = said.length;
  node.orderWithinCredit(orders);
  expect(said.slice(before).map((message) => message.kind === "commit" && message.commit.body.seq)).toEqual([8]);
  expect(logged).toEqual([
    {
      name: "home-2",
      code: "CREDIT_EXCEEDED",
      interval: next,
      side: "buy",
      energyWh: 90_000,
      limit: 1_000_000,
      worstNano: 90_000_000_000,
      creditNano: expect.any(Number),
    },
  ]);
  town.stop();
});

test("who can't read the chain learns stakes with the set, from its neighbours", async () => {
  const town = street({ joiners: 1 });
  town.chain.hiddenFrom.add("home-1");
  const { heads } = await lived(town, 8, () => town.change({ kind: "join", home: 4, since: (FIRST + 3) as Interval, certifies: true }));
  expect([...town.homes[1]!.heads]).toEqual(heads);
  expect(town.homes[1]!.certified.length).toBeGreaterThanOrEqual(8);
});

test("a validator that lies about stakes, both ways, changes no byte of what is agreed", async () => {
  const [honest, lied] = [await lived(street(), 8), await lived(street(liar(3, "lying-stakes")), 8)];
  expect(lied.heads).toEqual(honest.heads);
  expect(lied.heads.length).toBeGreaterThanOrEqual(8);
});

test("a street whose chain is away from the beginning goes on without a limit, and agrees on one when it is back", async () => {
  const town = street(liar(2, "overspending"));
  town.chain.isAway = true;
  const { stakes, counted } = await lived(town, 8, async () => {
    await town.runTo(4);
    expect(town.homes[0]!.certified.length).toBeGreaterThanOrEqual(4);
    town.chain.isAway = false;
  });
  expect(stakes()).toEqual([[DEPOSIT, DEPOSIT, 0, DEPOSIT]]);
  expect(counted(2).slice(0, 4)).not.toContain(0);
  expect(counted(2).slice(-2)).toEqual([0, 0]);
});

test("a chain that goes away leaves what was agreed; what homes pay in counts from the next epoch on that can read it", async () => {
  const town = street(liar(2, "overspending"));
  const { stakes, counted } = await lived(town, 10, async () => {
    await town.runTo(2);
    town.chain.isAway = true;
    town.chain.deposits.set(homeId(2), DEPOSIT);
    await town.runTo(4);
    town.chain.isAway = false;
  });
  expect(stakes()).toEqual([
    [DEPOSIT, DEPOSIT, 0, DEPOSIT],
    [DEPOSIT, DEPOSIT, DEPOSIT, DEPOSIT],
  ]);
  const first = counted(2).findIndex((count, place) => place > 0 && count > 0);
  expect([first, counted(2).slice(1, first)]).toEqual([6, Array(5).fill(0)]);
});

const paidOut = (town: SimulatedStreet, left = 0) => void town.chain.deposits.set(homeId(2), left);
const FALLEN = [DEPOSIT, DEPOSIT, 0, DEPOSIT];
/** Whether an order of a home counts, interval by interval. */
const trades = (counts: readonly number[]) => counts.map((count) => (count > 0 ? 1 : 0)).join("");

test.each([
  ["at a gate", 0, "11111000"],
  ["just after homes have looked at the chain", 300, "11111100"],
])("what is paid out within an epoch, %s, is traded against two intervals on at most", async (_, beyondMs, expected) => {
  const { stakes, counted } = await lived(street(), 8, async (town) => {
    await town.runTo(3, beyondMs);
    paidOut(town);
  });
  expect(stakes()).toEqual([Array(4).fill(DEPOSIT), FALLEN]);
  expect(trades(counted(2))).toBe(expected);
  expect([0, 1, 3].map((home) => trades(counted(home)))).toEqual(Array(3).fill("11111111"));
});

test("what comes back within an epoch counts from the edge on; a restart has the same number, and so does who was away", async () => {
  const town = street();
  const { stakes, counted } = await lived(town, 9, async () => {
    await town.runTo(3);
    paidOut(town);
    town.homes[3]!.stop();
    await town.runTo(4, 1_500);
    await town.homes[1]!.restart();
    await town.homes[3]!.start();
    paidOut(town, DEPOSIT);
  });
  expect(stakes()).toEqual([Array(4).fill(DEPOSIT), FALLEN, Array(4).fill(DEPOSIT)]);
  expect(trades(counted(2))).toBe("111110111");
  for (const place of [1, 2, 3]) expect([...town.homes[place]!.heads].slice(0, 9)).toEqual([...town.homes[0]!.heads].slice(0, 9));
});

test.each(["lying-stakes", "withdrawing", "silent", "stale-chain"] as const)(
  "one %s validator of four keeps no stake up and lowers none",
  async (name) => {
    const { stakes, counted } = await lived(street(liar(3, name)), 6, async (town) => {
      await town.runTo(3);
      paidOut(town);
    });
    expect(stakes().at(-1)!.slice(0, 3)).toEqual([DEPOSIT, DEPOSIT, 0]);
    expect([trades(counted(0)), trades(counted(2))]).toEqual(["111111", "111110"]);
  },
);

test("a validator that can't read the chain holds nothing up", async () => {
  const { counted } = await lived(street(), 6, async (town) => {
    town.chain.hiddenFrom.add("home-1");
    await town.runTo(3);
    paidOut(town);
  });
  expect(trades(counted(2))).toBe("111110");
});

test("a street whose chain is away learns of it when it is back, in intervals that are void too", async () => {
  const town = street();
  const { at, stakes, counted } = await lived(town, 9, async () => {
    await town.runTo(2, 300);
    town.chain.isAway = true;
    paidOut(town);
    // A whole epoch without a quorum: the two that are left agree on nothing, and on void when the others are back.
    for (const place of [2, 3]) town.homes[place]!.stop();
    await town.runTo(6);
    town.chain.isAway = false;
    for (const place of [2, 3]) await town.homes[place]!.start();
  });
  const first = at(3);
  expect([first.evaluation.kind, first.block.members?.stakes]).toEqual(["void", FALLEN]);
  expect(stakes()).toEqual([Array(4).fill(DEPOSIT), FALLEN]);
  expect(trades(counted(2))).toBe("111000000");
});

test("who joins trades against its own stake from its first interval on; settlement moves no stake", async () => {
  const town = street({ joiners: 1 });
  const { stakes, counted, at } = await lived(town, 9, () =>
    town.change({ kind: "join", home: 4, since: (FIRST + 3) as Interval, certifies: true }),
  );
  // Registered before the first gate, it is read with the others; another set comes into force at the edge.
  expect(stakes()).toEqual([Array(5).fill(DEPOSIT), Array(5).fill(DEPOSIT)]);
  expect(counted(4).slice(0, 4)).toEqual([0, 0, 0, counted(4)[3]]);
  expect(counted(4)[3]).toBeGreaterThan(0);
  // Two periods were carried to the chain, and moved money.
  expect(town.chain.taken.length).toBeGreaterThanOrEqual(2);
  expect(at(8).evaluation.state.accounts.get(0 as HomeId)!.balance).not.toBe(0);
});
