import { clear } from "../clear.ts";
import type { Network } from "../types.ts";
import { muda } from "./muda.ts";
import { payAsBid } from "./pay-as-bid.ts";
import { billSharing, midMarketRate, supplyDemandRatio } from "./rule-prices.ts";
import { huang, mcafee } from "./trade-reduction.ts";
import type { Mechanism, MechanismName, MechanismParameters } from "./types.ts";
import { vcg } from "./vcg.ts";

/** Every mechanism by its name, with what it promises. */
export const MECHANISMS: Readonly<Record<MechanismName, Mechanism>> = {
  "k-double-auction": { clear, properties: { efficient: true, individuallyRational: true, budget: "balanced", truthful: "no" } },
  "pay-as-bid": { clear: payAsBid, properties: { efficient: true, individuallyRational: true, budget: "balanced", truthful: "no" } },
  mcafee: { clear: mcafee, properties: { efficient: false, individuallyRational: true, budget: "surplus", truthful: "limit" } },
  vcg: { clear: vcg, properties: { efficient: true, individuallyRational: true, budget: "deficit", truthful: "limit-and-energy" } },
  huang: { clear: huang, properties: { efficient: false, individuallyRational: true, budget: "surplus", truthful: "limit" } },
  muda: { clear: muda, properties: { efficient: false, individuallyRational: true, budget: "surplus", truthful: "limit-and-energy" } },
  "mid-market-rate": {
    clear: midMarketRate(),
    properties: { efficient: false, individuallyRational: true, budget: "balanced", truthful: "limit" },
  },
  "supply-demand-ratio": {
    clear: supplyDemandRatio(),
    properties: { efficient: false, individuallyRational: true, budget: "balanced", truthful: "no" },
  },
  "bill-sharing": {
    clear: billSharing,
    properties: { efficient: false, individuallyRational: true, budget: "balanced", truthful: "limit" },
  },
};

export const isMechanismName = (name: unknown): name is MechanismName => typeof name === "string" && Object.hasOwn(MECHANISMS, name);

/** The mechanism that a street's rules name. */
export function mechanismOf(name: MechanismName, { compensationPermille, divisor }: MechanismParameters = {}): Mechanism {
  const { properties, clear } = MECHANISMS[name];
  if (name === "supply-demand-ratio") return { properties, clear: supplyDemandRatio(compensationPermille) };
  if (name === "mid-market-rate") return { properties, clear: midMarketRate(divisor) };
  return { properties, clear };
}

/** Whether a mechanism can clear these wires; for the rules' door. */
export function mechanismFits(name: MechanismName, { nodes }: Network): "MECHANISM_NEEDS_ONE_NODE" | null {
  return name === "k-double-auction" || nodes.length === 1 ? null : "MECHANISM_NEEDS_ONE_NODE";
}
