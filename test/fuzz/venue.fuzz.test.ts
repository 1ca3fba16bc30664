import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SignedEvent, VenueEvent, VenueRequest } from "../../engine/messages/index.ts";
import { Verifier } from "../../engine/venue/index.ts";
import { eventJson, eventOf, requestJson, requestOf } from "../../src/venue/index.ts";
import { cheapSigner } from "../support/cheap-signer.ts";
import { contextOf, FIRST, resigned, START, VENUE_DIGESTS, venueDesk, venueRules } from "../support/venue.ts";

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

const EXTREMES = [0, 1, -1, 0.5, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, 1e300];
const WORDS = [
  "",
  "buy",
  "sell",
  "order",
  "amend",
  "cancel",
  "round",
  "gate",
  "opening",
  "rests",
  "__proto__",
  `0x${"0".repeat(64)}`,
  "0x",
];

/** Changes one place of a JSON value; `pick` decides which and how. */
function spoil(value: Plain, pick: () => number): Plain {
  if (Array.isArray(value)) {
    const how = pick() % 5;
    if (value.length === 0 || how === 0) return [...value, value[0] ?? 0];
    const at = pick() % value.length;
    if (how === 1) return value.toSpliced(at, 1);
    if (how === 2) return value.toReversed();
    return value.with(at, spoil(value[at]!, pick));
  }
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    const key = keys[pick() % keys.length]!;
    const how = pick() % 12;
    if (how === 0) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
    if (how === 1) return { ...value, another: 1 };
    return { ...value, [key]: spoil(value[key]!, pick) };
  }
  if (typeof value === "number") return [...EXTREMES, value + 1, value - 1, value + 100][pick() % (EXTREMES.length + 3)]!;
  return [WORDS[pick() % WORDS.length]!, null, 7, []][Math.max(0, (pick() % 12) - 8)]!;
}

const anyPicks = fc.array(fc.nat(10_000), { minLength: 40, maxLength: 40 });
const picking = (picks: readonly number[]) => {
  let at = 0;
  return () => picks[at++ % picks.length]!;
};

function log(rules = venueRules()): readonly SignedEvent[] {
  const { ask, at, log: made } = venueDesk(rules);
  const MIDNIGHT = START + 14 * 3_600_000;
  const late = FIRST + 57;
  for (let i = 0; i < 6; i++)
    ask({ kind: "order", home: i % 3, side: i % 2 === 0 ? "sell" : "buy", energy: 500 + i, limit: 200_000 + 100 * i, interval: FIRST });
  at(MIDNIGHT - 60_000 * 30);
  for (let i = 0; i < 3; i++) ask({ kind: "order", home: i, side: "sell", energy: 500, limit: 300_000, interval: late });
  at(MIDNIGHT);
  ask({ kind: "order", home: 3, side: "buy", energy: 700, limit: 300_000, interval: late });
  at(MIDNIGHT + 60_000 * 40);
  return made;
}

/** A changed event that its operator, and the home in it, stand by. */
function stoodBy(body: VenueEvent, event: SignedEvent): SignedEvent {
  if (body.input.kind !== "request") return resigned(event, body);
  const request = body.input.request.body as VenueRequest;
  const id = VENUE_DIGESTS.request(request);
  return resigned(event, {
    ...body,
    input: { kind: "request", request: { body: request, id, signature: cheapSigner(request.home).sign(id) } },
  });
}

describe.each([
  ["continuous", venueRules()],
  ["rounds", venueRules({ trading: "rounds" })],
])("a log of %s trading, spoilt", (_name, rules) => {
  const made = log(rules);

  test("is an event, or is told not to be one", () => {
    fc.assert(
      fc.property(fc.nat(made.length - 1), anyPicks, (at, picks) => {
        const json = spoil(eventJson(made[at]!) as Plain, picking(picks));
        const read = eventOf(json, VENUE_DIGESTS);
        expect(read.ok ? read.value.id : read.code).toBe(read.ok ? made[at]!.id : "EVENT_MALFORMED");
      }),
      { numRuns: 400 },
    );
  });

  test("by its own operator and home: refused with a code, never a throw", () => {
    const accepted = { events: 0 };
    fc.assert(
      fc.property(fc.nat(made.length - 1), anyPicks, fc.boolean(), (at, picks, isAlone) => {
        // The digest and the signatures are made anew, so that what is inside has to stand for itself.
        const json = { ...(spoil(eventJson(made[at]!) as Plain, picking(picks)) as object) } as Record<string, Plain>;
        const body = bodyOf(json, made[at]!);
        if (body === null) return;
        const event = stoodBy(body, made[at]!);
        const verifier = new Verifier(contextOf(rules, null));
        const before = isAlone && body.input.kind === "opening" ? [] : made.slice(0, at);
        for (const each of before) expect(verifier.next(each)).toEqual({ ok: true, value: undefined });
        const held = verifier.next(event);
        if (held.ok) accepted.events++;
        else expect(held.code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
      }),
      { numRuns: 400 },
    );
    expect(accepted.events).toBeGreaterThan(0);
  });

  test("requests in JSON", () => {
    fc.assert(
      fc.property(fc.nat(made.length - 1), anyPicks, (at, picks) => {
        const { input } = made[at]!.body;
        if (input.kind !== "request") return;
        const read = requestOf(spoil(requestJson(input.request) as Plain, picking(picks)), VENUE_DIGESTS);
        if (!read.ok) expect(read.code).toBe("REQUEST_INVALID");
      }),
      { numRuns: 300 },
    );
  });
});

/** The body that spoilt JSON says, if the schema lets it pass at all: its digest is then asked for. */
function bodyOf(json: Record<string, Plain>, event: SignedEvent): VenueEvent | null {
  let seen: VenueEvent | null = null;
  const watching = (body: VenueEvent) => {
    seen = body;
    return VENUE_DIGESTS.event(body);
  };
  eventOf({ ...json, id: event.id }, { ...VENUE_DIGESTS, event: watching });
  return seen;
}
