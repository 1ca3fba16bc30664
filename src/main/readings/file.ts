import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { type Address, address, type Digest, fromHex, homeId, interval, toHex, wh } from "../../../engine/kernel/index.ts";
import {
  decodeMeterEntry,
  encodeMeterEntry,
  type MarketDomain,
  type MeterEntry,
  meterDigestOf,
  type SignedMeterEntry,
} from "../../../engine/messages/index.ts";
import { CannotStart } from "../exit.ts";

/** An entry as people and other programs read it. */
export interface EntryView extends Omit<MeterEntry, "home" | "raw" | "counters"> {
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly raw: readonly { readonly place: string; readonly hex: string }[];
  /** The EIP-712 digest, which is signed and which the next entry names. */
  readonly digest: Digest;
  readonly signature: string;
}

/** A home's meter log, to give away: whose it is, in which market, and its entries. */
export interface ReadingsFile {
  readonly format: "commonwatt-readings-1";
  readonly street: string;
  readonly market: { readonly chainId: number; readonly vault: string; readonly rulesHash: string };
  readonly home: number;
  readonly name: string;
  readonly entries: readonly EntryView[];
}

export const FORMAT = "commonwatt-readings-1";

export function viewOf({ body, id, signature }: SignedMeterEntry): EntryView {
  const { home: _home, raw, counters, ...rest } = body;
  return {
    ...rest,
    importWh: counters?.importWh ?? null,
    exportWh: counters?.exportWh ?? null,
    raw: raw.map(({ place, bytes }) => ({ place, hex: toHex(bytes).slice(2) })),
    digest: id,
    signature: toHex(signature),
  };
}

const hex = (bytes: string): object => ({ type: "string", pattern: `^0x[0-9a-f]{${bytes}}$` });
const text = { type: "string", pattern: "^[ -~]{0,200}$" };
const count = (maximum: number): object => ({ type: "integer", minimum: 0, maximum });
const counter = { type: ["integer", "null"], minimum: wh.min, maximum: wh.max };
const all = (properties: Readonly<Record<string, object>>): object => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const listOf = (items: object): object => ({ type: "array", maxItems: 64, items });

const ENTRY = all({
  interval: count(interval.max),
  seq: count(2 ** 32 - 1),
  prev: hex("64"),
  quality: { enum: ["measured", "estimated", "missing"] },
  trust: { enum: ["A", "B", "C", "D"] },
  importWh: counter,
  exportWh: counter,
  readAt: count(Number.MAX_SAFE_INTEGER),
  source: { enum: ["modbus", "p1", "mqtt"] },
  manufacturer: text,
  model: text,
  serial: text,
  raw: listOf(all({ place: text, hex: { type: "string", pattern: "^([0-9a-f]{2})*$" } })),
  values: listOf(all({ name: text, decimal: text })),
  digest: hex("64"),
  signature: hex("130"),
});

const isFile = new Ajv({ allowUnionTypes: true }).compile<ReadingsFile>(
  all({
    format: { const: FORMAT },
    street: { type: "string" },
    market: all({ chainId: count(Number.MAX_SAFE_INTEGER), vault: hex("40"), rulesHash: hex("64") }),
    home: count(homeId.max),
    name: { type: "string" },
    entries: { type: "array", minItems: 1, items: ENTRY },
  }),
);

const wrong = (
  file: string,
  what: string,
  wayOut = 'write it again with "commonwatt readings export", and change nothing in it',
): CannotStart => new CannotStart([{ code: "READINGS_FILE", file, what, wayOut }]);

/** A file that may come from anywhere. Whether what it says holds is another question. */
export async function readReadings(file: string): Promise<ReadingsFile> {
  const written = await readFile(file, "utf8").catch((error: Error) => {
    throw wrong(file, `it can't be read (${error.message})`, "name the file that a home exported");
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(written);
  } catch {
    throw wrong(file, "it is no JSON");
  }
  if (isFile(parsed)) return parsed;
  const [error] = isFile.errors ?? [];
  throw wrong(file, `it isn't what a home exports: ${placeOf(error?.instancePath ?? "")} ${error?.message ?? ""}`.trimEnd());
}

/** "/entries/3/serial" as people say it. */
function placeOf(pointer: string): string {
  const [list, at, ...rest] = pointer.split("/").slice(1);
  if (list !== "entries" || at === undefined) return pointer === "" ? "the file" : pointer.slice(1).replaceAll("/", ".");
  return [`the entry at place ${at}`, ...(rest.length === 0 ? [] : [rest.join(".")])].join(", ");
}

export function marketOf({ market }: ReadingsFile): MarketDomain {
  return { chainId: market.chainId, vault: address(market.vault) as Address, rulesHash: market.rulesHash as Digest };
}

/** What was signed; null: no home writes such an entry. */
export function entryOf(file: ReadingsFile, view: EntryView): SignedMeterEntry | null {
  const { importWh, exportWh, raw, digest: _digest, signature, ...rest } = view;
  const counters = importWh === null || exportWh === null ? null : { importWh: wh(importWh), exportWh: wh(exportWh) };
  if ((importWh === null) !== (exportWh === null) || (counters === null) !== (view.quality === "missing")) return null;
  const digestOf = meterDigestOf(marketOf(file));
  const bytes = raw.map(({ place, hex: digits }) => ({ place, bytes: fromHex(`0x${digits}`) }));
  const body: MeterEntry = { ...rest, home: homeId(file.home), counters, raw: bytes };
  return decodeMeterEntry(encodeMeterEntry({ body, id: digestOf(body), signature: fromHex(signature) }), digestOf);
}
