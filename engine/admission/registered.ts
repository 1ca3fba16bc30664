import type { Address, Digest, HomeId, Interval } from "../kernel/index.ts";
import type { Signature, Signed } from "../messages/index.ts";
import type { Check } from "./verdict.ts";

/** Who may speak, and how to tell that it was them. */
export interface Speakers {
  /** The key that signs for a home in an interval; undefined when it doesn't belong to the street then. */
  readonly agentAt: (home: HomeId, interval: Interval) => Address | undefined;
  /** Whether the registry knows the home in any interval. */
  readonly isRegistered: (home: HomeId) => boolean;
  /** null when the bytes are no signature. */
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

type FromHome = Signed<{ readonly home: HomeId; readonly interval: Interval }>;

/** A reading is signed after its interval's end; so that of the interval before a home's first is welcome: it tells where counting begins. */
export const readingSignedIn = (interval: Interval): Interval => (interval + 1) as Interval;

export const isMember: Check<FromHome, Speakers> = ({ body }, speakers) => belongs(body.home, body.interval, speakers);
export const mayBeRead: Check<FromHome, Speakers> = ({ body }, speakers) => belongs(body.home, readingSignedIn(body.interval), speakers);

function belongs(home: HomeId, interval: Interval, { agentAt, isRegistered }: Speakers): "HOME_UNKNOWN" | "HOME_NOT_YET" | null {
  if (agentAt(home, interval) !== undefined) return null;
  return isRegistered(home) ? "HOME_NOT_YET" : "HOME_UNKNOWN";
}

/** The dear check, about 0.1 ms natively: always the last before anything is believed of the sender. */
export const isSignedByHome: Check<FromHome, Speakers> = ({ body, id, signature }, speakers) =>
  isSignedBy(speakers.agentAt(body.home, body.interval), id, signature, speakers);
export const isReadBy: Check<FromHome, Speakers> = ({ body, id, signature }, speakers) =>
  isSignedBy(speakers.agentAt(body.home, readingSignedIn(body.interval)), id, signature, speakers);

function isSignedBy(agent: Address | undefined, id: Digest, signature: Signature, { recover }: Speakers): "SIGNATURE_INVALID" | null {
  const signer = recover(id, signature);
  return signer !== null && signer === agent ? null : "SIGNATURE_INVALID";
}
