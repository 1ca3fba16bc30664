import { hashRules, type MarketRules, type VotedRules, withNumbers } from "../messages/index.ts";
import { rulesTroubles } from "./door.ts";
import { largestMarket } from "./rules.ts";

/**
 * The rules that a street of so many homes has under a vote, worked out from those that it began with; undefined: under none. null: nobody
 * can follow the vote, as its hash means more than its numbers, or as no market can be cleared under them.
 */
export function rulesUnder(first: MarketRules, voted: VotedRules | undefined, homes: number): MarketRules | null {
  if (voted === undefined) return first;
  const rules = withNumbers(first, voted.numbers);
  return hashRules(rules) === voted.hash && isMarket(rules) && largestMarket(rules) >= homes ? rules : null;
}

/** What the file of a street's first rules is checked for, as far as votes can change it. */
const isMarket = (rules: MarketRules): boolean =>
  rules.maxPrice % rules.tick === 0 && rules.maxPrice >= rules.residual.importPrice && rulesTroubles(rules).length === 0;
