import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
/** Changes more than homes vote on. */
const more = join(folder, "more.yaml");
const DAY = 86_400;
/** An interval is a second and a half. */
const ARGS = ["--data", data, "--port", "0", "--speed", "600", "--period", "4", "--homes", "4", "--processes", "1"];
/** So many times as long as one command takes here, and some seconds more, is all said that is to count from then on. */
const COMMANDS = 14;
const MORE_MS = 6_000;
let street: Program;
let url: string;

async function start(): Promise<void> {
  street = new Program(ARGS);
  url = await street.prints(/see (http:\S+)/);
}

beforeAll(async () => {
  const first = readFileSync(join(ROOT, "config/market/street.yaml"), "utf8");
  writeFileSync(rules, `${first.replace("kPermille: 500", "kPermille: 900")}communityPercent: 20\n`);
  writeFileSync(more, `${first.replace("maxOrdersPerHome: ", "maxOrdersPerHome: 1")}communityPercent: 20\n`);
  await start();
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
/** The first settlement period, an hour, that begins so many real milliseconds from now. */
async function after(realMs: number): Promise<string> {
  const { street: now } = await get<StreetState>("state");
  const hours = Math.ceil((Date.parse(now.now) + realMs * now.speed) / 3_600_000);
  return new Date(hours * 3_600_000).toISOString().replace(".000Z", "Z");
}

const never = (): never => {
  throw new Error("nothing is voted on");
};

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

test("a home brings other rules to a vote, homes vote, and after the time to leave the street changes over while it runs", async () => {
  await until(
    () => get<StreetState>("state"),
    ({ batches }) => batches.some(({ status }) => status === "on-chain"),
  );
  const asked = performance.now();
  expect((await motion("list")).out).toMatch(
    /^the community holds 0\.00 \w+\nrules 0x[0-9a-f]{64} from 20.*communityPercent 0, .*\nno motion was ever brought\n$/,
  );
  const since = await after(COMMANDS * (performance.now() - asked) + MORE_MS);
  const from = ["--rules", rules, "--from", since];
  // Nothing is in the community's account yet, and nothing waits.
  const payment = (to: string, ...more: readonly string[]) => motion("pay", "--config", config(3), "--to", to, ...more);
  const [odd, beyond, tooMuch, nothing, nobody] = await Promise.all([
    motion("new", "--config", config(1), "--rules", rules, "--from", since.replace(":00:00Z", ":15:00Z")),
    motion("new", "--config", config(1), "--rules", more, "--from", since),
    payment("home-04", "--amount", "12.50"),
    payment("home-04", "--instead"),
    payment("home-99", "--amount", "1"),
  ]);
  expect(odd).toMatchObject({ exit: 1, err: expect.stringMatching(/the next one begins at 20.*:00:00.000Z/) });
  expect(beyond).toMatchObject({ exit: 1, err: expect.stringContaining("more.yaml changes maxOrdersPerHome, and homes vote on") });
  const refused = expect.stringContaining("a payment takes at most half of what the community holds: 0.00");
  expect(tooMuch).toMatchObject({ exit: 1, err: refused });
  expect(nothing).toMatchObject({ exit: 1, err: expect.stringContaining("no payment of the community waits") });
  expect(nobody).toMatchObject({ exit: 1, err: expect.stringContaining("home-99 is no home of this street") });

  expect(await motion("new", "--config", config(1), ...from)).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^motion 0 is brought/),
  });
  const vote = (path: string, ...no: readonly string[]) => motion("vote", "--config", path, "--motion", "0", ...no);
  const execute = () => motion("execute", "--motion", "0");
  const [second, ...votes] = await Promise.all([
    motion("new", "--config", config(1), ...from),
    ...[vote(config(1)), vote(keyElsewhere(2)), vote(config(3)), vote(config(4), "--no")],
  ]);
  expect(second).toMatchObject({ exit: 1, err: expect.stringContaining("MotionOpen") });
  expect(votes.map(({ exit, out }) => [exit, out])).toEqual([1, 2, 3, 4].map((home) => [0, `home-0${home} has voted on motion 0\n`]));
  const [again, listed, tooSoon] = await Promise.all([vote(config(3)), motion("list"), execute()]);
  expect(again).toMatchObject({ exit: 0, out: "home-03 has voted on motion 0\n" });
  expect(listed.out).toMatch(/motion 0 of home-01: 0x.*3 yes and 1 no of 4 homes; homes vote until 20/);
  expect(tooSoon).toMatchObject({ exit: 1, err: expect.stringContaining("VotingOpen") });
  const { community } = await until(
    () => get<StreetState>("state"),
    (state) => state.community?.motions[0]?.no === 1,
  );
  expect(community?.motions).toMatchObject([{ motion: 0, name: "home-01", yes: 3, no: 1, members: 4, stage: "voting" }]);
  const [{ rules: wanted, instead, ...at } = never()] = community?.motions ?? [];
  expect([wanted?.since, wanted?.numbers]).toEqual([since, { ...instead, communityPercent: 20, kPermille: 900 }]);
  expect(Date.parse(at.closesAt) - Date.parse(at.broughtAt)).toBe(7 * DAY * 1_000);
  expect(community?.inForce.numbers).toEqual({ ...instead, communityPercent: 0 });

  await passOnChain(7 * DAY);
  const [early, carried] = await Promise.all([execute(), motion("list")]);
  expect(early).toMatchObject({ exit: 1, err: expect.stringContaining("TimelockRunning") });
  expect(carried.out).toContain("carried; can be executed from");
  await passOnChain(14 * DAY);
  expect(await execute()).toMatchObject({ exit: 0, out: "motion 0 counts\n", err: "" });
  expect((await motion("list")).out).toMatch(
    new RegExp(
      `^the community .*\\nrules 0x.*\\nrules 0x[0-9a-f]{64} from ${since.replace("Z", ".000Z")} on: communityPercent 20, kPermille 900, .*\\nmotion 0 .*; executed\\n$`,
    ),
  );

  const decided = await until(
    () => get<StreetState>("state"),
    (state) => state.community?.motions.length === 0,
  );
  const { inForce, coming } = decided.community ?? never();
  expect([inForce, ...coming].map(({ numbers }) => numbers.communityPercent)).toContain(20);
  await until(
    () => get<StreetState>("state"),
    ({ surplus, batches }) =>
      surplus.communityPercent === 20 && batches.some((batch) => batch.status === "on-chain" && batch.from >= since),
  );
  const logs = readdirSync(join(data, "log")).map((name) => readFileSync(join(data, "log", name), "utf8"));
  for (const event of ["rules.decided", "rules.in-force"]) expect(logs.join("").split(`"${event}"`).length - 1).toBe(4);
});

test("it starts again with the file of its first rules, each home under what was voted, and no other file; its books can be worked out again", async () => {
  await street.stop();
  await start();
  const { surplus, street: again } = await until(
    () => get<StreetState>("state"),
    (state) => state.certificates.length > 0 && state.certificates[0]!.latencyMs !== null,
  );
  expect([surplus.communityPercent, again.intervalsCertified > 8]).toEqual([20, true]);
  expect(street.out).toMatch(/by its homes' vote communityPercent 20, kPermille 900, withheldCharge \d+, maxPrice \d+ since 20/);
  const { exit, err } = await run(["export", "--format", "csv", "--data", data, "--out", join(folder, "street.csv")]);
  expect([exit, err]).toEqual([0, expect.stringMatching(/rows to .*; (\d+) Wh bought = \1 Wh sold/)]);
  await street.stop();
  const other = await run([...ARGS, "--rules", rules]);
  expect(other).toMatchObject({ exit: 1, err: expect.stringContaining("its market rules") });
});
