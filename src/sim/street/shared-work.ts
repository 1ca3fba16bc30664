import { type Address, type Digest, equal } from "../../../engine/kernel/index.ts";
import { decodeBlock, type Message } from "../../../engine/messages/index.ts";
import { type Evaluation, PURE_WORK, type PureWork } from "../../node/index.ts";
import type { RecoverSigner } from "../../ports/index.ts";
import { hashOf } from "../hash-of.ts";

interface Decoded {
  readonly bytes: Uint8Array;
  readonly message: ReturnType<PureWork["decode"]>;
}

/** So many are remembered before all are forgotten; a street says fewer in some intervals. */
const MOST = 20_000;

function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): Value {
  if (map.size >= MOST) map.clear();
  map.set(key, value);
  return value;
}

/**
 * Pure work done once for all homes of a street: the same bytes are the same message, and the same entries on the same head are
 * the same result, whoever works it out. Of one market alone, as the digests are not looked at.
 */
export function sharedWork(): PureWork {
  const read = new WeakMap<Uint8Array, Decoded["message"]>();
  const decoded = new Map<number, Decoded>();
  const blocks = new Map<number, { readonly bytes: Uint8Array; readonly block: ReturnType<PureWork["decodeBlock"]> }>();
  const encoded = new WeakMap<object, Uint8Array>();
  const evaluated = new Map<string, Evaluation>();
  const sets = new Map<string, ReturnType<PureWork["entrySet"]>>();
  const ids = new WeakMap<object, Digest>();
  const nameOf = namesOfObjects();
  const decode: PureWork["decode"] = (bytes, digests) => {
    const key = hashOf(bytes);
    const known = decoded.get(key);
    // Two contents of one hash are told apart; the later one is remembered.
    if (known !== undefined && equal(known.bytes, bytes)) return known.message;
    const own = bytes.slice();
    const message = PURE_WORK.decode(own, digests);
    if (message.ok) encoded.set(bodyOf(message.value), own);
    return keep(decoded, key, { bytes: own, message }).message;
  };
  return {
    // What goes round in a street is one object for all who hear it.
    decode: (bytes, digests) => {
      const message = read.get(bytes) ?? decode(bytes, digests);
      read.set(bytes, message);
      return message;
    },
    entryId: (entry) => {
      const id = ids.get(entry) ?? PURE_WORK.entryId(entry);
      ids.set(entry, id);
      return id;
    },
    entrySet: (validators, lists) => {
      const key = `${validators.ids.length} ${lists.map(nameOf).join(" ")}`;
      return sets.get(key) ?? keep(sets, key, PURE_WORK.entrySet(validators, lists));
    },
    encode: (message) => encoded.get(bodyOf(message)) ?? PURE_WORK.encode(message),
    decodeBlock: (bytes, digests) => {
      const key = hashOf(bytes);
      const known = blocks.get(key);
      if (known !== undefined && equal(known.bytes, bytes)) return known.block;
      const own = bytes.slice();
      return keep(blocks, key, { bytes: own, block: decodeBlock(own, digests, decode) }).block;
    },
    evaluate: (rules, state, counted) => {
      const { kind, nextMembers, orders, withheld, readings } = counted;
      const kept = withheld.map((each) => bodyOf(each));
      const entries = [orders, kept, readings].map((each: readonly object[]) => each.map(nameOf).join(" ")).join("/");
      const key = `${state.head} ${kind} ${nextMembers} ${entries}`;
      return evaluated.get(key) ?? keep(evaluated, key, PURE_WORK.evaluate(rules, state, counted));
    },
  };
}

/** Who signed, found out once for each signature and all who look at it. */
export function sharedRecover(recover: RecoverSigner): RecoverSigner {
  const found = new WeakMap<Uint8Array, { readonly signed: Digest; readonly by: Address | null }>();
  return (signed, signature) => {
    const known = found.get(signature);
    if (known?.signed === signed) return known.by;
    const by = recover(signed, signature);
    found.set(signature, { signed, by });
    return by;
  };
}

/** A number for each object, the same whenever it comes. */
function namesOfObjects(): (one: object) => number {
  const names = new WeakMap<object, number>();
  let last = 0;
  return (one) => {
    const name = names.get(one) ?? ++last;
    names.set(one, name);
    return name;
  };
}

/** What a message wraps: the same object however it's passed on. */
function bodyOf(message: Message): object {
  for (const each of Object.values(message)) if (typeof each === "object") return each;
  return message;
}
