import { spawn } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Anvil, type AnvilOptions, openRelay, startAnvil } from "../../../adapters/evm/index.ts";
import { connect } from "../../../adapters/evm/rpc.ts";
import { type Address, address, assert } from "../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { OPERATOR_KEY, TestStreet } from "../../support/test-street.ts";

const FUNDED = [address(addressOf(1))];

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
const running: Anvil[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "chain", "state.json");
});
afterEach(async () => {
  for (const anvil of running.splice(0)) await anvil.stop();
  folder.remove();
});

async function start(change: Partial<AnvilOptions> = {}): Promise<Anvil> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: file, funded: FUNDED, ...change });
  assert(anvil.ok, anvil.ok ? "" : `${anvil.code} ${anvil.detail}`);
  running.push(anvil.value);
  return anvil.value;
}

/** Not counting what has ended and whose parent hasn't looked yet. */
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};

async function ask(rpc: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const node = connect({ rpc });
  const answer = await node.ask(method, params);
  node.close();
  return answer.ok ? answer.value : answer.detail;
}

async function ticksAt(rpc: string, vault: Address): Promise<readonly number[]> {
  const relay = openRelay({ rpc, chainId: CHAIN_ID, vault, key: OPERATOR_KEY, finality: 0 });
  const balances = await relay.balances();
  await relay.close();
  return balances.ok ? balances.value.homes.map((micro) => micro / 100) : [];
}

describe("start", () => {
  test("on a free port of loopback, with the rules of the real chain and no keys that everybody knows", async () => {
    const { rpc, port } = await start();
    expect(rpc).toBe(`http://127.0.0.1:${port}`);
    expect(await ask(rpc, "eth_chainId")).toBe("0x1e21");
    expect(await ask(rpc, "eth_accounts")).toEqual([]);
    const call = { from: FUNDED[0], to: FUNDED[0], gas: "0x1000001" };
    expect(await ask(rpc, "eth_sendTransaction", [call])).toMatch(/./);
    await ask(rpc, "anvil_mine", ["0x5"]);
    expect(((await ask(rpc, "eth_getBlockByNumber", ["finalized", false])) as { number: string }).number).toBe("0x3");
  });

  test("two chains side by side", async () => {
    const [a, b] = [await start({ stateFile: null }), await start({ stateFile: null })];
    expect(a.port).not.toBe(b.port);
  });

  test("a binary that isn't there", async () => {
    const missing = join(folder.path, "anvil");
    const refused = await startAnvil({ chainId: 1, stateFile: null, binary: missing });
    expect(refused).toEqual({ ok: false, code: "ANVIL_MISSING", detail: `there is no anvil at ${missing}; correct or unset ANVIL_BIN` });
  });

  test("a binary that can't be run, and one that ends", async () => {
    const script = join(folder.path, "anvil");
    writeFileSync(script, "#!/bin/sh\necho this is the end\nexit 3\n");
    expect(await startAnvil({ chainId: 1, stateFile: null, binary: script })).toMatchObject({
      ok: false,
      code: "ANVIL_FAILED",
      detail: expect.stringContaining("EACCES"),
    });
    chmodSync(script, 0o755);
    expect(await startAnvil({ chainId: 1, stateFile: null, binary: script })).toEqual({
      ok: false,
      code: "ANVIL_FAILED",
      detail: "anvil exit code 3: this is the end",
    });
  });

  test("a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    expect(await startAnvil({ chainId: 1, stateFile: file, port })).toMatchObject({ ok: false, code: "ANVIL_PORT_TAKEN" });
    expect(existsSync(`${file}.pid`)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("stop", () => {
  test("ends the process, writes the state and leaves nothing else", async () => {
    const anvil = await start();
    expect(readFileSync(`${file}.pid`, "utf8")).toBe(`${anvil.pid} ${process.pid}\n`);
    await anvil.stop();
    expect(isAlive(anvil.pid)).toBe(false);
    expect(await anvil.exited).toBe("exit code 0");
    expect(readdirSync(join(folder.path, "chain"))).toEqual(["state.json"]);
    await anvil.stop();
  });

  test("tells when somebody else ended it", async () => {
    const anvil = await start();
    process.kill(anvil.pid, "SIGKILL");
    expect(await anvil.exited).toBe("ended by SIGKILL");
  });

  test("is done by force when it isn't obeyed in time", async () => {
    const [script, program] = [join(folder.path, "anvil"), join(folder.path, "deaf.mjs")];
    writeFileSync(
      program,
      `import { createServer } from "node:http";
       process.on("SIGTERM", () => {});
       const server = createServer((_, answer) => answer.end('{"result":true}')).listen(0, "127.0.0.1", () => console.log("Listening on 127.0.0.1:" + server.address().port));`,
    );
    writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${program}"\n`, { mode: 0o755 });
    const anvil = await start({ binary: script, stateFile: null });
    await anvil.stop();
    expect(await anvil.exited).toBe("ended by SIGKILL");
  }, 20_000);
});

describe("another life", () => {
  test("goes on with the same street on the same port", async () => {
    const first = await start();
    const street = await TestStreet.on(first.rpc);
    const settled = await street.relay.settle(street.batch(0, [-10, 10]));
    await street.close();
    await first.stop();

    const second = await start({ port: first.port });
    expect(second.port).toBe(first.port);
    expect(second.isFromCopy).toBe(false);
    expect(await ticksAt(second.rpc, street.vault)).toEqual([9_990, 10_010, 10_000, 10_000, 10_000]);
    const relay = openRelay({ rpc: second.rpc, chainId: CHAIN_ID, vault: street.vault, key: OPERATOR_KEY, finality: 0 });
    expect(await relay.settle(street.batch(0, [-10, 10]))).toEqual(settled);
    expect(await relay.settle(street.batch(1, [-10, 10]))).toMatchObject({ ok: true });
    await relay.close();
  });

  test("after a kill goes on from the last state written, and what was lost is settled again", async () => {
    const first = await start();
    const street = await TestStreet.on(first.rpc);
    await street.relay.settle(street.batch(0, [-10, 10]));
    // Anvil writes every two seconds.
    const size = (): number => (existsSync(file) ? readFileSync(file).length : 0);
    const before = size();
    await until(() => size() > before);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await street.relay.settle(street.batch(1, [-5, 5]));
    process.kill(first.pid, "SIGKILL");
    await first.exited;
    expect(await street.relay.head()).toMatchObject({ code: "CHAIN_UNREACHABLE" });

    const second = await start({ port: first.port });
    const relay = street.relay;
    const head = await relay.head();
    expect(head).toMatchObject({ ok: true, value: { nextPeriod: 501 } });
    expect(await relay.settle(street.batch(1, [-5, 5]))).toMatchObject({ ok: true });
    const batches = await relay.batches();
    expect(batches.ok && batches.value.map(({ period }) => period)).toEqual([500, 501]);
    expect(await ticksAt(second.rpc, street.vault)).toEqual([9_985, 10_015, 10_000, 10_000, 10_000]);
    await street.close();
  });

  test("with a damaged file goes on from its copy, and says so", async () => {
    const first = await start();
    const street = await TestStreet.on(first.rpc);
    await street.close();
    await first.stop();
    await (await start()).stop();
    truncateSync(file, 1_000);
    const third = await start();
    expect(third.isFromCopy).toBe(true);
    expect(await ticksAt(third.rpc, street.vault)).toEqual([10_000, 10_000, 10_000, 10_000, 10_000]);
    await third.stop();
    expect(readdirSync(join(folder.path, "chain")).sort()).toEqual(["state.json", "state.json.broken", "state.json.previous"]);
    expect(readFileSync(`${file}.broken`)).toHaveLength(1_000);
  });

  test.each(["", "{}", "null", '{"block":{'])("with file and copy damaged (%j) starts nothing and names the way out", async (text) => {
    await (await start()).stop();
    writeFileSync(file, text);
    writeFileSync(`${file}.previous`, text);
    const refused = await startAnvil({ chainId: CHAIN_ID, stateFile: file });
    expect(refused).toEqual({
      ok: false,
      code: "ANVIL_STATE_BROKEN",
      detail: `${file} and its copy are damaged; move both away to begin a new chain, or put a backup in their place`,
    });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("a file that disappeared comes back from its copy", async () => {
    await (await start()).stop();
    await (await start()).stop();
    rmSync(file);
    const anvil = await start();
    expect(anvil.isFromCopy).toBe(true);
  });
});

describe("one writer", () => {
  test("a second chain on the same file is refused", async () => {
    await start();
    const refused = await startAnvil({ chainId: CHAIN_ID, stateFile: file });
    expect(refused).toMatchObject({
      ok: false,
      code: "ANVIL_STATE_BUSY",
      detail: expect.stringContaining(`process ${process.pid} runs a chain on`),
    });
  });

  test("the chain of a street that was killed is ended first", async () => {
    const script = join(folder.path, "street.mjs");
    const adapter = join(import.meta.dirname, "../../../adapters/evm/index.ts");
    writeFileSync(
      script,
      `const { startAnvil } = await import(${JSON.stringify(adapter)});
       const anvil = await startAnvil({ chainId: ${CHAIN_ID}, stateFile: ${JSON.stringify(file)} });
       console.log(anvil.value.pid);
       setInterval(() => {}, 1000);`,
    );
    const killed = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const orphan = Number(await new Promise((resolve) => killed.stdout.once("data", (text) => resolve(String(text)))));
    const ended = new Promise((resolve) => killed.once("close", resolve));
    killed.kill("SIGKILL");
    await ended;
    expect(isAlive(orphan)).toBe(true);
    const anvil = await start();
    expect(isAlive(orphan)).toBe(false);
    expect(anvil.pid).not.toBe(orphan);
  });

  test("a pid of the past that another program has now is left alone", async () => {
    await (await start()).stop();
    const bystander = spawn("sleep", ["30"]);
    writeFileSync(`${file}.pid`, `${bystander.pid} 1\n`);
    await start();
    expect(isAlive(bystander.pid!)).toBe(true);
    bystander.kill();
    await new Promise((resolve) => bystander.once("close", resolve));
  });
});
