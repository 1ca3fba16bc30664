import type { AdversaryName } from "../adversaries/index.ts";
import { cheaply, type StreetKeys } from "../street/cheap-signer.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** Liars that change, mix or repeat bytes: what comes of that hangs on the bytes. */
const OF_BYTES: readonly AdversaryName[] = ["garbage", "replay-flood", "equivocating", "framing"];

/**
 * Of a scenario, what goes the same way whatever signatures look like. Names of entries come from signatures, and lists and answers
 * are in the order of names: where something is lost, other messages are lost.
 */
function withoutLoss(scenario: Scenario): Scenario {
  const { adversaries, ambient, faults } = scenario;
  return {
    ...scenario,
    adversaries: adversaries.filter(({ name }) => !OF_BYTES.includes(name)),
    ambient: { ...ambient, loss: 0 },
    faults: faults
      .filter(({ kind }) => kind === "crash" || kind === "clock" || kind === "chain-away")
      .map((fault) => (fault.kind === "crash" ? { ...fault, step: "now" } : fault)),
  };
}

/** What real and cheap signatures bring to different results, in words; null: every home decides the same at the same moments. */
export async function differsUnder(real: StreetKeys, scenario: Scenario): Promise<string | null> {
  const same = withoutLoss(scenario);
  const [one, other] = [await runScenario(same, { keys: real }), await runScenario(same, { keys: cheaply(real) })];
  if (one.hash === other.hash) return "real and cheap signatures are the same bytes";
  return one.decided === other.decided ? null : `without losses ${one.certified} intervals are decided, with cheap signatures otherwise`;
}
