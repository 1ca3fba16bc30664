import type { Digest, HomeId, Interval } from "../../../engine/kernel/index.ts";
import type { Certificate, Vote } from "../../../engine/messages/index.ts";
import type { Signer } from "../../ports/index.ts";
import type { AdversaryWorld } from "../street/adversary.ts";

type Signature = Certificate["signatures"][number];

/** What liars have to make a certificate of. */
export interface Material {
  readonly interval: Interval;
  readonly value: Digest;
  /** What true certificates hold, of this interval and the one before it. */
  readonly truly: readonly Certificate[];
  /** Votes of others that were heard. */
  readonly heard: readonly Signature[];
}

/** A certificate that says more than was signed, by one liar and by all that lend it their keys. */
export function falseCertificate(
  { interval, value, truly, heard }: Material,
  { dice, digests, home, accomplices, chain }: AdversaryWorld,
): Certificate {
  const view = truly.length > 0 && dice.happens(0.3) ? dice.pick(truly).view : 1;
  const sign = (validator: HomeId, key: Signer, change: Partial<Vote> = {}): Signature => {
    const vote: Vote = { kind: "finalize", interval, view, value, validator, ...change };
    return { validator, signature: key.sign(digests.vote(vote)) };
  };
  const all = chain.known.validators;
  const together = accomplices.map((each) => sign(each.home, each.keys.at(-1)!));
  const first = accomplices.map((each) => sign(each.home, each.keys[0]!));
  const otherwise = accomplices.map((each) =>
    sign(each.home, each.keys.at(-1)!, dice.pick([{ view: view + 1 }, { kind: "notarize" }, { interval: (interval - 1) as Interval }])),
  );
  const old = truly.flatMap(({ signatures }) => signatures);
  const lent = (validator: HomeId): Signature => ({ validator, signature: dice.pick(together).signature });
  const own = accomplices.find((each) => each.home === home)!.keys.at(-1)!;
  const signatures = dice.pick([
    [sign(home, own)],
    all.map(() => sign(home, own)),
    all.map((validator) => sign(validator, own)),
    together,
    [...together, ...together, ...together, ...together],
    all.map((validator) => together.find((each) => each.validator === validator) ?? lent(validator)),
    [...first, ...together],
    old,
    merged(old, together),
    merged(old, otherwise),
    merged(heard, together),
  ]);
  return { kind: "finalize", interval, view, value, signatures };
}

/** One of each validator, by rising id, as a true certificate has them. */
const merged = (some: readonly Signature[], others: readonly Signature[]): readonly Signature[] =>
  [...new Map([...some, ...others].map((each) => [each.validator, each])).values()].sort((a, b) => a.validator - b.validator);
