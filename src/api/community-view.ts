import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";
import type { DecidedRules, Motion } from "../ports/index.ts";
import { intervalName, isoOf } from "./market-views.ts";
import type { CommunityView, MotionView, RulesView } from "./state-community.ts";

/** What was read of the chain: all rules ever decided, and every motion with how many homes may vote on it. */
export interface Decisions {
  readonly rules: readonly DecidedRules[];
  readonly motions: readonly (Motion & { readonly members: number })[];
  /** Unix seconds on the chain's clock. */
  readonly now: number;
}

/** What counts in an interval, what will, and what is voted on; null: no rules were ever decided on. */
export function communityView(
  rules: MarketRules,
  { rules: decided, motions, now }: Decisions,
  current: Interval,
  nameOf: (home: HomeId) => string,
): CommunityView | null {
  const countingAt = (interval: Interval): DecidedRules | undefined => decided.findLast(({ since }) => since <= interval) ?? decided[0];
  const inForce = countingAt(current);
  if (inForce === undefined) return null;
  const view = ({ hash, since, numbers }: DecidedRules): RulesView => ({ hash, since: intervalName(rules, since), numbers });
  const wished = (wants: Motion["wants"]): Pick<MotionView, "rules" | "instead" | "payment"> =>
    "payment" in wants
      ? { rules: null, instead: null, payment: wants.payment }
      : { rules: view(wants.rules), instead: (countingAt(wants.rules.since) ?? inForce).numbers, payment: null };
  const motionView = (motion: Motion & { readonly members: number }): MotionView[] => {
    const { home, yes, no, members, closesAt, executableAt, lapsesAt } = motion;
    const stage = stageOf(motion, now);
    if (stage === null) return [];
    const at = {
      broughtAt: isoOf(motion.broughtAt),
      closesAt: isoOf(closesAt),
      executableAt: isoOf(executableAt),
      lapsesAt: isoOf(lapsesAt),
    };
    return [{ motion: motion.motion, home, name: nameOf(home), ...wished(motion.wants), yes, no, members, stage, ...at }];
  };
  return {
    now: isoOf(now),
    inForce: view(inForce),
    // Decided twice for one interval: the last counts.
    coming: decided.filter((each) => each.since > current && each === countingAt(each.since) && each !== inForce).map(view),
    motions: motions.flatMap(motionView).reverse(),
  };
}

/** null: it is in force, or will never be. */
function stageOf(motion: Decisions["motions"][number], now: number): MotionView["stage"] | null {
  if (motion.isExecuted) return null;
  if (now < motion.closesAt) return "voting";
  if (2 * motion.yes <= motion.members || now >= motion.lapsesAt) return null;
  return now < motion.executableAt ? "carried" : "executable";
}
