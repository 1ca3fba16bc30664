import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openChain, openRelay } from "../../../adapters/evm/index.ts";
import { connect } from "../../../adapters/evm/rpc.ts";
import { type Address, address } from "../../../engine/kernel/index.ts";
import { periodHash } from "../../../engine/messages/index.ts";
import type { Chain } from "../../../src/ports/index.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";
import { addressOf, CHAIN_ID, keyOf } from "../../support/test-chain.ts";
import { FIRST_PERIOD, newHome, OPERATOR_KEY, planOf, TestStreet } from "../../support/test-street.ts";

const SOMEWHERE = address(addressOf(99));
const answer = (result: unknown): string => JSON.stringify({ jsonrpc: "2.0", id: 1, result });

let street: TestStreet;
beforeAll(async () => {
  street = await TestStreet.start();
});
afterAll(() => street.close());

/** Asks everything of a chain that stands at `rpc`, and tells the codes. */
async function codes(rpc: string, change: { chainId?: number; vault?: Address } = {}, timeoutMs = 3_000): Promise<string[]> {
  const chain = keep(openChain({ rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault, timeoutMs, ...change }));
  const answers = [await chain.registry(), await chain.head(), await chain.escrows(), await chain.balances(), await chain.batches()];
  return answers.map((each) => (each.ok ? "ok" : each.code));
}

/** Closed after each test, however it ends: an open socket would keep the whole run alive. */
const opened: { close(): Promise<void> }[] = [];
function keep<T extends { close(): Promise<void> }>(each: T): T {
  opened.push(each);
  return each;
}
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const all = (code: string): string[] => Array(5).fill(code);

describe("the wrong chain", () => {
  const ask = async (change: { chainId?: number; vault?: Address }): Promise<unknown> => {
    const chain = keep(openChain({ rpc: street.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault, ...change }));
    const head = await chain.head();
    return head;
  };

  test("another chain id", async () => {
    expect(await codes(street.rpc, { chainId: 1 })).toEqual(all("CHAIN_WRONG"));
    expect(await ask({ chainId: 1 })).toMatchObject({ detail: "the node serves chain 7713; this street lives on chain 1" });
  });

  test("nothing at the address", async () => {
    expect(await codes(street.rpc, { vault: SOMEWHERE })).toEqual(all("CHAIN_WRONG"));
    expect(await ask({ vault: SOMEWHERE })).toMatchObject({
      detail: `there is no Commonwatt vault at ${SOMEWHERE}: what stands there doesn't answer eip712Domain`,
    });
  });

  test("another contract at the address", async () => {
    expect(await codes(street.rpc, { vault: street.token })).toEqual(all("CHAIN_WRONG"));
    expect(await ask({ vault: street.token })).toMatchObject({
      detail: `at ${street.token} stands "Commonwatt test currency" version 1, no GridVault version 1`,
    });
  });

  test("for a relay too, and before anything is sent", async () => {
    const relay = keep(openRelay({ rpc: street.rpc, chainId: CHAIN_ID, finality: 0, vault: SOMEWHERE, key: OPERATOR_KEY }));
    expect(await relay.settle(street.batch(0, []))).toMatchObject({ code: "CHAIN_WRONG" });
    expect(await relay.register(newHome(9))).toMatchObject({ code: "CHAIN_WRONG" });
  });
});

describe("a node in trouble", () => {
  let double: RpcDouble;

  test("nobody listens: told at once", async () => {
    double = keep(await RpcDouble.answering(() => "hang"));
    const { rpc } = double;
    await double.close();
    const start = performance.now();
    expect(await codes(rpc)).toEqual(all("CHAIN_UNREACHABLE"));
    // Far below the time-out of a question.
    expect(performance.now() - start).toBeLessThan(2_500);
  });

  test("it hangs: told after the time-out", async () => {
    double = keep(await RpcDouble.answering(() => "hang"));
    expect(await codes(double.rpc, {}, 50)).toEqual(all("CHAIN_TIMEOUT"));
  });

  test.each(["not an address", "ws://127.0.0.1:1", ""])("its address is no address: %s", async (rpc) => {
    expect(await codes(rpc)).toEqual(all("CHAIN_UNREACHABLE"));
  });

  const nonsense: readonly string[] = [
    "",
    "<html>",
    "null",
    "[]",
    "{}",
    '{"error":null}',
    '{"error":{"message":7}}',
    answer(null),
    answer([]),
    answer({}),
    answer("0x"),
    answer("0xzz"),
    answer(-1),
    answer(`0x${"f".repeat(128)}`),
  ];
  test.each(nonsense)("it answers %j: a code, never an exception", async (text) => {
    double = keep(await RpcDouble.answering(() => text));
    for (const code of await codes(double.rpc)) expect(code).toMatch(/^CHAIN_(UNREACHABLE|WRONG)$/);
    // And in the middle of things, when it has already answered as the right node.
    for (const method of ["eth_call", "eth_getLogs", "eth_estimateGas", "eth_getBlockByNumber", "eth_getTransactionCount"]) {
      const between = keep(await RpcDouble.before(street.rpc, (asked) => (asked === method ? text : undefined)));
      const relay = keep(openRelay({ rpc: between.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault, key: keyOf(2) }));
      const results = [await relay.batches(), await relay.register(newHome(9))];
      for (const each of results) if (!each.ok) expect(each.code).toMatch(/^CHAIN_/);
    }
  });

  test("it moves on while it is asked", async () => {
    let moved = 0;
    const refusal = '{"error":{"code":-32602,"message":"BlockOutOfRangeError: block height is 33 but requested was 32"}}';
    double = keep(await RpcDouble.before(street.rpc, (method) => (method === "eth_call" && moved++ < 3 ? refusal : undefined)));
    expect(await codes(double.rpc)).toEqual(all("ok"));
    moved = -1_000;
    expect(await codes(double.rpc)).toEqual(all("CHAIN_REFUSED"));
  });

  test("it drops every connection", async () => {
    double = keep(await RpcDouble.answering(() => "drop"));
    expect(await codes(double.rpc)).toEqual(all("CHAIN_UNREACHABLE"));
  });

  test("after an outage it is asked again who it is", async () => {
    let isAway = false;
    let other: string | undefined;
    double = keep(await RpcDouble.before(street.rpc, (method) => (isAway ? "drop" : method === "eth_chainId" ? other : undefined)));
    const chain = keep(openChain({ rpc: double.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault }));
    expect(await chain.head()).toMatchObject({ ok: true });
    isAway = true;
    expect(await chain.head()).toMatchObject({ code: "CHAIN_UNREACHABLE" });
    isAway = false;
    expect(await chain.head()).toMatchObject({ ok: true });
    isAway = true;
    await chain.head();
    isAway = false;
    other = answer("0x1");
    expect(await chain.head()).toMatchObject({ code: "CHAIN_WRONG" });
  });

  test("the answer to a sent transaction gets lost, and it counts all the same", async () => {
    double = keep(await RpcDouble.before(street.rpc, (method) => (method === "eth_sendRawTransaction" ? "lose" : undefined)));
    const relay = keep(openRelay({ rpc: double.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault, key: OPERATOR_KEY }));
    expect(await relay.register(newHome(8))).toMatchObject({ ok: true });
  });

  test("a transaction that nobody mines is told after its time, and done when it is asked for again", async () => {
    let isMining = false;
    const hide = (method: string) => (method === "eth_getTransactionReceipt" && !isMining ? answer(null) : undefined);
    double = keep(await RpcDouble.before(street.rpc, hide));
    const relay = keep(openRelay({ rpc: double.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault, key: OPERATOR_KEY, minedMs: 50 }));
    expect(await relay.register(newHome(12))).toMatchObject({ code: "CHAIN_TIMEOUT" });
    isMining = true;
    expect(await relay.register(newHome(12))).toMatchObject({ ok: true });
    const registry = await relay.registry();
    expect(registry.ok && registry.value.homes.filter(({ name }) => name === "home-12")).toHaveLength(1);
  });
});

describe("a chain that went back", () => {
  test("is told as it is now, and what it forgot can be settled again", async () => {
    const fork = keep(await TestStreet.on(street.rpc));
    const node = connect({ rpc: street.rpc });
    const snapshot = await node.ask("evm_snapshot", []);
    const first = await fork.relay.settle(fork.batch(0, [-1, 1]));
    expect(first.ok && (await fork.relay.batches())).toEqual({ ok: true, value: [first.ok && first.value] });
    expect(await fork.chain.batches()).toEqual(await fork.relay.batches());
    await node.ask("evm_revert", [snapshot.ok && snapshot.value]);
    node.close();
    expect(await fork.relay.batches()).toEqual({ ok: true, value: [] });
    expect(await fork.relay.settle(fork.batch(0, [-2, 2]))).toMatchObject({ ok: true });
    const seenAnew = keep(openChain({ rpc: street.rpc, chainId: CHAIN_ID, finality: 0, vault: fork.vault }));
    expect(await fork.relay.batches()).toEqual(await seenAnew.batches());
    // This one didn't look in between: the chain is as long as it was, and another one.
    expect(await fork.chain.batches()).toEqual(await seenAnew.batches());
    expect(await fork.chain.balances()).toMatchObject({ value: { homes: [999_800, 1_000_200, 1_000_000, 1_000_000, 1_000_000] } });
  });
});

describe("cheap", () => {
  test("the registry costs one question as long as nobody joins", async () => {
    const double = keep(await RpcDouble.before(street.rpc));
    const chain: Chain = keep(openChain({ rpc: double.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault }));
    const first = await chain.registry();
    double.asked.length = 0;
    for (let i = 0; i < 10; i++) expect(await chain.registry()).toEqual(first);
    expect(double.asked).toEqual(Array(10).fill("eth_call"));
    await street.relay.register(newHome(20));
    const second = await chain.registry();
    expect(second.ok && first.ok && second.value.homes.length).toBe(first.ok && first.value.homes.length + 1);
  });

  test("several questions at once add nothing twice", async () => {
    const fork = keep(await TestStreet.on(street.rpc));
    await fork.relay.settle(fork.batch(0, []));
    const all = await Promise.all([1, 2, 3].map(() => fork.chain.batches()));
    for (const each of all) expect(each.ok && each.value.map(({ period }) => period)).toEqual([FIRST_PERIOD]);
  });

  test("so do balances, head and batches", async () => {
    const double = keep(await RpcDouble.before(street.rpc));
    const chain = keep(openChain({ rpc: double.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault }));
    await chain.batches();
    double.asked.length = 0;
    for (const ask of [chain.balances, chain.head, chain.batches]) await ask();
    expect(double.asked).toEqual(["eth_call", "eth_call", "eth_getLogs"]);
  });
});

describe("rights", () => {
  test("whoever isn't the registrar registers nobody", async () => {
    const relay = keep(street.openRelay(keyOf(2)));
    expect(await relay.register(newHome(30))).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: expect.stringMatching(/^AccessManagedUnauthorized\(caller=0x/),
    });
  });

  test("whoever has nothing for fees is told so", async () => {
    const relay = keep(street.openRelay(keyOf(3)));
    expect(await relay.settle(street.batch(0, []))).toMatchObject({
      code: "CHAIN_REFUSED",
      detail: expect.stringMatching(/insufficient funds/i),
    });
  });

  test("anyone with fees settles what is certified", async () => {
    const relay = keep(street.openRelay(keyOf(2)));
    expect(await relay.settle(street.batch(0, [1, -1]))).toMatchObject({ ok: true });
  });
});

describe("challenge window", () => {
  let slow: TestStreet;
  beforeEach(async () => {
    slow = await TestStreet.on(street.rpc, { challengeSeconds: 60 });
  });
  afterEach(() => slow.close());

  test("a batch waits for its end, and is then settled by the same call", async () => {
    const rpc = (method: string, params: unknown[]) =>
      fetch(street.rpc, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
    const batch = slow.batch(0, [1, -1]);
    expect(await slow.relay.settle(batch)).toMatchObject({
      code: "CHAIN_PENDING",
      detail: expect.stringMatching(/^period 500 can be challenged until 20\d\d-/),
    });
    expect(await slow.relay.settle(batch)).toMatchObject({ code: "CHAIN_PENDING" });
    expect(await slow.chain.head()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD, lastPeriod: null } });
    expect(await slow.relay.settle(slow.batch(0, [2, -2]))).toEqual({ ok: false, code: "CHAIN_REFUSED", detail: "ProposalOpen()" });
    await rpc("evm_increaseTime", [61]);
    await rpc("evm_mine", []);
    expect(await slow.relay.settle(batch)).toMatchObject({ ok: true, value: { period: FIRST_PERIOD } });
    expect(await slow.chain.head()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD + 1, lastPeriod: periodHash(batch.result) } });
  });
});

describe("deployment", () => {
  test("is refused when the validators are no set", async () => {
    const { deployStreet } = await import("../../../adapters/evm/index.ts");
    const one = newHome(0);
    expect(await deployStreet(planOf(street.rpc, { validators: [one, one] }))).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: "BadValidatorSet(entry=1)",
    });
    expect(await deployStreet(planOf("http://127.0.0.1:1"))).toMatchObject({ ok: false, code: "CHAIN_UNREACHABLE" });
    expect(await deployStreet(planOf(street.rpc, { key: keyOf(3) }))).toMatchObject({ ok: false, code: "CHAIN_REFUSED" });
  });
});
