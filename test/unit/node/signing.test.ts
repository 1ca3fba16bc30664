import { describe, expect, test } from "@jest/globals";
import { type Interval, interval } from "../../../engine/kernel/index.ts";
import { Signing } from "../../../src/node/signing.ts";
import { memoryDisk, memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { AT, membership, REGISTRY } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";

/** 10 s before the gate of interval 100. */
const NOW = (100 * 900 - 70) * 1000;

/** A home that lost what it signed, in a street of so many validators. */
function lost(validators: number) {
  const disk = memoryDisk();
  disk.signFrom = null;
  const registry = {
    ...REGISTRY,
    validatorSets: REGISTRY.validatorSets.map((set) => ({ ...set, validators: set.validators.slice(0, validators) })),
  };
  const place = { current: AT as Interval };
  const signing = new Signing({
    rules: RULES,
    clock: new VirtualClock({ startMs: NOW, speed: 1 }),
    store: memoryStore(disk),
    membership: membership(registry),
    log: QUIET,
    current: () => place.current,
  });
  return { signing, place };
}

describe("who lost what it signed signs again when enough others are no further", () => {
  // Three of four, as a quorum; of fewer all others, for they are no quorum.
  test.each([
    [2, 1],
    [3, 2],
    [4, 3],
  ])("of %i validators %i", (validators, needed) => {
    const { signing } = lost(validators);
    for (let peer = 1; peer < needed; peer++) signing.levelWith(`home-${peer}`);
    for (let again = 0; again < 3 && needed > 1; again++) signing.levelWith("home-1");
    expect(signing.isPaused).toBe(true);
    signing.levelWith(`home-${needed}`);
    expect(signing.isPaused).toBe(false);
    // No earlier than its earlier life can have reached.
    expect([101, 102].map((at) => signing.maySign(interval(at)))).toEqual([false, true]);
  });

  test("who was level with an interval before counts no more when this home has gone on", () => {
    const { signing, place } = lost(4);
    for (const peer of ["home-1", "home-2"]) signing.levelWith(peer);
    place.current = interval(AT + 1);
    signing.levelWith("home-3");
    expect(signing.isPaused).toBe(true);
    for (const peer of ["home-1", "home-2"]) signing.levelWith(peer);
    expect(signing.maySign(interval(103))).toBe(true);
  });
});
