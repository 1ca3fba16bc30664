import { join } from "node:path";
import { type DayLog, openDayLog, openJournal } from "../../../adapters/store/index.ts";
import { loadCurve, openLog, recoverWith, signerOf, systemClock } from "../../../adapters/system/index.ts";
import { type SignedEvent, venueDigestsOf } from "../../../engine/messages/index.ts";
import { buildVenueApi } from "../../api/index.ts";
import type { Command } from "../../cli/index.ts";
import type { Log } from "../../ports/index.ts";
import { eventJson, History, Recent, Sequencer } from "../../venue/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { claimFolder, readJson, replaceFile } from "../files.ts";
import { openOrCreate, passwordOf, unwrap } from "../home.ts";
import { portRefusal } from "../port.ts";
import { stopSignal } from "../stop.ts";
import { headerOf, type LogHeader } from "./log-files.ts";
import { loadVenue, type VenueMarket } from "./market.ts";
import { queriesOf } from "./queries.ts";

/** Runs a venue until Ctrl-C or SIGTERM. */
export async function runVenue(command: Extract<Command, { verb: "venue" }>): Promise<number> {
  const market = await loadVenue(command.config);
  const { config } = market;
  claimFolder(config.data, 'name another folder under "data" in the venue\'s configuration');
  const log = unwrap(openLog({ to: "stderr", level: command.log ?? "info", base: { venue: config.name } }));
  const failed = Promise.withResolvers<never>();
  // It may fail before anybody waits for it; whoever waits then still hears of it.
  failed.promise.catch(() => {});
  const running = await open(market, log, failed.reject);
  process.stdout.write(`${config.name} takes requests at ${running.url}; its log is in ${join(config.data, "log")}\n`);
  try {
    await Promise.race([stopSignal(), failed.promise]);
    return 0;
  } catch (error) {
    log.error("venue.failed", { error: String(error) });
    return 1;
  } finally {
    await running.close().catch((error: unknown) => log.error("venue.failed", { error: String(error) }));
    log.close();
  }
}

interface RunningVenue {
  readonly url: string;
  close(): Promise<void>;
}

const VENUE = {
  who: "the venue",
  otherPort: "set another port under listen (0 takes any free one)",
  otherAddress: "set another host or port under listen",
};

/** Newest events that the API has at hand. */
const RECENT = 10_000;
/** Requests of one home; an agent that follows its forecast needs a few in a minute. */
const ALLOWANCE = { burst: 200, perSecond: 10 };

/** Reads what earlier lives did, writes their log anew where it may be unfinished, and goes on. */
async function open(market: VenueMarket, log: Log, onFailure: (error: unknown) => void): Promise<RunningVenue> {
  const { config, rules, domain } = market;
  const curve = await loadCurve();
  const signer = signerOf(await operatorKey(market), curve);
  await holdToMarket(market);
  const digests = venueDigestsOf(domain);
  const history = new History(digests);
  const logFolder = join(config.data, "log");
  const days = writing(logFolder, () => openDayLog(logFolder, JSON.stringify(headerOf(market))));
  const { journal, recovered } = unwrap(await openJournal(join(config.data, "journal"), history));
  const recent = new Recent(RECENT);
  let day = 0;
  const deliver = (event: SignedEvent): void => {
    day = dayOfLog(event, day);
    days.append(day, lineOf(event));
    recent.add(event);
  };
  const members = () => config.members;
  const modules = {
    rules,
    digests,
    signer,
    recover: recoverWith(curve),
    clock: systemClock(),
    members,
    allowance: ALLOWANCE,
    deliver,
    secure: days.sync,
    onFailure,
  };
  const sequencer = new Sequencer(modules, history.head);
  const earlier = sequencer.replay(history.steps);
  try {
    day = writing(logFolder, () => rewrite(days, earlier));
  } catch (error) {
    await journal.close();
    throw error;
  }
  for (const event of earlier) recent.add(event);
  log.info("venue.replayed", { events: earlier.length, number: sequencer.venue.head.number });
  sequencer.start(journal, recovered.last);
  const app = buildVenueApi({ queries: queriesOf({ market, digests, sequencer, recent, logFolder }), log });
  const close = async (): Promise<void> => {
    await app.close();
    sequencer.stop();
    await journal.close();
  };
  try {
    return { url: await app.listen(config.listen), close };
  } catch (error) {
    await close();
    throw portRefusal(VENUE, config.listen, error);
  }
}

/** The key that the rules name; made when there is none yet. */
async function operatorKey({ config, rules }: VenueMarket) {
  const { key } = await openOrCreate(join(config.data, "operator.json"), await passwordOf(config));
  if (key.address === rules.sequencer.operator) return key;
  throw new CannotStart([
    {
      code: "VENUE_OTHER_KEY",
      file: config.market,
      key: "sequencer.operator",
      what: `names ${rules.sequencer.operator}, but this venue's key is ${key.address}`,
      wayOut: "put that address there, or restore the key of the one that is named",
    },
  ]);
}

/** A sequence is signed under one hash of rules from its first event on. */
async function holdToMarket(market: VenueMarket): Promise<void> {
  const path = join(market.config.data, "market.json");
  const now = headerOf(market);
  const before = await readJson<LogHeader>(path);
  if (before === null) return replaceFile(path, `${JSON.stringify(now)}\n`);
  if (before.rulesHash === now.rulesHash && before.chainId === now.chainId && before.vault === now.vault) return;
  throw cannotStart(
    "VENUE_DIFFERS",
    `${market.config.data} holds the sequence of a market with other rules, chain or vault`,
    'put the former rules back, or name another folder under "data"; other rules are another market',
  );
}

function writing<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw cannotStart(
      "LOG_UNWRITABLE",
      `${folder} can't be written (${code ?? String(error)})`,
      "let this user write there, or free some space",
    );
  }
}

/** What was delivered before a crash may be cut off in the file, or missing. Returns the last day. */
function rewrite(days: DayLog, events: readonly SignedEvent[]): number {
  let day = 0;
  const byDay = Map.groupBy(events, (event) => {
    day = dayOfLog(event, day);
    return day;
  });
  for (const [each, ofDay] of byDay) days.write(each, ofDay.map(lineOf));
  return day;
}

/** A day's log begins with its opening: what was due before it belongs to the day that ends. */
const dayOfLog = ({ body: { input } }: SignedEvent, current: number): number => (input.kind === "opening" ? input.opening.day : current);

const lineOf = (event: SignedEvent): string => JSON.stringify(eventJson(event));
