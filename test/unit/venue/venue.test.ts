import { describe, expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, type Wh, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { SignedEvent, VenueInput } from "../../../engine/messages/index.ts";
import { HomeTotals, Trades } from "../../../src/venue/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { contextOf, FIRST, GATE, MEMBERS, resigned, START, VENUE_DIGESTS, venueDesk, venueRules, verified } from "../../support/venue.ts";

const outcomeOf = ({ body }: SignedEvent) => body.outcome;
const sell = (home: number, energy: number, limit: number) => ({ kind: "order", home, side: "sell", energy, limit }) as const;
const buy = (home: number, energy: number, limit: number) => ({ kind: "order", home, side: "buy", energy, limit }) as const;
/** The order's own digest, by which it is amended and cancelled. */
const idOf = ({ body: { input } }: SignedEvent) => (input as Extract<VenueInput, { kind: "request" }>).request.id;

describe("continuous trading", () => {
  test("an order meets the cheapest seller, the older first, at the resting price", () => {
    const { ask, log } = venueDesk();
    ask(sell(0, 2_000, 200_000));
    const older = ask(sell(1, 1_000, 180_000));
    const newer = ask(sell(2, 1_000, 180_000));
    const bought = ask(buy(3, 1_500, 190_000));
    expect(outcomeOf(bought)).toEqual({
      refusal: null,
      fate: "filled",
      left: 0,
      fills: [
        { order: idOf(older), energy: 1_000, price: 180_000 },
        { order: idOf(newer), energy: 500, price: 180_000 },
      ],
      ended: [],
    });
    expect(log.map(({ body }) => [body.number, body.input.kind])).toEqual([
      [0, "opening"],
      [1, "request"],
      [2, "request"],
      [3, "request"],
      [4, "request"],
    ]);
    expect(log[0]!.body.previous).toBe(ZERO_DIGEST);
    expect(log.slice(1).map(({ body }) => body.previous)).toEqual(log.slice(0, -1).map(({ id }) => id));
  });

  test("amend and cancel change what is left", () => {
    const { ask, venue } = venueDesk();
    const sold = ask(sell(0, 2_000, 200_000));
    ask(buy(1, 500, 200_000));
    expect(outcomeOf(ask({ kind: "amend", home: 0, order: idOf(sold), energy: 1_000, limit: 200_000 }))).toMatchObject({
      fate: "rests",
      left: 1_000,
    });
    expect(outcomeOf(ask({ kind: "cancel", home: 0, order: idOf(sold) }))).toMatchObject({ ended: [{ order: idOf(sold), energy: 1_000 }] });
    expect(venue.state.arena.restingCount()).toBe(0);
    expect(outcomeOf(ask({ kind: "cancel", home: 0, order: idOf(sold) }))).toMatchObject({ refusal: "ORDER_NOT_RESTING", ended: [] });
  });

  test.each([
    ["immediate-or-cancel", "lapsed", 1_000, 1],
    ["fill-or-kill", "killed", 1_500, 0],
    ["good-till-gate", "rests", 1_000, 1],
  ] as const)("%s", (force, fate, left, fills) => {
    const { ask } = venueDesk();
    ask(sell(0, 500, 200_000));
    const { outcome } = ask({ ...buy(1, 1_500, 200_000), force }).body;
    expect([outcome.fate, outcome.left, outcome.fills.length]).toEqual([fate, left, fills]);
  });

  test.each([
    ["INTERVAL_CLOSED", { ...buy(0, 1, 100), interval: FIRST - 1 }],
    ["INTERVAL_TOO_FAR", { ...buy(0, 1, 100), interval: FIRST + 8 }],
    ["ENERGY_OUT_OF_RANGE", buy(0, 0, 100)],
    ["ENERGY_OUT_OF_RANGE", buy(0, 25_001, 100)],
    ["PRICE_OUT_OF_RANGE", buy(0, 1, 1_000_100)],
    ["PRICE_OFF_TICK", buy(0, 1, 150)],
  ])("%s is refused, and has its event", (code, wish) => {
    const { ask, venue } = venueDesk();
    expect(outcomeOf(ask(wish))).toMatchObject({ refusal: code, fills: [] });
    expect([venue.state.arena.restingCount(), venue.head.number]).toEqual([0, 2]);
  });

  test("no more orders rest than the rules allow, until one goes", () => {
    const { ask } = venueDesk();
    const first = ask(sell(0, 1, 200_000));
    for (let i = 0; i < 3; i++) ask(sell(0, 1, 200_000));
    expect(outcomeOf(ask(sell(0, 1, 200_000))).refusal).toBe("TOO_MANY_ORDERS");
    expect(outcomeOf(ask({ ...sell(0, 1, 200_000), interval: FIRST + 1 })).refusal).toBeNull();
    ask({ kind: "cancel", home: 0, order: idOf(first) });
    expect(outcomeOf(ask(sell(0, 1, 200_000))).refusal).toBeNull();
  });

  test("what is filled rests no more, and makes room for another order", () => {
    const { ask, venue } = venueDesk();
    const orders = [1, 2, 3, 4].map(() => idOf(ask(sell(0, 100, 200_000))));
    ask(buy(1, 100, 200_000));
    expect(outcomeOf(ask({ kind: "cancel", home: 0, order: orders[0]! })).refusal).toBe("ORDER_NOT_RESTING");
    expect(outcomeOf(ask(sell(0, 100, 200_000))).refusal).toBeNull();
    expect([venue.state.standing.size, venue.state.references.size]).toEqual([4, 4]);
  });

  test("an amendment that is filled at once leaves nothing to change", () => {
    const { ask, venue } = venueDesk();
    ask(sell(0, 100, 200_000));
    const order = idOf(ask(buy(1, 100, 100_000)));
    expect(outcomeOf(ask({ kind: "amend", home: 1, order, energy: 100, limit: 200_000 }))).toMatchObject({ fate: "filled", left: 0 });
    expect(outcomeOf(ask({ kind: "cancel", home: 1, order })).refusal).toBe("ORDER_NOT_RESTING");
    expect(venue.state.standing.size).toBe(0);
  });

  test("nobody changes another's order", () => {
    const { ask } = venueDesk();
    const order = idOf(ask(sell(0, 1_000, 200_000)));
    expect(outcomeOf(ask({ kind: "cancel", home: 1, order })).refusal).toBe("ORDER_OF_OTHER_HOME");
    expect(outcomeOf(ask({ kind: "amend", home: 1, order, energy: 1, limit: 100 })).refusal).toBe("ORDER_OF_OTHER_HOME");
  });

  test("the gate ends what rests, at its time and not before", () => {
    const { ask, at, log } = venueDesk();
    const order = idOf(ask(sell(0, 1_000, 200_000)));
    at(GATE - 1);
    expect(log.at(-1)!.body.input.kind).toBe("request");
    at(GATE);
    expect(log.at(-1)!.body).toMatchObject({ input: { kind: "gate", interval: FIRST }, outcome: { ended: [{ order, energy: 1_000 }] } });
    expect(outcomeOf(ask({ kind: "cancel", home: 0, order })).refusal).toBe("ORDER_NOT_RESTING");
    expect(outcomeOf(ask(buy(1, 1_000, 200_000))).refusal).toBe("INTERVAL_CLOSED");
  });
});

describe("the door", () => {
  const first = () => {
    const desk = venueDesk();
    desk.at(START);
    return desk;
  };

  test.each([
    ["HOME_UNKNOWN", 7],
    [null, 3],
  ])("%s", (code, home) => {
    const { venue, sign, requestOf } = first();
    expect(venue.refuses(sign(requestOf(buy(home, 1, 100))), cheapRecover)).toBe(code);
  });

  test("a request is played once", () => {
    const { venue, sign, requestOf, ask } = first();
    const request = sign(requestOf(buy(0, 1, 100)));
    venue.step(START, { kind: "request", request });
    expect(venue.refuses(request, cheapRecover)).toBe("SEQ_NOT_RISING");
    expect(outcomeOf(ask(buy(0, 1, 100))).refusal).toBeNull();
  });

  test("somebody else's signature", () => {
    const { venue, sign, requestOf } = first();
    const request = sign(requestOf(buy(0, 1, 100)));
    const other = sign({ ...request.body, home: homeId(1) });
    expect(venue.refuses({ ...request, signature: other.signature }, cheapRecover)).toBe("SIGNATURE_INVALID");
    expect(venue.refuses({ ...request, signature: cheapSigner(1).sign(request.id) }, cheapRecover)).toBe("SIGNATURE_INVALID");
  });
});

describe("rounds", () => {
  const rules = venueRules({ trading: "rounds", roundSeconds: 5 });

  test("orders wait for the round, and have one price there", () => {
    const { ask, at, log } = venueDesk(rules);
    const sold = idOf(ask(sell(0, 2_000, 100_000)));
    const high = idOf(ask(buy(1, 1_000, 300_000)));
    const low = idOf(ask(buy(2, 500, 200_000)));
    at(START + 5_000);
    const round = log.at(-1)!.body;
    expect(round.input).toEqual({ kind: "round", interval: FIRST });
    // Everybody buys, 500 Wh stay: the seller's own limit sets the price.
    const fills = [sold, high, low].map((order, at) => ({ order, energy: [1_500, 1_000, 500][at], price: 100_000 }));
    expect([...round.outcome.fills].sort((a, b) => (a.order < b.order ? -1 : 1))).toEqual(
      fills.sort((a, b) => (a.order < b.order ? -1 : 1)),
    );
    at(START + 60_000);
    expect(log.at(-1)!.body).toBe(round);
    expect(outcomeOf(ask({ kind: "cancel", home: 0, order: sold })).ended).toEqual([{ order: sold, energy: 500 }]);
  });

  test.each(["order", "amendment"])("is at the end of its seconds, also where prices only then meet by an %s", (how) => {
    const { ask, at, log } = venueDesk(rules);
    const sold = idOf(ask(sell(0, 1_000, 400_000)));
    ask(buy(1, 300, 300_000));
    at(START + 61_000);
    ask(how === "order" ? sell(3, 1_000, 100_000) : { kind: "amend", home: 0, order: sold, energy: 1_000, limit: 100_000 });
    at(START + 62_000);
    ask(buy(2, 300, 310_000));
    at(START + 64_999);
    expect(log.map(({ body }) => body.input.kind)).not.toContain("round");
    at(START + 65_000);
    expect(log.at(-1)!.body.outcome.fills).toHaveLength(3);
  });

  test("an amended limit counts, and so does what is left", () => {
    const { ask, at, log } = venueDesk(rules);
    const sold = idOf(ask(sell(0, 2_000, 300_000)));
    ask({ kind: "amend", home: 0, order: sold, energy: 700, limit: 100_000 });
    ask(buy(1, 1_000, 200_000));
    at(START + 5_000);
    expect(log.at(-1)!.body.outcome.fills.map(({ energy, price }) => [energy, price])).toEqual([
      [700, 200_000],
      [700, 200_000],
    ]);
  });

  test("the last round is before the gate", () => {
    const { ask, at, log } = venueDesk(rules);
    at(GATE - 1);
    ask(sell(0, 2_000, 100_000));
    ask(buy(1, 1_000, 300_000));
    at(GATE + 60_000);
    expect(log.slice(-2).map(({ body }) => body.input.kind)).toEqual(["round", "gate"]);
  });

  test("orders that want it now aren't for a round", () => {
    const { ask } = venueDesk(rules);
    expect(outcomeOf(ask({ ...buy(0, 1, 100), force: "immediate-or-cancel" })).refusal).toBe("FORCE_NOT_IN_CALL");
  });
});

describe("a day's opening", () => {
  const MIDNIGHT = Date.UTC(2026, 10, 28);
  const afterMidnight = interval(MIDNIGHT / 900_000);

  test("says what rests, in the order of priority, and the next seqs", () => {
    const { ask, at, log } = venueDesk();
    at(MIDNIGHT - 60_000 * 30);
    const dear = idOf(ask({ ...sell(0, 700, 300_000), interval: afterMidnight + 1 }));
    const cheap = idOf(ask({ ...sell(1, 1_000, 200_000), interval: afterMidnight + 1 }));
    ask({ ...buy(2, 400, 250_000), interval: afterMidnight + 1 });
    at(MIDNIGHT);
    const { input } = log.at(-1)!.body as { input: Extract<VenueInput, { kind: "opening" }> };
    expect(input.opening.day).toBe(MIDNIGHT / 86_400_000);
    expect(input.opening.resting.map(({ order, energy, limit }) => [order.id, energy, limit])).toEqual([
      [cheap, 600, 200_000],
      [dear, 700, 300_000],
    ]);
    expect(input.opening.homes.map(({ nextSeq }) => nextSeq)).toEqual([1, 1, 1, 0]);
    expect(outcomeOf(ask({ ...buy(3, 700, 300_000), interval: afterMidnight + 1 })).fills).toEqual([
      { order: cheap, energy: 600, price: 200_000 },
      { order: dear, energy: 100, price: 300_000 },
    ]);
  });

  test("who has left, or has another agent, has no orders any more", () => {
    let members = MEMBERS;
    const { ask, at, log } = venueDesk(venueRules(), () => members);
    at(MIDNIGHT - 60_000 * 30);
    const orders = [0, 1, 2].map((home) => idOf(ask({ ...sell(home, 100, 300_000), interval: afterMidnight + 1 })));
    members = [MEMBERS[0]!, { home: homeId(1), agent: agentAddressOf(50) }];
    at(MIDNIGHT);
    expect(log.at(-1)!.body.outcome.ended.map(({ order }) => order)).toEqual([orders[1], orders[2]]);
    expect(verified(log, contextOf(venueRules(), null))).toBeNull();
    expect(verified(log.slice(-1), contextOf(venueRules(), null))).toBeNull();
  });
});

describe("a log is held to what it should be", () => {
  const made = () => {
    const desk = venueDesk();
    desk.ask(sell(0, 2_000, 200_000));
    desk.ask(buy(1, 500, 200_000));
    desk.at(GATE);
    return desk.log;
  };
  const rules = venueRules();
  const context = contextOf(rules);
  const change = (log: readonly SignedEvent[], number: number, body: Partial<SignedEvent["body"]>): readonly SignedEvent[] =>
    log.map((event) => (event.body.number === number ? resigned(event, { ...event.body, ...body }) : event));

  test("as it was made", () => expect(verified(made(), context)).toBeNull());

  test.each([
    ["LOG_WITHOUT_OPENING", (log: readonly SignedEvent[]) => log.slice(1)],
    ["EVENT_OUT_OF_SEQUENCE", (log: readonly SignedEvent[]) => log.filter(({ body }) => body.number !== 1)],
    ["EVENT_NOT_CHAINED", (log: readonly SignedEvent[]) => change(log, 2, { previous: log[0]!.id })],
    ["EVENT_BEFORE_THE_LAST", (log: readonly SignedEvent[]) => change(log, 2, { time: START - 1 })],
    ["EVENT_SIGNATURE_INVALID", (log: readonly SignedEvent[]) => log.map((event) => ({ ...event, signature: log[0]!.signature }))],
    ["EVENT_NOT_DUE", (log: readonly SignedEvent[]) => change(log, 3, { time: GATE - 1 })],
    ["EVENT_MISSED", (log: readonly SignedEvent[]) => change(log, 2, { time: GATE })],
    ["EVENT_REFUSED_AT_DOOR", (log: readonly SignedEvent[]) => change(log, 2, { input: log[1]!.body.input })],
    [
      "OUTCOME_DIFFERS",
      (log: readonly SignedEvent[]) => {
        const { outcome } = log[2]!.body;
        return change(log, 2, { outcome: { ...outcome, fills: [{ ...outcome.fills[0]!, energy: 499 as Wh }] } });
      },
    ],
  ])("%s", (code, spoil) => expect(verified(spoil(made()), context)).toMatch(new RegExp(`^${code} `)));

  describe("openings", () => {
    const MIDNIGHT = Date.UTC(2026, 10, 28);
    const overnight = () => {
      const desk = venueDesk();
      desk.at(MIDNIGHT - 60_000 * 30);
      desk.ask({ ...sell(0, 700, 300_000), interval: interval(MIDNIGHT / 900_000 + 1) });
      desk.at(MIDNIGHT);
      return desk.log;
    };
    type Opening = Extract<VenueInput, { kind: "opening" }>["opening"];
    const lie = (change: (opening: Opening) => Opening): readonly SignedEvent[] => {
      const log = overnight();
      const { input } = log.at(-1)!.body as { input: Extract<VenueInput, { kind: "opening" }> };
      return withInput(log, { kind: "opening", opening: change(input.opening) });
    };
    const withInput = (log: readonly SignedEvent[], input: VenueInput) => change(log, log.length - 1, { input });
    const resting = (part: object) => (opening: Opening) => ({
      ...opening,
      resting: opening.resting.map((each) => ({ ...each, ...part })),
    });

    test("as it was", () => {
      expect(verified(overnight(), context)).toBeNull();
      expect(verified(overnight().slice(-1), context)).toBeNull();
    });

    test.each([
      ["an order left out", (opening: Opening) => ({ ...opening, resting: [] })],
      ["less of an order", resting({ energy: 699 })],
      ["another limit", resting({ limit: 299_000 })],
      ["an order twice", (opening: Opening) => ({ ...opening, resting: [...opening.resting, ...opening.resting] })],
      ["a seq to play again", (opening: Opening) => ({ ...opening, homes: opening.homes.map((home) => ({ ...home, nextSeq: 0 })) })],
      ["another day", (opening: Opening) => ({ ...opening, day: opening.day + 1 })],
    ])("%s: seen by who has the day before", (_name, spoil) => {
      expect(verified(lie(spoil), context)).toMatch(/^OPENING_DIFFERS/);
    });

    test.each([
      ["nobody has signed it", resting({ agent: agentAddressOf(2) })],
      ["no energy", resting({ energy: 0 })],
      ["more energy than the rules allow", resting({ energy: 25_001 })],
      ["between two ticks", resting({ limit: 299_950 })],
      ["twice", (opening: Opening) => ({ ...opening, resting: [...opening.resting, ...opening.resting] })],
      ["another day", (opening: Opening) => ({ ...opening, day: opening.day + 1 })],
      ["homes twice", (opening: Opening) => ({ ...opening, homes: [...opening.homes, ...opening.homes] })],
    ])("%s: seen without it", (_name, spoil) => {
      expect(verified(lie(spoil).slice(-1), contextOf(rules, null))).toMatch(/^OPENING_IMPOSSIBLE/);
    });

    test("more orders of a home than the rules allow: seen without it", () => {
      const desk = venueDesk();
      desk.at(MIDNIGHT - 60_000 * 30);
      for (let i = 0; i < 4; i++) desk.ask({ ...sell(0, 700, 300_000), interval: interval(MIDNIGHT / 900_000 + 1) });
      desk.at(MIDNIGHT);
      expect(verified(desk.log.slice(-1), context)).toBeNull();
      const fewer = { ...rules, maxOrdersPerHome: 3 };
      expect(verified(desk.log.slice(-1), contextOf(fewer))).toMatch(/^OPENING_IMPOSSIBLE/);
    });

    test("a later one is held to what was before, also in 1970", () => {
      const desk = venueDesk();
      desk.at(0);
      desk.ask({ ...sell(0, 700, 300_000), interval: 1 });
      const { event } = desk.venue.step(0, desk.venue.opening(0, MEMBERS));
      const opening = (event.input as Extract<VenueInput, { kind: "opening" }>).opening;
      const log = [...desk.log, resigned(desk.log[0]!, event)];
      expect(verified(log, context)).toBeNull();
      expect(verified(withInput(log, { kind: "opening", opening: { ...opening, resting: [] } }), context)).toMatch(/^OPENING_DIFFERS/);
    });

    test("the first of all has nothing before it", () => {
      const log = overnight();
      expect(verified(change(log, 0, { number: 5 }), context)).toMatch(/^OPENING_IMPOSSIBLE/);
      expect(verified([resigned(log.at(-1)!, { ...log.at(-1)!.body, number: 0, previous: ZERO_DIGEST })], context)).toMatch(
        /^OPENING_IMPOSSIBLE/,
      );
    });
  });

  test("an opening with more homes than amounts can be computed for", () => {
    const dear = { ...rules, tick: microPerKwh(100_000), maxPrice: microPerKwh(100_000_000), maxOrderWh: wh(7_000_000) };
    const homes = (count: number) => venueDesk(dear, () => MEMBERS.slice(0, count));
    for (const [count, found] of [
      [3, null],
      [4, expect.stringMatching(/^OPENING_IMPOSSIBLE/)],
    ] as const) {
      const { at, log } = homes(count);
      at(START);
      expect(verified(log, contextOf(dear))).toEqual(found);
    }
  });

  test("an opening with other members than may trade", () => {
    expect(verified(made(), contextOf(rules, MEMBERS.slice(1)))).toMatch(/^OPENING_DIFFERS/);
  });

  test("the id is computed, not believed", () => {
    const log = made();
    expect(VENUE_DIGESTS.event(log[2]!.body)).toBe(log[2]!.id);
  });
});

test("sums of a log are exact beyond what a number holds", () => {
  const dear = { ...venueRules(), tick: microPerKwh(100_000), maxPrice: microPerKwh(100_000_000), maxOrderWh: wh(7_000_000) };
  const { ask, log } = venueDesk(dear);
  for (let trade = 0; trade < 20; trade++) {
    ask(sell(0, 6_999_999, 99_900_000));
    ask(buy(1, 6_999_999, 99_900_000));
  }
  const [trades, totals] = [new Trades(), new HomeTotals()];
  for (const { body } of log) for (const part of trades.of(body)) totals.add(part);
  // 20 x 6 999 999 Wh x 99 900 000 micro per kWh.
  expect(totals.list()[0]).toEqual({ home: 0, boughtWh: 0n, soldWh: 139_999_980n, paid: 0n, received: 13_985_998_002_000_000n });
});
