import { describe, expect, test } from "@jest/globals";
import { search, spinMissing } from "./spin.ts";

const MINUTES = 60_000;

interface Model {
  readonly name: string;
  /** Sizes and variants in which every claim holds in every reachable state. */
  readonly holds: readonly string[];
  /** Macros, and the claim that breaks: mutants, and things that must be reachable lest the claims be empty. */
  readonly breaks: readonly (readonly [macros: string, claim: string])[];
}

const MODELS: readonly Model[] = [
  {
    name: "instance",
    holds: ["VIEWS=3"],
    breaks: [
      ["VIEWS=3", "early"],
      ["MUTANT_WRONG_QUORUM", "agreement"],
      ["MUTANT_FINALIZE_AFTER_NULLIFY", "agreement"],
      ["MUTANT_NULLIFY_AFTER_FINALIZE", "agreement"],
      ["MUTANT_VOTE_TWICE", "agreement"],
      ["MUTANT_AMNESIA", "agreement"],
      ["MUTANT_UNJUSTIFIED", "agreement"],
      ["MUTANT_WRONG_PARENT", "agreement"],
      ["MUTANT_STALE_PARENT", "agreement"],
      ["MUTANT_FRESH_TOO_SOON", "agreement"],
      ["MUTANT_FINALIZE_AFTER_NULLIFY", "sound"],
    ],
  },
  {
    name: "list-rule",
    holds: ["N=4", "N=7 SMALL", "N=10 SMALL"],
    breaks: [
      ["N=4", "never_in"],
      ["MUTANT_F_LISTS", "late_out"],
      ["MUTANT_BOTH_LISTS", "late_out"],
      ["MUTANT_LATER_THAN_GATE", "late_out"],
      ["MUTANT_Q_LISTS", "timely_in"],
      ["MUTANT_FEWER_LISTS", "timely_in"],
      ["MUTANT_FIRST_HELD", "same_set"],
      ["MUTANT_ONE_OF_TWO", "conflict_out"],
    ],
  },
  {
    name: "void-deadline",
    holds: ["VIEWS=3", "VIEWS=2 CLOCK_BACK"],
    breaks: [
      ["VIEWS=3", "trade_not_late"],
      ["VIEWS=2 CLOCK_BACK MUTANT_CLOCK_BACK", "traded_in_time"],
      ["VIEWS=2 CLOCK_BACK MUTANT_NEWEST_RECORD", "traded_in_time"],
      ["VIEWS=2 MUTANT_TRADE_AT_ANY_TIME", "traded_in_time"],
      ["VIEWS=2 MUTANT_VOID_AT_ANY_TIME", "voided_in_time"],
      ["VIEWS=2 MUTANT_VOID_OVERRULES", "agreement"],
      ["VIEWS=2 MUTANT_LOCAL_TIME_OUT", "agreement"],
    ],
  },
  {
    name: "void-progress",
    holds: [""],
    breaks: [
      ["", "never_late_trade"],
      ["MUTANT_JUMPS_VIEWS", "completes"],
      ["MUTANT_FINALIZE_KEEPS_NOTHING", "completes"],
      ["MUTANT_NOTARIZED_WONT_NULLIFY", "completes"],
      ["MUTANT_CLOCK_JUDGES_ALL", "completes"],
      ["MUTANT_LEADER_TRADES_ON", "completes"],
    ],
  },
  {
    name: "reveal",
    holds: ["HONEST_HOME", "HONEST_HOME N=7", "TWO", "N=7"],
    breaks: [
      ["N=4", "never_in"],
      ["SKEW=3", "no_last_look"],
      ["HONEST_HOME LATENCY=3", "honest_in"],
      ["HONEST_HOME LATENCY=3", "honest_uncharged"],
      ["N=4", "unfree_split"],
      ["N=4", "unfree_between"],
      ["HONEST_HOME MUTANT_CHARGE_BY_COMMITS", "honest_uncharged"],
      ["HONEST_HOME MUTANT_CHARGE_BY_F", "honest_uncharged"],
      ["MUTANT_F_LISTS", "late_out"],
      ["MUTANT_COMMIT_UNTIL_SIGNED", "no_last_look"],
      ["MUTANT_REVEAL_COUNTS", "no_last_look"],
      ["HONEST_HOME MUTANT_SIGN_TOO_SOON", "honest_in"],
      ["TWO MUTANT_PER_COMMIT", "pays_once"],
      ["TWO MUTANT_CONFLICT_IS_FREE", "unfree"],
    ],
  },
  {
    name: "epoch",
    holds: ["N=4", "NEW=27", "NEW=240", "N=10"],
    breaks: [
      ["N=4", "never_next"],
      ["N=4", "never_decided"],
      ["MUTANT_F_LISTS", "read_by_honest"],
      ["MUTANT_BOTH_LISTS", "read_by_honest"],
      ["MUTANT_LOUDEST", "read_by_honest"],
      ["MUTANT_Q_LISTS", "adopted_in_time"],
      ["MUTANT_FEWER_LISTS", "adopted_in_time"],
      ["MUTANT_ANY_VERSION", "never_back"],
      ["MUTANT_OWN_READING", "one_set"],
      ["MUTANT_OWN_READING", "one_result"],
      ["MUTANT_SLOW_TO_SWITCH", "one_result"],
      ["MUTANT_MIXED", "one_result"],
    ],
  },
  {
    name: "chained",
    holds: ["", "ONE_HEAD"],
    breaks: [
      ["", "never_second"],
      ["MUTANT_BEGINS_AT_NOTARIZATION", "linked"],
      ["MUTANT_BEGINS_UNDECIDED", "linked"],
      ["MUTANT_BELIEVES_A_PEER", "linked"],
      ["MUTANT_ANY_HEAD", "linked"],
      ["MUTANT_FORGETS_TOO_SOON", "one_first"],
      ["ONE_HEAD MUTANT_NO_INTERVAL_IN_VOTES", "one_second"],
    ],
  },
];

test("CI checks the models", () => {
  if (process.env.CI !== undefined) expect(spinMissing).toBeNull();
});

const reason = spinMissing === null ? "" : ` (skipped: ${spinMissing})`;

describe.each(MODELS)(`model $name${reason}`, ({ name, holds, breaks }) => {
  const checked = spinMissing === null ? test : test.skip;
  const splitMacros = (macros: string): readonly string[] => macros.split(" ").filter((macro) => macro !== "");

  checked.each(holds)(
    "every claim holds in every reachable state %s",
    async (macros) => {
      const { errors, failed, exhaustive } = await search(name, splitMacros(macros), "-O1");
      expect({ errors, failed, exhaustive }).toEqual({ errors: 0, failed: null, exhaustive: true });
    },
    5 * MINUTES,
  );

  checked.each(breaks)(
    "%s breaks %s",
    async (macros, claim) => {
      const found = await search(name, [...splitMacros(macros), `CLAIM=${claim}`], "-O0");
      expect(found).toMatchObject({ errors: 1, failed: `assertion violated ${claim}` });
    },
    2 * MINUTES,
  );
});
