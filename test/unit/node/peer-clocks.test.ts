import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { interval } from "../../../engine/kernel/index.ts";
import { trustOf } from "../../../engine/messages/index.ts";
import type { MeterState } from "../../../src/node/meter-state.ts";
import type { Pause } from "../../../src/node/pause.ts";
import { decodeTime, encodeTime, PeerClocks } from "../../../src/node/peer-clocks.ts";
import type { Clock, Gossip, Metrics, PeerName } from "../../../src/ports/index.ts";
import { SeededNetwork, VirtualClock } from "../../../src/sim/index.ts";
import { chance } from "../../support/chance.ts";
import { QUIET, UNCOUNTED } from "../../support/quiet.ts";

const START = 1_700_000_000_000;

/** The same time, read from a clock that is off. */
const skewed = (clock: VirtualClock, off: number): Clock => ({
  now: () => clock.now() + off,
  speed: clock.speed,
  at: (at, task) => clock.at(at - off, task),
  after: (ms, task) => clock.after(ms, task),
  monotonicMs: () => clock.monotonicMs(),
});

/** Homes on one network, each with a clock that is off by so much street time; the first one is looked at. */
function street(offsMs: readonly number[], { speed = 1, delayMs = { least: 5, most: 5 }, validators = offsMs.length } = {}) {
  const clock = new VirtualClock({ startMs: START, speed });
  const network = new SeededNetwork(clock, chance(3), { loss: 0, duplication: 0, delayMs });
  const words: string[] = [];
  const told: number[] = [];
  const note = (event: string, data?: object) => void words.push(`${event} ${JSON.stringify(data)}`);
  const metrics: Metrics = { ...UNCOUNTED, gauge: () => ({ set: (_labels, value) => void told.push(value) }) };
  const isValidator = (peer: PeerName): boolean => Number(peer) < validators;
  const gossips = offsMs.map((_, home) => network.open(String(home)));
  const clocks = offsMs.map((off, home) => {
    const log = home === 0 ? { ...QUIET, warn: note, info: note } : QUIET;
    const made = new PeerClocks({
      clock: skewed(clock, off),
      gossip: gossips[home]!,
      isValidator,
      metrics: home === 0 ? metrics : UNCOUNTED,
      log,
    });
    made.start();
    return made;
  });
  return { clock, network, gossips, first: clocks[0]!, words, told, run: (ms: number) => clock.run(clock.monotonicMs() + ms) };
}

describe("a home's clock beside its neighbours'", () => {
  test.each([
    [[0, 0, 0, 0], "ok"],
    [[-250, 0, 0, 0], "ok"],
    [[-260, 0, 0, 0], "warn"],
    [[260, 0, 0, 0], "warn"],
    [[-500, 0, 0, 0], "warn"],
    [[-510, 0, 0, 0], "bad"],
    [[3_600_000, 0, 0, 0], "bad"],
    // One liar of four tells a time of his own.
    [[0, 0, 0, 9_000_000], "ok"],
    [[-400, 0, 0, -9_000_000], "warn"],
  ] as const)("off by %j: %s", async (offs, status) => {
    const { first, run } = street(offs);
    await run(5_000);
    const { offsetMs, peers } = first.view;
    expect([first.view.status, peers]).toEqual([status, 3]);
    expect(Math.abs(offsetMs! + offs[0]!)).toBeLessThanOrEqual(1);
  });

  test("in a replay what counts is real time", async () => {
    const { first, run } = street([-300 * 400, 0, 0], { speed: 300 });
    await run(5_000);
    expect(first.view).toEqual({ offsetMs: 400, peers: 2, status: "warn" });
  });

  test("the way there and back is taken out by half", async () => {
    const { first, run } = street([0, 0, 0], { delayMs: { least: 200, most: 200 } });
    await run(5_000);
    expect(first.view).toEqual({ offsetMs: 0, peers: 2, status: "ok" });
  });

  test("an answer that took too long says nothing", async () => {
    const { first, run } = street([-9_000, 0, 0], { delayMs: { least: 300, most: 300 } });
    await run(20_000);
    expect(first.view).toEqual({ offsetMs: null, peers: 0, status: "ok" });
  });

  test("only validators' clocks count", async () => {
    const { first, run } = street([0, 0, 9_000, 9_000, 9_000], { validators: 2 });
    await run(5_000);
    expect(first.view).toEqual({ offsetMs: 0, peers: 1, status: "ok" });
  });

  test("what was heard long ago counts no more", async () => {
    const { first, network, run } = street([-400, 0, 0]);
    await run(5_000);
    expect(first.view.peers).toBe(2);
    network.partition(["0"], ["1", "2"]);
    await run(91_000);
    expect(first.view).toEqual({ offsetMs: null, peers: 0, status: "ok" });
  });

  test("the log is told once, and again when the clock is right", async () => {
    const { clock, words, told, run } = street([-400, 0, 0]);
    await run(200_000);
    expect(words).toEqual([expect.stringMatching(/^clock\.skewed .*"CLOCK_SKEWED".*"warn"/)]);
    expect(told.length).toBeGreaterThanOrEqual(6);
    expect(new Set(told)).toEqual(new Set([400]));
    expect(clock.monotonicMs()).toBeGreaterThan(0);
  });

  test("who watches sees whose clock is off", async () => {
    const { first, run } = street([0, 0, 700, 0, 0]);
    await run(5_000);
    expect(["1", "2", "nobody"].map((peer) => first.offsetOf(peer))).toEqual([0, 700, null]);
  });

  test("foreign bytes and silence are no answer", async () => {
    const { first, gossips, run } = street([0, 0, 0]);
    const say = (home: number, bytes: Uint8Array | undefined): void => (gossips[home] as Gossip).onRequest("time", () => bytes);
    say(1, Uint8Array.of(255, 255));
    say(2, undefined);
    await run(5_000);
    expect(first.view.peers).toBe(0);
  });
});

const anyPause: fc.Arbitrary<Pause | null> = fc.oneof(
  fc.constantFrom<Pause | null>(null, { ends: "owner" }, { ends: "declared" }),
  fc.integer({ min: 1, max: 128 }).map((missing) => ({ ends: "neighbours", missing }) as const),
  fc.integer({ min: 1, max: 2 ** 32 - 1 }).map((from) => ({ ends: "interval", from: interval(from) }) as const),
);

const anyMeter: fc.Arbitrary<MeterState | null> = fc.option(
  fc
    .record({
      source: fc.constantFrom("modbus", "p1", "mqtt"),
      quality: fc.constantFrom("measured", "estimated", "missing"),
      ageSeconds: fc.option(fc.nat(1_000_000)),
      alarms: fc.subarray<MeterState["alarms"][number]>(["METER_SILENT", "COUNTER_BROKEN", "POWER_DIFFERS", "METERS_DIFFER"]),
    })
    .map((each) => ({ ...each, trust: trustOf(each.source, each.quality) })),
);

test("an answer comes back as it went, with why its home signs nothing, and how its meter is read", () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), anyPause, anyMeter, (streetMs, pause, meter) => {
      const decoded = decodeTime(encodeTime(streetMs, pause, meter));
      expect(decoded).toEqual(streetMs === 0 ? null : { streetMs, pause, meter });
    }),
  );
  const none = [[], [8], [16, 1], [10, 1, 1], [8, 1, 8, 1], [8, 1, 24, 1], [8, 1, 40, 1], [8, 1, 64, 1], [8, 1, 18, 1, 1]];
  expect(none.map((bytes) => decodeTime(Uint8Array.from(bytes)))).toEqual(none.map(() => null));
  // A reason that nobody knows is none: the time counts all the same.
  expect(decodeTime(Uint8Array.of(8, 1, 16, 9))).toEqual({ streetMs: 1, pause: null, meter: null });
  expect(decodeTime(Uint8Array.of(8, 1, 32, 9))).toEqual({ streetMs: 1, pause: null, meter: null });
});

test("who watches over the street hears from every home why it signs nothing, and soon that it signs again", async () => {
  const clock = new VirtualClock({ startMs: START, speed: 1 });
  const network = new SeededNetwork(clock, chance(3), { loss: 0, duplication: 0, delayMs: { least: 5, most: 5 } });
  const pauses = new Map<PeerName, Pause>([["2", { ends: "owner" }]]);
  const clocks = ["0", "1", "2"].map((name) => {
    const gossip = network.open(name);
    const isObserver = name === "0";
    const pause = (): Pause | null => pauses.get(name) ?? null;
    const made = new PeerClocks({ clock, gossip, isObserver, isValidator: (peer) => peer === "1", pause, metrics: UNCOUNTED, log: QUIET });
    made.start();
    return made;
  });
  const seen = () => clocks.map((each) => each.pauseOf("2"));
  await clock.run(5_000);
  // Home 2 is no validator: its neighbours don't ask it.
  expect(seen()).toEqual([{ ends: "owner" }, null, null]);
  expect([clocks[0]!.view.peers, clocks[0]!.offsetOf("2")]).toEqual([1, 0]);
  pauses.clear();
  await clock.run(11_000);
  expect(seen()).toEqual([null, null, null]);
});
