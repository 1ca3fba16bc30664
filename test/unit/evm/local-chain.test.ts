import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import fc from "fast-check";
import { type Anvil, type LocalChainOptions, startEmbedded, startLocalChain } from "../../../adapters/evm/index.ts";
import { address, assert } from "../../../engine/kernel/index.ts";
import { certificateBytes } from "../../support/batch-bytes.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { addressOf, CHAIN_ID, keyOf, TestChain } from "../../support/test-chain.ts";
import { TestStreet } from "../../support/test-street.ts";
import { ownerOf, TestVault } from "../../support/test-vault.ts";

jest.setTimeout(90_000);

const FUNDED = [1, 2].map((n) => address(addressOf(n)));
const [ME, OTHER] = [addressOf(1), addressOf(2)];
const HASH = `0x${"5a".repeat(32)}`;

interface Said {
  readonly status: number;
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: string };
}

async function post(rpc: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(rpc, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

async function ask(rpc: string, method: string, ...params: readonly unknown[]): Promise<Said> {
  const { status, text } = await post(rpc, JSON.stringify({ jsonrpc: "2.0", id: 7, method, params }));
  return { status, ...JSON.parse(text) };
}

async function start(change: Partial<LocalChainOptions> = {}): Promise<Anvil> {
  const chain = await startLocalChain({ chainId: CHAIN_ID, stateFile: null, funded: FUNDED, ...change });
  assert(chain.ok, chain.ok ? "" : `${chain.code} ${chain.detail}`);
  return chain.value;
}

const transfer = (nonce: number, change: object = {}): Promise<string> =>
  new Wallet(keyOf(1)).signTransaction({
    type: 2,
    chainId: CHAIN_ID,
    nonce,
    to: OTHER,
    value: 5,
    gasLimit: 21_000,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1,
    ...change,
  });

describe("what it is asked", () => {
  let chain: Anvil;
  let rpc: string;
  beforeAll(async () => {
    chain = await start();
    ({ rpc } = chain);
  });
  afterAll(() => chain.stop());

  test.each<[string, string, number, number, RegExp]>([
    ["no JSON", "{", 400, -32_700, /not JSON/],
    ["nothing", "", 400, -32_700, /not JSON/],
    ["a number", "5", 200, -32_600, /an object with method and params/],
    ["null", "null", 200, -32_600, /an object/],
    ["an empty batch", "[]", 200, -32_600, /1 to 1000/],
    ["a batch that is too long", JSON.stringify(Array(1_001).fill({ id: 1, method: "eth_chainId" })), 200, -32_600, /1 to 1000/],
    ["no method", '{"id":1}', 200, -32_600, /method/],
    ["a method that is a number", '{"id":1,"method":5}', 200, -32_600, /method/],
    ["params by name", '{"id":1,"method":"eth_chainId","params":{}}', 200, -32_600, /params: a list/],
    ["an id that is a list", '{"id":[],"method":"eth_chainId"}', 200, -32_600, /id/],
    ["a method that nobody has", '{"id":1,"method":"eth_mine"}', 200, -32_601, /eth_mine is not served/],
    ["a method of every object", '{"id":1,"method":"toString"}', 200, -32_601, /toString is not served/],
    ["a method for tests", '{"id":1,"method":"evm_mine"}', 200, -32_601, /evm_mine is not served/],
    ["too much", `"${"x".repeat(4 * 1024 * 1024)}"`, 413, -32_600, /at most 4194304 bytes/],
  ])("%s is refused with words", async (_, body, status, code, words) => {
    const said = await post(rpc, body);
    expect(said.status).toBe(status);
    expect(JSON.parse(said.text)).toEqual({
      jsonrpc: "2.0",
      id: body.startsWith('{"id":1') ? 1 : null,
      error: { code, message: expect.stringMatching(words) },
    });
  });

  test.each<[string, readonly unknown[], RegExp]>([
    ["eth_getBalance", [], /^params\[0\]: an address/],
    ["eth_getBalance", ["0x12"], /^params\[0\]: an address/],
    ["eth_getBalance", [ME, "newest"], /^params\[1\]: a quantity/],
    ["eth_getBalance", [ME, {}], /^params\[1\]: a block is latest/],
    ["eth_getBalance", [ME, { blockHash: 5 }], /^params\[1\]\.blockHash: a hash/],
    ["eth_getStorageAt", [ME, -1], /^params\[1\]: a quantity/],
    ["eth_call", [], /^params\[0\]: an object/],
    ["eth_call", [[]], /^params\[0\]: an object/],
    ["eth_call", [{ to: "me" }], /^params\[0\]\.to: an address/],
    ["eth_call", [{ to: ME, data: "0x123" }], /^params\[0\]\.data: bytes/],
    ["eth_call", [{ to: ME, value: `0x${"f".repeat(65)}` }], /^params\[0\]\.value: a quantity/],
    [
      "eth_call",
      [{ to: ME, accessList: [{ address: ME, storageKeys: ["x"] }] }],
      /^params\[0\]\.accessList\[0\]\.storageKeys\[0\]: a quantity/,
    ],
    ["eth_getBlockByHash", ["0x5"], /^params\[0\]: a hash/],
    ["eth_getTransactionReceipt", [null], /^params\[0\]: a hash/],
    ["eth_sendRawTransaction", ["02"], /^params\[0\]: bytes/],
    ["eth_feeHistory", [1_025, "latest"], /^params\[0\]: a whole number up to 1024/],
    ["eth_getLogs", [{ topics: "all" }], /^params\[0\]\.topics: a list/],
    ["eth_getLogs", [{ topics: [null, null, null, null, null] }], /^params\[0\]\.topics: at most 4/],
    ["eth_getLogs", [{ blockHash: HASH, fromBlock: "0x0" }], /^params\[0\]: either blockHash/],
  ])("%s of %j names the place", async (method, params, words) => {
    expect(await ask(rpc, method, ...params)).toEqual({
      status: 200,
      jsonrpc: "2.0",
      id: 7,
      error: { code: -32_602, message: expect.stringMatching(words) },
    });
  });

  test.each<[string, readonly unknown[], unknown]>([
    ["net_version", [], "7713"],
    ["eth_chainId", [], "0x1e21"],
    ["eth_accounts", [], []],
    ["eth_getBalance", [OTHER, "earliest"], undefined],
    ["eth_getTransactionCount", [HASH.slice(0, 42)], "0x0"],
    ["eth_getCode", [HASH.slice(0, 42), "pending"], "0x"],
    ["eth_getStorageAt", [HASH.slice(0, 42), "0x0"], `0x${"0".repeat(64)}`],
    ["eth_getBlockByNumber", ["0xffff", false], null],
    ["eth_getBlockByHash", [HASH, true], null],
    ["eth_getTransactionByHash", [HASH], null],
    ["eth_getTransactionReceipt", [HASH], null],
    ["eth_getLogs", [{}], []],
    ["eth_estimateGas", [{ from: ME, to: OTHER, value: "0x1" }], "0x5208"],
    ["eth_call", [{ to: OTHER, data: "0x1234" }], "0x"],
    // SHA-256 of nothing, by a precompiled contract.
    ["eth_call", [{ to: `0x${"2".padStart(40, "0")}` }], "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ])("%s of %j is %j", async (method, params, result) => {
    const said = await ask(rpc, method, ...params);
    if (result === undefined) expect(said.error).toBeUndefined();
    else expect(said).toEqual({ status: 200, jsonrpc: "2.0", id: 7, result });
  });

  test("a batch is answered in order, with its errors, and without those who want no answer", async () => {
    const batch = [{ id: "a", method: "eth_chainId" }, { method: "eth_chainId" }, 5, { id: 2, method: "eth_nothing" }];
    const { text } = await post(rpc, JSON.stringify(batch));
    expect(JSON.parse(text)).toEqual([
      { jsonrpc: "2.0", id: "a", result: "0x1e21" },
      { jsonrpc: "2.0", id: null, error: { code: -32_600, message: expect.any(String) } },
      { jsonrpc: "2.0", id: 2, error: { code: -32_601, message: expect.any(String) } },
    ]);
    expect(await post(rpc, JSON.stringify({ method: "eth_chainId" }))).toEqual({ status: 204, text: "" });
  });

  test("GET is told to ask by POST; a socket that talks rubbish or goes away ends nothing", async () => {
    expect((await fetch(rpc)).status).toBe(405);
    const { port } = new URL(rpc);
    const half = connectSocket(Number(port), "127.0.0.1");
    half.write("POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\n{");
    const rubbish = connectSocket(Number(port), "127.0.0.1");
    rubbish.write("\0\0\0\r\n\r\n");
    await new Promise((resolve) => rubbish.resume().once("close", resolve));
    half.destroy();
    expect(await ask(rpc, "eth_chainId")).toMatchObject({ result: "0x1e21" });
  });

  test("whatever is asked, an answer comes and the chain lives", async () => {
    const anyParam = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(
        "latest",
        ME,
        HASH,
        "0x",
        "0x0",
        { to: ME, data: "0xffffffff", gas: "0x1" },
        { fromBlock: "0x1", toBlock: "0x0" },
      ),
    );
    const methods = [
      "eth_call",
      "eth_estimateGas",
      "eth_getLogs",
      "eth_getStorageAt",
      "eth_getBlockByNumber",
      "eth_sendRawTransaction",
      "eth_feeHistory",
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...methods), fc.array(anyParam, { maxLength: 4 }), async (method, params) => {
        const said = await ask(rpc, method, ...params);
        expect(said.id).toBe(7);
        expect(said.error === undefined).toBe("result" in said);
        // Nobody is answered with a fault of ours.
        expect(said.error?.code).not.toBe(-32_603);
      }),
      { numRuns: 150, seed: 20_261_127 },
    );
    expect(await ask(rpc, "eth_chainId")).toMatchObject({ result: "0x1e21" });
  });
});

describe("transactions", () => {
  let chain: Anvil;
  let rpc: string;
  let first: string;
  beforeAll(async () => {
    chain = await start();
    ({ rpc } = chain);
    first = await transfer(0);
    // Two with one nonce at once.
    const both = await Promise.all([first, await transfer(0, { value: 6 })].map((raw) => ask(rpc, "eth_sendRawTransaction", raw)));
    expect(both.map(({ error }) => error?.message.slice(0, 13) ?? "mined")).toEqual(["mined", "nonce too low"]);
  });
  afterAll(() => chain.stop());

  test.each<[string, number, object, RegExp]>([
    ["of another chain", 0, { chainId: 1 }, /chain/i],
    ["with a nonce that was used", -1, {}, /nonce too low: next nonce 1, tx nonce 0/],
    ["with a nonce to come", 5, {}, /nonce too high: next nonce 1, tx nonce 5; this chain keeps no queue/],
    ["with more gas than EIP-7825 allows", 1, { gasLimit: 2 ** 24 + 1 }, /16777216|gas/i],
    ["with less gas than it costs to begin", 1, { gasLimit: 20_999 }, /INTRINSIC_GAS_TOO_LOW|gas/i],
    ["that offers less than the base fee", 1, { maxFeePerGas: 1, maxPriorityFeePerGas: 1 }, /max fee per gas less than block base fee/],
    ["that nobody can pay", 1, { value: 2n ** 97n }, /insufficient funds/],
    ["larger than geth takes", 1, { data: `0x${"00".repeat(128 * 1024)}`, gasLimit: 2_000_000 }, /oversized data/],
  ])("%s are refused, and nothing has happened", async (_, nonce, change, words) => {
    const raw = nonce === -1 ? await transfer(0, { value: 6 }) : await transfer(nonce, change);
    const said = await ask(rpc, "eth_sendRawTransaction", raw);
    expect(said.error).toEqual({ code: -32_000, message: expect.stringMatching(words) });
    expect(await ask(rpc, "eth_sendRawTransaction", first)).toMatchObject({ error: { message: "already known" } });
    expect(await ask(rpc, "eth_blockNumber")).toMatchObject({ result: "0x1" });
    expect(await ask(rpc, "eth_getTransactionCount", ME)).toMatchObject({ result: "0x1" });
  });

  test("of types 0, 1 and 2 are mined at once, and ethers reads them", async () => {
    const provider = new JsonRpcProvider(rpc, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
    try {
      const wallet = new Wallet(keyOf(1), provider);
      for (const type of [0, 1, 2]) {
        // More of a tip than there is room for, where there is one.
        const fees = type === 2 ? { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 10n } : {};
        const sent = await wallet.sendTransaction({ to: OTHER, value: 5, type, ...fees });
        const receipt = (await sent.wait())!;
        const found = (await provider.getTransaction(sent.hash))!;
        expect([receipt.status, receipt.gasUsed, receipt.from, found.type, found.value, found.nonce]).toEqual([
          1,
          21_000n,
          ME,
          type,
          5n,
          type + 1,
        ]);
        const block = (await provider.getBlock(receipt.blockNumber, true))!;
        expect([block.hash, block.prefetchedTransactions[0]?.hash]).toEqual([receipt.blockHash, sent.hash]);
        const paid = await provider
          .getBalance(ME, receipt.blockNumber - 1)
          .then(async (before) => before - (await provider.getBalance(ME, receipt.blockNumber)));
        expect(paid).toBe(5n + receipt.gasUsed * receipt.gasPrice);
      }
      const blob = await wallet.signTransaction({
        type: 4,
        to: OTHER,
        nonce: 4,
        chainId: CHAIN_ID,
        gasLimit: 100_000,
        maxFeePerGas: 10n ** 10n,
        authorizationList: [],
      });
      expect(await ask(rpc, "eth_sendRawTransaction", blob)).toMatchObject({ error: { code: -32_000 } });
    } finally {
      provider.destroy();
    }
  });
});

describe("a street's contracts", () => {
  test("refuse with data that ethers reads, are found in logs, and can be asked for older states, also after a restart", async () => {
    const folder = temporaryFolder();
    const stateFile = join(folder.path, "chain", "state.json");
    const first = await start({ stateFile });
    const street = await TestStreet.on(first.rpc);
    expect(await street.relay.settle(street.batch(0, [-10, 10]))).toMatchObject({ ok: true });
    const head = Number((await ask(first.rpc, "eth_blockNumber")).result);
    const logs = await ask(first.rpc, "eth_getLogs", { address: street.vault, fromBlock: "earliest" });
    const before = await readBalances(first.rpc, street.vault, head);
    const purse = await ask(first.rpc, "eth_getBalance", ME);
    expect(before.slice(-2)).toEqual(["10000,10000", "9990,10010"]);
    await street.close();
    await first.stop();

    const second = await start({ stateFile, port: first.port });
    expect(second.port).toBe(first.port);
    expect(await readBalances(second.rpc, street.vault, head)).toEqual(before);
    expect(await ask(second.rpc, "eth_getBalance", ME)).toEqual(purse);
    expect(await ask(second.rpc, "eth_getLogs", { address: street.vault, fromBlock: "earliest" })).toEqual(logs);
    expect((logs.result as readonly unknown[]).length).toBeGreaterThan(5);
    expect(await ask(second.rpc, "eth_getLogs", { fromBlock: `0x${(head + 1).toString(16)}` })).toMatchObject({ error: { code: -32_000 } });
    const refused = await ask(second.rpc, "eth_call", { to: street.vault, data: "0xffffffff" });
    expect(refused.error).toEqual({ code: 3, message: "execution reverted", data: "0x" });
    const again = await TestStreet.on(second.rpc);
    expect(await again.relay.settle(again.batch(1, []))).toMatchObject({ ok: false, detail: "WrongPeriod(expected=500, got=501)" });
    await again.close();
    await second.stop();
    folder.remove();
  });

  test("run with the gas that was estimated for them, and it isn't much more than they use", async () => {
    const chain = await TestChain.start(45, "ethereumjs");
    try {
      const street = await TestVault.deploy(chain, { homes: 4 });
      await street.fund(0, 500);
      await street.send(ownerOf(0), "requestWithdraw", 0, addressOf(2), 300);
      // No block comes by itself, so that the last one is old: the estimate is for the next.
      await chain.provider.send("evm_increaseTime", [86_400]);
      await expectEstimateToDo(street, "finalizeWithdraw", [0]);
      const batch = await street.batch([0, 0, 0, 0]);
      const cert = certificateBytes(await street.entries(batch));
      await expectEstimateToDo(street, "propose", [batch.period, batch.vector, batch.wide, cert]);
      await expectEstimateToDo(street, "finalize", [batch.period, batch.vector, batch.wide]);
      const refused = await ask(chain.rpc, "eth_estimateGas", { to: await street.vault.getAddress(), data: "0xffffffff" });
      expect(refused).toMatchObject({ error: { code: 3, data: "0x" } });
    } finally {
      await chain.stop();
    }
  });

  test("states older than those kept are refused with words", async () => {
    const chain = await start({ keptStates: 2 });
    for (let nonce = 0; nonce < 4; nonce++) await ask(chain.rpc, "eth_sendRawTransaction", await transfer(nonce));
    const balances = [];
    for (const block of ["0x0", "0x1", "finalized", "safe", "latest"]) balances.push(await ask(chain.rpc, "eth_getBalance", OTHER, block));
    const kept = 2n ** 96n;
    expect(balances.map(({ result, error }) => (result === undefined ? error?.message : BigInt(result as string) - kept))).toEqual([
      "the state of block 0 isn't kept; only the last 2 are",
      "the state of block 1 isn't kept; only the last 2 are",
      10n,
      15n,
      20n,
    ]);
    await chain.stop();
  });
});

async function expectEstimateToDo({ chain, vault }: TestVault, method: string, args: readonly unknown[]): Promise<void> {
  const call = { from: OTHER, to: await vault.getAddress(), data: vault.interface.encodeFunctionData(method, args) };
  const gas = (await chain.provider.send("eth_estimateGas", [call])) as string;
  const { status, gasUsed } = await chain.receipt(await chain.submit(2, { ...call, gas }));
  expect([method, status]).toEqual([method, "0x1"]);
  expect(Number(gas)).toBeLessThan(1.3 * Number(gasUsed) + 5_000);
}

/** "home 0, home 1" in ticks after each of the last blocks. */
async function readBalances(rpc: string, vault: string, head: number): Promise<readonly string[]> {
  const provider = new JsonRpcProvider(rpc, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
  const contract = new Contract(vault, ["function balanceOf(uint32) view returns (uint256)"], provider);
  const said: string[] = [];
  for (let block = head - 2; block <= head; block++) {
    const of = (home: number) => contract.getFunction("balanceOf").staticCall(home, { blockTag: block });
    said.push(`${await of(0)},${await of(1)}`);
  }
  provider.destroy();
  return said;
}

describe("its process", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let stateFile: string;
  beforeEach(() => {
    folder = temporaryFolder();
    stateFile = join(folder.path, "state.json");
  });
  afterEach(() => folder.remove());

  test("a port that is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const refused = await startLocalChain({ chainId: CHAIN_ID, stateFile: null, port });
    expect(refused).toEqual({ ok: false, code: "LOCAL_CHAIN_PORT_TAKEN", detail: expect.stringContaining(`${port}`) });
    await new Promise((resolve) => other.close(resolve));
  });

  test("a second chain on the same file is refused", async () => {
    const chain = await start({ stateFile });
    const refused = await startLocalChain({ chainId: CHAIN_ID, stateFile });
    expect(refused).toMatchObject({
      ok: false,
      code: "LOCAL_CHAIN_STATE_BUSY",
      detail: expect.stringContaining(`process ${process.pid} runs a chain on`),
    });
    await chain.stop();
    expect(await chain.exited).toBe("exit code 0");
  });

  const damage: [string, (file: string) => void, RegExp][] = [
    ["anvil wrote", (file) => writeFileSync(file, '{"block":{},"accounts":{}}'), /anvil's state can't be read/],
    [
      "has another balance",
      (file) => writeFileSync(file, readFileSync(file, "utf8").replace(/"balance":"7/, '"balance":"8')),
      /it is not as it was written/,
    ],
    ["another chain wrote", (file) => copyFileSync(`${file}.other`, file), /it holds chain 1, not 7713/],
  ];
  test.each(damage)("a file that %s is refused and left alone", async (_, harm, words) => {
    await (await start({ stateFile: `${stateFile}.other`, chainId: 1 })).stop();
    await (await start({ stateFile })).stop();
    harm(stateFile);
    const text = readFileSync(stateFile, "utf8");
    const refused = await startLocalChain({ chainId: CHAIN_ID, stateFile });
    expect(refused).toEqual({ ok: false, code: "LOCAL_CHAIN_STATE_BROKEN", detail: expect.stringMatching(words) });
    expect(readFileSync(stateFile, "utf8")).toBe(text);
  });

  test("a file cut short is replaced by its copy", async () => {
    await (await start({ stateFile })).stop();
    await (await start({ stateFile })).stop();
    writeFileSync(stateFile, readFileSync(stateFile, "utf8").slice(0, 300));
    const chain = await start({ stateFile });
    expect(chain.isFromCopy).toBe(true);
    await chain.stop();
  });

  test("whoever started it is killed: it saves and ends", async () => {
    const adapter = join(import.meta.dirname, "../../../adapters/evm/index.ts");
    const script = join(folder.path, "street.mjs");
    writeFileSync(
      script,
      `const { startLocalChain } = await import(${JSON.stringify(adapter)});
       const chain = await startLocalChain({ chainId: ${CHAIN_ID}, stateFile: ${JSON.stringify(stateFile)}, funded: ${JSON.stringify(FUNDED)} });
       console.log(JSON.stringify(chain.value));
       setInterval(() => {}, 1000);`,
    );
    const street = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const { pid, rpc } = JSON.parse(await new Promise((resolve) => street.stdout.once("data", (text) => resolve(String(text))))) as Anvil;
    expect(await ask(rpc, "eth_sendRawTransaction", await transfer(0))).toMatchObject({ result: expect.any(String) });
    street.kill("SIGKILL");
    while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 50));
    const again = await start({ stateFile });
    expect(await ask(again.rpc, "eth_getTransactionCount", ME)).toMatchObject({ result: "0x1" });
    await again.stop();
  });

  test("a machine without anvil gets it; who names a binary or anvil itself doesn't", async () => {
    const options = { chainId: CHAIN_ID, stateFile: null };
    const { arch } = process;
    Object.defineProperty(process, "arch", { value: "riscv64" });
    try {
      const taken = await startEmbedded({ ...options, evm: null });
      assert(taken.ok, "the other EVM stands in");
      expect(taken.value.evm).toBe("ethereumjs");
      await taken.value.stop();
      expect(await startEmbedded({ ...options, evm: "anvil" })).toMatchObject({ ok: false, code: "ANVIL_MISSING" });
      expect(await startEmbedded({ ...options, evm: null, binary: join(folder.path, "anvil") })).toMatchObject({
        ok: false,
        code: "ANVIL_MISSING",
      });
    } finally {
      Object.defineProperty(process, "arch", { value: arch });
    }
  });
});
