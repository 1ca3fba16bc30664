import { contradiction, convicts, signedIn } from "../../../engine/agreement/index.ts";
import { type Address, type HomeId, type Interval, toHex } from "../../../engine/kernel/index.ts";
import {
  asEvidence,
  authorOf,
  type Contradictable,
  type Digests,
  deliveryStart,
  type Evidence,
  encodeMessage,
  idOf,
  intervalOf,
  type MarketRules,
  signedOf,
} from "../../../engine/messages/index.ts";
import type { RecoverSigner } from "../../ports/index.ts";
import { ruleOf, sentenceOf } from "./words.ts";

/** A street as a judge needs it: what is signed there, and by whom. */
export interface Court {
  readonly rules: MarketRules;
  readonly digests: Digests;
  readonly nameOf: (home: HomeId) => string;
  /** The keys that a home may have signed with in an interval. */
  readonly keysIn: (home: HomeId, interval: Interval) => readonly Address[];
  readonly recover: RecoverSigner;
}

/** Two messages as somebody kept them. `told` is what stands beside them and has to be what they themselves say. */
export interface Exhibit {
  readonly id: string;
  /** null: the bytes are no evidence in this street. */
  readonly evidence: Evidence | null;
  readonly told: Readonly<Record<string, string | number>>;
}

/** Why a pair proves nothing; each has a line in the README. */
export type NotProved = "EVIDENCE_MALFORMED" | "EVIDENCE_ALTERED" | "EVIDENCE_UNFOUNDED" | "HOME_UNKNOWN" | "SIGNATURE_INVALID";

/** One piece of evidence, checked from its bytes. Instants are ISO UTC; null is unknown. */
export interface Case {
  readonly id: string;
  readonly home: number | null;
  readonly name: string | null;
  readonly interval: string | null;
  readonly intervalNumber: number | null;
  /** What an honest home does, as a sentence. */
  readonly rule: string | null;
  readonly first: Said | null;
  readonly second: Said | null;
  /** Addresses that could sign for the home then. */
  readonly keys: readonly Address[];
  readonly proved: boolean;
  readonly code: NotProved | null;
  /** The verdict as a sentence. */
  readonly verdict: string;
}

export interface Said {
  readonly kind: Contradictable["kind"];
  /** "notarize 0x… in view 1". */
  readonly says: string;
  /** EIP-712, worked out anew in the street's domain. */
  readonly digest: string;
  readonly signature: string;
  /** Whose key it is; null: no key signs so. */
  readonly signer: Address | null;
  /** As peers send it. */
  readonly message: string;
}

/** Everything again, from the bytes up: digests, signers, keys, and whether the two exclude each other. */
export function judge(exhibit: Exhibit, court: Court): Case {
  const { id, evidence } = exhibit;
  if (evidence === null) return { ...NOTHING, id, code: "EVIDENCE_MALFORMED", verdict: VERDICTS.EVIDENCE_MALFORMED };
  const { first, second } = evidence;
  const home = contradiction(first, second);
  const interval = intervalOf(first);
  const keys = home === null ? [] : [...new Set(court.keysIn(home, signedIn(first)))];
  const code = flaw(exhibit, evidence, court);
  return {
    id,
    home,
    name: home === null ? null : court.nameOf(home),
    interval: instantOf(court.rules, interval),
    intervalNumber: interval,
    rule: home === null ? null : ruleOf(first, second),
    first: saidOf(first, court),
    second: saidOf(second, court),
    keys,
    proved: code === null,
    code,
    verdict: code === null ? "proved: both are signed with the key that the home had then, and an honest home signs one" : VERDICTS[code],
  };
}

const NOTHING = {
  home: null,
  name: null,
  interval: null,
  intervalNumber: null,
  rule: null,
  first: null,
  second: null,
  keys: [],
  proved: false,
} as const;

const VERDICTS: Readonly<Record<NotProved, string>> = {
  EVIDENCE_MALFORMED: "not proved: these are no two messages in the form of this street",
  EVIDENCE_ALTERED: "not proved: what is written beside the messages is not what they say",
  EVIDENCE_UNFOUNDED: "not proved: an honest home may sign both",
  HOME_UNKNOWN: "not proved: the street had no such home then, or has not agreed on that time yet",
  SIGNATURE_INVALID: "not proved: they aren't signed with one key that the home had then",
};

function flaw({ told }: Exhibit, evidence: Evidence, court: Court): NotProved | null {
  const home = contradiction(evidence.first, evidence.second);
  if (home === null) return "EVIDENCE_UNFOUNDED";
  if (!Object.entries(factsOf(evidence, court)).every(([name, fact]) => told[name] === undefined || told[name] === fact))
    return "EVIDENCE_ALTERED";
  if (court.keysIn(home, signedIn(evidence.first)).length === 0) return "HOME_UNKNOWN";
  return convicts(evidence, court) === home ? null : "SIGNATURE_INVALID";
}

/** What may stand beside two messages: all of it follows from them. */
function factsOf({ first, second }: Evidence, { rules }: Court): Readonly<Record<string, string | number | undefined>> {
  return {
    id: asEvidence(first, second)?.id,
    home: authorOf(first),
    kind: first.kind,
    interval: instantOf(rules, intervalOf(first)),
    firstDigest: idOf(first),
    secondDigest: idOf(second),
    firstSignature: toHex(signedOf(first).signature),
    secondSignature: toHex(signedOf(second).signature),
  };
}

function saidOf(message: Contradictable, { recover }: Court): Said {
  const { signature } = signedOf(message);
  return {
    kind: message.kind,
    says: sentenceOf(message),
    digest: idOf(message),
    signature: toHex(signature),
    signer: recover(idOf(message), signature),
    message: toHex(encodeMessage(message)),
  };
}

const instantOf = (rules: MarketRules, interval: Interval): string =>
  new Date(deliveryStart(rules, interval) * 1000).toISOString().replace(".000Z", "Z");
