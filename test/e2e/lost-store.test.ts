import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, jest, test } from "@jest/globals";
import type { EvidenceView, StreetState } from "../../src/api/index.ts";
import { temporaryFolder } from "../support/folder.ts";
import { Program, ROOT, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

const folder = temporaryFolder();
const street = { program: null as Program | null, url: "" };
afterEach(async () => {
  await street.program?.stop();
  street.program = null;
});
afterAll(() => folder.remove());

/** Three homes, of which the first so many certify; an interval takes a second and a half. */
async function start(validators: number, ...more: string[]): Promise<void> {
  const config = join(folder.path, `${validators}.yaml`);
  const data = join(folder.path, `street-${validators}`);
  const lines = [
    `rules: ${join(ROOT, "config/market/street.yaml")}`,
    `data: ${data}`,
    "homes: 3",
    `validators: ${validators}`,
    "speed: 600",
  ];
  writeFileSync(config, [...lines, "processes: 1", "dashboard: { host: 127.0.0.1, port: 0 }", ""].join("\n"));
  street.program = new Program(["--config", config, ...more]);
  street.url = await street.program.prints(/see (http:\S+)/);
}

const dataOf = (validators: number, name: string): string => join(folder.path, `street-${validators}`, name);
const asked = async <T>(path: string): Promise<T> => (await fetch(`${street.url}${path}`)).json() as Promise<T>;
const state = (): Promise<StreetState> => asked("api/state");
const pauseOf = ({ homes }: StreetState, name: string) => homes.find((home) => home.name === name)?.paused;
const logOf = (validators: number): string => readFileSync(dataOf(validators, "log/homes-1.log"), "utf8");

/** So many more intervals are certified. */
async function goesOn(many: number): Promise<void> {
  const { intervalsCertified: before } = (await state()).street;
  await until(state, ({ street: { intervalsCertified } }) => intervalsCertified >= before + many);
}

describe("a street in which nobody can certify without the home that lost what it signed", () => {
  test.each([
    ["three validators, one of which lost signed.db", 3, ["signed.db", "signed.db-wal", "signed.guard"]],
    [
      "one validator alone, which lost all of its store",
      1,
      ["signed.db", "signed.db-wal", "signed.guard", "market.db", "market.db-wal", "market.db-shm"],
    ],
  ] as const)(
    "%s: stands still and says why, and goes on with --store-is-newest; nobody is proved to have signed twice",
    async (_, validators, files) => {
      await start(validators);
      await until(state, ({ street: { intervalsCertified } }) => intervalsCertified >= 3);
      expect((await street.program!.stop()).exit).toBe(0);
      for (const file of files) rmSync(dataOf(validators, `homes/home-01/${file}`), { force: true });

      await start(validators);
      const stands = await until(state, (now) => pauseOf(now, "home-01") != null);
      expect(pauseOf(stands, "home-01")).toEqual({ reason: "store-lost", ends: "owner", missing: null, from: null });
      expect([pauseOf(stands, "home-02"), pauseOf(stands, "home-03")]).toEqual([null, null]);
      const { intervalsCertified } = stands.street;
      // More than two intervals.
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect((await state()).street.intervalsCertified).toBe(intervalsCertified);
      expect((await street.program!.stop()).exit).toBe(0);

      await start(validators, "--store-is-newest");
      const declared = await until(state, (now) => pauseOf(now, "home-01") != null);
      expect(pauseOf(declared, "home-01")).toMatchObject({ ends: "declared" });
      await goesOn(4);
      await until(state, (now) => now.homes.every(({ paused }) => paused === null));
      expect(await asked<readonly EvidenceView[]>("api/evidence")).toEqual([]);
      const log = logOf(validators);
      expect(log.match(/signing\.declared-newest/g)).toHaveLength(1);
      expect(log.match(/signing\.declaration-not-needed/g)).toHaveLength(2);
    },
  );
});
