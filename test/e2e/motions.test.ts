import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import type { StreetCard, StreetState } from "../../src/api/index.ts";
import { Program, ROOT, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
const rules = join(folder, "rules.yaml");
const DAY = 86_400;
let street: Program;
let url: string;

beforeAll(async () => {
  cpSync(join(ROOT, "config/market/street.yaml"), rules);
  appendFileSync(rules, "communityPercent: 20\n");
  street = new Program(["--data", data, "--port", "0", "--speed", "300", "--period", "4", "--homes", "4", "--processes", "1"]);
  url = await street.prints(/see (http:\S+)/);
});
afterAll(async () => {
  await street.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = async <T>(path: string): Promise<T> => (await fetch(`${url}api/${path}`)).json() as Promise<T>;
const motion = (...args: readonly string[]) => run(["motion", ...args, "--street", url]);
const config = (home: number): string => join(data, "homes", `home-0${home}`, "home.yaml");
/** The same home, whose owner keeps the key elsewhere. */
function keyElsewhere(home: number): string {
  const [path, key] = [join(folder, "elsewhere.yaml"), join(folder, "key", "owner.json")];
  const file = parse(readFileSync(config(home), "utf8")) as { readonly data: string; readonly password: { readonly file: string } };
  const [data, password] = [file.data, file.password.file].map((place) => resolve(dirname(config(home)), place)) as [string, string];
  mkdirSync(dirname(key));
  renameSync(join(data, "owner.json"), key);
  writeFileSync(path, stringify({ ...file, data, password: { file: password }, owner: { file: key } }));
  return path;
}
const from = ["--rules", rules, "--from", "2026-12-24T00:00:00Z"];

/** The chain's clock goes on so many seconds at once. */
async function passOnChain(seconds: number): Promise<void> {
  const { chain } = await get<StreetCard>("street");
  for (const [method, params] of [["evm_increaseTime", [seconds]] as const, ["evm_mine", []] as const])
    await fetch(chain.rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
}

test("a home brings other rules to a vote, homes vote, and after the time to leave they count; running homes are told", async () => {
  await until(
    () => get<StreetState>("state"),
    ({ batches }) => batches.some(({ status }) => status === "on-chain"),
  );
  expect((await motion("list")).out).toMatch(
    /^the community holds 0\.00 \w+\nrules 0x[0-9a-f]{64} from 20.*communityPercent 0, .*\nno motion was ever brought\n$/,
  );
  // Nothing is in the community's account yet, and nothing waits.
  const payment = ["pay", "--config", config(3), "--to", "home-04"];
  expect(await motion(...payment, "--amount", "12.50")).toMatchObject({
    exit: 1,
    err: expect.stringContaining("a payment takes at most half of what the community holds: 0.00"),
  });
  expect(await motion(...payment, "--instead")).toMatchObject({
    exit: 1,
    err: expect.stringContaining("no payment of the community waits"),
  });
  const nobody = ["pay", "--config", config(3), "--to", "home-99", "--amount", "1"];
  expect(await motion(...nobody)).toMatchObject({ exit: 1, err: expect.stringContaining("home-99 is no home of this street") });
  const odd = await motion("new", "--config", config(1), "--rules", rules, "--from", "2026-12-24T00:15:00Z");
  expect(odd).toMatchObject({ exit: 1, err: expect.stringContaining("the next one begins at 2026-12-24T01:00:00.000Z") });

  expect(await motion("new", "--config", config(1), ...from)).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^motion 0 is brought/),
  });
  expect(await motion("new", "--config", config(1), ...from)).toMatchObject({ exit: 1, err: expect.stringContaining("MotionOpen") });
  for (const [home, path] of [[1, config(1)] as const, [2, keyElsewhere(2)] as const, [3, config(3)] as const, [3, config(3)] as const])
    expect(await motion("vote", "--config", path, "--motion", "0")).toMatchObject({
      exit: 0,
      out: `home-0${home} has voted on motion 0\n`,
    });
  await motion("vote", "--config", config(4), "--motion", "0", "--no");
  expect((await motion("list")).out).toMatch(/motion 0 of home-01: 0x.*3 yes and 1 no of 4 homes; homes vote until 20/);
  expect(await motion("execute", "--motion", "0")).toMatchObject({ exit: 1, err: expect.stringContaining("VotingOpen") });

  await passOnChain(7 * DAY);
  expect(await motion("execute", "--motion", "0")).toMatchObject({ exit: 1, err: expect.stringContaining("TimelockRunning") });
  expect((await motion("list")).out).toContain("carried; can be executed from");
  await passOnChain(14 * DAY);
  expect(await motion("execute", "--motion", "0")).toMatchObject({ exit: 0, out: "motion 0 counts\n" });
  const { out } = await motion("list");
  expect(out).toMatch(
    /^the community .*\nrules 0x.*\nrules 0x[0-9a-f]{64} from 2026-12-24T00:00:00\.000Z on: communityPercent 20, .*\nmotion 0 .*; executed\n$/,
  );

  const logs = join(data, "log");
  await until(
    async () => readdirSync(logs).map((name) => readFileSync(join(logs, name), "utf8")),
    (texts) => texts.some((text) => text.includes("rules.differ") && text.includes("2026-12-24T00:00:00.000Z")),
  );
});
