import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { toQuantity } from "ethers/utils";
import { openPurse, type Purse, readStatement } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { callData, VAULT } from "../../../adapters/evm/vault.ts";
import { numberOf } from "../../../adapters/evm/wide.ts";
import { type Address, address, type Digest } from "../../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../../engine/messages/index.ts";
import { rowsOf } from "../../../src/main/statement.ts";
import { Carrier } from "../../../src/main/street/carrier.ts";
import type { Log } from "../../../src/ports/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { sendAs } from "../../support/send-as.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { ownerAddress, TestStreet } from "../../support/test-street.ts";

const SUPPLIER = address(addressOf(2));
const TO = address(addressOf(9));
const ALL = () => Number.MAX_SAFE_INTEGER;

let street: TestStreet;
let node: Rpc;
let purse: Purse;

beforeAll(async () => {
  street = await TestStreet.start({ payees: { supplier: SUPPLIER } });
  node = connect({ rpc: street.rpc });
  purse = openPurse({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
  await node.ask("anvil_autoImpersonateAccount", [true]);
});
afterAll(async () => {
  purse.close();
  node.close();
  await street.close();
});

const ask = (method: string, ...args: readonly unknown[]): Promise<void> =>
  sendAs(node, { from: SUPPLIER, to: street.vault, data: callData({ to: street.vault, contract: VAULT, method, args }) });
const statementOf = (account: SurplusAccount, vault: Address = street.vault) =>
  readStatement({ rpc: street.rpc, chainId: CHAIN_ID, vault, finality: 0 }, account);

test("a street's supplier and grid have payees from the start, the community when it is named", async () => {
  const operator = address(addressOf(1).toLowerCase());
  const accounts = async () => {
    const read = await purse.wide();
    return read.ok ? read.value.map(({ account, held, payee }) => [account, held, payee]) : read;
  };
  const first = [
    ["supplier", 50_000_000, SUPPLIER],
    ["grid", 0, operator],
  ];
  expect(await accounts()).toEqual([...first, ["community", 0, null]]);
  for (let times = 0; times < 2; times++) expect(await street.relay.namePayee("community", TO)).toEqual({ ok: true, value: undefined });
  expect(await accounts()).toEqual([...first, ["community", 0, TO]]);
  // Who is named is named by itself alone.
  expect(await street.relay.namePayee("supplier", TO)).toMatchObject({ code: "CHAIN_REFUSED", detail: "NotOwner()" });
});

test("where governing needs notice the payee is named after it", async () => {
  const slow = await TestStreet.on(street.rpc, { governanceSeconds: 700_000 });
  try {
    expect(await slow.relay.namePayee("community", TO)).toMatchObject({
      code: "CHAIN_PENDING",
      detail: expect.stringContaining("notice is given"),
    });
    await node.ask("evm_increaseTime", [700_000]);
    await node.ask("anvil_mine", ["0x1"]);
    expect(await slow.relay.namePayee("community", TO)).toEqual({ ok: true, value: undefined });
  } finally {
    await slow.close();
  }
});

test("what a payee asks for is paid when it is settled, and a statement adds up to the last unit", async () => {
  expect(await street.relay.settle(street.batch(0, [-300, 100]))).toMatchObject({ ok: true });
  await ask("requestWithdraw", numberOf("supplier"), TO, 1_000);
  expect(await purse.wide()).toMatchObject({
    value: [{ held: 50_020_000, withdrawal: { to: TO, micro: 100_000 } }, { withdrawal: null }, { withdrawal: null }],
  });
  expect(await street.relay.payWide(ALL)).toEqual({ ok: true, value: [] });
  const now = await node.ask("eth_getBlockByNumber", ["latest", false]);
  const coversUntil = Number((now as unknown as { value: { timestamp: string } }).value.timestamp);
  expect(await street.relay.settle(street.batch(1, [0, 50], { coversUntil }))).toMatchObject({ ok: true });
  expect(await street.relay.payWide(ALL)).toEqual({ ok: true, value: [{ kind: "paid", account: "supplier" }] });
  const statement = await statementOf("supplier");
  expect(statement).toMatchObject({
    value: {
      account: "supplier",
      held: 49_915_000,
      lines: [
        { kind: "deposit", period: null, other: address(addressOf(1).toLowerCase()), micro: 50_000_000 },
        { kind: "settled", period: 500, other: null, micro: 20_000 },
        { kind: "settled", period: 501, other: null, micro: -5_000 },
        { kind: "paid", period: null, other: TO, micro: -100_000 },
      ],
    },
  });
  const rows = statement.ok ? rowsOf(statement.value) : [];
  expect(rows.map((row) => row.split(",").slice(1, 6).join(" "))).toEqual([
    `deposit  ${addressOf(1).toLowerCase()} 50.00 50.00`,
    "settled 500  0.02 50.02",
    "settled 501  -0.005 50.015",
    `paid  ${TO} -0.10 49.915`,
  ]);
  expect(await statementOf("grid")).toEqual({ ok: true, value: { account: "grid", lines: [], held: 0 } });
});

test("what a home lacked for a period and what it paid back are lines of the supplier's, each with the home", async () => {
  const own = await TestStreet.on(street.rpc);
  try {
    expect(await own.relay.settle(own.batch(0, [-10_300, 100]))).toMatchObject({ ok: true });
    expect(await own.relay.settle(own.batch(1, [200]))).toMatchObject({ ok: true });
    expect(await own.relay.collectDebts()).toEqual({ ok: true, value: [0] });
    // Home 1 has 10,100 ticks and asks for 10,000 of them; home 0 still owes 100, which is behind the supplier.
    await node.ask("anvil_setBalance", [ownerAddress(1), toQuantity(10n ** 18n)]);
    const data = callData({ to: own.vault, contract: VAULT, method: "requestWithdraw", args: [1, TO, 10_000] });
    await sendAs(node, { from: ownerAddress(1), to: own.vault, data });
    const homes = [0, 10_000, 1_000_000, 1_000_000, 1_000_000];
    expect(await own.relay.wideStands()).toEqual({
      ok: true,
      value: [
        { account: "supplier", held: 50_990_000, homes, nextPeriod: 502 },
        { account: "grid", held: 0, homes, nextPeriod: 502 },
        { account: "community", held: 0, homes, nextPeriod: 502 },
      ],
    });
    const statement = await statementOf("supplier", own.vault);
    const rows = statement.ok ? rowsOf(statement.value) : [];
    expect(rows.slice(1).map((row) => row.split(",").slice(1, 6).join(" "))).toEqual([
      "settled 500  1.02 51.02",
      "shortfall 500 home 0 -0.03 50.99",
      "settled 501  -0.02 50.97",
      "repaid  home 0 0.02 50.99",
    ]);
    expect(await statementOf("community", own.vault)).toMatchObject({ value: { lines: [], held: 0 } });
  } finally {
    await own.close();
  }
});

test("where batches wait the supplier is paid between one proposal and the next", async () => {
  const slow = await TestStreet.on(street.rpc, { payees: { supplier: SUPPLIER }, challengeSeconds: 60 });
  try {
    const told: string[] = [];
    const tell = (event: string): unknown => told.push(event);
    const meta = new Map<string, string>();
    const store = { getMeta: (key: string) => meta.get(key) ?? null, setMeta: (key: string, value: string) => void meta.set(key, value) };
    const log = { ...QUIET, info: tell, warn: tell } as Log;
    const settled = async (): Promise<void> => {
      const paid = await slow.relay.payWide(ALL);
      if (paid.ok) for (const { kind, account } of paid.value) tell(`${kind} ${account}`);
    };
    const carrier = new Carrier({ relay: slow.relay, store, log, settled });
    const data = callData({ to: slow.vault, contract: VAULT, method: "requestWithdraw", args: [numberOf("supplier"), TO, 1_000] });
    await sendAs(node, { from: SUPPLIER, to: slow.vault, data });
    await node.ask("evm_increaseTime", [8 * 86_400]);
    for (const after of [0, 1]) carrier.add(slow.batch(after, [-10]));
    await carrier.carry();
    // However long ago it was asked for: the supplier may have to bear what homes lack.
    expect(await slow.relay.payWide(ALL)).toEqual({ ok: true, value: [] });
    await node.ask("evm_increaseTime", [60]);
    await carrier.carry();
    expect(told).toEqual(["batch.pending", "batch.settled", "paid supplier", "batch.pending"]);
  } finally {
    await slow.close();
  }
});

test("a statement that doesn't add up is none", () => {
  const line = { at: 0, kind: "deposit", period: null, other: TO, micro: 100, transaction: `0x${"1".repeat(64)}` as Digest } as const;
  expect(rowsOf({ account: "grid", lines: [line], held: 100 })).toHaveLength(1);
  expect(() => rowsOf({ account: "grid", lines: [line], held: 200 })).toThrow(
    /events make 0.0001 of the grid.s account, the vault says 0.0002/,
  );
});

test("where no vault stands there is no statement", async () => {
  expect(await statementOf("grid", TO)).toMatchObject({ ok: false, code: "CHAIN_WRONG" });
});
