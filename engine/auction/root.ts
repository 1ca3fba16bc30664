import { assert, type Digest, keccakDigest } from "../kernel/index.ts";
import type { Clearing, Fill, NoTrade, Outcome, PriceSetter, Trade } from "./types.ts";

/**
 * The digest of everything that a clearing says: homes that computed another price, fill or reason vote for another value.
 * Bytes: numbers as 8 bytes big-endian, digests as they are, texts and lists with their length in front, null as a byte 0.
 */
export function clearingRoot(clearing: Clearing): Digest {
  const sink = new Sink();
  sink.ascii(VERSION).number(clearing.interval).text(clearing.kind);
  if (clearing.kind === "trade") putTrade(sink, clearing);
  else putNoTrade(sink, clearing);
  sink.list(clearing.outcomes, putOutcome).number(clearing.unsold).number(clearing.unbought);
  return keccakDigest(sink.bytes());
}

const VERSION = "commonwatt/clearing/1";

function putTrade(sink: Sink, { price, priceRange, priceSetBy, volume, welfare, fills }: Trade): void {
  sink.number(price).number(priceRange.low).number(priceRange.high).number(volume).number(welfare);
  sink.list(priceSetBy.low, putSetter).list(priceSetBy.high, putSetter).list(fills, putFill);
}

const putNoTrade = (sink: Sink, { reason, bestBuy, bestSell }: NoTrade): Sink => sink.text(reason).optional(bestBuy).optional(bestSell);

const putSetter = (sink: Sink, { order, home, side, limit }: PriceSetter): Sink => sink.digest(order).number(home).text(side).number(limit);

const putFill = (sink: Sink, { order, home, side, energy, price }: Fill): Sink =>
  sink.digest(order).number(home).text(side).number(energy).number(price);

function putOutcome(sink: Sink, { order, home, side, limit, wanted, energy, kind, reason }: Outcome): void {
  sink.digest(order).number(home).text(side).number(limit).number(wanted).number(energy);
  sink.text(kind).text(reason ?? "");
}

/** Bytes one after the other; a clearing has about 170 for each order, so nothing is allocated in between. */
class Sink {
  readonly #bytes: number[] = [];

  number(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, "a clearing is told in whole numbers from 0");
    this.#uint32(Math.floor(value / 2 ** 32));
    return this.#uint32(value % 2 ** 32);
  }

  digest(hex: Digest): this {
    for (let at = 2; at < hex.length; at += 2) this.#bytes.push(16 * nibble(hex, at) + nibble(hex, at + 1));
    return this;
  }

  ascii(text: string): this {
    for (let at = 0; at < text.length; at++) this.#bytes.push(text.charCodeAt(at));
    return this;
  }

  text(text: string): this {
    return this.number(text.length).ascii(text);
  }

  optional(value: number | null): this {
    this.#bytes.push(value === null ? 0 : 1);
    return value === null ? this : this.number(value);
  }

  list<T>(members: readonly T[], put: (sink: Sink, member: T) => void): this {
    this.number(members.length);
    for (const member of members) put(this, member);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #uint32(value: number): this {
    this.#bytes.push(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
    return this;
  }
}

/** Digests are lower-case hex: 0-9 lie below a-f. */
function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 97 ? code - 48 : code - 87;
}
