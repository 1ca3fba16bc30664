import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { openPurse, type Purse } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { callData, VAULT } from "../../../adapters/evm/vault.ts";
import { numberOf } from "../../../adapters/evm/wide.ts";
import { address, assert, homeId, interval, nano, type Period, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { genesis, type MarketState, NANO_PER_TICK, NEW_ACCOUNT } from "../../../engine/settlement/index.ts";
import { Payouts } from "../../../src/main/street/payouts.ts";
import type { Log } from "../../../src/ports/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";
import { sendAs } from "../../support/send-as.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { FIRST_PERIOD, TestStreet } from "../../support/test-street.ts";

jest.setTimeout(60_000);

const SUPPLIER = address(addressOf(2));
const TO = address(addressOf(9));
/** Each home may feed in 100 Wh in an interval, at 0.08 for a kWh. */
const SMALL = { ...RULES, maxOrderWh: wh(100), maxOrdersPerHome: 1 };
const LAST = interval(48_300);
const HOMES = [0, 1, 2].map(homeId);
/** In two intervals that aren't settled three homes may feed in 600 Wh for 480 ticks, and five are lost to rounding. */
const KEPT = 480 + 5;
const EUR_TICKS = 10_000;
/** What the supplier holds in the vault. */
const HELD = 50 * EUR_TICKS;

let street: TestStreet;
let rpc: Rpc;
let purse: Purse;
let snapshot: unknown;
/** Up to when the vault has settled, Unix seconds. */
let covered = 0;

/** Period 500 is settled, and 501 covers all that is asked for before it. */
beforeAll(async () => {
  street = await TestStreet.start({ payees: { supplier: SUPPLIER } });
  rpc = connect({ rpc: street.rpc });
  purse = openPurse({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
  await rpc.ask("anvil_autoImpersonateAccount", [true]);
  expect(await street.relay.settle(street.batch(0, []))).toMatchObject({ ok: true });
});
beforeEach(async () => {
  if (snapshot !== undefined) await rpc.ask("evm_revert", [snapshot]);
  const answer = await rpc.ask("evm_snapshot", []);
  snapshot = answer.ok && answer.value;
});
afterAll(async () => {
  purse.close();
  rpc.close();
  await street.close();
});

/** The supplier asks for so many ticks, and what was before is settled. */
async function asked(ticks: number): Promise<void> {
  const data = callData({ to: street.vault, contract: VAULT, method: "requestWithdraw", args: [numberOf("supplier"), TO, ticks] });
  await sendAs(rpc, { from: SUPPLIER, to: street.vault, data });
  const now = await rpc.ask("eth_getBlockByNumber", ["latest", false]);
  assert(now.ok, "the chain answers");
  covered = Number((now.value as { timestamp: string }).timestamp);
  expect(await street.relay.settle(street.batch(1, [], { coversUntil: covered }))).toMatchObject({ ok: true });
}
const supplier = async () => {
  const accounts = await purse.wide();
  assert(accounts.ok, "the chain answers");
  return accounts.value[0]!;
};

interface Given {
  /** Closed, and not proposed: what home 0 gets by each. */
  readonly signed?: readonly number[];
  readonly carried?: readonly number[];
  /** What home 0 has earned since. */
  readonly earned?: number;
  readonly isBehind?: boolean;
}

/** What a node knows that has followed the street. */
function openPayouts({ signed = [], carried = [], earned = 0, isBehind = false }: Given = {}) {
  const batches = [...carried, ...signed].map((ticks, at) => street.batch(2 + at, [ticks], { coversUntil: covered + 1 + at }));
  const total = [...carried, ...signed].reduce((sum, each) => sum + each, 0);
  const state = genesis(SMALL, LAST, ZERO_DIGEST);
  const books: MarketState = {
    ...state,
    interval: LAST,
    accounts: new Map([[homeId(0), { ...NEW_ACCOUNT, balance: nano((total + earned) * NANO_PER_TICK) }]]),
    carried: { ...state.carried, period: (FIRST_PERIOD + 2 + batches.length) as Period, ticks: new Map([[homeId(0), total]]) },
  };
  const told: unknown[] = [];
  const log: Log = {
    ...QUIET,
    info: (event, data) => void told.push([event, data]),
    warn: (event, data) => void told.push([event, { ...data, detail: String((data as { detail?: string }).detail).split(":")[0] }]),
  };
  const payouts = new Payouts({
    relay: street.relay,
    node: {
      rounds: { state: isBehind ? { ...books, carried: { ...books.carried, period: (FIRST_PERIOD + 1) as Period } } : books },
      periods: { open: batches.slice(carried.length).map((batch) => ({ batch, digest: ZERO_DIGEST, votes: new Map() })) },
      membership: { rules: SMALL, rulesAt: () => SMALL, members: { homes: HOMES.map((home) => ({ home })) } as never },
    },
    waiting: () => batches.slice(0, carried.length),
    clock: { now: () => (LAST * 900 - 50) * 1000, monotonicMs: () => 0, speed: 1 },
    log,
  });
  return { payouts, told, batches };
}

const PAID = ["withdrawal.paid", { account: "supplier" }];
const held = (spare: string, micro: string) => [
  "payout.held",
  { code: "PAYOUT_SHORT", account: "supplier", detail: `the supplier's account can spare ${spare} now, and ${micro} are asked for` },
];

test.each<[string, Given, spare: number, text: string]>([
  ["what may be fed in until it is paid", {}, HELD - KEPT, "49.9515"],
  ["a batch that is signed and not proposed", { signed: [300_000] }, HELD - 300_000 - KEPT, "19.9515"],
  ["one that waits to be carried, and the next", { carried: [100_000], signed: [200_000] }, HELD - 300_000 - KEPT, "19.9515"],
  ["the first of two, though the second brings more", { signed: [300_000, -200_000] }, HELD - 300_000, "20.00"],
  ["what is settled of the running period", { signed: [100_000], earned: 50_000 }, HELD - 150_000 - KEPT, "34.9515"],
  // Home 0 has 10,000 ticks and lacks 20,000 for the first of them, which the supplier bears beside what it owes for the second.
  ["what a home lacks", { signed: [-30_000, 40_000] }, HELD - 30_000 - KEPT, "46.9515"],
])("a payout leaves %s its money, to the last tick", async (_, given, spare, text) => {
  await asked(spare + 1);
  const short = openPayouts(given);
  for (let times = 0; times < 2; times++) await short.payouts.pay();
  expect(short.told).toEqual([held(text, textOf(spare + 1))]);
  expect(await supplier()).toMatchObject({ held: 50_000_000, withdrawal: { micro: (spare + 1) * 100 } });
  await rpc.ask("evm_revert", [snapshot]);
  snapshot = await rpc.ask("evm_snapshot", []).then((answer) => answer.ok && answer.value);
  await asked(spare);
  const enough = openPayouts(given);
  await enough.payouts.pay();
  expect(enough.told).toEqual([PAID]);
  expect(await supplier()).toMatchObject({ held: 50_000_000 - spare * 100, withdrawal: null });
  // And the worst that could come is settled: what is signed, one after the other.
  for (const batch of enough.batches) expect(await street.relay.settle(batch)).toMatchObject({ ok: true });
});
const textOf = (ticks: number): string => `${Math.floor(ticks / EUR_TICKS)}.${String(ticks % EUR_TICKS).padStart(4, "0")}`;

test("books that aren't level with the vault pay nothing, and say nothing of it", async () => {
  await asked(100);
  const behind = openPayouts({ isBehind: true });
  await behind.payouts.pay();
  expect(behind.told).toEqual([]);
  expect(await supplier()).toMatchObject({ withdrawal: { micro: 10_000 } });
});

test("an account that was emptied without asking anybody is told as short, once, with what has to be paid in", async () => {
  await asked(HELD - 1_000);
  const data = callData({ to: street.vault, contract: VAULT, method: "finalizeWithdraw", args: [numberOf("supplier")] });
  await sendAs(rpc, { from: SUPPLIER, to: street.vault, data });
  const told = async (given: Given) => {
    const { payouts, told: all } = openPayouts(given);
    for (let times = 0; times < 2; times++) await payouts.pay();
    return all;
  };
  const short = (lacking: string) => [
    "account.short",
    {
      code: "ACCOUNT_SHORT",
      account: "supplier",
      detail: `the supplier's account holds 0.10, and ${lacking} more are needed for what is certified from period 502 on`,
    },
  ];
  expect(await told({ signed: [1_000] })).toEqual([]);
  expect(await told({ signed: [1_001] })).toEqual([short("0.0001")]);
  expect(await told({ signed: [600], earned: 900 })).toEqual([short("0.05")]);
  // Home 0 lacks 20,000 ticks of the 30,000.
  expect(await told({ signed: [-30_000] })).toEqual([]);
  expect(await told({ signed: [-30_000, 40_000] })).toEqual([short("2.90")]);
});
