import type { Address, Digest } from "../../../engine/kernel/index.ts";
import { type Certificate, decodeBlock, type Message, signedOf } from "../../../engine/messages/index.ts";
import { type Evaluation, PURE_WORK, type PureWork } from "../../node/index.ts";
import type { RecoverSigner } from "../../ports/index.ts";
import { Remembered, RememberedBytes } from "./remembered.ts";

type Shared<Name extends keyof PureWork> = ReturnType<PureWork[Name]>;

/**
 * Pure work done once for all homes of a street: the same bytes are the same message, and the same entries on the same head are
 * the same result, whoever works it out. Of one market alone, as the digests are not looked at.
 */
export function sharedWork(): PureWork {
  const { decode, encode } = sharedCodec();
  const blocks = new RememberedBytes<Shared<"decodeBlock">>();
  const evaluated = new Remembered<string, Evaluation>();
  const sets = new Remembered<string, Shared<"entrySet">>();
  const leaders = new Remembered<string, Shared<"leadersOf">>();
  const ids = new Remembered<object, Digest>();
  const whole = new Remembered<object, boolean>();
  const certified = new Remembered<Certificate, Map<Digest, boolean>>();
  const nameOf = namesOfObjects();
  const evaluate: PureWork["evaluate"] = (rules, state, counted) => {
    const { kind, nextMembers, orders, withheld, readings } = counted;
    const kept = withheld.map((each) => bodyOf(each));
    const entries = [orders, kept, readings].map((each: readonly object[]) => each.map(nameOf).join(" ")).join("/");
    return evaluated.of(`${state.head} ${kind} ${nextMembers} ${entries}`, () => PURE_WORK.evaluate(rules, state, counted));
  };
  return {
    decode,
    encode,
    entryId: (entry) => ids.get(entry) ?? ids.keep(entry, PURE_WORK.entryId(entry)),
    entrySet: (validators, lists) =>
      sets.of(`${validators.ids.length} ${lists.map(nameOf).join(" ")}`, () => PURE_WORK.entrySet(validators, lists)),
    // A set's digest binds who certifies.
    leadersOf: (validators, interval) => leaders.of(`${validators.seed} ${interval}`, () => PURE_WORK.leadersOf(validators, interval)),
    decodeBlock: (bytes, digests) => blocks.of(bytes, (own) => decodeBlock(own, digests, { decode, encode })),
    isWhole: (block) => whole.of(block, () => PURE_WORK.isWhole(block)),
    // And under which keys.
    isCertified: (certificate, context) => {
      const bySet = certified.of(certificate, () => new Map());
      const { seed } = context.validators;
      const is = bySet.get(seed) ?? PURE_WORK.isCertified(certificate, context);
      bySet.set(seed, is);
      return is;
    },
    evaluate,
    replay: (rules, state, block) => PURE_WORK.replay(rules, state, block, evaluate),
  };
}

function sharedCodec(): Pick<PureWork, "decode" | "encode"> {
  // What goes round in a street is one object for all who hear it.
  const read = new Remembered<Uint8Array, Shared<"decode">>();
  const decoded = new RememberedBytes<Shared<"decode">>();
  const encoded = new Remembered<object, Uint8Array>();
  return {
    decode: (bytes, digests) => {
      const known = read.get(bytes);
      if (known !== undefined) return known;
      const message = decoded.of(bytes, (own) => {
        const fresh = PURE_WORK.decode(own, digests);
        if (fresh.ok) encoded.keep(bodyOf(fresh.value), own);
        return fresh;
      });
      return read.keep(bytes, message);
    },
    encode: (message) => encoded.get(bodyOf(message)) ?? PURE_WORK.encode(message),
  };
}

/** Who signed, found out once for each signature and all who look at it. */
export function sharedRecover(recover: RecoverSigner): RecoverSigner {
  const found = new Remembered<Uint8Array, { readonly signed: Digest; readonly by: Address | null }>();
  return (signed, signature) => {
    const known = found.get(signature);
    if (known?.signed === signed) return known.by;
    const by = recover(signed, signature);
    found.keep(signature, { signed, by });
    return by;
  };
}

/** A number for each object, the same whenever it comes, unless it was long ago. */
function namesOfObjects(): (one: object) => number {
  const names = new Remembered<object, number>();
  let last = 0;
  return (one) => names.get(one) ?? names.keep(one, ++last);
}

/** What a message wraps: the same object however it's passed on. */
function bodyOf(message: Message): object {
  if (message.kind === "evidence") return message.evidence;
  return message.kind === "members" ? message.members : signedOf(message);
}
