import { compare, type Digest, equal, type HomeId, type Interval, utf8, type Wh, wh } from "../kernel/index.ts";
import { type Body, open } from "./body.ts";
import { array, bytesField, structOf, text } from "./eip712.ts";
import { Writer } from "./protobuf.ts";
import type { MarketDomain } from "./rules.ts";
import { marketSignable } from "./typed-data.ts";
import type { Signed } from "./types.ts";

/** How good an entry is; the first two as in the reading that the home published. missing: nobody knows what the meter said. */
export const ENTRY_QUALITY = { measured: 0, estimated: 1, missing: 2 } as const;
export type EntryQuality = keyof typeof ENTRY_QUALITY;

/** A: signed by a certified meter. B: the utility's meter, signed by the home. C: a meter of the home's own, likewise. D: estimated or missing. */
export const TRUST_CLASS = { A: 0, B: 1, C: 2, D: 3 } as const;
export type TrustClass = keyof typeof TRUST_CLASS;

/** Where a home's meter is read. */
export const METER_SOURCE = { modbus: 0, p1: 1, mqtt: 2 } as const;
export type MeterSource = keyof typeof METER_SOURCE;

/** Bytes as a meter sent them, and where they were read. */
export interface RawBytes {
  readonly place: string;
  readonly bytes: Uint8Array;
}

/** What those bytes say: a quantity by its name in the code (`gridW`), and a decimal number as text. */
export interface MeterValue {
  readonly name: string;
  readonly decimal: string;
}

/** What stands behind one interval's reading: an entry of a home's meter log, which names the one before it. */
export interface MeterEntry {
  readonly home: HomeId;
  readonly interval: Interval;
  /** 0 where a log begins. */
  readonly seq: number;
  /** The digest of the entry before; all zeros where a log begins. */
  readonly prev: Digest;
  readonly quality: EntryQuality;
  readonly trust: TrustClass;
  /** As in the reading that the home published; null: missing. */
  readonly counters: { readonly importWh: Wh; readonly exportWh: Wh } | null;
  /** Street time, milliseconds since 1970. */
  readonly readAt: number;
  readonly source: MeterSource;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly raw: readonly RawBytes[];
  readonly values: readonly MeterValue[];
}

export type SignedMeterEntry = Signed<MeterEntry>;

/** As an EIP-712 type, in the market's domain. */
export const METER_TYPES = {
  MeterEntry:
    "MeterEntry(uint32 home,uint64 interval,uint32 seq,bytes32 prev,uint8 quality,uint8 trust,uint64 importWh,uint64 exportWh,uint64 readAt,uint8 source,string manufacturer,string model,string serial,Raw[] raw,Value[] values)Raw(string place,bytes bytes)Value(string name,string decimal)",
  Raw: "Raw(string place,bytes bytes)",
  Value: "Value(string name,string decimal)",
} as const;

export const MAX_METER_ENTRY_BYTES = 32_768;
const MAX_TEXT = 200;
const MAX_PARTS = 64;
const DECIMAL = /^-?\d{1,16}(\.\d{1,6})?$/;

const hashEntry = structOf(METER_TYPES.MeterEntry);
const hashRaw = structOf(METER_TYPES.Raw);
const hashValue = structOf(METER_TYPES.Value);

/** What a source and a quality are worth. None of the sources that are read here signs its readings itself, so none is an A. */
export function trustOf(source: MeterSource, quality: EntryQuality): TrustClass {
  if (quality !== "measured") return "D";
  return source === "p1" ? "B" : "C";
}

/** A foreign text as it may stand in an entry: printable ASCII, other characters as "?", not too long. */
export const entryText = (foreign: string): string => foreign.replaceAll(/[^ -~]/g, "?").slice(0, MAX_TEXT);

/** The digest that is signed; made once for a market, as the domain separator is the dear part. */
export function meterDigestOf(domain: MarketDomain): (entry: MeterEntry) => Digest {
  const inMarket = marketSignable(domain);
  return (e) =>
    inMarket(
      hashEntry([
        e.home,
        e.interval,
        e.seq,
        e.prev,
        ENTRY_QUALITY[e.quality],
        TRUST_CLASS[e.trust],
        e.counters?.importWh ?? 0,
        e.counters?.exportWh ?? 0,
        e.readAt,
        METER_SOURCE[e.source],
        text(e.manufacturer),
        text(e.model),
        text(e.serial),
        array(e.raw.map(({ place, bytes }) => hashRaw([text(place), bytesField(bytes)]))),
        array(e.values.map(({ name, decimal }) => hashValue([text(name), text(decimal)]))),
      ]),
    );
}

export function encodeMeterEntry({ body: e, signature }: SignedMeterEntry): Uint8Array {
  const writer = new Writer()
    .uint(1, e.home)
    .uint(2, e.interval)
    .uint(3, e.seq)
    .hexes(4, [e.prev], 32)
    .uint(5, ENTRY_QUALITY[e.quality])
    .uint(6, TRUST_CLASS[e.trust])
    .uint(7, e.counters?.importWh ?? 0)
    .uint(8, e.counters?.exportWh ?? 0)
    .uint(9, e.readAt)
    .uint(10, METER_SOURCE[e.source])
    .bytes(11, utf8(e.manufacturer))
    .bytes(12, utf8(e.model))
    .bytes(13, utf8(e.serial));
  for (const { place, bytes } of e.raw) writer.item(14, pairOf(utf8(place), bytes));
  for (const { name, decimal } of e.values) writer.item(15, pairOf(utf8(name), utf8(decimal)));
  return writer.bytes(16, signature).finish();
}

const pairOf = (first: Uint8Array, second: Uint8Array): Uint8Array => new Writer().bytes(1, first).bytes(2, second).finish();

/** Foreign bytes as an entry; null when they are none, or not in its one encoding. Whether its signature holds is another question. */
export function decodeMeterEntry(bytes: Uint8Array, digestOf: (entry: MeterEntry) => Digest): SignedMeterEntry | null {
  if (bytes.length > MAX_METER_ENTRY_BYTES) return null;
  const entry = open(bytes, (fields) => {
    const body = bodyIn(fields);
    return { body, id: digestOf(body), signature: fields.signature(16) };
  });
  return entry !== null && equal(encodeMeterEntry(entry), bytes) ? entry : null;
}

function bodyIn(fields: Body): MeterEntry {
  const quality = fields.one(QUALITIES.get(fields.uint(5)));
  const counters = { importWh: fields.checked(7, wh.is), exportWh: fields.checked(8, wh.is) };
  const [raw, values] = [fields.all(14), fields.all(15)];
  return {
    home: fields.home(1),
    interval: fields.interval(2),
    seq: fields.uint32(3),
    prev: fields.digest(4),
    quality,
    trust: fields.one(TRUSTS.get(fields.uint(6))),
    counters: quality === "missing" ? null : counters,
    readAt: fields.uint(9),
    source: fields.one(SOURCES.get(fields.uint(10))),
    manufacturer: textIn(fields, 11),
    model: textIn(fields, 12),
    serial: textIn(fields, 13),
    raw: fields.one(raw.length <= MAX_PARTS ? raw : undefined).map((each) => rawIn(fields, each)),
    values: fields.one(values.length <= MAX_PARTS ? values : undefined).map((each) => valueIn(fields, each)),
  };
}

function rawIn(around: Body, bytes: Uint8Array): RawBytes {
  return around.one(open(bytes, (fields) => ({ place: textIn(fields, 1), bytes: fields.bytes(2).slice() })) ?? undefined);
}

function valueIn(around: Body, bytes: Uint8Array): MeterValue {
  const value = open(bytes, (fields) => ({ name: textIn(fields, 1), decimal: textIn(fields, 2) }));
  return around.one(value !== null && isDecimal(value.decimal) ? value : undefined);
}

/** Whether a text is a decimal number as an entry writes it. */
export const isDecimal = (decimal: string): boolean => DECIMAL.test(decimal);

function textIn(fields: Body, number: number): string {
  const bytes = fields.bytes(number);
  const isPrintable = bytes.length <= MAX_TEXT && bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  return fields.one(isPrintable ? String.fromCharCode(...bytes) : undefined);
}

const named = <Name extends string>(numbers: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> =>
  new Map((Object.keys(numbers) as Name[]).sort(compare).map((name) => [numbers[name], name]));
const QUALITIES = named(ENTRY_QUALITY);
const TRUSTS = named(TRUST_CLASS);
const SOURCES = named(METER_SOURCE);
