import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Digest, HomeId, Wh } from "../../../engine/kernel/index.ts";
import type { SignedEvent, VenueInput } from "../../../engine/messages/index.ts";
import type { VenueRules } from "../../../engine/venue/index.ts";
import { eventJson, eventOf, HomeTotals, Trades } from "../../../src/venue/index.ts";
import { contextOf, FIRST, resigned, START, VENUE_DIGESTS, venueDesk, venueRules, verified, type Wish } from "../../support/venue.ts";

const ticks = (least: number, most: number) => fc.integer({ min: least, max: most }).map((tick) => tick * 100);
/** What a home does next; `which` picks one of the orders so far. */
const anyMove = fc.record({
  kind: fc.constantFrom("order", "order", "order", "amend", "cancel", "wait"),
  home: fc.nat(3),
  side: fc.constantFrom("buy" as const, "sell" as const),
  force: fc.constantFrom("good-till-gate", "good-till-gate", "immediate-or-cancel", "fill-or-kill"),
  ahead: fc.nat(2),
  energy: fc.integer({ min: 0, max: 3_000 }),
  limit: fc.oneof(ticks(1_900, 2_100), fc.integer({ min: 0, max: 1_000_200 })),
  which: fc.nat(),
  minutes: fc.integer({ min: 0, max: 25 }),
});
const anyDay = fc.array(anyMove, { minLength: 1, maxLength: 60 });

function play(
  rules: VenueRules,
  moves: readonly (typeof anyMove extends fc.Arbitrary<infer T> ? T : never)[],
  from = START,
): SignedEvent[] {
  const desk = venueDesk(rules);
  const orders: { readonly id: Digest; readonly home: number }[] = [];
  let time = from;
  desk.at(time);
  for (const { kind, home, side, force, ahead, energy, limit, which, minutes } of moves) {
    const other = orders[which % Math.max(orders.length, 1)];
    if (kind === "wait") {
      time += minutes * 60_000 + 1;
      desk.at(time);
    } else if (kind === "order") {
      const interval = FIRST + Math.floor((time - START) / 900_000) + ahead;
      const wish = { kind, home, side, force, energy, limit, interval } as Wish;
      const { input } = desk.ask(wish).body as { input: Extract<VenueInput, { kind: "request" }> };
      orders.push({ id: input.request.id, home });
    } else if (other !== undefined) {
      const by = which % 7 === 0 ? home : other.home;
      desk.ask(kind === "amend" ? { kind, home: by, order: other.id, energy, limit } : { kind: "cancel", home: by, order: other.id });
    }
  }
  return desk.log;
}

/** Late in the evening, so that the run goes over midnight. */
const EVENING = START + 13 * 3_600_000;

describe.each([
  ["continuous", venueRules()],
  ["rounds", venueRules({ trading: "rounds" })],
])("%s trading: whatever homes do", (_name, rules) => {
  const context = contextOf(rules);

  test("the log holds, and each of its days alone", () =>
    fc.assert(
      fc.property(anyDay, (moves) => {
        const log = play(rules, moves, EVENING);
        expect(verified(log, context)).toBeNull();
        const openings = log.flatMap(({ body }, at) => (body.input.kind === "opening" ? [at] : []));
        for (const at of openings) expect(verified(log.slice(at), context)).toBeNull();
      }),
      { numRuns: 25 },
    ));

  test("nobody trades beyond a limit or more than was ordered, and what one buys another sells", () =>
    fc.assert(
      fc.property(anyDay, (moves) => {
        const log = play(rules, moves);
        const [trades, totals] = [new Trades(), new HomeTotals()];
        const limits = new Map<Digest, number>();
        const room = new Map<Digest, number>();
        for (const { body } of log) {
          const { input, outcome } = body;
          const request = input.kind === "request" && outcome.refusal === null ? input.request : null;
          if (request?.body.kind === "order") {
            limits.set(request.id, request.body.limit);
            room.set(request.id, request.body.energy);
          }
          if (request?.body.kind === "amend") {
            limits.set(request.body.order, request.body.limit);
            room.set(request.body.order, request.body.energy);
          }
          for (const part of trades.of(body)) {
            totals.add(part);
            const limit = limits.get(part.order)!;
            expect(part.side === "buy" ? part.price <= limit : part.price >= limit).toBe(true);
            room.set(part.order, room.get(part.order)! - part.energy);
            expect(room.get(part.order)).toBeGreaterThanOrEqual(0);
          }
        }
        const sums = totals
          .list()
          .reduce((sum, each) => [sum[0]! + each.boughtWh - each.soldWh, sum[1]! + each.paid - each.received], [0n, 0n]);
        expect(sums).toEqual([0n, 0n]);
      }),
      { numRuns: 25 },
    ));

  test("as JSON and back it is the same", () =>
    fc.assert(
      fc.property(anyDay, (moves) => {
        for (const event of play(rules, moves, EVENING)) {
          const back = eventOf(JSON.parse(JSON.stringify(eventJson(event))), VENUE_DIGESTS);
          expect(back).toEqual({ ok: true, value: event });
        }
      }),
      { numRuns: 10 },
    ));

  test("a venue that tells anything else, under its own signature, is found out", () =>
    fc.assert(
      fc.property(anyDay, fc.nat(), fc.nat(9), (moves, where, how) => {
        const log = play(rules, moves);
        const at = where % log.length;
        const lie = LIES[how]!(log[at]!, log);
        fc.pre(lie !== null && VENUE_DIGESTS.event(lie) !== log[at]!.id);
        // The chain after it is made whole again: the lie itself has to be seen.
        const told = [...log.slice(0, at), resigned(log[at]!, lie!)];
        expect(verified(told, context)).not.toBeNull();
      }),
      { numRuns: 100 },
    ));
});

type Body = SignedEvent["body"];
const outcome =
  (change: (event: SignedEvent) => Partial<Body["outcome"]> | null) =>
  (event: SignedEvent): Body | null => {
    const changed = change(event);
    return changed === null ? null : { ...event.body, outcome: { ...event.body.outcome, ...changed } };
  };

/** What a venue could tell instead of what happened; null: nothing of the kind happened. */
const LIES: readonly ((event: SignedEvent, log: readonly SignedEvent[]) => Body | null)[] = [
  outcome(({ body: { outcome: told } }) => ({ left: (told.left + 1) as Wh })),
  outcome(({ body: { outcome: told } }) => ({ refusal: told.refusal === null ? "LEVEL_FULL" : null })),
  outcome(
    ({
      body: {
        outcome: { fills },
      },
    }) => (fills.length === 0 ? null : { fills: fills.slice(1) }),
  ),
  outcome(
    ({
      body: {
        outcome: { fills },
      },
    }) => (fills.length < 2 ? null : { fills: [fills[1]!, fills[0]!, ...fills.slice(2)] }),
  ),
  outcome(
    ({
      body: {
        outcome: { fills },
      },
    }) => (fills.length === 0 ? null : { fills: fills.map((fill) => ({ ...fill, price: (fill.price + 100) as typeof fill.price })) }),
  ),
  outcome(
    ({
      body: {
        outcome: { ended },
      },
    }) => (ended.length === 0 ? null : { ended: [] }),
  ),
  outcome(({ body: { outcome: told } }) => ({ fate: told.fate === "rests" ? "filled" : "rests" })),
  ({ body }) => ({ ...body, number: body.number + 1 }),
  ({ body }) => (body.input.kind === "round" || body.input.kind === "gate" ? { ...body, time: START } : null),
  ({ body }) => {
    if (body.input.kind !== "request") return null;
    const { request } = body.input;
    return {
      ...body,
      input: { kind: "request", request: { ...request, body: { ...request.body, home: ((request.body.home + 1) % 4) as HomeId } } },
    };
  },
];
