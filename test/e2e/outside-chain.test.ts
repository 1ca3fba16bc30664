import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { type Anvil, openChain, startAnvil } from "../../adapters/evm/index.ts";
import { connect } from "../../adapters/evm/rpc.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import { Program, ROOT, run } from "../support/street-process.ts";

jest.setTimeout(240_000);

const CHAIN_ID = 7713;
const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
const anvils: Anvil[] = [];
let chain: Anvil;

async function start(): Promise<Anvil> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, keptStates: 64 });
  assert(anvil.ok, anvil.ok ? "" : anvil.detail);
  anvils.push(anvil.value);
  // A block each second, whatever happens, as on a chain that others use too.
  await ask(anvil.value.rpc, "evm_setIntervalMining", 1);
  return anvil.value;
}
async function ask(rpc: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const node = connect({ rpc });
  const answer = await node.ask(method, params);
  node.close();
  assert(answer.ok, answer.ok ? "" : `${method}: ${answer.detail}`);
  return answer.value;
}
/** A street of two homes on `nodes`, until three intervals are settled. */
function argumentsFor(nodes: readonly string[]): readonly string[] {
  const config = join(folder, "street.yaml");
  const rules = join(ROOT, "config/market/street.yaml");
  const lines = [
    `rules: ${rules}`,
    `data: ${data}`,
    "homes: 2",
    "chain:",
    `  id: ${CHAIN_ID}`,
    "  challengeSeconds: 0",
    `  homesRpc: ${nodes.at(-1)}`,
    "  rpc:",
  ];
  writeFileSync(config, [...lines, ...nodes.map((node) => `    - ${node}`), ""].join("\n"));
  return ["--config", config, "--port", "0", "--speed", "300", "--period", "2", "--processes", "1", "--intervals", "4"];
}

beforeAll(async () => {
  chain = await start();
});
afterAll(async () => {
  for (const anvil of anvils) await anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a street is put on a chain that isn't its own, through the node that answers, and settles there", async () => {
  const nodes = ["http://me:hunter2@127.0.0.1:9/", chain.rpc];
  const poor = await run(argumentsFor(nodes));
  expect(poor).toMatchObject({ exit: 1, err: expect.stringMatching(/insufficient funds: the relay's account 0x[0-9a-f]{40} holds 0 ETH/) });
  const account = /account (0x[0-9a-f]{40})/.exec(poor.err)![1];
  await ask(chain.rpc, "anvil_setBalance", account, `0x${(10n ** 18n).toString(16)}`);

  const street = new Program(argumentsFor(nodes));
  const url = await street.prints(/see (http:\S+)/);
  const text = await (await fetch(`${url}api/street`)).text();
  expect(text).not.toMatch(/hunter2/);
  const card = JSON.parse(text) as { chain: { id: number; rpc: string; vault: string } };
  expect(card.chain).toMatchObject({ id: CHAIN_ID, rpc: chain.rpc });
  expect(await street.ended).toMatchObject({ exit: 0, err: "" });

  const vault = openChain({ rpc: chain.rpc, chainId: CHAIN_ID, vault: address(card.chain.vault) });
  const batches = await vault.batches();
  await vault.close();
  expect(batches.ok && batches.value.length).toBeGreaterThanOrEqual(1);
  expect(readdirSync(join(data, "operator", "outbox")).filter((file) => file.endsWith(".outbox"))).toHaveLength(1);
});

test("it doesn't start on a chain that hasn't its vault, or on its own", async () => {
  const other = await start();
  expect(await run(argumentsFor([other.rpc]))).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/no Commonwatt (vault|community) at 0x/),
  });
  expect(await run(["--data", data, "--port", "0", "--homes", "2"])).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/its chain differ/),
  });
});
