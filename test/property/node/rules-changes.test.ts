import { describe, expect, jest, test } from "@jest/globals";
import type { Digest, Interval } from "../../../engine/kernel/index.ts";
import { microPerKwh } from "../../../engine/kernel/index.ts";
import { digestsOf, hashRules, type MarketRules } from "../../../engine/messages/index.ts";
import { replayStore } from "../../../src/node/index.ts";
import type { DecidedRules } from "../../../src/ports/index.ts";
import { chance, FIRST, SIM_RULES, type SimulatedHome, SimulatedStreet, votedOn } from "../../../src/sim/index.ts";

jest.setTimeout(120_000);

/** A mechanism that keeps something for the community to have a part of; some orders are above the lowest price that homes may vote on. */
const RULES: MarketRules = {
  ...SIM_RULES,
  mechanism: "huang",
  maxPrice: microPerKwh(300_000),
  residual: { importPrice: microPerKwh(150_000), exportPrice: microPerKwh(80_000) },
};
const DOMAIN = { chainId: 31_337, vault: `0x${"ab".repeat(20)}`, rulesHash: hashRules(RULES) } as Parameters<typeof digestsOf>[0];
const CALM = { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } };
const INTERVALS = 15;
const EDGES = [3, 6, 9, 12];

interface Settled {
  readonly value: Digest;
  readonly rules: MarketRules;
  readonly dearest: number;
  readonly community: number;
  readonly charges: readonly number[];
}

/** A home's books as they stand on its disk, worked out again without its node. */
function booksOf({ disk }: SimulatedHome): ReadonlyMap<number, Settled> {
  const books = new Map<number, Settled>();
  replayStore({ rules: RULES, digests: digestsOf(DOMAIN), first: FIRST, store: disk.open(), membership: null }, (evaluation) => {
    const { result, value, state, orders, community, settled } = evaluation;
    const { rules } = state.cleared.at(-1)!;
    const dearest = Math.max(0, ...orders.map(({ body }) => body.limit));
    const charges = (settled?.homes ?? []).flatMap(({ charge }) => (charge === 0 ? [] : [charge]));
    books.set(result.interval - FIRST, { value, rules, dearest, community, charges });
  });
  return books;
}

function votesOf(draw: () => number): readonly DecidedRules[] {
  const below = (end: number): number => Math.floor(draw() * end);
  return EDGES.filter(() => draw() < 0.6).map((edge) =>
    votedOn(RULES, (FIRST + edge - below(3)) as Interval, {
      communityPercent: below(101),
      kPermille: below(1001),
      withheldCharge: 1 + below(100_000),
      maxPrice: 150_000 + 100 * below(1_500),
    }),
  );
}

/** What counts in an interval: what was decided for the first one of its period. */
const ruledBy = (votes: readonly DecidedRules[], at: number): string =>
  votes.findLast(({ since }) => since <= FIRST + at - (at % 3))?.hash ?? hashRules(RULES);

interface Around {
  readonly votes: readonly DecidedRules[];
  /** Who can't read the chain until so many intervals have passed; the votes are on it from the beginning. */
  readonly blind?: readonly string[];
  readonly until?: number;
  /** Restarts then, an interval each. */
  readonly restarts?: readonly (readonly [at: number, home: number])[];
}

async function live(seed: number, { votes, blind = [], until = 0, restarts = [] }: Around): Promise<SimulatedStreet> {
  const street = new SimulatedStreet({ seed, homes: 4, faults: CALM, rules: RULES });
  for (const name of blind) street.chain.hiddenFrom.add(name);
  await street.start();
  for (const rules of votes) await street.change({ kind: "vote", rules });
  const steps = [...restarts, [until, null] as const, [INTERVALS, null] as const].sort(([a], [b]) => a - b);
  for (const [at, home] of steps) {
    await street.runTo(at, at === INTERVALS ? 2_000 : 1_500);
    if (home !== null) await street.homes[home]!.restart();
    if (at === until) street.chain.hiddenFrom.clear();
  }
  street.stop();
  return street;
}

/** Every home's books, which must be the same. */
function oneBook(street: SimulatedStreet): ReadonlyMap<number, Settled> {
  const [first, ...others] = street.everybody.map(booksOf);
  const valuesOf = (books: ReadonlyMap<number, Settled>) => [...books].map(([at, { value }]) => `${at} ${value}`);
  for (const other of others) expect(valuesOf(other)).toEqual(valuesOf(first!));
  expect(first!.size).toBeGreaterThanOrEqual(INTERVALS);
  return first!;
}

describe("a street whose homes vote on its rules, and that goes on", () => {
  const SEEDS = Array.from({ length: 7 }, (_, i) => 400 + i);
  const seen = { changed: 0, dear: 0, charged: 0, shared: 0 };

  test.each(SEEDS)(
    "seed %i: each interval under what counts in its period, on all homes, live, restarted and worked out again",
    async (seed) => {
      const draw = chance(seed);
      const votes = votesOf(draw);
      // One home of four, fewer than a third, hears of it late or never; two start again, before and after a change.
      const blind = draw() < 0.5 ? ["home-3"] : [];
      const restarts = [2, 4, 8, 10].filter(() => draw() < 0.5).map((at): [number, number] => [at, Math.floor(draw() * 4)]);
      const books = oneBook(await live(seed, { votes, blind, until: draw() < 0.5 ? 7 : INTERVALS, restarts }));
      let charge = RULES.withheldCharge ?? 50_000;
      for (const [at, { rules, dearest, community, charges }] of books) {
        expect([at, hashRules(rules)]).toEqual([at, ruledBy(votes, at)]);
        expect(dearest).toBeLessThanOrEqual(rules.maxPrice);
        charge = books.get(at - 2)?.rules.withheldCharge ?? 50_000;
        for (const each of charges) expect(each % (charge * 1_000)).toBe(0);
        seen.changed += rules === RULES || hashRules(rules) === hashRules(RULES) ? 0 : 1;
        seen.dear += rules.maxPrice < 300_000 ? 1 : 0;
        seen.charged += charges.length;
        seen.shared += community;
      }
    },
  );

  test("all of that came", () => {
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });
});

describe("who hasn't read the vote", () => {
  const vote = votedOn(RULES, (FIRST + 6) as Interval, { kPermille: 0, communityPercent: 40 });
  const ruled = (books: ReadonlyMap<number, Settled>): string =>
    [...books.values()]
      .map(({ rules }) => (rules.kPermille === 0 ? "v" : "-"))
      .join("")
      .slice(0, INTERVALS);

  test("one home: it is told by what the others certified, and signs on", async () => {
    const street = await live(7, { votes: [vote], blind: ["home-2"], until: INTERVALS });
    expect(ruled(oneBook(street))).toBe("------vvvvvvvvv");
    const votedIn = street.homes[2]!.said.flatMap((said) => (said.kind === "vote" ? [said.vote.body.interval - FIRST] : []));
    expect(votedIn).toEqual(expect.arrayContaining([5, 6, 9, 12]));
  });

  test("all but one: the first rules go on for all, and the vote counts from the first edge after they have read it", async () => {
    const street = await live(8, { votes: [vote], blind: ["home-0", "home-1", "home-2", "observer"], until: 7 });
    expect(ruled(oneBook(street))).toBe("---------vvvvvv");
  });

  test("a vote that no home can follow: the street ends where it should count, and no home signs anything else", async () => {
    const hash = votedOn({ ...RULES, openIntervals: 4 }, vote.since, vote.numbers).hash;
    const street = await live(9, { votes: [{ ...vote, hash }] });
    for (const home of street.everybody) expect([...booksOf(home).keys()]).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
