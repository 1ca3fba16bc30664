import { readFile } from "node:fs/promises";
import { dayFile } from "../../../adapters/store/index.ts";
import { BUY, type LevelView, SELL } from "../../../engine/book/index.ts";
import { type Interval, ok } from "../../../engine/kernel/index.ts";
import { deliveryStart, gateClosure, intervalSeconds, type VenueDigests } from "../../../engine/messages/index.ts";
import { bookOf, DAY_MS, type VenueRules } from "../../../engine/venue/index.ts";
import type { BookView, VenueQueries } from "../../api/index.ts";
import { eventJson, type Recent, requestOf, type Sequencer } from "../../venue/index.ts";
import type { VenueMarket } from "./market.ts";

interface Parts {
  readonly market: VenueMarket;
  readonly digests: VenueDigests;
  readonly sequencer: Sequencer;
  readonly recent: Recent;
  readonly logFolder: string;
}

const LEVELS = 20;
const EVENTS = 1000;

/** What a venue's API answers, from the running sequencer. */
export function queriesOf({ market, digests, sequencer, recent, logFolder }: Parts): VenueQueries {
  const { config, rules, domain } = market;
  const { venue } = sequencer;
  const names = new Map(config.members.map(({ home, name }) => [home, name]));
  return {
    venue: () => ({
      name: config.name,
      rules,
      rulesHash: domain.rulesHash,
      chainId: domain.chainId,
      vault: domain.vault,
      ...venue.head,
      open: [...venue.state.open.keys()].sort((a, b) => a - b).map((interval) => startOf(rules, interval)),
      homes: [...venue.state.homes].map(([home, { agent, nextSeq }]) => ({ home, name: names.get(home) ?? "", agent, nextSeq })),
    }),
    book: (start) => bookView(sequencer, rules, (Date.parse(start) / 1000 / intervalSeconds(rules)) as Interval),
    submit: async (request) => {
      const parsed = requestOf(request, digests);
      if (!parsed.ok) return { ...parsed, code: "REQUEST_INVALID" };
      const answered = await sequencer.submit(parsed.value);
      return answered.ok ? ok(eventJson(answered.value)) : answered;
    },
    events: (from) => recent.from(from, EVENTS)?.map(eventJson) ?? null,
    day: async (day) => (isDay(day) ? readFile(dayFile(logFolder, Date.parse(day) / DAY_MS), "utf8").catch(() => null) : null),
  };
}

/** No calendar has 99 months, and `Date` takes the 30th of February for a day in March. */
const isDay = (day: string): boolean => !Number.isNaN(Date.parse(day)) && iso(Date.parse(day) / 1000).startsWith(day);

function bookView({ venue: { state } }: Sequencer, rules: VenueRules, interval: Interval): BookView | null {
  if (!state.open.has(interval)) return null;
  const book = bookOf(state, interval);
  const levels = (side: number): BookView["buy"] => state.arena.depth(book, side, LEVELS).map((level) => levelView(level, rules));
  const { volume, price } = state.arena.indicate(book, rules.kPermille);
  return {
    interval: startOf(rules, interval),
    gate: iso(gateClosure(rules, interval)),
    buy: levels(BUY),
    sell: levels(SELL),
    indication: price === null ? null : { volumeWh: volume, priceMicroPerKwh: price * rules.tick },
  };
}

const levelView = ({ tick, energy }: LevelView, rules: VenueRules): BookView["buy"][number] => ({
  limitMicroPerKwh: tick * rules.tick,
  energyWh: energy,
});

const startOf = (rules: VenueRules, interval: Interval): string => iso(deliveryStart(rules, interval));
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
