import { equal } from "../../../engine/kernel/index.ts";
import type { Message } from "../../../engine/messages/index.ts";
import { type Evaluation, PURE_WORK, type PureWork } from "../../node/index.ts";
import { hashOf } from "../hash-of.ts";

interface Decoded {
  readonly bytes: Uint8Array;
  readonly message: ReturnType<PureWork["decode"]>;
}

/** So many are remembered before all are forgotten; a street says fewer in some intervals. */
const MOST = 20_000;

/**
 * Pure work done once for all homes of a street: the same bytes are the same message, and the same entries on the same head are
 * the same result, whoever works it out. Of one market alone, as the digests are not looked at.
 */
export function sharedWork(): PureWork {
  const decoded = new Map<number, Decoded>();
  /** What goes round in a street is one object for all who hear it. */
  const read = new WeakMap<Uint8Array, Decoded["message"]>();
  const encoded = new WeakMap<object, Uint8Array>();
  const evaluated = new Map<string, Evaluation>();
  const keep = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value): Value => {
    if (map.size >= MOST) map.clear();
    map.set(key, value);
    return value;
  };
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
    decode: (bytes, digests) => {
      const message = read.get(bytes) ?? decode(bytes, digests);
      read.set(bytes, message);
      return message;
    },
    encode: (message) => encoded.get(bodyOf(message)) ?? PURE_WORK.encode(message),
    evaluate: (rules, state, counted) => {
      const ids = [...counted.orders, ...counted.readings].map(({ id }) => id).join();
      const key = `${state.head} ${counted.kind} ${counted.nextMembers} ${ids} ${JSON.stringify(counted.withheld)}`;
      return evaluated.get(key) ?? keep(evaluated, key, PURE_WORK.evaluate(rules, state, counted));
    },
  };
}

/** What a message wraps: the same object however it's passed on. */
function bodyOf(message: Message): object {
  const [wrapped] = Object.values(message).filter((each): each is object => typeof each === "object");
  return wrapped ?? message;
}
