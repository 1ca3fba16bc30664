import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Profile } from "../../../adapters/modbus/profile/index.ts";
import { dieAndRelease } from "../../support/commanded-profile.ts";
import { allShipped } from "../../support/profiles.ts";

const LONGEST = 16;

describe("each profile's commands", () => {
  const commands: (readonly [Profile, string])[] = [];

  beforeAll(async () => {
    for (const profile of await allShipped()) for (const name of Object.keys(profile.commands)) commands.push([profile, name]);
  });

  test("are those of at least eight makers", () => {
    expect(new Set(commands.map(([{ id }]) => id)).size).toBeGreaterThanOrEqual(8);
  });

  test("are written, kept and undone, also by a later life after a death at any write", async () => {
    for (const [profile, name] of commands) {
      let killed = 0;
      for (let writes = 0; writes <= LONGEST; writes += 1) {
        const { isKilled, isCommanded, isReleased, changed } = await dieAndRelease(profile, name, writes);
        killed += isKilled ? 1 : 0;
        expect([profile.id, name, writes, isCommanded, isReleased, changed]).toEqual([profile.id, name, writes, !isKilled, true, []]);
      }
      expect(killed).toBeGreaterThan(0);
    }
  });
});
