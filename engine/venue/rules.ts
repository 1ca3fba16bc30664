import { refusalOfSize } from "../book/index.ts";
import { DEFAULT_RULES, type MarketRules } from "../messages/index.ts";
import { arenaSize } from "./state.ts";

/** Why rules that name a sequencer can't be run by a venue; public, never renamed. */
export const SEQUENCER_CODES = [
  "SEQUENCER_NEEDS_DOUBLE_AUCTION",
  "SEQUENCER_NEEDS_ONE_NODE",
  "SEQUENCER_NEEDS_OPEN_ORDERS",
  "SEQUENCER_ROUND_UNEVEN",
  "SEQUENCER_BOOKS_TOO_LARGE",
] as const;
export type SequencerRefusal = (typeof SEQUENCER_CODES)[number];

export interface SequencerTrouble {
  readonly code: SequencerRefusal;
  /** Where in the rules. */
  readonly path: readonly string[];
  /** What stands there. */
  readonly detail: string;
}

/** Everything about a venue that can't work; empty when there is none. The other rules have passed their own door. */
export function sequencerTroubles(rules: MarketRules): readonly SequencerTrouble[] {
  const { sequencer, network, orders, mechanism = DEFAULT_RULES.mechanism } = rules;
  if (sequencer === undefined) return [];
  const found: SequencerTrouble[] = [];
  if (mechanism !== DEFAULT_RULES.mechanism) found.push({ code: "SEQUENCER_NEEDS_DOUBLE_AUCTION", path: ["mechanism"], detail: mechanism });
  if (network !== undefined) found.push({ code: "SEQUENCER_NEEDS_ONE_NODE", path: ["network"], detail: "network" });
  if (orders === "sealed") found.push({ code: "SEQUENCER_NEEDS_OPEN_ORDERS", path: ["orders"], detail: orders });
  if (sequencer.trading === "rounds" && !isEven(rules, sequencer.roundSeconds))
    found.push({ code: "SEQUENCER_ROUND_UNEVEN", path: ["sequencer", "roundSeconds"], detail: `${sequencer.roundSeconds}` });
  if (refusalOfSize(arenaSize(rules)) !== null)
    found.push({ code: "SEQUENCER_BOOKS_TOO_LARGE", path: ["sequencer"], detail: `${arenaSize(rules).highestTick}` });
  return found;
}

/** Each gate falls on a round. */
const isEven = ({ intervalMinutes, gateLeadSeconds }: MarketRules, seconds: number): boolean =>
  seconds > 0 && (intervalMinutes * 60) % seconds === 0 && gateLeadSeconds % seconds === 0;
