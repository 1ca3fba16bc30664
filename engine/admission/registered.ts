import type { Address, Digest, HomeId, Interval } from "../kernel/index.ts";
import type { Signature, Signed } from "../messages/index.ts";
import type { Check } from "./verdict.ts";

/** What the registry on the chain says of a home. A new agent key counts from a later interval on, so that all homes know it by then. */
export interface Registered {
  readonly agent: Address;
  /** The first interval that it may trade in. */
  readonly since: Interval;
}

/** Who may speak, and how to tell that it was them. */
export interface Members {
  readonly registered: (home: HomeId) => Registered | undefined;
  /** null when the bytes are no signature. */
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

type FromHome = Signed<{ readonly home: HomeId; readonly interval: Interval }>;

export const isRegistered: Check<FromHome, Members> = ({ body }, members) => isMember(body.home, body.interval, members);

/** A reading of the interval before the first that a home may trade in is welcome: it tells where counting begins. */
export const mayBeRead: Check<FromHome, Members> = ({ body }, members) => isMember(body.home, body.interval + 1, members);

function isMember(home: HomeId, interval: number, { registered }: Members): "HOME_UNKNOWN" | "HOME_NOT_YET" | null {
  const known = registered(home);
  if (known === undefined) return "HOME_UNKNOWN";
  return interval < known.since ? "HOME_NOT_YET" : null;
}

/** The dear check, about 0.1 ms natively: always the last before anything is believed of the sender. */
export const isSignedByHome: Check<FromHome, Members> = ({ body, id, signature }, { registered, recover }) => {
  const signer = recover(id, signature);
  return signer !== null && signer === registered(body.home)?.agent ? null : "SIGNATURE_INVALID";
};
