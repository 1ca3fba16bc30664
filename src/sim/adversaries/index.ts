import type { Adversary } from "../street/adversary.ts";
import { censoring } from "./censoring.ts";
import { equivocating } from "./equivocating.ts";
import { forgedCertificate } from "./forged-certificate.ts";
import { framing } from "./framing.ts";
import { garbage } from "./garbage.ts";
import { lateCommitter } from "./late-committer.ts";
import { lyingMeter } from "./lying-meter.ts";
import { lyingStakes } from "./lying-stakes.ts";
import { overspending } from "./overspending.ts";
import { replayFlood } from "./replay-flood.ts";
import { silent } from "./silent.ts";
import { slow } from "./slow.ts";
import { staleChain } from "./stale-chain.ts";
import { stolenKey } from "./stolen-key.ts";
import { withdrawing } from "./withdrawing.ts";
import { withholdingReveal } from "./withholding-reveal.ts";

/** Every way to lie that the swarm draws from, by its name on the command line. */
export const ADVERSARIES = {
  silent,
  slow,
  equivocating,
  censoring,
  garbage,
  "replay-flood": replayFlood,
  "lying-meter": lyingMeter,
  "withholding-reveal": withholdingReveal,
  "late-committer": lateCommitter,
  "stale-chain": staleChain,
  "forged-certificate": forgedCertificate,
  framing,
  "stolen-key": stolenKey,
  overspending,
  "lying-stakes": lyingStakes,
  withdrawing,
} as const satisfies Readonly<Record<string, Adversary>>;

export type AdversaryName = keyof typeof ADVERSARIES;
