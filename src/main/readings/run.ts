import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openStoreReader, type StoreReader } from "../../../adapters/store/index.ts";
import { loadCurve, recoverWith } from "../../../adapters/system/index.ts";
import { type Address, type HomeId, homeId, type Interval } from "../../../engine/kernel/index.ts";
import {
  decodeBlock,
  decodeMeterEntry,
  deliveryStart,
  digestsOf,
  hashRules,
  type MarketDomain,
  type MarketRules,
  meterDigestOf,
  type Reading,
  type SignedMeterEntry,
} from "../../../engine/messages/index.ts";
import type { StreetCard } from "../../api/index.ts";
import type { Command } from "../../cli/index.ts";
import type { Registry } from "../../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "../card.ts";
import { cannotStart } from "../exit.ts";
import { unwrap } from "../keys.ts";
import { type Checked, checkReadings, compareReadings, type Finding } from "./check.ts";
import { FORMAT, marketOf, type ReadingsFile, readReadings, viewOf } from "./file.ts";

type ReadingsCommand = Extract<Command, { verb: "readings" }>;

const PAGE = 256;
const SHOWN = 20;

export const runReadings = (command: ReadingsCommand): Promise<number> =>
  command.place === "export" ? exportReadings(command) : verifyReadings(command);

interface Store {
  readonly reader: StoreReader;
  readonly card: StreetCard;
  readonly registry: Registry;
  readonly domain: MarketDomain;
  readonly rules: MarketRules;
}

function storeIn(data: string): Store {
  const street = resolve(data);
  const folder = existsSync(join(street, "operator")) ? join(street, "operator") : street;
  const reader = unwrap(openStoreReader(folder));
  const [card, registry] = [reader.getMeta("card"), reader.getMeta("registry")];
  if (card === null || registry === null)
    throw cannotStart("READINGS_STREETLESS", `${folder} doesn't say yet whose street it belongs to`, "let the home run once");
  const own = JSON.parse(card) as StreetCard;
  return { reader, card: own, registry: JSON.parse(registry) as Registry, domain: domainOf(own), rules: rulesOf(own) };
}

/** A home's meter log as a file, also while the home runs. */
async function exportReadings({ data, from, until, out }: ReadingsCommand): Promise<number> {
  const { reader, card, registry, domain, rules } = storeIn(data!);
  const self = reader.getMeta("self");
  const entries =
    self === null ? [] : logIn(reader, domain).filter(({ body }) => isWithin(deliveryStart(rules, body.interval), from, until));
  reader.close();
  if (self === null || entries.length === 0)
    throw cannotStart("READINGS_EMPTY", `${data} holds no meter log of that time`, "name the data folder of a home that has run there");
  const home = homeId(Number(self));
  const { chainId, vault, rulesHash } = domain;
  const file: ReadingsFile = {
    format: FORMAT,
    street: card.name,
    market: { chainId, vault, rulesHash },
    home,
    name: nameOf(registry, home),
    entries: entries.map(viewOf),
  };
  const written = `${JSON.stringify(file, null, 1)}\n`;
  if (out === null) process.stdout.write(written);
  else
    await writeFile(out, written).catch((error: Error) => {
      throw cannotStart("EXPORT_UNWRITABLE", `${out} can't be written (${error.message})`, "choose another file with --out FILE");
    });
  process.stderr.write(`${entries.length} entries${out === null ? "" : ` to ${out}`}\n`);
  return 0;
}

function logIn(reader: StoreReader, domain: MarketDomain): readonly SignedMeterEntry[] {
  const digestOf = meterDigestOf(domain);
  const entries: SignedMeterEntry[] = [];
  for (let from = 0; ; from += PAGE) {
    const page = reader.meterEntries(from, PAGE);
    entries.push(...page.flatMap(({ bytes }) => decodeMeterEntry(bytes, digestOf) ?? []));
    if (page.length < PAGE) return entries;
  }
}

function isWithin(start: number, from: string | null, until: string | null): boolean {
  return (from === null || start * 1_000 >= Date.parse(from)) && (until === null || start * 1_000 < Date.parse(until));
}

const nameOf = (registry: Registry, home: HomeId): string => registry.homes.find((each) => each.home === home)?.name ?? `home ${home}`;

/** Whether a file's log holds together, and with --data whether it is what the street settled. Exit 0: yes; 1: something is wrong. */
async function verifyReadings({ target, data }: ReadingsCommand): Promise<number> {
  const file = await readReadings(target!);
  const checked = checkReadings(file, recoverWith(await loadCurve()));
  const street = data === null ? null : heldTo(file, checked, data);
  const findings = [...checked.findings, ...(street?.findings ?? [])];
  const lines = [
    headOf(file, checked),
    ...signedBy(checked, street),
    ...findings.slice(0, SHOWN).map((each) => textOf(each, street?.rules)),
  ];
  if (findings.length > SHOWN) lines.push(`and ${findings.length - SHOWN} more`);
  process.stdout.write(`${lines.join("\n")}\n`);
  return findings.length === 0 ? 0 : 1;
}

interface Held {
  readonly rules: MarketRules;
  readonly findings: readonly Finding[];
  readonly told: string;
}

function heldTo(file: ReadingsFile, { entries, signers }: Checked, data: string): Held {
  const store = storeIn(data);
  const { reader, card, registry, domain, rules } = store;
  const market = marketOf(file);
  if (hashRules(rules) !== card.rulesHash)
    throw cannotStart("DATA_DAMAGED", "the market rules are not those that the street's card names", "restore the folder from a copy");
  if (market.chainId !== domain.chainId || market.vault !== domain.vault || market.rulesHash !== domain.rulesHash)
    throw cannotStart(
      "READINGS_ELSEWHERE",
      `the log is of another street than ${data}`,
      "name the data folder of its own street with --data",
    );
  const home = homeId(file.home);
  const keys = new Set(registry.homes.find((each) => each.home === home)?.keys.map(({ agent }) => agent));
  const strangers = [...signers].filter((signer) => !keys.has(signer));
  const compared = compareReadings(entries, settledOf(store, home));
  reader.close();
  return {
    rules,
    findings: [...strangers.map((signer) => strangerOf(signer, file.name)), ...compared.findings],
    told: `${compared.agreed} readings as the street settled them, ${compared.outside} of the street from before or after the log`,
  };
}

const strangerOf = (signer: Address, name: string): Finding => ({
  seq: null,
  interval: null,
  what: `${signer} signed, which the registry has for no key of ${name}`,
});

/** What the street certified of a home, oldest first. */
function settledOf({ reader, card, domain }: Store, home: HomeId): readonly Reading[] {
  const digests = digestsOf(domain);
  const readings: Reading[] = [];
  for (let from: number = firstOf(card); ; ) {
    const blocks = reader.blocks(from as Interval, PAGE);
    for (const { interval, bytes } of blocks) {
      const block = unwrap(decodeBlock(bytes, digests));
      readings.push(...block.readings.map(({ body }) => body).filter((body) => body.home === home));
      from = interval + 1;
    }
    if (blocks.length < PAGE) return readings;
  }
}

function headOf({ name, street }: ReadingsFile, { entries, qualities, skipped }: Checked): string {
  const of = `entries ${entries[0]?.seq ?? "-"} to ${entries.at(-1)?.seq ?? "-"}`;
  const each = Object.entries(qualities).map(([quality, many]) => `${many} ${quality}`);
  return `${name} in ${street}: ${of}; ${each.join(", ")}; ${skipped} intervals without an entry`;
}

function signedBy({ signers }: Checked, street: Held | null): readonly string[] {
  return [
    `signed by ${[...signers].join(", ") || "nobody"}`,
    street === null ? "not held to a street: name a data folder with --data to see whose keys these are and what was settled" : street.told,
  ];
}

function textOf({ seq, interval, what }: Finding, rules: MarketRules | undefined): string {
  const when = interval === null ? "" : rules === undefined ? ` (interval ${interval})` : ` (${isoOf(deliveryStart(rules, interval))})`;
  return `${seq === null ? `the log${when}` : `entry ${seq}${when}`}: ${what}`;
}

const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();
