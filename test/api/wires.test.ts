import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { hashRules, type MarketRules } from "../../engine/messages/index.ts";
import { type IntervalView, StreetView, streetState } from "../../src/api/index.ts";
import { intervalView, streetCard } from "../../src/api/schema/answers.ts";
import { VirtualClock } from "../../src/sim/index.ts";
import { type Life, live } from "../support/market-life.ts";
import { TWO_BRANCHES } from "../support/network-rules.ts";
import { RULES } from "../support/rules.ts";

const WIRED: MarketRules = { ...RULES, network: TWO_BRANCHES };
const LABEL = { name: "s", timeZone: "UTC", readings: "none", synthetic: true, equipment: new Map() };
const compiled = (schema: object) => new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(JSON.stringify(schema)));

const isState = compiled(streetState);
const isInterval = compiled(intervalView);

/** What the API tells of each interval of a life. */
function shown(rules: MarketRules, life: Life): readonly IntervalView[] {
  const view = new StreetView(rules, LABEL, new VirtualClock({ startMs: 0, speed: 1 }));
  for (const advance of life.advances) view.certified(advance, { orders: 0, readings: 0 }, null, null);
  const state = JSON.parse(JSON.stringify(view.state(life.advances.at(-1)!.result.interval)));
  expect([isState(state), state.clearing.interval]).toEqual([true, state.prices.at(-1).interval]);
  const { surplus } = life.advances.at(-1)!.state;
  expect([state.surplus.account, state.surplus.balanceMicro, state.surplus.lostWh]).toEqual([
    rules.surplusTo ?? "grid",
    Math.round(surplus.balance / 1000),
    surplus.lost,
  ]);
  const percent = rules.surplusTo === "community" ? 100 : (rules.communityPercent ?? 0);
  const fund = Math.floor((Math.max(0, surplus.balance) * percent) / 100);
  expect([state.surplus.communityPercent, state.surplus.communityMicro]).toEqual([percent, Math.round(fund / 1000)]);
  const intervals = state.prices.map(({ interval }: { interval: string }) => view.interval(interval));
  for (const each of intervals) expect(isInterval(JSON.parse(JSON.stringify(each)))).toBe(true);
  return intervals;
}

const lives = Array.from({ length: 12 }, (_, seed) => live({ rules: WIRED, seed, intervals: 8, lost: 0 }));

describe("a street on wires", () => {
  const views = lives.flatMap((life) => shown(WIRED, life));
  const clearings = views.flatMap(({ clearing }) => (clearing === null ? [] : [clearing]));

  test("tells an order that a full wire stopped which wire, in its reason and by name", () => {
    const stopped = clearings.flatMap(({ orders }) => orders).filter(({ wire }) => wire !== null);
    expect(new Set(stopped.map(({ wire }) => wire))).toEqual(new Set(["north", "south"]));
    for (const { wire, reason } of stopped)
      expect(reason).toMatch(new RegExp(`the wire to ${wire} was full, and beyond it was a better price$`));
  });

  test("tells where each home sits; whoever isn't named sits at the root", () => {
    const places = new Map(clearings.flatMap(({ orders }) => orders).map(({ home, node }) => [home, node]));
    expect([...places].sort(([a], [b]) => a - b)).toEqual([
      [0, "north"],
      [1, "north"],
      [2, "south"],
      [5, "south"],
      [9, "transformer"],
    ]);
  });

  test("an order out of the money is told the price at its own node", () => {
    const ct = (micro: number): string => (micro / 10_000).toFixed(2).replace(/0$/, "");
    const cases = clearings.flatMap(({ orders, nodes }) =>
      orders.flatMap(({ reason, node }) =>
        /^the price, /.test(reason) ? [[reason, nodes.find(({ name }) => name === node)!.priceMicro] as const] : [],
      ),
    );
    expect(cases.length).toBeGreaterThan(20);
    for (const [reason, price] of cases) expect(reason).toContain(`the price, ${ct(price!)} ct,`);
  });

  test("tells what each wire carried, within its capacity, and what it earned", () => {
    const wires = clearings.flatMap(({ wires }) => wires);
    expect(new Set(wires.map(({ name }) => name))).toEqual(new Set(["north", "south"]));
    for (const { enteredWh, capacityWh } of wires) expect(enteredWh).toBeLessThanOrEqual(capacityWh ?? Number.POSITIVE_INFINITY);
    expect(wires.find(({ name, direction }) => name === "south" && direction === "export")?.capacityWh).toBeNull();
    expect(wires.find(({ name, direction }) => name === "north" && direction === "export")?.capacityWh).toBe(700);
    const [first] = wires.filter(({ name, direction }) => name === "north" && direction !== "idle");
    expect(first!.feesMicro).toBe(first!.enteredWh * 10);
  });

  test("tells of each settled interval who got what lies between buyers and sellers, and what was lost", () => {
    const settlements = views.flatMap(({ settlement }) => (settlement === null ? [] : [settlement]));
    for (const { surplus, flows, conservation } of settlements) {
      expect([surplus.account, surplus.keptMicro, conservation.holds]).toEqual(["grid", 0, true]);
      expect(flows.reduce((sum, { boughtWh, soldWh }) => sum + soldWh - boughtWh, 0)).toBe(surplus.lostWh);
    }
    expect(
      settlements.filter(({ surplus }) => surplus.lostWh > 0 && surplus.feesMicro > 0 && surplus.rentsMicro > 0).length,
    ).toBeGreaterThan(3);
  });
});

test("one node has no wires to tell of", () => {
  for (const { clearing } of shown(RULES, live({ rules: RULES, seed: 1, intervals: 4, lost: 0 }))) {
    expect([clearing?.nodes, clearing?.wires]).toEqual([[], []]);
    expect(clearing?.orders.map(({ node, wire }) => node ?? wire)).toEqual(clearing?.orders.map(() => null));
  }
});

test("tells what the community gets of what lies between buyers and sellers, and has got so far", () => {
  const rules: MarketRules = { ...WIRED, communityPercent: 20 };
  const life = live({ rules, seed: 2, intervals: 8, lost: 0 });
  expect(life.advances.at(-1)!.state.surplus.balance).toBeGreaterThan(100_000);
  shown(rules, life);
});

test("under another mechanism its own words are told", () => {
  const rules: MarketRules = { ...RULES, mechanism: "pay-as-bid", surplusTo: "community" };
  const views = shown(rules, live({ rules, seed: 4, intervals: 8, lost: 0 }));
  const traded = views.filter(({ clearing }) => clearing?.kind === "trade");
  expect(traded.length).toBeGreaterThan(2);
  for (const { clearing } of traded) expect(clearing?.priceSetBy).toMatch(/^each buyer pays its bid/);
});

describe("the street's card", () => {
  const card = (rules: object) => ({
    name: "s",
    rules,
    rulesHash: hashRules(RULES),
    chain: { id: 1, rpc: "x", vault: `0x${"12".repeat(20)}` },
    peers: [],
    firstInterval: 1,
    clock: null,
  });

  test.each<[string, object, boolean]>([
    ["rules as they were before wires", RULES, true],
    ["with wires", WIRED, true],
    ["with another mechanism, sharing and account", { ...RULES, mechanism: "vcg", rationing: "max-min", surplusTo: "supplier" }, true],
    ["with a part for the community", { ...RULES, communityPercent: 20 }, true],
    ["with sealed orders and their charge", { ...RULES, orders: "sealed", withheldCharge: 0 }, true],
    ["orders neither sealed nor open", { ...RULES, orders: "secret" }, false],
    ["no such mechanism", { ...RULES, mechanism: "dutch" }, false],
    ["a rule that nobody knows", { ...RULES, weather: "fine" }, false],
    ["a node whose name can't be seen", { ...RULES, network: { nodes: [{ ...TWO_BRANCHES.nodes[0], id: "\u202e" }], homes: [] } }, false],
    ["more nodes than a street has", { ...RULES, network: { nodes: Array(1025).fill(TWO_BRANCHES.nodes[0]), homes: [] } }, false],
    ["a node without a name", { ...RULES, network: { nodes: [{ parent: null }], homes: [] } }, false],
  ])("%s", (_, rules, taken) => expect(compiled(streetCard)(JSON.parse(JSON.stringify(card(rules))))).toBe(taken));
});
