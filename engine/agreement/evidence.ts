import type { Address, Digest, HomeId, Interval } from "../kernel/index.ts";
import { type Contradictable, type Evidence, idOf, type Signature } from "../messages/index.ts";

/** Who said a thing, and under which signature. */
export function authorOf(message: Contradictable): { readonly home: HomeId; readonly signature: Signature } {
  switch (message.kind) {
    case "order":
      return { home: message.order.body.home, signature: message.order.signature };
    case "commit":
      return { home: message.commit.body.home, signature: message.commit.signature };
    case "reading":
      return { home: message.reading.body.home, signature: message.reading.signature };
    case "list":
      return { home: message.list.body.validator, signature: message.list.signature };
    case "proposal":
      return { home: message.proposal.body.leader, signature: message.proposal.signature };
    case "vote":
      return { home: message.vote.body.validator, signature: message.vote.signature };
  }
}

/** The interval whose key signs a message: a reading is signed after its own. */
export function signedIn(message: Contradictable): Interval {
  switch (message.kind) {
    case "order":
      return message.order.body.interval;
    case "commit":
      return message.commit.body.interval;
    case "reading":
      return (message.reading.body.interval + 1) as Interval;
    case "list":
      return message.list.body.interval;
    case "proposal":
      return message.proposal.body.interval;
    case "vote":
      return message.vote.body.interval;
  }
}

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
  const { home } = authorOf(one);
  if (home !== authorOf(other).home || idOf(one) === idOf(other)) return null;
  const taken = new Set(placesOf(one));
  return placesOf(other).some((place) => taken.has(place)) ? home : null;
}

export interface EvidenceContext {
  /** The keys that a home may have signed with in an interval: one that was taken back convicts nobody afterwards. */
  readonly keysIn: (home: HomeId, interval: Interval) => readonly Address[];
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

/** Whom a stranger's evidence convicts; null when it convicts nobody. */
export function convicts({ first, second }: Evidence, { keysIn, recover }: EvidenceContext): HomeId | null {
  const culprit = contradiction(first, second);
  if (culprit === null) return null;
  const isSigned = [first, second].every((message) => {
    const signer = recover(idOf(message), authorOf(message).signature);
    return signer !== null && keysIn(culprit, signedIn(message)).includes(signer);
  });
  return isSigned ? culprit : null;
}
