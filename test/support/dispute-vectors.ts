import { homeId, nano, toHex, wh } from "../../engine/kernel/index.ts";
import { hashRules } from "../../engine/messages/index.ts";
import { encodeFraud, type Finding, FRAUD, type Fraud, findFraud, type Proposed, suspicions } from "../../engine/settlement/index.ts";
import { disputedStreet, forge, PERIOD_INTERVALS } from "./disputed-street.ts";
import { RULES } from "./rules.ts";

export interface DisputeVectors {
  readonly rulesHash: string;
  readonly cases: readonly {
    readonly what: string;
    readonly kind: number;
    readonly period: Proposed["period"];
    readonly proof: string;
    readonly finding: Finding;
  }[];
}

/** What test/vectors/disputes.json was written from: `JSON.stringify` of this. None of it asks a registry for keys. */
export function disputeVectors(): DisputeVectors {
  const rules = { ...RULES, periodIntervals: PERIOD_INTERVALS };
  const street = disputedStreet({ rules, vault: `0x${"7a".repeat(20)}`, seed: 5, intervals: 16 });
  const honest = street.periods[2]!;
  const at = honest.intervals.findIndex(({ fills }) => fills.leaves.length > 1);
  const lies: readonly (readonly [string, Proposed])[] = [
    ["a lane that is another", forge(honest, [], { vector: honest.vector.with(3, honest.vector[3]! ^ 1) })],
    ["a lane of a home without an account", forge(honest, [], { vector: honest.vector.with(4 * 3 + 3, 2) })],
    ["no energy at all", forge(honest, [{ at, fills: (all) => all.with(0, { ...all[0]!, energy: wh(0), amount: nano(0) }) }])],
    ["an order filled twice", forge(honest, [{ at, fills: (all) => [all[0]!, ...all].map((leaf, position) => ({ ...leaf, position })) }])],
    ["a home's sum of money", forge(honest, [{ at, homes: (all) => all.with(0, { ...all[0]!, tradeAmount: nano(1) }) }])],
    ["what batches have carried", forge(honest, [{ at: 3, accounts: (all) => all.with(0, { ...all[0]!, carriedTicks: -9 }) }])],
    ["an account under another name", forge(honest, [{ at: 3, accounts: (all) => all.with(0, { ...all[0]!, home: homeId(50) }) }])],
  ];
  const shown = lies.flatMap(([what, proposed]) => {
    const proof = findFraud(street.context, rules, honest.intervals, proposed)!;
    const bytes = { kind: FRAUD[proof.kind], proof: toHex(encodeFraud(proof)) };
    return [
      { what, ...bytes, period: proposed.period, finding: "fraud" as const },
      { what: `${what}: not so in the honest period`, ...bytes, period: honest.period, finding: "invalid" as const },
    ];
  });
  const truths = (["account", "double-fill", "ledger-step"] as const).map((kind: Fraud) => {
    const proof = [...suspicions(rules, [], honest)].findLast((each) => each.kind === kind)!;
    const what = `the truth, shown as ${kind}`;
    return { what, kind: FRAUD[kind], proof: toHex(encodeFraud(proof)), period: honest.period, finding: "no-fraud" as const };
  });
  return { rulesHash: hashRules(rules), cases: [...shown, ...truths] };
}
