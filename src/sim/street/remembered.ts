import { equal } from "../../../engine/kernel/index.ts";
import { hashOf } from "../hash-of.ts";

/** So many are remembered before all are forgotten; a street says fewer in some intervals. */
const MOST = 20_000;

/** What follows from each key, worked out once. Bounded: what is forgotten is worked out again. */
export class Remembered<Key, Value> {
  readonly #values = new Map<Key, Value>();

  of(key: Key, work: () => Value): Value {
    const known = this.#values.get(key);
    return known === undefined ? this.keep(key, work()) : known;
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  keep(key: Key, value: Value): Value {
    if (this.#values.size >= MOST) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }
}

interface Read<Value> {
  readonly bytes: Uint8Array;
  readonly value: Value;
}

/** The same by bytes, wherever they lie. Two contents of one hash are told apart; the later one is remembered. */
export class RememberedBytes<Value> {
  readonly #read = new Remembered<number, Read<Value>>();

  /** `work` gets bytes that nobody else has. */
  of(bytes: Uint8Array, work: (own: Uint8Array) => Value): Value {
    const key = hashOf(bytes);
    const known = this.#read.get(key);
    if (known !== undefined && equal(known.bytes, bytes)) return known.value;
    const own = bytes.slice();
    return this.#read.keep(key, { bytes: own, value: work(own) }).value;
  }
}
