import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  canonicalNetwork,
  largestMarket,
  MAX_WITHHELD_CHARGE,
  networkOf,
  nodeNames,
  ONE_NODE,
  RULES_CODES,
  rulesTroubles,
} from "../../../engine/auction/index.ts";
import { homeId, type MicroPerKwh, microPerKwh, type Wh, wh } from "../../../engine/kernel/index.ts";
import { MAX_MEMBERS, type MarketRules, type NetworkRules, type NodeRules } from "../../../engine/messages/index.ts";
import { live } from "../../support/market-life.ts";
import { anyRules, node, TWO_BRANCHES } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";

/** `maxOrdersPerHome` goes up to this (config/schema/market.schema.json). */
const MOST_ORDERS = 32;

const [root, north, south] = TWO_BRANCHES.nodes as [NodeRules, NodeRules, NodeRules];
const at = (home: number, place: string) => ({ home: homeId(home), node: place });

/** "CODE path: detail" of each trouble. */
const told = (rules: Partial<MarketRules>): readonly string[] =>
  rulesTroubles({ ...RULES, ...rules }).map(({ code, path, detail }) => `${code} ${path.join(".")}: ${detail}`);
const wires = (...nodes: readonly NodeRules[]): Partial<MarketRules> => ({ network: { nodes, homes: [] } });
const wire = (change: Partial<NodeRules>): Partial<MarketRules> => wires(root, { ...north, ...change });
const homes = (...places: NetworkRules["homes"]): Partial<MarketRules> => ({ network: { ...TWO_BRANCHES, homes: places } });

describe("rules that are fine", () => {
  test.each<[string, Partial<MarketRules>]>([
    ["without wires", {}],
    ["of one node", wires(root)],
    ["with two branches", { network: TWO_BRANCHES }],
    ["with a child before its parent", wires(node("leaf", "north"), north, root)],
    ["under another mechanism on one node", { ...wires(root), mechanism: "huang" }],
    ["with sealed orders and the dearest charge", { orders: "sealed", withheldCharge: MAX_WITHHELD_CHARGE }],
    ["with everything for the community, one way", { communityPercent: 100 }],
    ["and the other", { communityPercent: 0, surplusTo: "community" }],
    ["with open orders, and no charge at all", { orders: "open", withheldCharge: 0 }],
    ["with a wire that is out of order: no capacity at all", wire({ importCapacity: wh(0), exportCapacity: wh(0) })],
  ])("%s", (_, rules) => expect(told(rules)).toEqual([]));
});

describe("rules that are refused", () => {
  const cases: readonly [string, Partial<MarketRules>, readonly string[]][] = [
    ["no such mechanism", { mechanism: "dutch" as never }, ["MECHANISM_UNKNOWN mechanism: dutch"]],
    ["a mechanism that every object has", { mechanism: "toString" as never }, ["MECHANISM_UNKNOWN mechanism: toString"]],
    ["no such sharing", { rationing: "lottery" as never }, ["RATIONING_UNKNOWN rationing: lottery"]],
    ["no such account", { surplusTo: "me" as never }, ["SURPLUS_ACCOUNT_UNKNOWN surplusTo: me"]],
    ["a part below nothing", { communityPercent: -1 }, ["COMMUNITY_PERCENT_OUT_OF_RANGE communityPercent: -1"]],
    ["more than the whole", { communityPercent: 101 }, ["COMMUNITY_PERCENT_OUT_OF_RANGE communityPercent: 101"]],
    ["half a percent", { communityPercent: 0.5 }, ["COMMUNITY_PERCENT_OUT_OF_RANGE communityPercent: 0.5"]],
    ["a part in words", { communityPercent: "20" as never }, ["COMMUNITY_PERCENT_OUT_OF_RANGE communityPercent: 20"]],
    [
      "a part for whom everything goes to",
      { communityPercent: 20, surplusTo: "community" },
      ["COMMUNITY_PERCENT_POINTLESS communityPercent: 20"],
    ],
    ["orders neither sealed nor open", { orders: "secret" as never }, ["ORDER_PRIVACY_UNKNOWN orders: secret"]],
    ["a charge that pays", { withheldCharge: -1 }, ["WITHHELD_CHARGE_OUT_OF_RANGE withheldCharge: -1"]],
    ["half a millionth", { withheldCharge: 0.5 }, ["WITHHELD_CHARGE_OUT_OF_RANGE withheldCharge: 0.5"]],
    ["a charge of more than 10", { withheldCharge: 10_000_001 }, ["WITHHELD_CHARGE_OUT_OF_RANGE withheldCharge: 10000001"]],
    ["a mechanism without wires on wires", { network: TWO_BRANCHES, mechanism: "vcg" }, ["MECHANISM_NEEDS_ONE_NODE mechanism: vcg"]],
    ["no node", wires(), ["NETWORK_NO_ROOT network.nodes: 0"]],
    ["two roots", wires(root, north, node("other", null)), ["NETWORK_TWO_ROOTS network.nodes.2.parent: other"]],
    [
      "a root with a wire",
      wires({ ...root, exportCapacity: wh(1) }, north),
      ["NETWORK_ROOT_HAS_WIRE network.nodes.0.exportCapacity: transformer"],
    ],
    ["a root with a fee", wires({ ...root, fee: microPerKwh(100) }), ["NETWORK_ROOT_HAS_WIRE network.nodes.0.fee: transformer"]],
    ["a root that loses", wires({ ...root, lossPpm: 1 }), ["NETWORK_ROOT_HAS_WIRE network.nodes.0.lossPpm: transformer"]],
    ["a name twice", wires(root, north, { ...north }), ["NETWORK_NODE_TWICE network.nodes.2.id: north"]],
    ["the root's name again", wires(root, node("transformer", "transformer")), ["NETWORK_NODE_TWICE network.nodes.1.id: transformer"]],
    [
      "a parent that isn't there",
      wires(root, node("a", "nowhere"), node("b", "a")),
      ["NETWORK_PARENT_UNKNOWN network.nodes.1.parent: nowhere"],
    ],
    ["its own parent", wires(root, node("a", "a")), ["NETWORK_CYCLE network.nodes.1.parent: a"]],
    [
      "a circle, and what hangs on it",
      wires(root, node("a", "b"), node("b", "a"), node("c", "b")),
      [
        "NETWORK_CYCLE network.nodes.1.parent: b",
        "NETWORK_CYCLE network.nodes.2.parent: a",
        "NETWORK_DISCONNECTED network.nodes.3.parent: b",
      ],
    ],
    [
      "nothing but a circle",
      wires(node("a", "b"), node("b", "a")),
      ["NETWORK_CYCLE network.nodes.0.parent: b", "NETWORK_CYCLE network.nodes.1.parent: a", "NETWORK_NO_ROOT network.nodes: 2"],
    ],
    ["a negative capacity", wire({ importCapacity: -1 as Wh }), ["NETWORK_CAPACITY_OUT_OF_RANGE network.nodes.1.importCapacity: -1"]],
    ["half a watt-hour", wire({ exportCapacity: 0.5 as Wh }), ["NETWORK_CAPACITY_OUT_OF_RANGE network.nodes.1.exportCapacity: 0.5"]],
    [
      "more than energy can be",
      wire({ importCapacity: 1e13 as Wh }),
      ["NETWORK_CAPACITY_OUT_OF_RANGE network.nodes.1.importCapacity: 10000000000000"],
    ],
    ["no number", wire({ importCapacity: Number.NaN as Wh }), ["NETWORK_CAPACITY_OUT_OF_RANGE network.nodes.1.importCapacity: NaN"]],
    ["a negative fee", wire({ fee: -100 as MicroPerKwh }), ["NETWORK_FEE_OUT_OF_RANGE network.nodes.1.fee: -100"]],
    ["a fee above every price", wire({ fee: microPerKwh(1_000_100) }), ["NETWORK_FEE_OUT_OF_RANGE network.nodes.1.fee: 1000100"]],
    ["a fee off the tick", wire({ fee: microPerKwh(150) }), ["NETWORK_FEE_OFF_TICK network.nodes.1.fee: 150"]],
    ["a negative loss", wire({ lossPpm: -1 }), ["NETWORK_LOSS_OUT_OF_RANGE network.nodes.1.lossPpm: -1"]],
    ["all is lost", wire({ lossPpm: 1_000_000 }), ["NETWORK_LOSS_OUT_OF_RANGE network.nodes.1.lossPpm: 1000000"]],
    ["a fraction of a millionth", wire({ lossPpm: 0.1 }), ["NETWORK_LOSS_OUT_OF_RANGE network.nodes.1.lossPpm: 0.1"]],
    ["no home", homes({ home: -1 as never, node: "north" }), ["NETWORK_HOME_OUT_OF_RANGE network.homes.0.home: -1"]],
    ["a home at two nodes", homes(at(1, "north"), at(2, "north"), at(1, "south")), ["NETWORK_HOME_TWICE network.homes.2.home: 1"]],
    ["a home nowhere", homes(at(1, "north"), at(2, "west")), ["NETWORK_HOME_NODE_UNKNOWN network.homes.1.node: west"]],
    ["losses that make prices endless", wires(root, node("a", "transformer", { lossPpm: 999_999 })), ["NETWORK_TOO_LARGE network: 0"]],
    [
      "everything at once",
      { ...wires(root, { ...north, fee: microPerKwh(1), lossPpm: -1 }, south), rationing: "x" as never },
      [
        "RATIONING_UNKNOWN rationing: x",
        "NETWORK_FEE_OFF_TICK network.nodes.1.fee: 1",
        "NETWORK_LOSS_OUT_OF_RANGE network.nodes.1.lossPpm: -1",
      ],
    ],
  ];
  test.each(cases)("%s", (_, rules, expected) => expect(told(rules)).toEqual(expected));

  test("each code has a case here and its line in the README", () => {
    const readme = readFileSync(new URL("../../../engine/auction/README.md", import.meta.url), "utf8");
    const seen = new Set(cases.flatMap(([, , lines]) => lines.map((line) => line.split(" ")[0])));
    expect([...RULES_CODES].sort()).toEqual([...seen].sort());
    for (const code of RULES_CODES) expect(readme).toMatch(new RegExp(`^\\| \`${code}\` +\\|`, "m"));
  });
});

test("the dearest charge for all that the largest street can seal in an interval is an exact amount of nano", () => {
  expect(Number.isSafeInteger(MAX_WITHHELD_CHARGE * 1000 * MAX_MEMBERS * MOST_ORDERS)).toBe(true);
});

describe("the wires that rules name", () => {
  test("none are one node", () => expect([networkOf({}), nodeNames({})]).toEqual([ONE_NODE, ["street"]]));

  test("parents before children and siblings by name, in whatever order they were written", () => {
    const nodes = [node("b2", "b"), south, node("b", "transformer"), root, north, node("a2", "north")];
    const network: NetworkRules = { nodes, homes: [at(7, "b2"), at(2, "north")] };
    expect(nodeNames({ network })).toEqual(["transformer", "b", "north", "south", "b2", "a2"]);
    expect(networkOf({ network }).nodes.map(({ edge }) => edge?.parent ?? null)).toEqual([null, 0, 0, 0, 1, 2]);
    expect(networkOf({ network }).homes).toEqual(
      new Map([
        [7, 4],
        [2, 2],
      ]),
    );
    const canonical = canonicalNetwork(network);
    expect(canonical.nodes.map(({ id }) => id)).toEqual(nodeNames({ network }));
    expect(canonical.homes).toEqual([at(2, "north"), at(7, "b2")]);
    expect(canonicalNetwork({ nodes: [...nodes].reverse(), homes: canonical.homes })).toEqual(canonical);
  });

  test("a wire without capacity in the rules never binds, one with it does", () => {
    const edges = networkOf({ network: TWO_BRANCHES }).nodes.map(({ edge }) => edge);
    expect(edges[1]).toEqual({ parent: 0, importCapacity: 900, exportCapacity: 700, fee: 10_000, lossPpm: 0 });
    expect(edges[2]).toMatchObject({ importCapacity: 1200, exportCapacity: wh.max });
  });

  test("fees and losses make energy dearer on its way, so fewer homes can be counted exactly", () => {
    // 2^53 / (1e6 x 25 000 x 4) = 90 071; a fee of 1e6 there and back leaves a third, a loss of three quarters a sixteenth.
    const behind = (change: Partial<NodeRules>): number => largestMarket({ ...RULES, ...wires(root, node("a", "transformer", change)) });
    expect([largestMarket(RULES), behind({})]).toEqual([90_071, 90_071]);
    expect(behind({ fee: microPerKwh(1_000_000) })).toBe(30_023);
    expect(behind({ lossPpm: 750_000 })).toBe(5_629);
  });
});

test("whatever passes the door is cleared without a throw; what does not is told and nothing is thrown", () => {
  const odd = fc.constantFrom<unknown>(-1, 0, 0.5, 1, 7, 100, 300_000, 1e13, Number.NaN, null);
  const change = fc.record({
    place: fc.nat(9),
    key: fc.constantFrom("id", "parent", "importCapacity", "exportCapacity", "fee", "lossPpm"),
    value: odd,
    other: fc.nat(9),
  });
  const counted = { passed: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 2 }), fc.nat(), (changes, seed) => {
      const network = anyRules(seed).network ?? TWO_BRANCHES;
      const nodes = network.nodes.map((each) => ({ ...each })) as Record<string, unknown>[];
      for (const { place, key, value, other } of changes)
        nodes[place % nodes.length]![key] = key === "id" || key === "parent" ? (nodes[other % nodes.length]!.id ?? "x") : value;
      const rules: MarketRules = { ...RULES, network: { ...network, nodes: nodes as unknown as readonly NodeRules[] } };
      const fine = rulesTroubles(rules).length === 0;
      counted[fine ? "passed" : "refused"]++;
      if (fine) expect(() => live({ rules, seed, intervals: 2, lost: 0 })).not.toThrow();
    }),
    { numRuns: 600 },
  );
  expect(Math.min(counted.passed, counted.refused)).toBeGreaterThan(100);
});
