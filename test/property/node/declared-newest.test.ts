import { describe, expect, test } from "@jest/globals";
import type { Message } from "../../../engine/messages/index.ts";
import { FIRST, type MemoryDisk, memoryDisk, memoryStore, placesOf, restoredDisk, SimulatedStreet } from "../../../src/sim/index.ts";
import type { Adversary } from "../../../src/sim/street/adversary.ts";

const SEEDS = Array.from({ length: 4 }, (_, i) => i + 1);

/** An honest home whose store is on a disk that can be exchanged between two lives, and whose owner may say that it is the newest. */
function withDisk() {
  const place = { disk: memoryDisk(), isDeclaredNewest: false };
  const swap: Adversary = {
    name: "other-disk",
    corrupt: (modules) => ({ ...modules, store: memoryStore(place.disk), isDeclaredNewest: place.isDeclaredNewest }),
  };
  return { place, swap };
}

/** What a home said in two ways, over all its lives. */
function contradictions(said: readonly Message[]): readonly string[] {
  const places = new Map<string, string>();
  return said.flatMap(placesOf).flatMap(([place, content]) => {
    const known = places.get(place) ?? content;
    places.set(place, content);
    return known === content ? [] : [place];
  });
}

describe.each<[string, number, readonly number[], (now: MemoryDisk) => MemoryDisk]>([
  ["one of three lost all", 3, [2], () => restoredDisk(memoryDisk())],
  ["one of three was moved", 3, [2], (now) => restoredDisk(now)],
  ["two of four lost all", 4, [2, 3], () => restoredDisk(memoryDisk())],
  ["all of four were moved", 4, [0, 1, 2, 3], (now) => restoredDisk(now)],
])("a street of which %s", (_, homes, subjects, next) => {
  test.each(SEEDS)(
    "stands still, goes on by its owners' word, and nobody contradicts what its neighbours have heard (seed %i)",
    async (seed) => {
      const disks = new Map(subjects.map((home) => [home, withDisk()]));
      const faults = { loss: 0, duplication: 0.1, delayMs: { least: 1, most: 60 } };
      const adversaries = new Map([...disks].map(([home, { swap }]) => [home, swap]));
      const street = new SimulatedStreet({ seed, homes, faults, adversaries });
      await street.start();
      // In the middle of an agreement, mostly.
      await street.runTo(4, 700 * street.draw());
      const certified = () => street.everybody.map(({ node }) => node.rounds.current - FIRST);
      const restart = async (isDeclaredNewest: boolean): Promise<void> => {
        for (const [home, { place }] of disks) {
          street.homes[home]!.stop();
          if (!place.isDeclaredNewest && !isDeclaredNewest) place.disk = next(place.disk);
          place.isDeclaredNewest = isDeclaredNewest;
          await street.homes[home]!.start();
        }
      };
      await restart(false);
      await street.runTo(14);
      const stood = Math.max(...certified());
      await street.runTo(18);
      expect({ seed, stands: Math.max(...certified()) }).toEqual({ seed, stands: stood });
      await restart(true);
      await street.runTo(45);
      expect({ seed, goesOn: Math.min(...certified()) > stood + 10 }).toEqual({ seed, goesOn: true });
      const twice = subjects.flatMap((home) => contradictions(street.homes[home]!.said));
      expect({ seed, twice }).toEqual({ seed, twice: [] });
      street.stop();
    },
  );
});
