import { describe, expect, test } from "@jest/globals";
import { FIRST, type MemoryDisk, memoryDisk, restoredDisk, SimulatedStreet } from "../../../src/sim/index.ts";
import { contradictions, withDisk } from "../../support/exchanged-disk.ts";

const SEEDS = Array.from({ length: 4 }, (_, i) => i + 1);

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
