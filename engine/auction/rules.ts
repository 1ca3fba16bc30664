import { assert, compare, type HomeId, type MicroPerKwh, type Wh, wh } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type NetworkRules, type NodeRules } from "../messages/index.ts";
import { dearestOf } from "./reach.ts";
import { type ClearingRules, type Network, type NetworkNode, ONE_NODE } from "./types.ts";

/** What the auction needs of the market rules, beside the wires. */
export const clearingRules = ({ tick, kPermille, residual, rationing = DEFAULT_RULES.rationing }: MarketRules): ClearingRules => ({
  tick,
  kPermille,
  rationing,
  residual,
});

/** The wires that the rules name, by index; the rules have passed their door (`rulesTroubles`). */
export function networkOf({ network }: Pick<MarketRules, "network">): Network {
  if (network === undefined) return ONE_NODE;
  const nodes = parentsFirst(network.nodes);
  assert(nodes.length === network.nodes.length, "every node of the rules hangs on the root");
  const places = new Map(nodes.map(({ id }, place) => [id, place]));
  const homes = network.homes.map(({ home, node }): [HomeId, number] => [home, places.get(node)!]);
  return { nodes: nodes.map((node) => withWire(node, places)), homes: new Map(homes) };
}

/** Names of the nodes as the rules call them, in the order of `networkOf`; the edge of a node has its name. */
export const nodeNames = ({ network }: Pick<MarketRules, "network">): readonly string[] =>
  network === undefined ? ["street"] : parentsFirst(network.nodes).map(({ id }) => id);

/** The same wires in the one order that is hashed: parents before children, siblings by name, homes by number. */
export const canonicalNetwork = ({ nodes, homes }: NetworkRules): NetworkRules => ({
  nodes: parentsFirst(nodes),
  homes: [...homes].sort((a, b) => compare(a.home, b.home)),
});

/** From the root down, level by level; nodes that don't hang on it are left out, and of those with one name the later. */
export function parentsFirst(nodes: readonly NodeRules[]): readonly NodeRules[] {
  const children = new Map<string, NodeRules[]>();
  const root = nodes.find(({ parent }) => parent === null);
  const placed = new Set(root === undefined ? [] : [root.id]);
  for (const node of [...nodes].sort((a, b) => compare(a.id, b.id)))
    if (node.parent !== null) children.set(node.parent, [...(children.get(node.parent) ?? []), node]);
  const found = root === undefined ? [] : [root];
  // Grows while it is walked.
  for (const { id } of found)
    for (const child of children.get(id) ?? []) {
      if (placed.has(child.id)) continue;
      placed.add(child.id);
      found.push(child);
    }
  return found;
}

/** Capacity of a wire that has none in the rules: no street orders as much in an interval, so it never binds. */
export const UNLIMITED = wh.max as Wh;

function withWire({ parent, importCapacity, exportCapacity, fee, lossPpm }: NodeRules, places: ReadonlyMap<string, number>): NetworkNode {
  if (parent === null) return { edge: null };
  const capacities = { importCapacity: importCapacity ?? UNLIMITED, exportCapacity: exportCapacity ?? UNLIMITED };
  return { edge: { parent: places.get(parent)!, ...capacities, fee, lossPpm } };
}

/** How many homes a street may have so that no sum or product of a clearing can leave the exact integers; rules are checked with it at the door. */
export function largestMarket(rules: MarketRules): number {
  const { maxPrice, maxOrderWh, maxOrdersPerHome } = rules;
  const dearest = dearestOf(networkOf(rules), Math.max(maxPrice, 1) as MicroPerKwh);
  return Math.floor(Number.MAX_SAFE_INTEGER / (dearest * maxOrderWh * maxOrdersPerHome));
}
