import { concat, type Digest, fromHex, keccakDigest, utf8 } from "../kernel/index.ts";
import type { Clearing, Fill, NoTrade, Outcome, PriceSetter, Trade } from "./types.ts";

/**
 * The digest of everything that a clearing says: homes that computed another price, fill or reason vote for another value.
 * Bytes: numbers as 8 bytes big-endian, digests as they are, texts and lists with their length in front, null as a byte 0.
 */
export const clearingRoot = (clearing: Clearing): Digest => keccakDigest(clearingBytes(clearing));

const VERSION = utf8("commonwatt/clearing/1");

function clearingBytes(clearing: Clearing): Uint8Array {
  return concat([
    VERSION,
    number(clearing.interval),
    text(clearing.kind),
    ...(clearing.kind === "trade" ? tradeBytes(clearing) : noTradeBytes(clearing)),
    ...list(clearing.outcomes, outcomeBytes),
    number(clearing.unsold),
    number(clearing.unbought),
  ]);
}

function tradeBytes({ price, priceRange, priceSetBy, volume, welfare, fills }: Trade): readonly Uint8Array[] {
  return [
    ...[price, priceRange.low, priceRange.high, volume, welfare].map(number),
    ...list(priceSetBy.low, setterBytes),
    ...list(priceSetBy.high, setterBytes),
    ...list(fills, fillBytes),
  ];
}

const noTradeBytes = ({ reason, bestBuy, bestSell }: NoTrade): readonly Uint8Array[] => [
  text(reason),
  optional(bestBuy),
  optional(bestSell),
];

const setterBytes = ({ order, home, side, limit }: PriceSetter): readonly Uint8Array[] => [
  fromHex(order),
  number(home),
  text(side),
  number(limit),
];

const fillBytes = ({ order, home, side, energy, price }: Fill): readonly Uint8Array[] => [
  fromHex(order),
  number(home),
  text(side),
  number(energy),
  number(price),
];

const outcomeBytes = ({ order, home, side, limit, wanted, energy, kind, reason }: Outcome): readonly Uint8Array[] => [
  fromHex(order),
  number(home),
  text(side),
  ...[limit, wanted, energy].map(number),
  text(kind),
  text(reason ?? ""),
];

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

const text = (value: string): Uint8Array => concat([number(value.length), utf8(value)]);

const optional = (value: number | null): Uint8Array => (value === null ? Uint8Array.of(0) : concat([Uint8Array.of(1), number(value)]));

const list = <T>(members: readonly T[], bytes: (member: T) => readonly Uint8Array[]): readonly Uint8Array[] => [
  number(members.length),
  ...members.flatMap(bytes),
];
