import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { openChain } from "../../adapters/evm/index.ts";
import { connect } from "../../adapters/evm/rpc.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import type { StreetState } from "../../src/api/index.ts";
import { Program, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

/** Street seconds in a second; an interval of 15 min takes three. */
const SPEED = 300;
const HOUR_MS = 3_600_000 / SPEED;
const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
let street: Program;
let url: string;
let card: { chain: { id: number; rpc: string; vault: string } };

beforeAll(async () => {
  street = new Program(["--data", data, "--port", "0", "--speed", `${SPEED}`, "--period", "2", "--homes", "4", "--processes", "1"]);
  url = await street.prints(/see (http:\S+)/);
  card = (await (await fetch(`${url}api/street`)).json()) as typeof card;
});
afterAll(async () => {
  await street.stop();
  rmSync(folder, { recursive: true, force: true });
});

const certified = async (): Promise<number> => ((await (await fetch(`${url}api/state`)).json()) as StreetState).street.intervalsCertified;

/** Periods that the chain has settled, in its order. */
async function settled(): Promise<readonly number[]> {
  const chain = openChain({ rpc: card.chain.rpc, chainId: card.chain.id, vault: address(card.chain.vault) });
  const batches = await chain.batches();
  await chain.close();
  return batches.ok ? batches.value.map(({ period }) => period) : [];
}

async function ask(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const node = connect({ rpc: card.chain.rpc });
  const answer = await node.ask(method, params);
  node.close();
  assert(answer.ok, answer.ok ? "" : `${method}: ${answer.detail}`);
  return answer.value;
}

const inARow = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => first + i);

test("with the chain away for an hour the street trades on, and hands in what waited, each batch once", async () => {
  await until(settled, (periods) => periods.length > 0);
  const anvil = Number.parseInt(readFileSync(join(data, "chain.json.pid"), "utf8"), 10);
  const before = { certified: await certified(), settled: await settled() };
  process.kill(anvil, "SIGSTOP");
  try {
    await sleep(HOUR_MS);
    // An hour has four intervals; the last one may still be on its way.
    expect(await certified()).toBeGreaterThanOrEqual(before.certified + 3);
  } finally {
    process.kill(anvil, "SIGCONT");
  }
  const { length } = before.settled;
  const after = await until(settled, (periods) => periods.length >= length + 2);
  expect(after).toEqual(inARow(before.settled[0]!, after.length));
});

test("what the chain takes back is handed in again while trading goes on, each batch once", async () => {
  const before = { certified: await certified(), settled: await settled() };
  const snapshot = await ask("evm_snapshot");
  await until(settled, (periods) => periods.length >= before.settled.length + 2);
  expect(await ask("evm_revert", snapshot)).toBe(true);
  expect((await settled()).length).toBeLessThan(before.settled.length + 2);
  const after = await until(settled, (periods) => periods.length >= before.settled.length + 3);
  expect(after).toEqual(inARow(before.settled[0]!, after.length));
  // Three periods have six intervals, and two of the periods may have been on their way before the chain went back.
  await until(certified, (count) => count > before.certified + 6);
  const { exit, out, err } = await street.stop();
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  expect(out).toMatch(/in every interval/);
});
