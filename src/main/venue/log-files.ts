import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
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

/** What the files of a log have in common, as the first one says it. */
export interface LogMarket {
  readonly header: LogHeader;
  readonly domain: MarketDomain;
  readonly rules: VenueRules;
  readonly paths: readonly string[];
}

export interface LogLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** The market of a file, or of the first of a folder's days. */
export function readMarket(place: string): LogMarket {
  const paths = pathsOf(place);
  const [first] = paths;
  if (first === undefined)
    throw refused("LOG_EMPTY", place, "there is no log in this folder", "name the venue's log folder, or a day's file");
  const lines = linesOf(first);
  const header = headerIn(first, lines);
  lines.return(undefined);
  return { ...marketOf(first, header), paths };
}

/** The events of all days, a line of JSON each, one at a time: a log may be larger than memory. */
export function* eventLines({ header, paths: [first = "", ...rest] }: LogMarket): Generator<LogLine> {
  for (const path of [first, ...rest]) {
    const lines = linesOf(path);
    const { rulesHash, chainId, vault } = headerIn(path, lines);
    if (rulesHash !== header.rulesHash || chainId !== header.chainId || vault !== header.vault)
      throw refused("LOG_OTHER_MARKET", path, `it is of another market than ${first}`, "verify the logs of one market at a time");
    let line = 1;
    for (const text of lines) yield { path, line: ++line, text };
  }
}

function pathsOf(place: string): readonly string[] {
  return reading(place, () => {
    if (!statSync(place).isDirectory()) return [place];
    const names = readdirSync(place).filter((name) => name.endsWith(".jsonl"));
    return names.sort().map((name) => join(place, name));
  });
}

function headerIn(path: string, lines: Generator<string, void>): LogHeader {
  const header = jsonOf(lines.next().value ?? "");
  if (!isHeader(header)) throw refused("LOG_MALFORMED", path, "its first line is no header of a venue's log", DAMAGED);
  return header;
}

function marketOf(path: string, header: LogHeader): Omit<LogMarket, "paths"> {
  const { chainId, vault, rules, rulesHash } = header;
  if (hashRules(rules) !== rulesHash) throw refused("LOG_MALFORMED", path, "its rules have another hash than it says", DAMAGED);
  const troubles = [...rulesTroubles(rules), ...sequencerTroubles(rules)];
  const { sequencer } = rules;
  if (sequencer === undefined || troubles.length > 0)
    throw refused("LOG_MALFORMED", path, `no venue can trade under its rules${troubles.map(({ code }) => ` ${code}`).join("")}`, DAMAGED);
  return { header, domain: { chainId, vault: address(vault), rulesHash: hashRules(rules) }, rules: { ...rules, sequencer } };
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

const CHUNK_BYTES = 1 << 20;
/** The opening of a venue whose books are full is shorter. */
const MOST_LINE_BYTES = 1 << 26;
const NEWLINE = 10;

function* linesOf(path: string): Generator<string, void> {
  const file = reading(path, () => openSync(path, "r"));
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const next = (): Buffer =>
    chunk.subarray(
      0,
      reading(path, () => readSync(file, chunk)),
    );
  let begun = Buffer.alloc(0);
  try {
    for (let bytes = next(); bytes.length > 0; bytes = next()) {
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        yield Buffer.concat([begun, bytes.subarray(from, end)]).toString();
        begun = Buffer.alloc(0);
        from = end + 1;
      }
      begun = Buffer.concat([begun, bytes.subarray(from)]);
      if (begun.length > MOST_LINE_BYTES) throw refused("LOG_MALFORMED", path, "one of its lines is longer than any event", DAMAGED);
    }
    if (begun.length > 0) yield begun.toString();
  } finally {
    closeSync(file);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

export const DAMAGED = "get the file anew from the venue or from a neighbour who has it";

const unreadable = (place: string, error: unknown): CannotStart =>
  refused("LOG_UNREADABLE", place, `it can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, "correct --file");

const refused = (code: string, file: string, what: string, wayOut: string): CannotStart => new CannotStart([{ code, file, what, wayOut }]);
