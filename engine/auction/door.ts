import { homeId, microPerKwh, wh } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type NetworkRules, type NodeRules, WIDE_ACCOUNTS } from "../messages/index.ts";
import { WHOLE } from "./market.ts";
import { isMechanismName, mechanismFits } from "./mechanisms/index.ts";
import { RATIONING } from "./ration.ts";
import { largestMarket, networkOf, parentsFirst } from "./rules.ts";

/** Why rules can't be cleared under; public, never renamed. The README tells each in a sentence. */
export const RULES_CODES = [
  "MECHANISM_UNKNOWN",
  "MECHANISM_NEEDS_ONE_NODE",
  "RATIONING_UNKNOWN",
  "SURPLUS_ACCOUNT_UNKNOWN",
  "COMMUNITY_PERCENT_OUT_OF_RANGE",
  "COMMUNITY_PERCENT_POINTLESS",
  "ORDER_PRIVACY_UNKNOWN",
  "WITHHELD_CHARGE_OUT_OF_RANGE",
  "NETWORK_NO_ROOT",
  "NETWORK_TWO_ROOTS",
  "NETWORK_ROOT_HAS_WIRE",
  "NETWORK_NODE_TWICE",
  "NETWORK_PARENT_UNKNOWN",
  "NETWORK_CYCLE",
  "NETWORK_DISCONNECTED",
  "NETWORK_CAPACITY_OUT_OF_RANGE",
  "NETWORK_FEE_OUT_OF_RANGE",
  "NETWORK_FEE_OFF_TICK",
  "NETWORK_LOSS_OUT_OF_RANGE",
  "NETWORK_HOME_OUT_OF_RANGE",
  "NETWORK_HOME_TWICE",
  "NETWORK_HOME_NODE_UNKNOWN",
  "NETWORK_TOO_LARGE",
] as const;
export type RulesRefusal = (typeof RULES_CODES)[number];

export interface RulesTrouble {
  readonly code: RulesRefusal;
  /** Where in the rules: ["network", "nodes", 2, "fee"]. */
  readonly path: readonly (string | number)[];
  /** What stands there, or what it collides with. */
  readonly detail: string;
}

/**
 * Micro-currency for one sealed order that is never shown: what all of the largest street's could cost in an interval stays within the
 * exact integers.
 */
export const MAX_WITHHELD_CHARGE = 10_000_000;

/** Everything about wires, mechanism, sharing and sealing that can't be cleared; empty when rules are fine. Rules from elsewhere must pass here first. */
export function rulesTroubles(rules: MarketRules): readonly RulesTrouble[] {
  const { network } = rules;
  const found = [...choices(rules), ...(network === undefined ? [] : [...nodes(rules, network), ...tree(network), ...homes(network)])];
  return found.length > 0 ? found : together(rules);
}

function choices(rules: MarketRules): readonly RulesTrouble[] {
  const { mechanism, rationing, surplusTo, orders, withheldCharge } = rules;
  const found: RulesTrouble[] = [];
  if (mechanism !== undefined && !isMechanismName(mechanism)) found.push(trouble("MECHANISM_UNKNOWN", ["mechanism"], mechanism));
  if (rationing !== undefined && !Object.hasOwn(RATIONING, rationing)) found.push(trouble("RATIONING_UNKNOWN", ["rationing"], rationing));
  if (surplusTo !== undefined && !Object.hasOwn(WIDE_ACCOUNTS, surplusTo))
    found.push(trouble("SURPLUS_ACCOUNT_UNKNOWN", ["surplusTo"], surplusTo));
  found.push(...percents(rules));
  if (orders !== undefined && orders !== "sealed" && orders !== "open") found.push(trouble("ORDER_PRIVACY_UNKNOWN", ["orders"], orders));
  if (withheldCharge !== undefined && !isCharge(withheldCharge))
    found.push(trouble("WITHHELD_CHARGE_OUT_OF_RANGE", ["withheldCharge"], withheldCharge));
  return found;
}

function percents({ surplusTo, communityPercent: percent = DEFAULT_RULES.communityPercent }: MarketRules): readonly RulesTrouble[] {
  const isPercent = Number.isSafeInteger(percent) && percent >= 0 && percent <= 100;
  if (!isPercent) return [trouble("COMMUNITY_PERCENT_OUT_OF_RANGE", ["communityPercent"], percent)];
  return percent > 0 && surplusTo === "community" ? [trouble("COMMUNITY_PERCENT_POINTLESS", ["communityPercent"], percent)] : [];
}

const isCharge = (micro: number): boolean => Number.isSafeInteger(micro) && micro >= 0 && micro <= MAX_WITHHELD_CHARGE;

const trouble = (code: RulesRefusal, path: RulesTrouble["path"], detail: unknown): RulesTrouble => ({ code, path, detail: `${detail}` });

function nodes({ tick, maxPrice }: MarketRules, { nodes }: NetworkRules): readonly RulesTrouble[] {
  const seen = new Set<string>();
  return nodes.flatMap((node, place) => {
    const at = (key: keyof NodeRules): RulesTrouble["path"] => ["network", "nodes", place, key];
    const found: RulesTrouble[] = [];
    const { id, parent, fee, lossPpm } = node;
    if (seen.has(id)) found.push(trouble("NETWORK_NODE_TWICE", at("id"), id));
    seen.add(id);
    for (const key of ["importCapacity", "exportCapacity"] as const)
      if (node[key] !== null && !wh.is(node[key])) found.push(trouble("NETWORK_CAPACITY_OUT_OF_RANGE", at(key), node[key]));
    if (!microPerKwh.is(fee) || fee > maxPrice) found.push(trouble("NETWORK_FEE_OUT_OF_RANGE", at("fee"), fee));
    else if (fee % tick !== 0) found.push(trouble("NETWORK_FEE_OFF_TICK", at("fee"), fee));
    if (!Number.isSafeInteger(lossPpm) || lossPpm < 0 || lossPpm >= WHOLE)
      found.push(trouble("NETWORK_LOSS_OUT_OF_RANGE", at("lossPpm"), lossPpm));
    const key = wireOf(node);
    if (parent === null && key !== null) found.push(trouble("NETWORK_ROOT_HAS_WIRE", at(key), id));
    return found;
  });
}

/** The first key that says something of a wire; null: none does. */
function wireOf({ importCapacity, exportCapacity, fee, lossPpm }: NodeRules): keyof NodeRules | null {
  if (importCapacity !== null) return "importCapacity";
  if (exportCapacity !== null) return "exportCapacity";
  return fee !== 0 ? "fee" : lossPpm !== 0 ? "lossPpm" : null;
}

function tree({ nodes }: NetworkRules): readonly RulesTrouble[] {
  const roots = nodes.flatMap(({ parent }, place) => (parent === null ? [place] : []));
  const parentOf = new Map(nodes.map(({ id, parent }) => [id, parent]));
  const found = roots.slice(1).map((place) => trouble("NETWORK_TWO_ROOTS", ["network", "nodes", place, "parent"], nodes[place]!.id));
  const connected = new Set(parentsFirst(nodes).map(({ id }) => id));
  for (const [place, { id, parent }] of nodes.entries()) {
    if (parent === null || connected.has(id)) continue;
    const path = ["network", "nodes", place, "parent"];
    const end = aboveAll(id, parentOf);
    if (!parentOf.has(parent)) found.push(trouble("NETWORK_PARENT_UNKNOWN", path, parent));
    else if (end === id) found.push(trouble("NETWORK_CYCLE", path, parent));
    else if (end !== null) found.push(trouble("NETWORK_DISCONNECTED", path, parent));
  }
  if (roots.length === 0) found.push(trouble("NETWORK_NO_ROOT", ["network", "nodes"], nodes.length));
  return found;
}

/** Whom one meets first a second time on the way up: oneself in a circle, another above it; null where the way ends. */
function aboveAll(id: string, parentOf: ReadonlyMap<string, string | null>): string | null {
  const met = new Set<string>();
  let at: string | null | undefined = id;
  for (; at !== null && at !== undefined && !met.has(at); at = parentOf.get(at)) met.add(at);
  return at ?? null;
}

function homes({ nodes, homes }: NetworkRules): readonly RulesTrouble[] {
  const known = new Set(nodes.map(({ id }) => id));
  const seen = new Set<number>();
  return homes.flatMap(({ home, node }, place) => {
    const at = (key: string): RulesTrouble["path"] => ["network", "homes", place, key];
    const found: RulesTrouble[] = [];
    if (!homeId.is(home)) found.push(trouble("NETWORK_HOME_OUT_OF_RANGE", at("home"), home));
    if (seen.has(home)) found.push(trouble("NETWORK_HOME_TWICE", at("home"), home));
    seen.add(home);
    if (!known.has(node)) found.push(trouble("NETWORK_HOME_NODE_UNKNOWN", at("node"), node));
    return found;
  });
}

/** What each rule alone doesn't tell. */
function together(rules: MarketRules): readonly RulesTrouble[] {
  if (rules.network === undefined) return [];
  const name = rules.mechanism ?? DEFAULT_RULES.mechanism;
  const misfit = mechanismFits(name, networkOf(rules));
  if (misfit !== null) return [trouble(misfit, ["mechanism"], name)];
  const most = largestMarket(rules);
  return most < Math.max(LEAST_HOMES, rules.network.homes.length) ? [trouble("NETWORK_TOO_LARGE", ["network"], most)] : [];
}

const LEAST_HOMES = 2;
