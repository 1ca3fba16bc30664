import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { openChain } from "../../adapters/evm/index.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import type { StreetState } from "../../src/api/index.ts";
import type { RegisteredHome, Registry } from "../../src/ports/index.ts";
import { Program, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

/** Periods of eight intervals of three seconds. */
const PERIOD = 8;
/** Intervals between a change and the soonest that it counts from: twelve seconds, in which homes read it. */
const AHEAD = 4;
const SECRET = { TEST_PASSWORD: "of a test" };
const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
let street: Program;
let devices: Program;
let url: string;
let config: string;

beforeAll(async () => {
  street = new Program(["--data", data, "--port", "0", "--speed", "300", "--period", `${PERIOD}`, "--homes", "4", "--processes", "1"]);
  url = await street.prints(/see (http:\S+)/);
  devices = new Program(["devices", "--config", devicesConfig()]);
  config = homeConfig(JSON.parse(await devices.prints(/(\{.*\})/))["home-05"]);
});
afterAll(async () => {
  await devices.stop("SIGTERM");
  await street.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a home joins at an edge, goes on with another key, and leaves; another is taken out, and the rest goes on", async () => {
  const homeless = await run(["home", "--config", config], SECRET);
  expect({ exit: homeless.exit, err: homeless.err }).toEqual({
    exit: 1,
    err: expect.stringMatching(/owner's key at .*; make it with "commonwatt init"/),
  });
  expect((await run(["init", "--config", config], SECRET)).exit).toBe(0);
  const home = new Program(["home", "--config", config], SECRET);
  await home.prints(/home-5 trades in/);
  const joined = (await registry()).homes[4]!;
  expect(joined.since % PERIOD).toBe(0);
  await trades(joined.since);

  await earlyForAnEdge();
  const rotated = await run(["home", "--config", config, "--rotate-key"], SECRET);
  expect({ exit: rotated.exit, out: rotated.out }).toEqual({
    exit: 0,
    out: expect.stringMatching(/^home-5 signs with its new key from 20/),
  });
  const again = await run(["home", "--config", config, "--rotate-key"], SECRET);
  expect(again).toEqual({ exit: 0, err: "", out: expect.stringMatching(/has asked for its new key already/) });
  const { keys } = (await registry()).homes[4]!;
  expect(keys).toHaveLength(2);
  expect(keys[1]!.since % PERIOD).toBe(0);
  await trades(keys[1]!.since + 2);
  const files = readdirSync(join(folder, "home-5")).filter((name) => name.startsWith("agent"));
  expect(files).toEqual([expect.stringMatching(/^agent-until-/), "agent.json"]);

  const revoked = await run(["revoke", "--data", data, "--street", url, "--home", "home-02"]);
  expect({ exit: revoked.exit, out: revoked.out }).toEqual({
    exit: 0,
    out: expect.stringMatching(/^home-02 trades in sunny-street until 20/),
  });
  await earlyForAnEdge();
  const left = await run(["home", "--config", config, "--leave"], SECRET);
  expect({ exit: left.exit, out: left.out }).toEqual({ exit: 0, out: expect.stringMatching(/^home-5 trades in sunny-street until 20/) });
  const after = await registry();
  expect(after.validatorSets.at(-1)!.validators.map(({ home: id }) => id)).toEqual([0, 2, 3]);
  const edge = after.homes[4]!.until!;
  await until(state, ({ certificates }) => certificates.some(({ interval, validators }) => numberOf(interval) > edge && validators === 3));
  await until(state, ({ settlement }) => settlement?.conservation.holds === true);
  expect((await home.stop()).exit).toBe(0);
});

/** Until the street has agreed on a reading that the home signed for an interval from then on. */
async function trades(from: number): Promise<void> {
  await until(state, ({ homes }) => {
    const reading = homes.find(({ name }) => name === "home-5")?.reading;
    return reading != null && numberOf(reading.interval) >= from;
  });
}

/** An owner signs for the next edge, and is refused when that has come too near before it is asked for: half a period is left for it. */
async function earlyForAnEdge(): Promise<void> {
  await until(state, ({ street: { now } }) => {
    const place = (Math.floor(numberOf(now)) + AHEAD) % PERIOD;
    return place >= 1 && place <= PERIOD / 2;
  });
}

const state = async (): Promise<StreetState> => (await fetch(`${url}api/state`)).json() as Promise<StreetState>;
const numberOf = (start: string): number => Date.parse(start) / 900_000;

async function registry(): Promise<Registry & { readonly homes: readonly RegisteredHome[] }> {
  const { chain } = (await (await fetch(`${url}api/street`)).json()) as { chain: { id: number; rpc: string; vault: string } };
  const open = openChain({ rpc: chain.rpc, chainId: chain.id, vault: address(chain.vault) });
  const answer = await open.registry();
  await open.close();
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
}

function devicesConfig(): string {
  const path = join(folder, "devices.json");
  const file = {
    source: { kind: "synthetic", seed: 7, homes: 5, start: "2026-06-15T06:00:00Z" },
    homes: [{ name: "home-05", port: 0 }],
    intervalSeconds: 900,
    stateFile: join(folder, "devices-state.json"),
    street: { kind: "url", url: `${url}api/street` },
  };
  writeFileSync(path, JSON.stringify(file));
  return path;
}

function homeConfig(port: number): string {
  const path = join(folder, "home.yaml");
  const invitation = readFileSync(join(data, "invitation"), "utf8").trim();
  const device = `{ host: 127.0.0.1, port: ${port}, units: { inverter: 1, meter: 200, storage: 1 }, timeoutMs: 1000 }`;
  const lines = [
    `street: ${url}api/street`,
    `invitation: ${invitation}`,
    "listen: [/ip4/127.0.0.1/tcp/0]",
    "password: { env: TEST_PASSWORD }",
  ];
  writeFileSync(path, ["name: home-5", "data: ./home-5", ...lines, `device: ${device}`, ""].join("\n"));
  return path;
}
