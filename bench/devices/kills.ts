import { dieAndRelease } from "../../test/support/commanded-profile.ts";
import { ForcedBattery } from "../../test/support/forced-battery.ts";
import { allShipped } from "../../test/support/profiles.ts";

export interface Killed {
  readonly homes: number;
  readonly unreleased: readonly string[];
  /** From the kill until its registers say so, ms, rising. */
  readonly took: readonly number[];
}

/** A battery without a lease is forced by a home in a process of its own, which is killed within two seconds; its watchdog brings it home. */
export async function killHomes(homes: number, atOnce: number): Promise<Killed> {
  const took: number[] = [];
  const unreleased: string[] = [];
  let left = homes;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const battery = await ForcedBattery.open();
      try {
        const home = await battery.force();
        await new Promise((resolve) => setTimeout(resolve, 2_000 * Math.random()));
        home.process.kill("SIGKILL");
        took.push(await battery.isReleased(30_000));
      } catch (error) {
        unreleased.push(error instanceof Error ? error.message : String(error));
      } finally {
        await battery.close();
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { homes, unreleased, took: took.sort((a, b) => a - b) };
}

export interface Died {
  readonly profiles: number;
  readonly deaths: number;
  readonly unreleased: readonly string[];
}

/** Every command of every profile, died at a random write, over registers in memory; the next life restores them. */
export async function dieInCommands(each: number): Promise<Died> {
  const unreleased: string[] = [];
  const ids = new Set<string>();
  let deaths = 0;
  for (const profile of await allShipped())
    for (const [name, { steps }] of Object.entries(profile.commands)) {
      ids.add(profile.id);
      for (let i = 0; i < each; i += 1) {
        const writes = Math.floor(Math.random() * (steps.length + 1));
        const { isKilled, isReleased, changed } = await dieAndRelease(profile, name, writes);
        deaths += isKilled ? 1 : 0;
        if (!isReleased || changed.length > 0)
          unreleased.push(`${profile.id} ${name} after ${writes} writes: registers ${changed.join(", ")}`);
      }
    }
  return { profiles: ids.size, deaths, unreleased };
}
