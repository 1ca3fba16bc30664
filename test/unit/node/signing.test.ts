import { describe, expect, test } from "@jest/globals";
import { homeId, type Interval, interval } from "../../../engine/kernel/index.ts";
import { Signing } from "../../../src/node/signing.ts";
import { type MemoryDisk, memoryDisk, memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { AT, membership, REGISTRY } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";

/** 10 s before the gate of interval 100. */
const NOW = (100 * 900 - 70) * 1000;

interface Given {
  readonly signFrom?: number | null;
  readonly self?: number;
  readonly isDeclaredNewest?: boolean;
  /** The one validator of a class without which nothing is certified. */
  readonly operator?: number;
  /** What an earlier start has left. */
  readonly disk?: MemoryDisk;
}

/** The last validator, or another home, that lost what it signed, in a street whose validators are the first homes. */
function lost(
  validators: number,
  { signFrom = null, self = validators - 1, isDeclaredNewest = false, operator, disk = memoryDisk() }: Given = {},
) {
  disk.signFrom = signFrom as Interval | null;
  const registry = {
    ...REGISTRY,
    validatorSets: REGISTRY.validatorSets.map((set) => ({
      ...set,
      validators: set.validators
        .slice(0, validators)
        .map((each) => (each.home === operator ? { ...each, class: "operator" as const } : each)),
      minimums: { ...set.minimums, operator: operator === undefined ? 0 : 1 },
    })),
  };
  const place = { current: AT as Interval };
  const clock = new VirtualClock({ startMs: NOW, speed: 1 });
  const told: string[] = [];
  const note = (event: string): void => void told.push(event);
  const signing = new Signing({
    rules: RULES,
    clock,
    store: memoryStore(disk),
    membership: membership(registry),
    log: { ...QUIET, warn: note, info: note },
    homeOf: (peer) => (peer.startsWith("home-") ? homeId(Number(peer.slice(5))) : null),
    self: homeId(self),
    current: () => place.current,
    isDeclaredNewest,
    onDeclared: () => note(`votes in ${place.current}`),
  });
  return { signing, place, told, disk, pass: (ms: number) => clock.run(clock.monotonicMs() + ms) };
}

const maySign = (signing: Signing, from: number, to: number): readonly boolean[] =>
  Array.from({ length: to - from + 1 }, (_, place) => signing.maySign(interval(from + place)));

describe("who lost what it signed signs again when a quorum of others is no further", () => {
  test.each([
    ["one of four validators", 4, 3, 3],
    ["a home beside four validators", 4, 4, 3],
    ["a home beside two validators", 2, 3, 2],
    ["a home beside one validator", 1, 3, 1],
  ])("%s", (_, validators, self, needed) => {
    const { signing } = lost(validators, { self });
    for (let peer = 0; peer < needed - 1; peer++) {
      signing.levelWith(`home-${peer}`);
      expect(signing.pause).toEqual({ ends: "neighbours", missing: needed - 1 - peer });
    }
    for (let again = 0; again < 3 && needed > 1; again++) signing.levelWith("home-0");
    // Of others it isn't known that less than a third lie: itself, a home that isn't a validator, the observer.
    for (const peer of [`home-${self}`, "home-7", "observer"]) signing.levelWith(peer);
    expect(signing.isPaused).toBe(true);
    signing.levelWith(`home-${needed - 1}`);
    // No earlier than its earlier life can have reached.
    expect(maySign(signing, 101, 102)).toEqual([false, true]);
    expect(signing.pause).toEqual({ ends: "interval", from: 102 });
  });

  test("who was level with an interval before counts no more when this home has gone on", () => {
    const { signing, place } = lost(4);
    for (const peer of ["home-1", "home-2"]) signing.levelWith(peer);
    place.current = interval(AT + 1);
    signing.levelWith("home-0");
    expect(signing.isPaused).toBe(true);
    for (const peer of ["home-1", "home-2"]) signing.levelWith(peer);
    expect(signing.maySign(interval(103))).toBe(true);
  });

  test("and says nothing of it any more once that interval has come", () => {
    const { signing, place } = lost(4, { signFrom: 102 });
    expect(signing.pause).toEqual({ ends: "interval", from: 102 });
    place.current = interval(102);
    expect(signing.pause).toBeNull();
  });

  // They can't certify without it, so the interval that it would wait for never came.
  test.each([1, 2, 3])("but never by itself where the others are no quorum: one of %i validators", (validators) => {
    const { signing } = lost(validators);
    for (const peer of ["home-0", "home-1", "home-2", "home-4"]) signing.levelWith(peer);
    expect(signing.pause).toEqual({ ends: "owner" });
    expect(maySign(signing, 100, 110)).not.toContain(true);
  });
});

describe("where nothing is decided without it only its owner can end it", () => {
  test.each([
    [3, { ends: "owner" }],
    [2, { ends: "neighbours", missing: 3 }],
  ])("the one validator of a class that must sign, home %i, and home 3 that lost what it signed", (operator, pause) =>
    expect(lost(4, { operator }).signing.pause).toEqual(pause),
  );

  test("an interval that it waits for and that doesn't come, as all the others wait too", async () => {
    const { signing, pass } = lost(4, { signFrom: 102 });
    await pass(3 * 900_000);
    expect(signing.pause).toEqual({ ends: "interval", from: 102 });
    await pass(900_000);
    expect(signing.pause).toEqual({ ends: "owner" });
  });
});

describe("an owner's word that nothing newer exists", () => {
  test.each([1, 2, 3, 4])("is taken when nothing newer came for half a minute: one of %i validators", async (validators) => {
    const { signing, told, pass } = lost(validators, { isDeclaredNewest: true });
    signing.start();
    expect([signing.pause, told]).toEqual([{ ends: "declared" }, ["signing.paused"]]);
    await pass(29_900);
    expect([signing.isPaused, told.length]).toEqual([true, 1]);
    await pass(200);
    expect(told.slice(1)).toEqual(["signing.declared-newest", "votes in 100"]);
    // It votes at once, and orders and reads its meter for what its earlier life can't have.
    expect([signing.pause, ...maySign(signing, 99, 100)]).toEqual([null, false, true]);
    expect([102, 103].map((at) => signing.mayEnter(interval(at)))).toEqual([false, true]);
  });

  test("is not taken while somebody shows more than the store has", async () => {
    const { signing, place, told, pass } = lost(3, { isDeclaredNewest: true });
    signing.start();
    for (let at = 101; at < 105; at++) {
      await pass(29_000);
      place.current = interval(at);
    }
    expect([signing.isPaused, told]).toEqual([true, ["signing.paused"]]);
    await pass(61_000);
    expect(maySign(signing, 103, 104)).toEqual([false, true]);
  });

  test("is not needed where a quorum answers first", async () => {
    const { signing, told, pass } = lost(4, { isDeclaredNewest: true });
    signing.start();
    for (const peer of ["home-0", "home-1", "home-2"]) signing.levelWith(peer);
    await pass(120_000);
    expect([told, signing.pause]).toEqual([["signing.paused", "signing.resumed"], { ends: "interval", from: 102 }]);
  });

  test("frees a home that waits for an interval which never comes", async () => {
    const { signing, pass } = lost(4, { isDeclaredNewest: true, signFrom: 102 });
    signing.start();
    expect(signing.maySign(interval(100))).toBe(false);
    await pass(31_000);
    expect(signing.maySign(interval(100))).toBe(true);
  });

  test("is dropped when the home's turn to sign has come by itself", async () => {
    const { signing, place, told, pass } = lost(4, { isDeclaredNewest: true, signFrom: 102 });
    signing.start();
    await pass(1_000);
    place.current = interval(102);
    await pass(120_000);
    expect([told, signing.pause, signing.mayEnter(interval(102))]).toEqual([["signing.paused"], null, true]);
  });

  test("holds back orders and readings over a restart as well", async () => {
    const first = lost(4, { isDeclaredNewest: true });
    first.signing.start();
    await first.pass(31_000);
    const { signing } = lost(4, { signFrom: first.disk.signFrom, disk: first.disk });
    expect([signing.maySign(interval(100)), ...[102, 103].map((at) => signing.mayEnter(interval(at)))]).toEqual([true, false, true]);
  });

  test("changes nothing where the store knows that it is the newest, however often it is given", async () => {
    const { signing, told, pass } = lost(4, { isDeclaredNewest: true, signFrom: 99 });
    signing.start();
    await pass(120_000);
    expect([told, signing.pause, ...maySign(signing, 98, 99)]).toEqual([["signing.declaration-not-needed"], null, false, true]);
  });

  test("is forgotten when the home stops before", async () => {
    const { signing, pass } = lost(1, { isDeclaredNewest: true });
    signing.start();
    signing.stop();
    await pass(120_000);
    expect(signing.isPaused).toBe(true);
  });
});
