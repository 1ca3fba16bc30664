import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { Wallet } from "ethers";
import type { StreetState } from "../../src/api/index.ts";
import { type Ended, Program, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
const config = join(folder, "home.yaml");
let street: Program;
let url: string;
let password: string;
const outputs: string[] = [];
/** Between two questions that take a whole command each. */
const COMMAND_MS = 1_000;

beforeAll(async () => {
  // Its time is ahead of the chain's, so that what it settles covers what is asked for.
  const args = ["--from", "2027-06-15T06:00:00Z", "--speed", "300", "--period", "8", "--homes", "4", "--processes", "1"];
  street = new Program(["--data", data, "--port", "0", ...args]);
  url = await street.prints(/see (http:\S+)/);
  password = readFileSync(join(data, "password"), "utf8").trim();
  configure(password);
});
afterAll(async () => {
  await street.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A home of the street's own, whose owner reaches the operator over HTTP as any other owner does. */
function configure(secret: string): void {
  writeFileSync(join(folder, "password"), secret, { mode: 0o600 });
  const lines = [
    "name: home-01",
    `data: ${join(data, "homes", "home-01")}`,
    `street: ${url}api/street`,
    "password: { file: password }",
    "device: { host: 127.0.0.1 }",
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
}

async function owner(...args: readonly string[]): Promise<Ended> {
  const ended = await run([args[0]!, "--config", config, ...args.slice(1)]);
  outputs.push(ended.out, ended.err);
  return ended;
}
const good = async (...args: readonly string[]): Promise<string> => {
  const { exit, out, err } = await owner(...args);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  return out;
};
const account = async (): Promise<string> => /owner's account 0x[0-9a-f]{40} holds ([\d.]+) /.exec(await good("balance"))![1]!;

test("an owner without a coin has its home's money paid out and pays it in again, by signatures that the operator carries", async () => {
  expect(await account()).toBe("0.00");
  const told = await good("withdraw", "--amount", "20", "--dry-run");
  expect(told).toMatch(/^20\.00 \w+ of the \d+\.\d+ that home-01 holds in the vault go to its owner's account 0x/);
  expect(told).toMatch(/Nothing was signed or sent \(--dry-run\)\.\n$/);
  expect(await good("balance")).toContain("nothing of it is asked for");

  expect(await good("withdraw", "--amount", "20")).toMatch(/The operator has carried it: transaction 0x[0-9a-f]{64}\n$/);
  await until(account, (holds) => holds === "20.00", COMMAND_MS);

  expect(await good("deposit", "--amount", "12.5", "--dry-run")).toContain("which holds 20.00");
  expect(await good("deposit", "--amount", "12.5")).toMatch(/transaction 0x[0-9a-f]{64}\n$/);
  expect(await account()).toBe("7.50");
  const state = (await (await fetch(`${url}api/state`)).json()) as StreetState;
  expect(state.settlement?.conservation.holds ?? true).toBe(true);
});

test("what can't be is said before anything is signed", async () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { exit, out, err } = await owner(...args);
    expect({ exit, out }).toEqual({ exit: 1, out: expect.any(String) });
    return err;
  };
  expect(await refused("withdraw", "--amount", "200000")).toMatch(/home-01 holds \d+\.\d+ \w+ of its own in the vault; name less/);
  expect(await refused("deposit", "--amount", "7.5001")).toMatch(/the owner's account 0x\w+ holds 7\.50 \w+; name less/);
  expect(await refused("withdraw", "--amount", "1", "--to", `0x${"0".repeat(40)}`)).toContain("money can't go to nobody");
  configure("another");
  expect(await refused("withdraw", "--amount", "1")).toContain("the password doesn't open");
  configure(password);
  expect(await good("balance")).toContain("nothing of it is asked for");
});

test("nobody's key or password is in what was printed or logged", async () => {
  const files = readdirSync(join(data, "log")).map((name) => readFileSync(join(data, "log", name), "utf8"));
  const shown = [...outputs, street.out, ...files].join("\n");
  const keystore = readFileSync(join(data, "homes", "home-01", "owner.json"), "utf8");
  const { privateKey } = (await Wallet.fromEncryptedJson(keystore, password)) as Wallet;
  expect(shown).toContain("home.withdraw");
  for (const secret of [password, privateKey.slice(2), privateKey.slice(2).toUpperCase()]) expect(shown).not.toContain(secret);
});
