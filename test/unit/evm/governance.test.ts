import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { deployStreet, startAnvil } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { Sender } from "../../../adapters/evm/sender.ts";
import { MANAGER, VAULT, view } from "../../../adapters/evm/vault.ts";
import { type Address, address, assert, homeId, interval } from "../../../engine/kernel/index.ts";
import type { ValidatorSet } from "../../../src/ports/index.ts";
import { addressOf, CHAIN_ID, keyOf } from "../../support/test-chain.ts";
import { newHome, planOf, TestStreet } from "../../support/test-street.ts";

const ESCAPE = 7 * 86_400;
const NOTICE = ESCAPE + 1;

let street: TestStreet;
let node: Rpc;
let base: unknown;

const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
  const answer = await node.ask(method, params);
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
};
const set = (...homes: readonly number[]): ValidatorSet => ({
  since: interval(49_000),
  validators: homes.map((home) => ({ home: homeId(home), class: "home" })),
  minimums: { home: 0, operator: 0, utility: 0 },
});
async function pass(seconds: number): Promise<void> {
  await ask("evm_increaseTime", seconds);
  await ask("evm_mine");
}
/** How often the street's validators were named. */
async function named(): Promise<number> {
  const sets = await view(node, { to: street.vault, contract: VAULT, method: "validatorSets", args: [] });
  assert(sets.ok, sets.ok ? "" : sets.detail);
  return [...sets.value[0]].length;
}

beforeAll(async () => {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [1, 2].map((n) => address(addressOf(n))) });
  assert(anvil.ok, anvil.ok ? "" : anvil.detail);
  street = await TestStreet.on(anvil.value.rpc, { governanceSeconds: NOTICE, guardian: address(addressOf(2)) }, anvil.value.stop);
  node = connect({ rpc: street.rpc });
  base = await ask("evm_snapshot");
});
afterAll(async () => {
  node.close();
  await street.close();
});
const restore = async (): Promise<void> => {
  await ask("evm_revert", base);
  base = await ask("evm_snapshot");
};

describe("a street whose governor must give notice", () => {
  test.each([1, ESCAPE - 1, ESCAPE])("isn't made with a notice of %i s, which nobody could leave in", async (governanceSeconds) => {
    const refused = await deployStreet(planOf(street.rpc, { governanceSeconds, escapeSeconds: ESCAPE }));
    expect(refused).toMatchObject({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: expect.stringContaining(`more than escapeSeconds, ${ESCAPE}`),
    });
  });

  test("changes its validators only after it, by the same call", async () => {
    await restore();
    const before = await named();
    const now = Number(((await ask("eth_getBlockByNumber", "latest", false)) as { timestamp: string }).timestamp);
    const first = await street.relay.setValidators(set(0, 1, 2));
    expect(first).toMatchObject({ ok: false, code: "CHAIN_PENDING" });
    const from = /from (\S+) on/.exec(first.ok ? "" : first.detail)![1]!;
    expect(Math.floor(Date.parse(from) / 1000) - now - NOTICE).toBeLessThanOrEqual(60);
    expect(Math.floor(Date.parse(from) / 1000) - now - NOTICE).toBeGreaterThanOrEqual(0);
    await pass(NOTICE - 60);
    expect(await street.relay.setValidators(set(0, 1, 2))).toEqual(first);
    expect(await named()).toBe(before);
    await pass(120);
    expect(await street.relay.setValidators(set(0, 1, 2))).toEqual({ ok: true, value: undefined });
    expect(await named()).toBe(before + 1);
    // What stands is success at once; what differs by one home needs a notice of its own.
    expect(await street.relay.setValidators(set(0, 1, 2))).toEqual({ ok: true, value: undefined });
    expect(await street.relay.setValidators(set(0, 1, 3))).toMatchObject({ code: "CHAIN_PENDING" });
  });

  test("that was given too long ago is given again", async () => {
    await restore();
    expect(await street.relay.setValidators(set(0, 1, 2))).toMatchObject({ code: "CHAIN_PENDING" });
    await pass(NOTICE + 8 * 86_400);
    expect(await street.relay.setValidators(set(0, 1, 2))).toMatchObject({ code: "CHAIN_PENDING" });
    await pass(NOTICE);
    expect(await street.relay.setValidators(set(0, 1, 2))).toMatchObject({ ok: true });
  });

  test("isn't gone round: who governs can't take the notice away without notice, and homes join without any", async () => {
    await restore();
    const answer = await view(node, { to: street.vault, contract: VAULT, method: "authority", args: [] });
    assert(answer.ok, "it has one");
    const manager = (answer.value[0] as string).toLowerCase() as Address;
    const from = addressOf(1);
    for (const [method, args] of [
      ["grantRole", [2, from, 0]],
      ["grantRole", [0, from, 0]],
      ["setTargetFunctionRole", [street.vault, [VAULT.getFunction("setValidators")!.selector], 1]],
      ["updateAuthority", [street.vault, manager]],
    ] as const) {
      const refused = await node.ask("eth_call", [{ from, to: manager, data: MANAGER.encodeFunctionData(method, args) }, "latest"]);
      expect(refused).toMatchObject({ ok: false, data: expect.stringContaining(MANAGER.getError("AccessManagerNotScheduled")!.selector) });
    }
    expect(await street.relay.register(newHome(7, { deposit: 0 }))).toEqual({ ok: true, value: 5 });
  });

  test("is paused by its guardian and not by who runs it", async () => {
    await restore();
    const pause = { to: street.vault, data: VAULT.encodeFunctionData("pause", [60]) };
    expect(await node.ask("eth_call", [{ from: addressOf(2), ...pause }, "latest"])).toMatchObject({ ok: true });
    const selector = VAULT.getError("AccessManagedUnauthorized")!.selector;
    expect(await node.ask("eth_call", [{ from: addressOf(1), ...pause }, "latest"])).toMatchObject({
      ok: false,
      data: expect.stringContaining(selector),
    });
  });

  test("settles nothing while it is paused, and says until when; then it goes on", async () => {
    await restore();
    const guardian = new Sender(node, { chainId: CHAIN_ID, key: keyOf(2) });
    const paused = await guardian.send(street.vault, VAULT.encodeFunctionData("pause", [3_600]));
    assert(paused.ok, paused.ok ? "" : paused.detail);
    const now = Number(((await ask("eth_getBlockByNumber", "latest", false)) as { timestamp: string }).timestamp);
    const batch = street.batch(0, [-5, 5]);
    expect(await street.relay.settle(batch)).toMatchObject({
      ok: false,
      code: "CHAIN_PENDING",
      detail: `the vault is paused until ${new Date((now + 3_600) * 1000).toISOString()}`,
    });
    await pass(3_600);
    expect(await street.relay.settle(batch)).toMatchObject({ ok: true, value: { period: batch.result.period } });
  });
});
