import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Outbox, openOutbox } from "../../../../adapters/evm/outbox/index.ts";
import type { Sender } from "../../../../adapters/evm/sender.ts";
import { address } from "../../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { RpcDouble } from "../../../support/json-rpc-double.ts";
import { ALLOWANCE, OutboxLab, SENDER, told } from "../../../support/outbox-lab.ts";
import { addressOf, CHAIN_ID, keyOf } from "../../../support/test-chain.ts";

const OWNER = { chainId: CHAIN_ID, address: address(addressOf(SENDER)) };
const answer = (result: unknown): string => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
const refusalOf = (message: string): string => JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32000, message } });

let lab: OutboxLab;
/** Effects of one test are none of another's. */
let first = 0;
let folder: ReturnType<typeof temporaryFolder>;
const doubles: RpcDouble[] = [];
beforeAll(async () => {
  lab = await OutboxLab.start();
  await lab.ask("anvil_mine", ["0x8"]);
});
afterAll(() => lab.stop());
beforeEach(async () => {
  folder = temporaryFolder();
  first += 5;
  await lab.ask("anvil_setNextBlockBaseFeePerGas", [`0x${(10n ** 9n).toString(16)}`]);
  await lab.ask("evm_mine");
});
afterEach(async () => {
  lab.release();
  for (const each of doubles.splice(0)) await each.close();
  folder.remove();
  await lab.ask("evm_setAutomine", [true]);
  await lab.ask("anvil_dropAllTransactions");
});

function outbox(): Outbox {
  const opened = openOutbox(folder.path, OWNER);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}
async function doubled(...args: Parameters<typeof RpcDouble.before> extends [string, ...infer Rest] ? Rest : never): Promise<string> {
  const double = await RpcDouble.before(lab.rpc, ...args);
  doubles.push(double);
  return double.rpc;
}
const give = (sender: Sender, effect: number): ReturnType<Sender["send"]> => lab.give(sender, first + effect);
const happened = (...effects: readonly number[]): Promise<readonly number[]> => lab.happened(...effects.map((effect) => first + effect));
const states = ({ entries }: Outbox): readonly string[] => entries.map(({ state }) => state);

describe("a transaction's life", () => {
  test("signed, sent, mined and final, each on disk", async () => {
    const heard: string[] = [];
    const kept = told(outbox(), (when, kind) => void (when === "after" && heard.push(kind)));
    expect(await give(lab.sender({ outbox: kept }), 1)).toMatchObject({ ok: true, value: { contract: null } });
    expect(heard).toEqual(["entry", "sent", "mined", "final"]);
    expect(kept.entries).toMatchObject([{ purpose: "mint", state: "final", mined: { isDone: true } }]);
    expect(await happened(1)).toEqual([1]);
  });

  test("nothing is sent before it is on disk", async () => {
    const double = await RpcDouble.before(lab.rpc);
    doubles.push(double);
    const sentBefore: [string, boolean][] = [];
    const kept = told(outbox(), (when, kind) => void sentBefore.push([`${when} ${kind}`, double.asked.includes("eth_sendRawTransaction")]));
    await give(lab.sender({ outbox: kept, rpc: double.rpc }), 1);
    expect(sentBefore.slice(0, 3)).toEqual([
      ["before entry", false],
      ["after entry", false],
      ["before sent", true],
    ]);
  });

  test("it is final when its block is", async () => {
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, finality: 2 });
    await give(sender, 1);
    expect(states(kept)).toEqual(["mined"]);
    await lab.ask("anvil_mine", ["0x1"]);
    await sender.tend();
    expect(states(kept)).toEqual(["mined"]);
    await lab.ask("anvil_mine", ["0x1"]);
    await sender.tend();
    expect(states(kept)).toEqual(["final"]);
  });

  test("the chain's own finalized block counts where there is one, and depth where there is none", async () => {
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, finality: "finalized" });
    await give(sender, 1);
    await lab.ask("anvil_mine", ["0x2"]);
    await sender.tend();
    expect(states(kept)).toEqual(["final"]);
    const rpc = await doubled(
      () => undefined,
      (_, asked, told) => (asked.includes("finalized") ? answer(null) : told),
    );
    sender.close();
    const again = outbox();
    const other = lab.sender({ outbox: again, finality: "finalized", rpc });
    await give(other, 2);
    await lab.ask("anvil_mine", ["0x3f"]);
    await other.tend();
    expect(states(again)).toEqual(["final", "mined"]);
    await lab.ask("anvil_mine", ["0x1"]);
    await other.tend();
    expect(states(again)).toEqual(["final", "final"]);
  });

  test("what the contract refuses is neither signed nor sent", async () => {
    const kept = outbox();
    const refused = await lab.sender({ outbox: kept }).send(lab.token, `0x${"12345678"}`);
    expect(refused).toMatchObject({ ok: false, code: "CHAIN_REFUSED" });
    expect(kept.entries).toEqual([]);
  });
});

describe("a transaction that waits", () => {
  test("is told after its time, and is the one that whoever asks again gets", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept });
    expect(await give(sender, 1)).toMatchObject({
      ok: false,
      code: "CHAIN_TIMEOUT",
      detail: expect.stringMatching(
        /^mint \(nonce \d+, 0x[0-9a-f]{64}\) is not mined yet: it offers [\d.]+ gwei, the base fee is [\d.]+ gwei, the cap is 500 gwei$/,
      ),
    });
    const asked = give(sender, 1);
    await lab.mining(true);
    expect(await asked).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
    expect(kept.entries).toHaveLength(1);
  });

  test("holds back what comes after it, and both happen once it goes on", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept });
    expect(await give(sender, 1)).toMatchObject({ code: "CHAIN_TIMEOUT" });
    expect(await give(sender, 2)).toMatchObject({ code: "CHAIN_TIMEOUT", detail: expect.stringMatching(/^mint/) });
    expect(kept.entries).toHaveLength(1);
    await lab.mining(true);
    expect(await give(sender, 2)).toMatchObject({ ok: true });
    expect(await happened(1, 2)).toEqual([1, 1]);
  });

  test("that the node silently drops is sent again, the same bytes", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, minedMs: 3_000 });
    const given = give(sender, 1);
    const [hash] = await lab.pool();
    await lab.ask("anvil_dropTransaction", [hash]);
    expect(await lab.pool()).toEqual([hash]);
    await lab.mining(true);
    expect(await given).toMatchObject({ ok: true, value: { transaction: hash } });
    expect(await happened(1)).toEqual([1]);
  });

  test("is offered an eighth more when its time is over, with the same nonce", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, bumpMs: 200, minedMs: 700 });
    expect(await give(sender, 1)).toMatchObject({ code: "CHAIN_TIMEOUT" });
    const [entry] = kept.entries;
    expect(entry!.variants.length).toBeGreaterThanOrEqual(2);
    for (const [at, { maxFee, tip }] of entry!.variants.entries()) {
      if (at === 0) continue;
      const last = entry!.variants[at - 1]!;
      expect([maxFee * 8n >= last.maxFee * 9n, tip * 8n >= last.tip * 9n]).toEqual([true, true]);
    }
    expect(await lab.pool()).toEqual([entry!.variants.at(-1)!.hash]);
    await lab.mining(true);
    expect(await give(sender, 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });

  test("follows a base fee that rises above it", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, minedMs: 4_000 });
    const given = give(sender, 1);
    await lab.pool();
    await lab.ask("anvil_setNextBlockBaseFeePerGas", [`0x${(50n * 10n ** 9n).toString(16)}`]);
    await lab.ask("evm_mine");
    await lab.mining(true);
    expect(await given).toMatchObject({ ok: true });
    expect(kept.entries[0]!.variants.at(-1)!.maxFee).toBeGreaterThan(50n * 10n ** 9n);
    expect(await happened(1)).toEqual([1]);
  });

  test("stops at the cap, says so, and goes on when fees fall", async () => {
    await lab.mining(false);
    const kept = outbox();
    const feeCap = 3n * 10n ** 9n;
    const sender = lab.sender({ outbox: kept, feeCap, bumpMs: 20 });
    const raised = give(sender, 1);
    await lab.pool();
    await lab.ask("anvil_setNextBlockBaseFeePerGas", [`0x${(50n * 10n ** 9n).toString(16)}`]);
    await lab.ask("evm_mine");
    expect(await raised).toMatchObject({
      code: "CHAIN_TIMEOUT",
      detail: expect.stringMatching(/the base fee is 50 gwei, the cap is 3 gwei/),
    });
    for (const { maxFee } of kept.entries[0]!.variants) expect(maxFee).toBeLessThanOrEqual(feeCap);
    expect(await lab.sender({ feeCap, key: keyOf(2) }).send(lab.token, ALLOWANCE)).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: expect.stringMatching(
        /^the chain's base fee is [\d.]+ gwei, which is not below the cap of 3 gwei: it waits until fees fall, or raise the cap$/,
      ),
    });
    await lab.ask("anvil_setNextBlockBaseFeePerGas", ["0x1"]);
    await lab.mining(true);
    expect(await give(sender, 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });
});

describe("another program with the same key", () => {
  test("takes the nonce: what is wanted is signed anew, once", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, minedMs: 3_000 });
    const given = give(sender, 1);
    await lab.pool();
    await lab.intrude(0);
    await lab.mining(true);
    expect(await given).toMatchObject({ ok: true });
    expect(states(kept)).toEqual(["replaced", "final"]);
    expect(await happened(1)).toEqual([1]);
  });

  test("takes the nonce in a block that may be taken back: nothing is signed anew until it can't be", async () => {
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, finality: 3 });
    const given = give(sender, 1);
    await lab.pool();
    await lab.intrude(0);
    await lab.mining(true);
    expect(await given).toMatchObject({
      code: "CHAIN_TIMEOUT",
      detail: expect.stringMatching(/another transaction of this key has its nonce, and may lose it until it is final$/),
    });
    expect(kept.entries).toHaveLength(1);
    // Its block, and the empty one on top.
    await lab.ask("anvil_reorg", [2, []]);
    // The other one is gone, and so ours has its nonce.
    expect(await give(sender, 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });

  test("had a nonce before ours and lost it: the gap is filled with nothing", async () => {
    await lab.mining(false);
    await lab.intrude(0, 5);
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, minedMs: 3_000 });
    const given = give(sender, 1);
    const [other] = await lab.pool(2);
    await lab.ask("anvil_dropTransaction", [other]);
    const ours = kept.entries[0]!.variants[0]!.hash;
    if (other === ours) throw new Error("the pool tells its transactions by nonce");
    await lab.mining(true);
    for (let tries = 0; tries < 20 && states(kept).length < 2; tries++) await lab.ask("evm_mine");
    expect(await given).toMatchObject({ ok: true });
    expect(kept.entries.map(({ purpose, state }) => [purpose, state])).toEqual([
      ["mint", "final"],
      ["fill a gap", "final"],
    ]);
    expect(await happened(1)).toEqual([1]);
  });
});

describe("a chain that takes back", () => {
  test("a block: the same bytes are mined again, and nothing else", async () => {
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, finality: 5 });
    const given = await give(sender, 1);
    await lab.ask("anvil_reorg", [1, []]);
    expect(await happened(1)).toEqual([0]);
    await sender.tend();
    await sender.tend();
    expect(await happened(1)).toEqual([1]);
    expect(states(kept)).toEqual(["mined"]);
    expect(given.ok && kept.entries[0]!.mined!.hash).toBe(given.ok && given.value.transaction);
  });

  test("what was final, as the development chain does that is killed: all of it comes back from the disk", async () => {
    const kept = outbox();
    const sender = lab.sender({ outbox: kept });
    const start = await lab.ask("evm_snapshot");
    for (const effect of [1, 2, 3]) await give(sender, effect);
    expect(states(kept)).toEqual(["final", "final", "final"]);
    await lab.ask("evm_revert", [start]);
    expect(await happened(1, 2, 3)).toEqual([0, 0, 0]);
    expect(await give(sender, 4)).toMatchObject({ ok: true });
    expect(await happened(1, 2, 3, 4)).toEqual([1, 1, 1, 1]);
  });
});

describe("a node in trouble", () => {
  test.each<readonly [string, (method: string) => "hang" | "drop" | "lose" | "busy" | undefined]>([
    ["it loses what it says about transactions", (method) => (method === "eth_sendRawTransaction" ? "lose" : undefined)],
    ["it drops transactions", (method) => (method === "eth_sendRawTransaction" ? "drop" : undefined)],
    ["it has too many requests", (method) => (method === "eth_sendRawTransaction" ? "busy" : undefined)],
  ])("%s, for a while: once in the end", async (_, trouble) => {
    let isIll = true;
    const rpc = await doubled((method) => (isIll ? trouble(method) : undefined));
    const kept = outbox();
    const sender = lab.sender({ outbox: kept, rpc });
    const ill = await give(sender, 1);
    isIll = false;
    // A lost answer is found out by looking.
    expect(ill.ok ? ill : await give(sender, 1)).toMatchObject({ ok: true });
    expect(kept.entries).toHaveLength(1);
    expect(await happened(1)).toEqual([1]);
  });

  test("it knows the transaction already", async () => {
    const rpc = await doubled(
      () => undefined,
      (method, _, told) => (method === "eth_sendRawTransaction" ? refusalOf("already known") : told),
    );
    expect(await give(lab.sender({ rpc }), 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });

  test("it says that the price is too low: told in its words, and sent again", async () => {
    let isIll = true;
    const rpc = await doubled((method) =>
      isIll && method === "eth_sendRawTransaction" ? refusalOf("transaction underpriced") : undefined,
    );
    const sender = lab.sender({ rpc, outbox: outbox() });
    expect(await give(sender, 1)).toMatchObject({
      code: "CHAIN_TIMEOUT",
      detail: expect.stringMatching(/; the node said: transaction underpriced$/),
    });
    isIll = false;
    expect(await give(sender, 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });

  test("it lies that the nonce was passed: nothing is signed anew", async () => {
    let isIll = true;
    const raise = (told: string) =>
      told.replace(/"result":"0x([0-9a-f]+)"/, (_, hex) => `"result":"0x${(Number.parseInt(hex, 16) + 1).toString(16)}"`);
    const rpc = await doubled(
      (method) => (isIll && method === "eth_getTransactionReceipt" ? answer(null) : undefined),
      (method, _, told) => (isIll && method === "eth_getTransactionCount" && kept.entries.length > 0 ? raise(told) : told),
    );
    await lab.mining(false);
    const kept = outbox();
    const sender = lab.sender({ rpc, outbox: kept });
    expect(await give(sender, 1)).toMatchObject({ code: "CHAIN_TIMEOUT" });
    expect(states(kept)).toEqual(["sent"]);
    isIll = false;
    await lab.mining(true);
    expect(await give(sender, 1)).toMatchObject({ ok: true });
    expect(await happened(1)).toEqual([1]);
  });

  test("it answers with another transaction's receipt: not believed", async () => {
    const foreign = {
      status: "0x1",
      transactionHash: `0x${"9".repeat(64)}`,
      blockNumber: "0x1",
      blockHash: `0x${"8".repeat(64)}`,
      gasUsed: "0x1",
      contractAddress: null,
    };
    await lab.mining(false);
    const rpc = await doubled((method) => (method === "eth_getTransactionReceipt" ? answer(foreign) : undefined));
    const kept = outbox();
    expect(await give(lab.sender({ rpc, outbox: kept }), 1)).toMatchObject({ code: "CHAIN_TIMEOUT" });
    expect(states(kept)).toEqual(["sent"]);
  });

  test("it will never take these bytes: told, and nothing waits for them", async () => {
    let isIll = true;
    const rpc = await doubled((method) =>
      isIll && method === "eth_sendRawTransaction" ? refusalOf("exceeds block gas limit") : undefined,
    );
    const kept = outbox();
    const sender = lab.sender({ rpc, outbox: kept });
    expect(await give(sender, 1)).toEqual({ ok: false, code: "CHAIN_REFUSED", detail: "mint: exceeds block gas limit" });
    isIll = false;
    expect(await give(sender, 2)).toMatchObject({ ok: true });
    expect(states(kept)).toEqual(["failed", "final"]);
    expect(await happened(1, 2)).toEqual([0, 1]);
  });
});

describe("limits that the development chain doesn't have", () => {
  test("more than 128 KiB is refused before it is sent", async () => {
    const kept = outbox();
    const refused = await lab.sender({ outbox: kept }).send(address(addressOf(9)), `0x${"00".repeat(131_072)}`);
    expect(refused).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: expect.stringMatching(
        /can't be sent: it has 131,\d\d\d bytes, and nodes pass on 131,072: settle shorter periods, or split the street$/,
      ),
    });
    expect(kept.entries).toEqual([]);
  });

  test("more gas than a transaction may use is refused before it is signed", async () => {
    const rpc = await doubled((method) => (method === "eth_estimateGas" ? answer("0x1000001") : undefined));
    const kept = outbox();
    expect(await give(lab.sender({ outbox: kept, rpc }), 1)).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail:
        "mint can't be sent: it needs 16,777,217 gas, and a transaction may use 16,777,216 (EIP-7825): settle shorter periods, or split the street",
    });
    expect(kept.entries).toEqual([]);
  });

  test("an account without enough for fees is told what it has and needs", async () => {
    const refused = await lab.sender({ key: keyOf(77) }).send(lab.token, ALLOWANCE);
    expect(refused).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: expect.stringMatching(
        new RegExp(
          `^insufficient funds: the relay's account ${addressOf(77).toLowerCase()} holds 0 ETH for fees and needs 0\\.\\d+ ETH; send it some$`,
        ),
      ),
    });
  });
});
