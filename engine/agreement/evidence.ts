import { readingSignedIn } from "../admission/index.ts";
import type { Address, Digest, HomeId, Interval } from "../kernel/index.ts";
import { authorOf, type Contradictable, type Evidence, idOf, intervalOf, type Signature, signedOf } from "../messages/index.ts";

/** The interval whose key signs a message: a reading is signed after its own. */
export const signedIn = (message: Contradictable): Interval =>
  message.kind === "reading" ? readingSignedIn(intervalOf(message)) : intervalOf(message);

/** The places that a message takes; an honest home fills each of them once in its life. */
function placesOf(message: Contradictable): readonly string[] {
  switch (message.kind) {
    case "order":
    case "commit": {
      const { interval, seq } = message.kind === "order" ? message.order.body : message.commit.body;
      return [`${message.kind} ${interval}/${seq}`];
    }
    case "reading":
      return [`reading ${message.reading.body.interval}`];
    case "list":
      return [`list ${message.list.body.interval}`];
    case "proposal":
      return [`proposal ${message.proposal.body.interval}/${message.proposal.body.view}`];
    case "vote": {
      const { kind, interval, view } = message.vote.body;
      // To nullify a view after notarizing in it is honest; to nullify what one has finalized is not.
      return kind === "notarize" ? [`notarize ${interval}/${view}`] : [`end of ${interval}/${view}`];
    }
  }
}

/** The home that said both of two things of which an honest one says one; null when they go together. Says nothing about signatures. */
export function contradiction(one: Contradictable, other: Contradictable): HomeId | null {
  const home = authorOf(one);
  if (home !== authorOf(other) || idOf(one) === idOf(other)) return null;
  const taken = new Set(placesOf(one));
  return placesOf(other).some((place) => taken.has(place)) ? home : null;
}

export interface EvidenceContext {
  /** The keys that a home may have signed with in an interval: one that was taken back convicts nobody afterwards. */
  readonly keysIn: (home: HomeId, interval: Interval) => readonly Address[];
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

/** The key that signed both; null: none, or two, which may be in two hands: a home's own, and the one that it takes back. */
export function signerOfBoth({ first, second }: Evidence, recover: EvidenceContext["recover"]): Address | null {
  const [one, other] = [first, second].map((message) => recover(idOf(message), signedOf(message).signature));
  return one === other ? (one ?? null) : null;
}

/** Whom a stranger's evidence convicts; null when it convicts nobody. */
export function convicts(evidence: Evidence, { keysIn, recover }: EvidenceContext): HomeId | null {
  const { first, second } = evidence;
  const culprit = contradiction(first, second);
  const signer = signerOfBoth(evidence, recover);
  if (culprit === null || signer === null) return null;
  return [first, second].every((message) => keysIn(culprit, signedIn(message)).includes(signer)) ? culprit : null;
}
