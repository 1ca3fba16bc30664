import type { FastifyInstance } from "fastify";
import type { Result } from "../../engine/kernel/index.ts";
import type { Log } from "../ports/index.ts";
import { openApp } from "./app.ts";
import { refuse } from "./errors.ts";
import { guard } from "./guard.ts";
import { intervalParams } from "./schema/answers.ts";
import { object, text } from "./schema/shape.ts";

/** Why a request gets no event. */
export type VenueRefusal = "REQUEST_INVALID" | "HOME_UNKNOWN" | "SIGNATURE_INVALID" | "SEQ_NOT_RISING" | "TOO_MANY_REQUESTS";

/** What the API asks of a venue; answers are plain JSON. */
export interface VenueQueries {
  venue(): VenueView;
  /** One interval's book by the start of delivery; null: none is open. */
  book(start: string): BookView | null;
  /** The event that a request got, once it is on disk; or why it got none. */
  submit(request: unknown): Promise<Result<object, VenueRefusal>>;
  /** Events from this number on, as many as an answer holds; null: they are too old to be at hand. */
  events(from: number): readonly object[] | null;
  /** A day's log, "2026-11-27", as lines of JSON; null: there is none. */
  day(day: string): Promise<string | null>;
}

export interface VenueView {
  readonly name: string;
  readonly rules: object;
  readonly rulesHash: string;
  readonly chainId: number;
  readonly vault: string;
  /** Of the next event, and the digest that it will name. */
  readonly number: number;
  readonly previous: string;
  /** Intervals with an open book, by the start of delivery. */
  readonly open: readonly string[];
  readonly homes: readonly { readonly home: number; readonly name: string; readonly agent: string; readonly nextSeq: number }[];
}

export interface BookView {
  readonly interval: string;
  readonly gate: string;
  /** The best levels of each side, best first. */
  readonly buy: readonly LevelView[];
  readonly sell: readonly LevelView[];
  /** What a call auction would come to now; null: no trade. */
  readonly indication: { readonly volumeWh: number; readonly priceMicroPerKwh: number } | null;
}

interface LevelView {
  readonly limitMicroPerKwh: number;
  readonly energyWh: number;
}

const dayParams = object({ day: text({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }) });
const eventsQuery = object({ from: text({ pattern: "^\\d{1,15}$" }) });

/** A venue over HTTP: homes ask, everybody reads. It listens nowhere by itself. */
export function buildVenueApi({
  queries,
  log,
  hosts = [],
}: {
  queries: VenueQueries;
  log?: Log;
  hosts?: readonly string[];
}): FastifyInstance {
  const app = openApp(log, REQUEST_BYTES);
  guard(app, hosts);
  app.get("/api/venue", () => queries.venue());

  app.get<{ Params: { interval: string } }>("/api/venue/books/:interval", { schema: { params: intervalParams } }, ({ params }, reply) => {
    return (
      queries.book(params.interval) ??
      refuse(reply, "INTERVAL_UNKNOWN", `no book is open for the interval that starts at ${params.interval}`)
    );
  });

  app.post("/api/venue/requests", async ({ body }, reply) => {
    const result = await queries.submit(body);
    return result.ok ? result.value : refuse(reply, result.code, result.detail === "" ? WAYS_OUT[result.code] : result.detail);
  });

  app.get<{ Querystring: { from: string } }>("/api/venue/events", { schema: { querystring: eventsQuery } }, ({ query }, reply) => {
    const events = queries.events(Number(query.from));
    return events === null
      ? refuse(reply, "EVENTS_TOO_OLD", "these events aren't at hand any more: read the log of their day")
      : { events };
  });

  app.get<{ Params: { day: string } }>("/api/venue/days/:day", { schema: { params: dayParams } }, async ({ params }, reply) => {
    const lines = await queries.day(params.day);
    if (lines === null) return refuse(reply, "DAY_UNKNOWN", `there is no log of ${params.day}`);
    return reply.type("application/x-ndjson; charset=utf-8").send(lines);
  });
  return app;
}

/** A request has about 500 bytes. */
const REQUEST_BYTES = 4096;

const WAYS_OUT = {
  REQUEST_INVALID: "it is no request",
  HOME_UNKNOWN: "this home may not trade here: ask the venue's operator",
  SIGNATURE_INVALID: "the home's agent has not signed this; sign it under the rules' hash, chain and vault that /api/venue tells",
  SEQ_NOT_RISING: "a request of this home with this seq or a higher one was here before: use a higher one",
  TOO_MANY_REQUESTS: "this home has asked too often: wait a second",
} as const satisfies Record<VenueRefusal, string>;
