import { homeId, microPerKwh, wh } from "../../engine/kernel/index.ts";
import type { MarketRules, NetworkRules, NodeRules } from "../../engine/messages/index.ts";
import { chance } from "./chance.ts";
import { HOMES } from "./market-life.ts";
import { RULES } from "./rules.ts";

export const node = (id: string, parent: string | null, wire: Partial<NodeRules> = {}): NodeRules => ({
  id,
  parent,
  importCapacity: null,
  exportCapacity: null,
  fee: microPerKwh(0),
  lossPpm: 0,
  ...wire,
});

/** Two branches behind a transformer: the north's wire is tight and costs, the south's loses. */
export const TWO_BRANCHES: NetworkRules = {
  nodes: [
    node("transformer", null),
    node("north", "transformer", { importCapacity: wh(900), exportCapacity: wh(700), fee: microPerKwh(10_000) }),
    node("south", "transformer", { importCapacity: wh(1200), lossPpm: 30_000, fee: microPerKwh(2_000) }),
  ],
  homes: [
    { home: homeId(0), node: "north" },
    { home: homeId(1), node: "north" },
    { home: homeId(2), node: "south" },
    { home: homeId(5), node: "south" },
  ],
};

const MECHANISMS = [
  "k-double-auction",
  "pay-as-bid",
  "mcafee",
  "vcg",
  "huang",
  "muda",
  "mid-market-rate",
  "supply-demand-ratio",
  "bill-sharing",
] as const;

/** Rules from a seed: any tree with the k-double auction, or any mechanism on one node. */
export function anyRules(seed: number): MarketRules {
  const random = chance(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const wires = below(4) === 0 ? null : randomNetwork(below);
  const rules: MarketRules = {
    ...RULES,
    periodIntervals: 3,
    kPermille: pick([0, 500, 1000]),
    residual: { importPrice: microPerKwh(297_300), exportPrice: microPerKwh(80_100) },
    rationing: pick(["pro-rata", "price-time", "max-min"] as const),
    surplusTo: pick(["grid", "community", "supplier"] as const),
    ...(wires === null ? { mechanism: pick(MECHANISMS) } : { network: wires }),
  };
  return rules.surplusTo === "community" ? rules : { ...rules, communityPercent: pick([0, 1, 33, 50, 99, 100]) };
}

function randomNetwork(below: (end: number) => number): NetworkRules {
  const names = Array.from({ length: 1 + below(6) }, (_, i) => `n${i}`);
  const capacity = (): NodeRules["importCapacity"] => (below(3) === 0 ? null : wh(below(2) * below(5000)));
  const nodes = names.map((id, i) => {
    if (i === 0) return node(id, null);
    const lossPpm = below(2) * below(3) * below(60_000);
    return node(id, names[below(i)]!, {
      importCapacity: capacity(),
      exportCapacity: capacity(),
      fee: microPerKwh(RULES.tick * below(300)),
      lossPpm,
    });
  });
  return { nodes, homes: HOMES.filter(() => below(5) > 0).map((home) => ({ home, node: names[below(names.length)]! })) };
}
