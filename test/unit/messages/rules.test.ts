import { describe, expect, test } from "@jest/globals";
import { AbiCoder, concat, id, keccak256 } from "ethers";
import { homeId, interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import {
  DEFAULT_RULES,
  deliveryEnd,
  deliveryStart,
  gateClosure,
  hashRules,
  intervalAt,
  intervalSeconds,
  type MarketRules,
  type NetworkRules,
  periodOf,
  settlementNumbers,
  settlementWords,
} from "../../../engine/messages/index.ts";
import { node } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";

/** Import and export price, most of an order, orders of a home, charge, intervals of a period. */
const RULES_NUMBERS = [300_000, 80_000, 25_000, 4, 50_000, 96];
/** As the chain opens it: the numbers' hash, then that of the rules' JSON. */
const overJson = (json: string, numbers = RULES_NUMBERS): string =>
  keccak256(concat([keccak256(AbiCoder.defaultAbiCoder().encode(Array(6).fill("uint256"), numbers)), id(json)]));

describe("the hash of the rules", () => {
  test("is keccak-256 of the settlement numbers' hash and that of the JSON with sorted keys", () => {
    expect(hashRules(RULES)).toBe(
      overJson(
        '{"currency":"EUR","gateLeadSeconds":60,"intervalMinutes":15,"kPermille":500,"market":"test-street","maxOrderWh":25000,"maxOrdersPerHome":4,"maxPrice":1000000,"openIntervals":8,"periodIntervals":96,"residual":{"exportPrice":80000,"importPrice":300000},"tick":100}',
      ),
    );
  });

  test("does not depend on the order of keys, at any depth", () => {
    const backwards = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
    expect(hashRules(backwards({ ...RULES, residual: backwards(RULES.residual) }))).toBe(hashRules(RULES));
  });

  test("changes with every rule", () => {
    const changed = Object.entries(RULES).map(([key, value]) => {
      if (typeof value === "number") return { ...RULES, [key]: value + 1 };
      return typeof value === "string" ? { ...RULES, [key]: `${value}!` } : { ...RULES, residual: { ...RULES.residual, exportPrice: 1 } };
    });
    expect(new Set([RULES, ...changed].map((rules) => hashRules(rules as MarketRules))).size).toBe(changed.length + 1);
  });

  test("a charge that is said stands among the numbers", () => {
    expect(settlementWords(settlementNumbers({ ...RULES, withheldCharge: 7, periodIntervals: 3 }))).toEqual([
      300_000, 80_000, 25_000, 4, 7, 3,
    ]);
  });

  const TREE: NetworkRules = {
    nodes: [node("transformer", null), node("north", "transformer", { importCapacity: wh(5000), fee: microPerKwh(100), lossPpm: 7 })],
    homes: [{ home: homeId(3), node: "north" }],
  };

  test("wires are hashed as JSON too, with the places of lists kept", () => {
    const rules = { ...RULES, network: TREE, mechanism: "k-double-auction", rationing: "max-min", surplusTo: "community" } as const;
    expect(hashRules(rules)).toBe(
      overJson(
        '{"currency":"EUR","gateLeadSeconds":60,"intervalMinutes":15,"kPermille":500,"market":"test-street","maxOrderWh":25000,"maxOrdersPerHome":4,"maxPrice":1000000,"network":{"homes":[{"home":3,"node":"north"}],"nodes":[{"exportCapacity":null,"fee":0,"id":"transformer","importCapacity":null,"lossPpm":0,"parent":null},{"exportCapacity":null,"fee":100,"id":"north","importCapacity":5000,"lossPpm":7,"parent":"transformer"}]},"openIntervals":8,"periodIntervals":96,"rationing":"max-min","residual":{"exportPrice":80000,"importPrice":300000},"surplusTo":"community","tick":100}',
      ),
    );
  });

  test("rules that say their defaults are those that don't, so that old rules keep their hash", () => {
    expect(hashRules({ ...RULES, ...DEFAULT_RULES })).toBe(hashRules(RULES));
  });

  test.each<[string, Partial<MarketRules>]>([
    ["a network of one node", { network: { nodes: [node("transformer", null)], homes: [] } }],
    ["two nodes", { network: TREE }],
    ["another capacity", { network: { ...TREE, nodes: [TREE.nodes[0]!, { ...TREE.nodes[1]!, importCapacity: wh(5001) }] } }],
    ["no capacity at all", { network: { ...TREE, nodes: [TREE.nodes[0]!, { ...TREE.nodes[1]!, importCapacity: null }] } }],
    ["another fee", { network: { ...TREE, nodes: [TREE.nodes[0]!, { ...TREE.nodes[1]!, fee: microPerKwh(200) }] } }],
    ["another loss", { network: { ...TREE, nodes: [TREE.nodes[0]!, { ...TREE.nodes[1]!, lossPpm: 8 }] } }],
    ["a home elsewhere", { network: { ...TREE, homes: [{ home: homeId(3), node: "transformer" }] } }],
    ["another mechanism", { mechanism: "huang" }],
    ["another rule of sharing", { rationing: "max-min" }],
    ["the surplus for others", { surplusTo: "community" }],
    ["a part of it for the community", { communityPercent: 1 }],
  ])("%s makes another market", (_, change) => {
    const others = [RULES, { ...RULES, network: TREE }].filter(
      (rules) => JSON.stringify(rules) !== JSON.stringify({ ...RULES, ...change }),
    );
    for (const rules of others) expect(hashRules({ ...RULES, ...change })).not.toBe(hashRules(rules));
  });

  test("a name beyond ASCII is hashed as UTF-8", () => {
    expect(hashRules({ ...RULES, market: "Höfe 🏡" })).toBe(
      overJson(
        '{"currency":"EUR","gateLeadSeconds":60,"intervalMinutes":15,"kPermille":500,"market":"Höfe 🏡","maxOrderWh":25000,"maxOrdersPerHome":4,"maxPrice":1000000,"openIntervals":8,"periodIntervals":96,"residual":{"exportPrice":80000,"importPrice":300000},"tick":100}',
      ),
    );
  });
});

// 2026-11-25T12:00:00Z is 1 795 608 000 s; 1 995 120 quarter-hours; day 20 782, quarter-hour 48 of it.
describe("when things happen", () => {
  test.each<[string, number, number]>([
    ["a quarter-hour has 900 s", intervalSeconds(RULES), 900],
    ["five minutes have 300 s", intervalSeconds({ ...RULES, intervalMinutes: 5 }), 300],
    ["noon", intervalAt(RULES, 1_795_608_000), 1_995_120],
    ["a moment before noon", intervalAt(RULES, 1_795_607_999.999), 1_995_119],
    ["noon's delivery starts", deliveryStart(RULES, interval(1_995_120)), 1_795_608_000],
    ["and ends", deliveryEnd(RULES, interval(1_995_120)), 1_795_608_900],
    ["its gate closes a minute before", gateClosure(RULES, interval(1_995_120)), 1_795_607_940],
    ["its period is the UTC day", periodOf(RULES, interval(1_995_120)), 20_782],
    ["the day's first interval", periodOf(RULES, interval(1_995_072)), 20_782],
    ["the day before ends with", periodOf(RULES, interval(1_995_071)), 20_781],
  ])("%s", (_, found, expected) => expect(found).toBe(expected));
});
