import { type Digest, digest, fail, type HomeId, homeId, type Interval, interval, type Result, toHex } from "../kernel/index.ts";
import { type Field, readFields } from "./protobuf.ts";
import { decodeStakes } from "./stakes.ts";
import { type Signature, type Stakes, VOTE_KIND, type VoteKind } from "./types.ts";

export type DecodeCode = "MESSAGE_TOO_LARGE" | "MESSAGE_MALFORMED";

export const UINT32_END = 2 ** 32;
export const VOTE_KINDS = new Map(Object.entries(VOTE_KIND).map(([kind, number]) => [number as number, kind as VoteKind]));

export const malformed = (detail: string): Result<never, DecodeCode> => fail("MESSAGE_MALFORMED", detail);

/** Foreign bytes read as `decode` reads them, or null when something is missing or out of range. */
export function open<T>(bytes: Uint8Array, decode: (body: Body) => T): T | null {
  try {
    return decode(Body.of(bytes));
  } catch (error) {
    if (error instanceof BadField) return null;
    throw error;
  }
}

/** Foreign fields, taken out one by one; anything missing or out of range ends the decoding. */
export class Body {
  readonly #fields: readonly Field[];

  private constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  static of(bytes: Uint8Array): Body {
    const fields = readFields(bytes);
    if (fields === null) throw BAD_FIELD;
    return new Body(fields);
  }

  uint(number: number): number {
    const value = this.#fields.find((field) => field.number === number)?.value ?? 0;
    if (typeof value !== "number") throw BAD_FIELD;
    return value;
  }

  uint32(number: number): number {
    return this.checked(number, (value): value is number => (value as number) < UINT32_END);
  }

  checked<T extends number>(number: number, is: (value: unknown) => value is T): T {
    const value = this.uint(number);
    if (!is(value)) throw BAD_FIELD;
    return value;
  }

  home(number: number): HomeId {
    return this.checked(number, homeId.is);
  }

  interval(number: number): Interval {
    return this.checked(number, interval.is);
  }

  bytes(number: number): Uint8Array {
    const value = this.#fields.find((field) => field.number === number)?.value ?? NOTHING;
    return value instanceof Uint8Array ? value : this.#bad();
  }

  all(number: number): readonly Uint8Array[] {
    return this.#fields.filter((field) => field.number === number).map(({ value }) => (value instanceof Uint8Array ? value : this.#bad()));
  }

  digest(number: number): Digest {
    return this.#digestOf(this.bytes(number));
  }

  digests(number: number): readonly Digest[] {
    const bytes = this.bytes(number);
    if (bytes.length % 32 !== 0) throw BAD_FIELD;
    const digests: Digest[] = [];
    for (let at = 0; at < bytes.length; at += 32) digests.push(toHex(bytes, at, at + 32) as Digest);
    return digests;
  }

  stakes(number: number): Stakes {
    return this.one(decodeStakes(this.bytes(number)) ?? undefined);
  }

  /** A copy: the bytes it came in may be reused by the network. */
  signature(number: number): Signature {
    return this.sized(number, 65).slice();
  }

  sized(number: number, length: number): Uint8Array {
    const bytes = this.bytes(number);
    return bytes.length === length ? bytes : this.#bad();
  }

  one<T>(value: T | undefined): T {
    return value === undefined ? this.#bad() : value;
  }

  #digestOf(bytes: Uint8Array): Digest {
    return bytes.length === 32 ? digest(bytes) : this.#bad();
  }

  #bad(): never {
    throw BAD_FIELD;
  }
}

/** Never leaves this file. */
class BadField extends Error {}
/** One for all: with a stack of its own each would cost more than the rest of the message. */
const BAD_FIELD = new BadField();

const NOTHING = new Uint8Array(0);
