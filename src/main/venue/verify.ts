import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadCurve, recoverWith } from "../../../adapters/system/index.ts";
import { type SignedEvent, venueDigestsOf } from "../../../engine/messages/index.ts";
import { Verifier, type VerifyContext } from "../../../engine/venue/index.ts";
import type { Command } from "../../cli/index.ts";
import { eventOf, HomeTotals, type TradePart, Trades } from "../../venue/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { DAMAGED, eventLines, jsonOf, type LogMarket, readMarket } from "./log-files.ts";
import { loadVenue, type VenueMarket } from "./market.ts";
import { csvOf, reportOf } from "./report.ts";

/** Replays a venue's log and holds each event to the rules. Exit 0: all of it is as it should be; 1: told where it isn't. */
export async function runVerifyVenue(command: Extract<Command, { verb: "verify-venue" }>): Promise<number> {
  const own = command.config === null ? null : await loadVenue(command.config);
  const log = readMarket(resolve(command.file));
  if (own !== null) holdToOwn(log, own);
  const { rules, domain, header } = log;
  const context: VerifyContext = {
    rules,
    digests: venueDigestsOf(domain),
    recover: recoverWith(await loadCurve()),
    members: own?.config.members ?? null,
  };
  const verifier = new Verifier(context);
  const [trades, totals] = [new Trades(), new HomeTotals()];
  const parts: TradePart[] = [];
  let events = 0;
  for (const { body } of verified(log, verifier, context)) {
    events++;
    for (const part of trades.of(body)) {
      totals.add(part);
      if (command.out !== null) parts.push(part);
    }
  }
  if (command.out !== null) write(command.out, csvOf(parts, rules));
  process.stdout.write(`${reportOf({ header, events, venue: verifier.venue, totals: totals.list(), isOwn: own !== null })}\n`);
  return 0;
}

/** The events one after the other, each only when it holds. */
function* verified(log: LogMarket, verifier: Verifier, { digests }: VerifyContext): Generator<SignedEvent> {
  for (const { path: file, line, text } of eventLines(log)) {
    const event = eventOf(jsonOf(text), digests);
    if (!event.ok) throw new CannotStart([{ code: event.code, file, line, what: event.detail, wayOut: DAMAGED }]);
    const held = verifier.next(event.value);
    if (!held.ok) throw new CannotStart([{ code: held.code, file, line, what: held.detail, wayOut: NOT_HELD }]);
    yield event.value;
  }
}

const NOT_HELD = "compare with a neighbour's copy; if theirs says the same, the venue's signature stands under it: show it to the operator";

function holdToOwn({ header, paths }: LogMarket, { config, domain, rules }: VenueMarket): void {
  const isOwn = header.rulesHash === domain.rulesHash && header.chainId === domain.chainId && header.vault === domain.vault;
  if (isOwn && header.rules.sequencer?.operator === rules.sequencer.operator) return;
  throw new CannotStart([
    {
      code: "LOG_OTHER_MARKET",
      file: paths[0] ?? null,
      what: `it is of another market than ${config.name}: other rules, chain or vault`,
      wayOut: "name the configuration of this venue with --config, or leave it out",
    },
  ]);
}

function write(out: string, text: string): void {
  try {
    writeFileSync(out, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw cannotStart("EXPORT_UNWRITABLE", `${out} can't be written (${code ?? String(error)})`, "choose another file with --out FILE");
  }
}
