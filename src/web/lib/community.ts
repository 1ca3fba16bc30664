import type { CommunityView, RulesNumbersView, RulesView } from "../../api/state-community.ts";

export type NumberName = keyof RulesNumbersView;

/** In the order in which they are told. */
export const NUMBER_NAMES = ["communityPercent", "kPermille", "withheldCharge", "maxPrice"] as const satisfies readonly NumberName[];

export interface NumberChange {
  readonly name: NumberName;
  readonly from: number;
  readonly to: number;
}

/** Which numbers differ, and how; none: something else of the rules does. */
export const changesOf = (from: RulesNumbersView, to: RulesNumbersView): readonly NumberChange[] =>
  NUMBER_NAMES.filter((name) => from[name] !== to[name]).map((name) => ({ name, from: from[name], to: to[name] }));

/** Each of the rules to come with the numbers that it changes in those before it. */
export function comingOf({ inForce, coming }: CommunityView): readonly (RulesView & { readonly changes: readonly NumberChange[] })[] {
  return coming.map((rules, i) => ({ ...rules, changes: changesOf((coming[i - 1] ?? inForce).numbers, rules.numbers) }));
}

/** So many have to vote for it: more than half of all, whoever votes. */
export const neededOf = (members: number): number => Math.floor(members / 2) + 1;

const HOUR_MS = 3_600_000;

/** Votes run by another clock than the street, as in one that is faster than a watch or replays the past. */
export const isOtherTime = (streetNow: string, chainNow: string): boolean =>
  Math.abs(Date.parse(streetNow) - Date.parse(chainNow)) > HOUR_MS;
