import { describe, expect, test } from "@jest/globals";
import { networkOf } from "../../../engine/auction/index.ts";
import type { Interval } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import { FIRST, INTERVAL_MS, placesOf, SIM_RULES, type SimulatedHome, SimulatedStreet } from "../../../src/sim/index.ts";
import { TWO_BRANCHES } from "../../support/network-rules.ts";

const seeds = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);
const faults = (loss: number) => ({ loss, duplication: 0.1, delayMs: { least: 1, most: 90 } });

/** What a home believes: its chain of heads and its whole ledger. */
const booksOf = ({ node }: SimulatedHome) => {
  const { interval, head, accounts, residual, surplus, carried } = node.rounds.state;
  return { interval, head, accounts: [...accounts], residual, surplus, carried: { ...carried, ticks: [...carried.ticks] } };
};

const certifiedTo = (home: SimulatedHome): number => home.node.rounds.state.interval - FIRST + 1;

/** Every interval has one head, whoever certified it and whenever. */
function expectOneHistory(street: SimulatedStreet, seed: number): void {
  const heads = new Map<Interval, string>();
  for (const home of street.everybody)
    for (const [at, head] of home.heads) {
      expect({ seed, at, head: heads.get(at) ?? head }).toEqual({ seed, at, head });
      heads.set(at, head);
    }
}

/** Of what excludes each other a home says one thing, in all its lives together. */
function expectNoContradiction({ said, name }: SimulatedHome, seed: number): void {
  const places = new Map<string, string>();
  for (const message of said)
    for (const [place, id] of placesOf(message)) {
      expect({ seed, name, place, id: places.get(place) ?? id }).toEqual({ seed, name, place, id });
      places.set(place, id);
    }
}

function expectConserved(street: SimulatedStreet, seed: number): void {
  for (const { name, node } of street.everybody) {
    const { accounts, residual, surplus } = node.rounds.state;
    const balance = [...accounts.values()].reduce((total, account) => total + account.balance, residual + surplus.balance);
    const bought = [...accounts.values()].reduce((total, account) => total + account.bought, 0);
    const sold = [...accounts.values()].reduce((total, account) => total + account.sold, 0);
    expect({ seed, name, balance, net: sold - bought }).toEqual({ seed, name, balance: 0, net: surplus.lost });
  }
}

function expectAgreed(street: SimulatedStreet, seed: number, intervals: number): void {
  expect({ seed, certified: street.everybody.map(certifiedTo) }).toEqual({ seed, certified: street.everybody.map(() => intervals) });
  expectOneHistory(street, seed);
  for (const home of street.homes) expectNoContradiction(home, seed);
  expectConserved(street, seed);
  for (const home of street.everybody) expect({ seed, books: booksOf(home) }).toEqual({ seed, books: booksOf(street.homes[0]!) });
}

/** Real ms for a stalled interval to find together: views time out after seconds. */
const PATIENCE_MS = 60_000;

/** Runs until everybody has so many intervals certified, or more, and all have the same. */
async function runUntilAgreed(street: SimulatedStreet, seed: number, intervals: number): Promise<void> {
  await street.runTo(intervals - 1, 0);
  const deadline = street.clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const reached = street.everybody.map(certifiedTo);
    if (Math.min(...reached) >= intervals && new Set(reached).size === 1) return expectAgreed(street, seed, reached[0]!);
    if (street.clock.monotonicMs() > deadline) throw new Error(`seed ${seed}: ${reached} of ${intervals} intervals`);
    await street.clock.run(street.clock.monotonicMs() + 100);
  }
}

describe("a street of production nodes under one seed", () => {
  test.each(seeds(20))("whole network: every interval at every home, well before the next gate (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4 + (seed % 4), faults: faults(0), skewMs: 10_000 });
    await street.start();
    for (let intervals = 1; intervals <= 4; intervals++) {
      await street.runTo(intervals - 1, 0.8 * INTERVAL_MS);
      expectAgreed(street, seed, intervals);
    }
    const traded = street.homes[0]!.certified.filter(({ evaluation }) => evaluation.clearing.kind === "trade").length;
    expect({ seed, trades: traded > 0 }).toEqual({ seed, trades: true });
    street.stop();
  });

  test.each(seeds(6, 900))(
    "on tight wires with fees and losses, one of five lost: one history, and no wire carries too much (seed %i)",
    async (seed) => {
      const rules: MarketRules = { ...SIM_RULES, network: TWO_BRANCHES, rationing: seed % 2 === 0 ? "max-min" : "price-time" };
      const street = new SimulatedStreet({ seed, homes: 5, faults: faults(0.2), skewMs: 5_000, rules });
      await street.start();
      await runUntilAgreed(street, seed, 8);
      const { nodes } = networkOf(rules);
      const trades = street.homes[0]!.certified.flatMap(({ evaluation: { clearing } }) => (clearing.kind === "trade" ? [clearing] : []));
      for (const { flows } of trades)
        for (const { node, direction, entered } of flows) {
          const { importCapacity, exportCapacity } = nodes[node]!.edge!;
          expect(entered).toBeLessThanOrEqual(direction === "import" ? importCapacity : exportCapacity);
        }
      expect(trades.some(({ flows }) => flows.some(({ full }) => full))).toBe(true);
      const { surplus } = street.homes[0]!.node.rounds.state;
      expect([surplus.balance > 0, surplus.lost > 0]).toEqual([true, true]);
      expect(street.chain.settled.length).toBeGreaterThan(0);
      street.stop();
    },
  );

  test.each(seeds(36, 100))("10 to 30 %% of everything lost: every interval is certified all the same (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4 + (seed % 2), faults: faults(0.1 + 0.1 * (seed % 3)), skewMs: 5_000 });
    await street.start();
    await runUntilAgreed(street, seed, 3);
    street.stop();
  });

  test.each(seeds(20, 200))("a home that was cut off catches up by blocks and has the same ledger (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0.02) });
    const names = street.everybody.map(({ name }) => name);
    const away = street.homes[seed % 4]!;
    await street.start();
    await street.runTo(0, 500 * street.draw());
    street.network.partition(names.filter((name) => name !== away.name));
    await street.runTo(3, 1_500 * street.draw());
    expect(certifiedTo(away)).toBeLessThan(3);
    street.network.heal();
    await runUntilAgreed(street, seed, 6);
    expect(away.certified.some(({ sinceGateMs }) => sinceGateMs === null || sinceGateMs > INTERVAL_MS)).toBe(true);
    street.stop();
  });

  test.each(seeds(8, 300))("two halves certify nothing apart, and one history when they meet again (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0) });
    await street.start();
    await street.runTo(1, 120 * street.draw());
    street.network.partition(["home-0", "home-1", "observer"], ["home-2", "home-3"]);
    await street.runTo(2, 2_900);
    const before = Math.max(...street.everybody.map(certifiedTo));
    expect(before).toBeLessThanOrEqual(2);
    street.network.heal();
    await runUntilAgreed(street, seed, 5);
    street.stop();
  });

  test.each(seeds(20, 400))("homes restarted at any moment go on and never contradict themselves (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0.05) });
    await street.start();
    for (let at = 0; at < 5; at++) {
      await street.runTo(at, 250 * street.draw());
      await street.everybody[Math.floor(street.draw() * 5)]!.restart();
      await street.everybody[Math.floor(street.draw() * 5)]!.restart();
    }
    await runUntilAgreed(street, seed, 6);
    street.stop();
  });

  test.each(seeds(10, 600))("homes that are restarted over and over in one agreement say one thing (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0.3) });
    await street.start();
    await street.runTo(0);
    while (street.clock.monotonicMs() < 10_000) {
      await street.clock.run(street.clock.monotonicMs() + 50 + 500 * street.draw());
      await street.homes[Math.floor(street.draw() * 4)]!.restart();
    }
    street.network.faults = faults(0.02);
    await runUntilAgreed(street, seed, 3);
    street.stop();
  });

  test.each(seeds(3, 700))(
    "what is said while a home still waits for the chain counts: it may be the one that is needed (seed %i)",
    async (seed) => {
      const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0) });
      await street.start();
      street.chain.replyMs = 400;
      await street.runTo(0, -100);
      street.homes[3]!.stop();
      await street.homes[seed % 3]!.restart();
      await street.runTo(1, 2_500);
      expect({ seed, certified: [0, 1, 2].map((home) => certifiedTo(street.homes[home]!)) }).toEqual({ seed, certified: [2, 2, 2] });
      street.stop();
    },
  );

  test.each(seeds(2, 800))("a period's votes that gossip never brought are asked for (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(0) });
    street.observer.deafTo = "period-vote";
    await street.start();
    await street.runTo(5, 8_000);
    expect({ seed, settled: street.chain.settled }).toEqual({ seed, settled: [333_334] });
    street.stop();
  });

  test.each(seeds(6, 500))("every period that closes reaches the chain, whatever is lost and whoever restarts (seed %i)", async (seed) => {
    const street = new SimulatedStreet({ seed, homes: 4, faults: faults(seed % 2 === 0 ? 0.3 : 0.05) });
    await street.start();
    street.chain.isAway = true;
    await runUntilAgreed(street, seed, 8);
    for (const home of street.everybody) await home.restart();
    street.chain.isAway = false;
    const deadline = street.clock.monotonicMs() + PATIENCE_MS;
    while (street.chain.settled.length < 2 && street.clock.monotonicMs() < deadline)
      await street.clock.run(street.clock.monotonicMs() + 500);
    // A period has three intervals, each settled with the second after it: eight certified ones close two.
    expect({ seed, settled: street.chain.settled.slice(0, 2) }).toEqual({ seed, settled: [333_334, 333_335] });
    street.stop();
  });
});
