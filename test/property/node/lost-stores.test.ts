import { describe, expect, test } from "@jest/globals";
import { intervalOf, type Message } from "../../../engine/messages/index.ts";
import { isSaid } from "../../../src/node/ahead.ts";
import { FIRST, type MemoryDisk, memoryDisk, restoredDisk, SimulatedStreet } from "../../../src/sim/index.ts";
import { contradictions, withDisk } from "../../support/exchanged-disk.ts";

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const SUBJECT = 3;

const lastSigned = (said: readonly Message[]): number => Math.max(...said.filter(isSaid).map(intervalOf));

// At any moment of an interval, on a lossy wire.
describe.each<[string, (now: MemoryDisk, before: MemoryDisk) => MemoryDisk]>([
  ["lost", () => restoredDisk(memoryDisk())],
  ["put back from an older copy", (_, before) => restoredDisk(before)],
  ["copied at the last moment", (now) => restoredDisk(now)],
])("a home whose store was %s follows, contradicts nothing that it said before, and signs again", (_, next) => {
  test.each(SEEDS)("seed %i", async (seed) => {
    const { place, swap } = withDisk();
    const faults = { loss: 0.05, duplication: 0.1, delayMs: { least: 1, most: 60 } };
    const street = new SimulatedStreet({ seed, homes: 4, faults, adversaries: new Map([[SUBJECT, swap]]) });
    const home = street.homes[SUBJECT]!;
    await street.start();
    await street.runTo(1, 2_900 * street.draw());
    const copy = structuredClone(place.disk);
    await street.runTo(4, 2_900 * street.draw());
    const [before, saidBefore] = [lastSigned(home.said), home.said.length];
    home.stop();
    place.disk = next(place.disk, copy);
    await home.start();
    const signedSince = (): readonly number[] => home.said.slice(saidBefore).filter(isSaid).map(intervalOf);
    let gate = 8;
    // As many neighbours as certify must be no further than it at one interval: with the pace of a replay that takes a while.
    do await street.runTo(gate++);
    while (signedSince().length === 0 && gate < 60);
    const least = Math.min(...street.everybody.map(({ node }) => node.rounds.current - FIRST));
    expect({ seed, twice: contradictions(home.said) }).toEqual({ seed, twice: [] });
    const found = { signsAgain: signedSince().length > 0, beyond: Math.min(...signedSince()) > before, isNear: least > gate - 3 };
    expect({ seed, ...found }).toEqual({ seed, signsAgain: true, beyond: true, isNear: true });
    expect(street.network.reports).toEqual([]);
    street.stop();
  });
});
