import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { openChain } from "../../adapters/evm/index.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import type { StreetCard } from "../../src/api/index.ts";
import type { VaultHead } from "../../src/ports/index.ts";
import { Program, processesWith, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

/** Four validators, each in a process of its own; a settlement period takes 29 s, an interval under four. Two intervals of the first one are left. */
const ARGS = ["--from", "2027-06-15T07:30:00Z", "--speed", "250", "--period", "8", "--homes", "4", "--processes", "4"];
const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
const config = join(folder, "home.yaml");
let street: Program;
let url: string;
let card: StreetCard;

beforeAll(async () => {
  street = new Program(["--data", data, "--port", "0", ...ARGS]);
  url = await street.prints(/see (http:\S+)/);
  card = (await (await fetch(`${url}api/street`)).json()) as StreetCard;
  writeFileSync(join(folder, "password"), readFileSync(join(data, "password"), "utf8").trim(), { mode: 0o600 });
  const lines = [`data: ${join(data, "homes", "home-01")}`, `street: ${url}api/street`, "password: { file: password }"];
  writeFileSync(config, `${["name: home-01", ...lines, "device: { host: 127.0.0.1 }"].join("\n")}\n`);
});
afterAll(async () => {
  await street.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function good(...args: readonly string[]): Promise<string> {
  const { exit, out, err } = await run([args[0]!, "--config", config, ...args.slice(1)]);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  return out;
}
const account = async (): Promise<string> => /owner's account 0x[0-9a-f]{40} holds ([\d.]+) /.exec(await good("balance"))![1]!;

async function head(): Promise<VaultHead> {
  const chain = openChain({ rpc: card.chain.rpc, chainId: card.chain.id, vault: address(card.chain.vault) });
  const answer = await chain.head();
  await chain.close();
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
}

/** Holds what a home's process does, without ending it. */
const hosting = (home: number): number => {
  const [pid] = processesWith(join(data, "hosts", `${home}.json`));
  assert(pid !== undefined, `home ${home} has a process`);
  return pid;
};

test("an owner has its home's money in the middle of a period, also while one of four validators is away", async () => {
  const { nextPeriod: first } = await head();
  const told = await good("withdraw", "--amount", "30", "--now", "--dry-run");
  expect(told).toMatch(/at once,\nif the street's validators vouch within 10 seconds that what stays covers all that home-01 may owe/);
  const { nextPeriod: open } = await until(head, ({ nextPeriod }) => nextPeriod > first);
  process.kill(hosting(4), "SIGSTOP");
  try {
    expect(await good("withdraw", "--amount", "30", "--now")).toMatch(/Paid: transaction 0x[0-9a-f]{64}\n$/);
    // No period was settled for it.
    expect((await head()).nextPeriod).toBe(open);
    expect(await account()).toBe("30.00");
  } finally {
    process.kill(hosting(4), "SIGCONT");
  }
});

// The street's time is ahead of the chain's, so what was settled covers it already.
test("without enough of them it is asked for instead, under the same number, and paid when it is due", async () => {
  for (const home of [3, 4]) process.kill(hosting(home), "SIGSTOP");
  try {
    const told = await good("withdraw", "--amount", "12", "--now");
    expect(told).toContain("Not paid at once: home-03, home-04: doesn't answer.\nIt is asked for instead.\nThe operator has carried it");
  } finally {
    for (const home of [3, 4]) process.kill(hosting(home), "SIGCONT");
  }
  // Each question is a whole command.
  await until(account, (holds) => holds === "42.00", 1_000);
  expect(await good("balance")).toContain("nothing of it is asked for");
});
