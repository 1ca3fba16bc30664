import { assert, type Digest, keccakDigest } from "../kernel/index.ts";
import type { Clearing, EdgeFlow, Fill, NodePrice, NoTrade, Outcome, PriceSetter, Trade } from "./types.ts";

/**
 * The digest of everything that a clearing says: homes that computed another price, fill or reason vote for another value.
 * Bytes: numbers as 8 bytes big-endian, digests as they are, texts and lists with their length in front, null as a byte 0.
 */
export function clearingDigest(clearing: Clearing): Digest {
  const sink = new Sink();
  sink.ascii(VERSION).number(clearing.interval).text(clearing.kind);
  if (clearing.kind === "trade") putTrade(sink, clearing);
  else putNoTrade(sink, clearing);
  sink.list(clearing.outcomes, putOutcome).number(clearing.unsold).number(clearing.unbought);
  return keccakDigest(sink.bytes());
}

const VERSION = "commonwatt/clearing/3";

function putTrade(sink: Sink, trade: Trade): void {
  sink.number(trade.price).number(trade.priceRange.low).number(trade.priceRange.high).number(trade.volume);
  sink.signed(trade.welfare).signed(trade.surplus).number(trade.lostToCapacity);
  sink.list(trade.priceSetBy.low, putSetter).list(trade.priceSetBy.high, putSetter).list(trade.fills, putFill);
  sink.list(trade.nodes, putNode).list(trade.flows, putFlow);
}

const putNoTrade = (sink: Sink, { reason, bestBuy, bestSell }: NoTrade): Sink => sink.text(reason).optional(bestBuy).optional(bestSell);

const putSetter = (sink: Sink, { order, home, side, limit }: PriceSetter): Sink => sink.digest(order).number(home).text(side).number(limit);

const putFill = (sink: Sink, { order, home, side, energy, price, amount }: Fill): Sink =>
  sink.digest(order).number(home).text(side).number(energy).number(price).signed(amount);

const putNode = (sink: Sink, { price, low, high }: NodePrice): Sink => sink.optional(price).optional(low).optional(high);

const putFlow = (sink: Sink, { node, direction, entered, left, full, fees, lossCost, rent }: EdgeFlow): Sink =>
  sink
    .number(node)
    .text(direction)
    .number(entered)
    .number(left)
    .number(full ? 1 : 0)
    .signed(fees)
    .signed(lossCost)
    .signed(rent);

function putOutcome(sink: Sink, { order, home, side, limit, wanted, energy, kind, reason, edge, tradesAt }: Outcome): void {
  sink.digest(order).number(home).text(side).number(limit).number(wanted).number(energy);
  sink
    .text(kind)
    .text(reason ?? "")
    .optional(edge)
    .optional(tradesAt);
}

/** Bytes one after the other; a clearing has about 170 for each order, so nothing is allocated in between. */
class Sink {
  readonly #bytes: number[] = [];

  number(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, "a clearing is told in whole numbers from 0");
    this.#uint32(Math.floor(value / 2 ** 32));
    return this.#uint32(value % 2 ** 32);
  }

  /** A byte for the sign, then the size. */
  signed(value: number): this {
    this.#bytes.push(value < 0 ? 1 : 0);
    return this.number(Math.abs(value));
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
