import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { openChain, startAnvil } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { address, assert, homeId } from "../../../engine/kernel/index.ts";
import type { Chain, Standing } from "../../../src/ports/index.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { FIRST_PERIOD, TestStreet } from "../../support/test-street.ts";

jest.setTimeout(60_000);

const HOME = homeId(3);
let street: TestStreet;
let node: Rpc;
/** Takes what lies two blocks back for final. */
let slow: Chain;

beforeAll(async () => {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [address(addressOf(1))], keptStates: 64 });
  assert(anvil.ok, anvil.ok ? "" : anvil.detail);
  street = await TestStreet.on(anvil.value.rpc, {}, anvil.value.stop);
  node = connect({ rpc: street.rpc });
  slow = openChain({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 2 });
});
afterAll(async () => {
  node.close();
  await slow.close();
  await street.close();
});

const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
  const answer = await node.ask(method, params);
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
};
const pass = async (seconds: number): Promise<void> => {
  await ask("evm_increaseTime", seconds);
  await ask("evm_mine");
};
const chainTime = async (): Promise<number> =>
  Number(((await ask("eth_getBlockByNumber", "latest", false)) as { timestamp: string }).timestamp);
const by = async (reader: Chain): Promise<Standing> => {
  const answer = await reader.standing(HOME);
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
};
const settle = async (after: number, ...deltas: readonly number[]): Promise<void> =>
  assert((await street.relay.settle(street.batch(after, deltas))).ok, "the vault settles");

test("a home's money, its number, the period and the time, of one final state", async () => {
  const first = await by(street.chain);
  expect(first).toMatchObject({ escrow: 1_000_000, requested: 0, nonce: 0, nextPeriod: FIRST_PERIOD, isOpen: false });
  await settle(0, 0, 0, 0, -70, 70);
  expect(await by(street.chain)).toMatchObject({ escrow: 993_000, nextPeriod: FIRST_PERIOD + 1, isOpen: true });
  const wish = { home: HOME, to: address(addressOf(9)), micro: 40_000, feeMicro: 0, deadline: (await chainTime()) + 600 };
  const signature = street.signedByOwner(HOME, ({ withdraw }) => withdraw({ ...wish, nonce: 0n }));
  expect((await street.relay.carry({ kind: "withdraw", ...wish, signature })).ok).toBe(true);
  expect(await by(street.chain)).toMatchObject({ escrow: 993_000, requested: 40_000, nonce: 1 });
});

test("what a home owes in the vault is no money of its own: below zero where it owes more than it has", async () => {
  const own = await TestStreet.on(street.rpc);
  try {
    const escrow = async (): Promise<number> => {
      const answer = await own.chain.standing(HOME);
      assert(answer.ok, answer.ok ? "" : answer.detail);
      return answer.value.escrow;
    };
    const lost = Array.from({ length: HOME + 1 }, (_, home) => (home === HOME ? -10_050 : 0));
    assert((await own.relay.settle(own.batch(0, lost))).ok, "the vault settles");
    expect(await escrow()).toBe(-5_000);
    assert(
      (
        await own.relay.settle(
          own.batch(
            1,
            lost.map((each) => -each),
          ),
        )
      ).ok,
      "the vault settles",
    );
    expect(await escrow()).toBe(1_000_000);
  } finally {
    await own.close();
  }
});

test("the embedded chain takes nothing back, and makes no block while nobody sends: this machine's clock counts as well", async () => {
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  const { now, finalAt } = await by(street.chain);
  expect(now).toBeGreaterThan(await chainTime());
  expect(finalAt).toBe(now);
});

test("what may still be taken back is not told, and the final block has a time of its own", async () => {
  await pass(10);
  await pass(10);
  const known = { escrow: 993_000, requested: 40_000, nonce: 1, isOpen: true };
  expect(await by(slow)).toMatchObject({ ...known, nextPeriod: FIRST_PERIOD + 1 });
  await settle(1, 0, 0, 0, -30, 30);
  // Proposing and settling are a block each: what is final is the state before both.
  expect(await by(slow)).toMatchObject({ ...known, nextPeriod: FIRST_PERIOD + 1 });
  await pass(1_000);
  expect(await by(slow)).toMatchObject({ ...known, nextPeriod: FIRST_PERIOD + 1, isOpen: false });
  await pass(5_000);
  const after = await by(slow);
  expect(after).toMatchObject({ ...known, escrow: 990_000, nextPeriod: FIRST_PERIOD + 2 });
  expect(after.now - after.finalAt).toBeGreaterThanOrEqual(6_000);
  // Ahead of this machine's.
  expect(after.now).toBe(await chainTime());
});

test("a chain that is away is a code", async () => {
  const away = openChain({ rpc: "http://127.0.0.1:1", chainId: CHAIN_ID, vault: street.vault });
  expect(await away.standing(HOME)).toMatchObject({ ok: false, code: "CHAIN_UNREACHABLE" });
  await away.close();
});
