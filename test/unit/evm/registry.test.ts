import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Finality, openChain, startAnvil } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { address, assert, homeId, interval } from "../../../engine/kernel/index.ts";
import type { Chain } from "../../../src/ports/index.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { FIRST_PERIOD, newHome, TestStreet } from "../../support/test-street.ts";

let street: TestStreet;
let node: Rpc;
let base: unknown;

const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
  const answer = await node.ask(method, params);
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
};

beforeAll(async () => {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [address(addressOf(1))], keptStates: 64 });
  assert(anvil.ok, anvil.ok ? "" : anvil.detail);
  street = await TestStreet.on(anvil.value.rpc, {}, anvil.value.stop);
  node = connect({ rpc: street.rpc });
  await ask("anvil_mine", "0x8");
  base = await ask("evm_snapshot");
});
beforeEach(async () => {
  await ask("evm_revert", base);
  base = await ask("evm_snapshot");
});
afterAll(async () => {
  node.close();
  await street.close();
});

const opened: { close(): Promise<void> }[] = [];
function open(change: { rpc?: string; finality?: Finality } = {}): Chain {
  const chain = openChain({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0, ...change });
  opened.push(chain);
  return chain;
}
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function names(chain: Chain): Promise<readonly string[] | string> {
  const registry = await chain.registry();
  return registry.ok ? registry.value.homes.slice(5).map(({ name }) => name) : registry.code;
}

describe("what isn't final is no news", () => {
  // Registering without escrow is one block. Anvil of one slot in an epoch is sure of all but its last two blocks.
  test.each<[Finality, number]>([
    [0, 0],
    [1, 1],
    [3, 3],
    ["finalized", 2],
  ])("finality %p: a home is seen %i blocks after it was registered", async (finality, blocks) => {
    const chain = open({ finality });
    expect(await names(chain)).toEqual([]);
    await street.relay.register(newHome(7, { deposit: 0 }));
    for (let passed = 0; passed < blocks; passed++) {
      expect(await names(chain)).toEqual([]);
      await ask("anvil_mine", "0x1");
    }
    expect(await names(chain)).toEqual(["home-7"]);
  });

  test("nor is a settled batch", async () => {
    const chain = open({ finality: 2 });
    await street.relay.settle(street.batch(0, [-1, 1]));
    expect(await chain.head()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD } });
    expect(await chain.escrows()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD, ticks: Array(5).fill(10_000) } });
    expect(await chain.batches()).toMatchObject({ value: [{ period: FIRST_PERIOD }] });
    await ask("anvil_mine", "0x2");
    expect(await chain.head()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD + 1 } });
    expect(await chain.escrows()).toMatchObject({
      value: { nextPeriod: FIRST_PERIOD + 1, ticks: [9_999, 10_001, 10_000, 10_000, 10_000] },
    });
  });

  test("a chain that is younger than that says nothing yet", async () => {
    expect(await open({ finality: 100_000 }).registry()).toMatchObject({ ok: false, code: "CHAIN_UNREACHABLE" });
  });
});

describe("a registry that a reorganisation took back", () => {
  test("is read anew, though it has as many homes as the one that was known", async () => {
    const chain = open();
    await street.relay.register(newHome(7, { deposit: 0 }));
    expect(await names(chain)).toEqual(["home-7"]);
    await ask("anvil_reorg", 1, []);
    await street.relay.register(newHome(8, { deposit: 0 }));
    expect(await names(chain)).toEqual(["home-8"]);
    await ask("anvil_reorg", 1, []);
    expect(await names(chain)).toEqual([]);
  });

  test("key, departure and validators with it", async () => {
    const chain = open();
    const before = await chain.registry();
    const change = { home: homeId(2), agent: address(addressOf(200)), since: interval(48_096) };
    const steps = [
      () => street.relay.rotateAgent({ ...change, signature: street.signedByOwner(2, (digests) => digests.rotateAgent(change)) }),
      () => street.relay.leave({ home: homeId(2), until: interval(48_096), signature: null }),
      () =>
        street.relay.setValidators({
          since: interval(48_096),
          validators: [{ home: homeId(1), class: "home" }],
          minimums: { home: 0, operator: 0, utility: 0 },
        }),
    ];
    for (const step of steps) {
      expect(await step()).toEqual({ ok: true, value: undefined });
      expect(await chain.registry()).not.toEqual(before);
      await ask("anvil_reorg", 1, []);
      expect(await chain.registry()).toEqual(before);
    }
  });
});

test("a registry that changes while it is read is read again, as two pages of two histories are no registry", async () => {
  let changes = 1;
  let isReading = false;
  const double = await RpcDouble.before(street.rpc, undefined, async (_, asked, answer) => {
    // The second question of a reading is for the validators.
    if (isReading && asked.includes("eth_call") && changes-- > 0) await street.relay.register(newHome(30 + changes, { deposit: 0 }));
    return answer;
  });
  opened.push(double);
  const chain = open({ rpc: double.rpc });
  await chain.head();
  isReading = true;
  expect(await names(chain)).toEqual(["home-30"]);
  changes = 40;
  await street.relay.register(newHome(8, { deposit: 0 }));
  expect(await names(chain)).toBe("CHAIN_UNREACHABLE");
});

test("a node that has too many requests is away, whatever its answer says", async () => {
  const double = await RpcDouble.answering(() => "busy");
  opened.push(double);
  expect(await open({ rpc: double.rpc }).registry()).toMatchObject({ code: "CHAIN_UNREACHABLE", detail: expect.stringMatching(/429/) });
});
