import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { rulesTroubles } from "../../../engine/auction/index.ts";
import { address } from "../../../engine/kernel/index.ts";
import { hashRules, type MarketDomain, type MarketRules } from "../../../engine/messages/index.ts";
import { sequencerTroubles, type VenueRules } from "../../../engine/venue/index.ts";
import { venueRules } from "../../api/schema/index.ts";
import { CannotStart } from "../exit.ts";
import type { VenueMarket } from "./market.ts";

/** The first line of a day's log: what it takes to replay the day, but for who may trade, which the opening says. */
export interface LogHeader {
  readonly venue: string;
  readonly chainId: number;
  readonly vault: string;
  readonly rulesHash: string;
  readonly rules: MarketRules;
}

export const headerOf = ({ config, rules, domain }: VenueMarket): LogHeader => ({
  venue: config.name,
  chainId: domain.chainId,
  vault: domain.vault,
  rulesHash: domain.rulesHash,
  rules,
});

/** A day as it stands in its file. */
export interface DayFile {
  readonly path: string;
  readonly header: LogHeader;
  readonly domain: MarketDomain;
  readonly rules: VenueRules;
  /** The events, each a line of JSON; the first is line 2 of the file. */
  readonly lines: readonly string[];
}

/** A file, or all days of a folder in order; they belong to one market. */
export function readDays(place: string): readonly [DayFile, ...DayFile[]] {
  const [first, ...rest] = pathsOf(place).map(readDay);
  if (first === undefined)
    throw refused("LOG_EMPTY", place, "there is no log in this folder", "name the venue's log folder, or a day's file");
  for (const { path, header } of rest)
    if (header.rulesHash !== first.header.rulesHash || header.chainId !== first.header.chainId || header.vault !== first.header.vault)
      throw refused("LOG_OTHER_MARKET", path, `it is of another market than ${first.path}`, "verify the logs of one market at a time");
  return [first, ...rest];
}

function pathsOf(place: string): readonly string[] {
  try {
    if (!statSync(place).isDirectory()) return [place];
    const names = readdirSync(place).filter((name) => name.endsWith(".jsonl"));
    return names.sort().map((name) => join(place, name));
  } catch (error) {
    throw unreadable(place, error);
  }
}

function readDay(path: string): DayFile {
  const [first = "", ...lines] = textOf(path).split("\n");
  const header = jsonOf(first);
  if (!isHeader(header)) throw refused("LOG_MALFORMED", path, "its first line is no header of a venue's log", DAMAGED);
  const { chainId, vault, rules, rulesHash } = header;
  if (hashRules(rules) !== rulesHash) throw refused("LOG_MALFORMED", path, "its rules have another hash than it says", DAMAGED);
  const troubles = [...rulesTroubles(rules), ...sequencerTroubles(rules)];
  const { sequencer } = rules;
  if (sequencer === undefined || troubles.length > 0)
    throw refused("LOG_MALFORMED", path, `no venue can trade under its rules${troubles.map(({ code }) => ` ${code}`).join("")}`, DAMAGED);
  const domain = { chainId, vault: address(vault), rulesHash: hashRules(rules) };
  return { path, header, domain, rules: { ...rules, sequencer }, lines: lines.at(-1) === "" ? lines.slice(0, -1) : lines };
}

const hex = (digits: number) => ({ type: "string", pattern: `^0x[0-9a-f]{${digits}}$` });
const isHeader = new Ajv({ strict: false }).compile<LogHeader>({
  type: "object",
  additionalProperties: false,
  required: ["venue", "chainId", "vault", "rulesHash", "rules"],
  properties: {
    venue: { type: "string" },
    chainId: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    vault: hex(40),
    rulesHash: hex(64),
    rules: venueRules,
  },
});

/** undefined: it is none. */
export function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

export const DAMAGED = "get the file anew from the venue or from a neighbour who has it";

const unreadable = (place: string, error: unknown): CannotStart =>
  refused("LOG_UNREADABLE", place, `it can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, "correct --file");

const refused = (code: string, file: string, what: string, wayOut: string): CannotStart => new CannotStart([{ code, file, what, wayOut }]);
