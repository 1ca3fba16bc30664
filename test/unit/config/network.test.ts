import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { networkOf, nodeNames, rulesTroubles } from "../../../engine/auction/index.ts";
import { hashRules, type MarketRules } from "../../../engine/messages/index.ts";
import { renderProblems } from "../../../src/cli/index.ts";
import { loadConfig, parseConfig, withInterval } from "../../../src/main/config/index.ts";

const shipped = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url));
const MARKET = "market: a\ncurrency: EUR\nresidual:\n  importPricePerKwh: 0.32\n  exportPricePerKwh: 0.08\n";
/** Lines 6 and 7; the nodes follow from line 8 on, one on a line. */
const wires = (...nodes: readonly string[]): string =>
  `${MARKET}network:\n  nodes:\n${nodes.map((each) => `    - { ${each} }\n`).join("")}`;
const ROOT = "id: t";
const NORTH = "id: north, parent: t";

function good(text: string): MarketRules {
  const result = parseConfig(text, "rules.yaml", "market");
  if (!result.ok) throw new Error(renderProblems(result.problems));
  return result.value;
}

function bad(text: string): { readonly lines: readonly string[]; readonly text: string } {
  const result = parseConfig(text, "rules.yaml", "market");
  if (result.ok) throw new Error("was taken");
  const lines = result.problems.map(({ code, line, column, key }) => `${code} ${line}:${column} ${key}`);
  return { lines, text: renderProblems(result.problems, result.more) };
}

describe("the street on two branches that we ship", () => {
  test("is read as it is written", async () => {
    const loaded = await loadConfig(shipped("market/two-branches.yaml"), "market");
    if (!loaded.ok) throw new Error(renderProblems(loaded.problems));
    const rules = loaded.value;
    expect(rulesTroubles(rules)).toEqual([]);
    expect(nodeNames(rules)).toEqual(["transformer", "north", "south", "south-end"]);
    const { nodes, homes } = networkOf(rules);
    expect(nodes.slice(1).map(({ edge }) => edge)).toEqual([
      { parent: 0, importCapacity: 200, exportCapacity: 200, fee: 6000, lossPpm: 12_000 },
      { parent: 0, importCapacity: 1500, exportCapacity: 1500, fee: 6000, lossPpm: 8000 },
      { parent: 2, importCapacity: 120, exportCapacity: 90, fee: 2000, lossPpm: 0 },
    ]);
    expect([...homes.values()]).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test("its street names it", async () => {
    const street = await loadConfig(shipped("street/two-branches.yaml"), "street");
    expect(street).toMatchObject({ ok: true, value: { homes: 12, rules: shipped("market/two-branches.yaml") } });
  });
});

describe("rules with wires", () => {
  test("what is left out limits, costs and loses nothing", () => {
    expect(good(wires(ROOT, NORTH)).network).toEqual({
      nodes: [
        { id: "t", parent: null, importCapacity: null, exportCapacity: null, fee: 0, lossPpm: 0 },
        { id: "north", parent: "t", importCapacity: null, exportCapacity: null, fee: 0, lossPpm: 0 },
      ],
      homes: [],
    });
  });

  test("rules without the new keys, and with their defaults written out, are the same market as ever", () => {
    const plain = good(MARKET);
    expect(Object.keys(plain)).not.toContain("network");
    expect(good(`${MARKET}mechanism: k-double-auction\nrationing: pro-rata\nsurplusTo: grid\ncommunityPercent: 0\n`)).toEqual(plain);
  });

  test("the order of nodes and homes in the file makes no other market", () => {
    const homes = (first: string, second: string): string => `  homes:\n    - ${first}\n    - ${second}\n`;
    const [a, b] = ["{ home: 3, node: north }", "{ home: 1, node: t }"];
    const one = good(`${wires(ROOT, NORTH, "id: leaf, parent: north")}${homes(a, b)}`);
    expect(good(`${wires("id: leaf, parent: north", NORTH, ROOT)}${homes(b, a)}`)).toEqual(one);
    expect(hashRules(good(`${wires(ROOT, NORTH, "id: leaf, parent: t")}${homes(a, b)}`))).not.toBe(hashRules(one));
  });

  test("another mechanism, sharing and account", () => {
    expect(good(`${MARKET}mechanism: vcg\nrationing: max-min\nsurplusTo: community\n`)).toMatchObject({
      mechanism: "vcg",
      rationing: "max-min",
      surplusTo: "community",
    });
    expect(good(`${MARKET}surplusTo: supplier\ncommunityPercent: 35\n`)).toMatchObject({ surplusTo: "supplier", communityPercent: 35 });
  });

  test("another interval carries the same power, rounded down", () => {
    const rules = good(wires(ROOT, `${NORTH}, importCapacityWh: 1000`));
    const capacities = (minutes: number): unknown =>
      withInterval(rules, minutes).network!.nodes.map(({ importCapacity, exportCapacity }) => [importCapacity, exportCapacity]);
    expect([capacities(15), capacities(5), capacities(60)]).toEqual([
      [
        [null, null],
        [1000, null],
      ],
      [
        [null, null],
        [333, null],
      ],
      [
        [null, null],
        [4000, null],
      ],
    ]);
  });
});

describe("rules with wires that are refused", () => {
  const home = (...lines: readonly string[]): string => `${wires(ROOT, NORTH)}  homes:\n${lines.map((each) => `    - ${each}\n`).join("")}`;
  test.each<[string, string, string, string]>([
    [
      "an unknown parent",
      wires(ROOT, "id: a, parent: nowhere"),
      "NETWORK_PARENT_UNKNOWN 9:16 network.nodes[1].parent",
      "there is no node nowhere; correct the name",
    ],
    [
      "a circle",
      wires(ROOT, "id: a, parent: a"),
      "NETWORK_CYCLE 9:16 network.nodes[1].parent",
      "back to the node itself; give the node a parent",
    ],
    ["two roots", wires(ROOT, "id: other"), "NETWORK_TWO_ROOTS 9:7 network.nodes[1].parent", "other is a second root"],
    [
      "a wire at the root",
      wires("id: t, exportCapacityWh: 5"),
      "NETWORK_ROOT_HAS_WIRE 8:16 network.nodes[0].exportCapacityWh",
      "put a node above it",
    ],
    [
      "a negative capacity",
      wires(ROOT, `${NORTH}, importCapacityWh: -5`),
      "NETWORK_CAPACITY_OUT_OF_RANGE 9:31 network.nodes[1].importCapacityWh",
      "-5 is no whole number of Wh",
    ],
    [
      "half a watt-hour",
      wires(ROOT, `${NORTH}, exportCapacityWh: 0.5`),
      "NETWORK_CAPACITY_OUT_OF_RANGE 9:31 network.nodes[1].exportCapacityWh",
      "0.5 is no whole number",
    ],
    [
      "beyond 2^53",
      wires(ROOT, `${NORTH}, exportCapacityWh: 90071992547409930`),
      "NETWORK_CAPACITY_OUT_OF_RANGE 9:31 network.nodes[1].exportCapacityWh",
      "",
    ],
    [
      "a negative fee",
      wires(ROOT, `${NORTH}, feePerKwh: "-0.010"`),
      "NETWORK_FEE_OUT_OF_RANGE 9:31 network.nodes[1].feePerKwh",
      "-10000 micro per kWh is no fee",
    ],
    [
      "a fee between ticks",
      wires(ROOT, `${NORTH}, feePerKwh: 0.0015`),
      "NETWORK_FEE_OFF_TICK 9:31 network.nodes[1].feePerKwh",
      "1500 micro per kWh is no multiple of the tick",
    ],
    [
      "a fee that is none",
      wires(ROOT, `${NORTH}, feePerKwh: cheap`),
      "CONFIG_VALUE 9:31 network.nodes[1].feePerKwh",
      '"cheap" is no price',
    ],
    [
      "all is lost",
      wires(ROOT, `${NORTH}, lossPpm: 1000000`),
      "NETWORK_LOSS_OUT_OF_RANGE 9:31 network.nodes[1].lossPpm",
      "2.5 % are 25000",
    ],
    ["too much is lost", wires(ROOT, `${NORTH}, lossPpm: 999999`), "NETWORK_TOO_LARGE 6:1 network", "lower losses"],
    ["a name twice", wires(ROOT, NORTH, NORTH), "NETWORK_NODE_TWICE 10:9 network.nodes[2].id", "two nodes are called north"],
    ["a home nowhere", home("{ home: 0, node: west }"), "NETWORK_HOME_NODE_UNKNOWN 11:18 network.homes[0].node", "there is no node west"],
    [
      "a home twice",
      home("{ home: 0, node: t }", "{ home: 0, node: north }"),
      "NETWORK_HOME_TWICE 12:9 network.homes[1].home",
      "home 0 has a node already",
    ],
    ["a home below 0", home("{ home: -1, node: t }"), "NETWORK_HOME_OUT_OF_RANGE 11:9 network.homes[0].home", "numbered from 0"],
    [
      "a mechanism without wires",
      `${wires(ROOT, NORTH)}mechanism: huang\n`,
      "MECHANISM_NEEDS_ONE_NODE 10:1 mechanism",
      "huang knows no wires",
    ],
    ["no such mechanism", `${MARKET}mechanism: dutch\n`, "CONFIG_VALUE 6:1 mechanism", "k-double-auction"],
    ["a key that isn't there", wires(ROOT, `${NORTH}, capacity: 5`), "CONFIG_KEY_UNKNOWN 9:31 network.nodes[1].capacity", "unknown key"],
    [
      "a capacity in words",
      wires(ROOT, `${NORTH}, importCapacityWh: much`),
      "CONFIG_TYPE 9:31 network.nodes[1].importCapacityWh",
      "is not a number",
    ],
  ])("%s", (_, text, line, words) => {
    const found = bad(text);
    expect(found.lines).toEqual([line]);
    expect(found.text).toContain(words);
    expect(found.text).toContain("rules.yaml:");
  });

  test("all at once, in the order of the file", () => {
    const text = `${wires(ROOT, `${NORTH}, lossPpm: -1, feePerKwh: 0.0001`, "id: north, parent: x")}  homes:\n    - { home: 7, node: y }\n`;
    expect(bad(text).lines.map((line) => line.split(" ")[0])).toEqual([
      "NETWORK_LOSS_OUT_OF_RANGE",
      "NETWORK_FEE_OFF_TICK",
      "NETWORK_NODE_TWICE",
      "NETWORK_HOME_NODE_UNKNOWN",
    ]);
  });
});
