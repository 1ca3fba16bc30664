import { canonicalNetwork, type RulesRefusal, type RulesTrouble, rulesTroubles } from "../../../engine/auction/index.ts";
import type { HomeId, MicroPerKwh, Wh } from "../../../engine/kernel/index.ts";
import type { MarketRules, NetworkRules, NodeRules } from "../../../engine/messages/index.ts";
import type { CrossCheck } from "./cross-check.ts";
import type { Path } from "./yaml.ts";

/** The wires as the file says them; fees stand in the source as they were written. */
export interface NetworkFile {
  readonly nodes: readonly {
    readonly id: string;
    readonly parent?: string | null;
    readonly importCapacityWh?: number | null;
    readonly exportCapacityWh?: number | null;
    readonly lossPpm: number;
  }[];
  readonly homes: readonly { readonly home: number; readonly node: string }[];
}

/** The file's wires in the engine's units and the file's order; numbers may be anything until `refuseRules` has looked at them. */
export function networkRulesOf(file: NetworkFile, check: CrossCheck): NetworkRules {
  const nodes = file.nodes.map(
    ({ id, parent, importCapacityWh, exportCapacityWh, lossPpm }, place): NodeRules => ({
      id,
      parent: parent ?? null,
      importCapacity: (importCapacityWh ?? null) as Wh | null,
      exportCapacity: (exportCapacityWh ?? null) as Wh | null,
      fee: feeOf(["network", "nodes", place, "feePerKwh"], check),
      lossPpm,
    }),
  );
  return { nodes, homes: file.homes.map(({ home, node }) => ({ home: home as HomeId, node })) };
}

/** What is no decimal at all is told here. */
const feeOf = (path: Path, check: CrossCheck): MicroPerKwh => (check.micro(path, "0") ?? check.price(path, "0") ?? 0) as MicroPerKwh;

/** The rules with their wires in the one order that is hashed; what can't be cleared is told by its own code, where it stands in the file. */
export function refuseRules(rules: MarketRules, check: CrossCheck): MarketRules {
  const troubles = rulesTroubles(rules);
  for (const { code, path, detail } of troubles) check.refuse(code, inFile(path), ...explainRefusal(code, detail));
  if (troubles.length > 0 || rules.network === undefined) return rules;
  return { ...rules, network: canonicalNetwork(rules.network) };
}

const KEYS: Readonly<Record<string, string>> = {
  importCapacity: "importCapacityWh",
  exportCapacity: "exportCapacityWh",
  fee: "feePerKwh",
};

/** The file names some keys with their units. */
const inFile = (path: RulesTrouble["path"]): Path => path.map((step) => KEYS[step] ?? step);

/** What is wrong and the way out, in words. */
export function explainRefusal(code: RulesRefusal, detail: string): readonly [what: string, wayOut: string] {
  const [what, wayOut] = SENTENCES[code];
  return [what.replace("#", detail), wayOut];
}

const SENTENCES: Readonly<Record<RulesRefusal, readonly [what: string, wayOut: string]>> = {
  MECHANISM_UNKNOWN: ["there is no mechanism #", "see the list in config/README.md"],
  MECHANISM_NEEDS_ONE_NODE: ["# knows no wires, and network names some", "use k-double-auction, or leave the wires out"],
  RATIONING_UNKNOWN: ["there is no rule of sharing #", "use pro-rata, max-min or price-time"],
  SURPLUS_ACCOUNT_UNKNOWN: ["there is no account #", "use grid, community or supplier"],
  COMMUNITY_PERCENT_OUT_OF_RANGE: ["# is no whole percent from 0 to 100", "write a whole number, such as 20, or leave it out"],
  COMMUNITY_PERCENT_POINTLESS: ["surplusTo gives the community everything, not # %", "leave communityPercent out, or name another account"],
  ORDER_PRIVACY_UNKNOWN: ["orders can't be #", "use sealed or open, or leave it out: sealed in a street of fewer than 100 homes"],
  WITHHELD_CHARGE_OUT_OF_RANGE: [
    "# micro is no charge from 0 to 10000000",
    'write a decimal up to 10 for each order, no finer than a millionth, such as "0.05"',
  ],
  NETWORK_NO_ROOT: ["no node is the root", "leave out the parent of the node at the transformer"],
  NETWORK_TWO_ROOTS: [
    "# is a second root: the tree is in two pieces",
    "give it a parent; one node alone has none, the one at the transformer",
  ],
  NETWORK_ROOT_HAS_WIRE: ["# is the root and has no wire", "put a node above it: the wire belongs to the node at its lower end"],
  NETWORK_NODE_TWICE: ["two nodes are called #", "give each node a name of its own"],
  NETWORK_PARENT_UNKNOWN: ["there is no node #", "correct the name, or add the node"],
  NETWORK_CYCLE: ["the way up leads over # back to the node itself", "give the node a parent on its way to the root"],
  NETWORK_DISCONNECTED: ["the way up over # goes round in a circle and never reaches the root", "correct the circle above it"],
  NETWORK_CAPACITY_OUT_OF_RANGE: [
    "# is no whole number of Wh from 0 to 1000000000000",
    "write what may pass in one interval in Wh, or leave it out where nothing limits it",
  ],
  NETWORK_FEE_OUT_OF_RANGE: ["# micro per kWh is no fee from 0 to the highest price", 'write a decimal per kWh such as "0.010"'],
  NETWORK_FEE_OFF_TICK: ["# micro per kWh is no multiple of the tick", "round it to the tick, or make tickPerKwh finer"],
  NETWORK_LOSS_OUT_OF_RANGE: ["# is no whole number of millionths from 0 to 999999", "2.5 % are 25000"],
  NETWORK_HOME_OUT_OF_RANGE: ["# is no home's number", "homes are numbered from 0 in the order in which they joined"],
  NETWORK_HOME_TWICE: ["home # has a node already", "keep one of them"],
  NETWORK_HOME_NODE_UNKNOWN: ["there is no node #", "correct the name, or add the node"],
  NETWORK_TOO_LARGE: [
    "fees and losses make energy so dear that only # homes could be counted exactly",
    "lower losses, fees, maxOrderWh or maxPricePerKwh",
  ],
};
