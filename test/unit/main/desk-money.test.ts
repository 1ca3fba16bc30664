import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Interface } from "ethers";
import { openPurse, ownerDigests, type Purse, permitDigest } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { TEST_CURRENCY_ABI } from "../../../contracts/abi/test-currency.ts";
import { type Address, address, assert, homeId, toHex } from "../../../engine/kernel/index.ts";
import { Allowance } from "../../../src/main/street/allowance.ts";
import { Desk } from "../../../src/main/street/desk.ts";
import type { Log, OwnerMoney, Relay } from "../../../src/ports/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { sendAs } from "../../support/send-as.ts";
import { addressOf, CHAIN_ID } from "../../support/test-chain.ts";
import { ownerAddress, TestStreet } from "../../support/test-street.ts";

const LIMITS = { deposits: 4, withdrawals: 4, payments: 4, keyChanges: 3, departures: 3, motions: 2, votes: 10, gas: 1_500_000 };

jest.setTimeout(60_000);

const HOME = 2;
const OWNER = ownerAddress(HOME);
const ELSEWHERE = address(addressOf(9));
const CURRENCY = new Interface(TEST_CURRENCY_ABI);
const TEN = 10_000_000;

let street: TestStreet;
let node: Rpc;
let purse: Purse;
let desk: Desk;

async function openDesk(relay: Relay = street.relay, log: Log = QUIET): Promise<Desk> {
  const registry = await street.chain.registry();
  assert(registry.ok, "the chain answers");
  const meta = new Map<string, string>();
  const store = { getMeta: (key: string) => meta.get(key) ?? null, setMeta: (key: string, value: string) => void meta.set(key, value) };
  const allowance = new Allowance({ clock: { now: () => 0 }, store }, LIMITS);
  const registrar = { rotateAgent: () => assert(false, "not asked"), leave: () => assert(false, "not asked") } as never;
  return new Desk({
    relay,
    vouch: () => Promise.reject(new Error("not asked")),
    registrar,
    registry: () => registry.value,
    allowance,
    log,
  });
}

const send = (from: string, to: string, data: string): Promise<void> => sendAs(node, { from, to, data });

beforeAll(async () => {
  street = await TestStreet.start();
  node = connect({ rpc: street.rpc });
  purse = openPurse({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
  await node.ask("anvil_autoImpersonateAccount", [true]);
  for (const owner of [OWNER, ownerAddress(3)])
    await send(addressOf(1), street.token, CURRENCY.encodeFunctionData("mint", [owner, 5 * TEN]));
});
let snapshot: unknown;
beforeEach(async () => {
  if (snapshot !== undefined) await node.ask("evm_revert", [snapshot]);
  const answer = await node.ask("evm_snapshot", []);
  snapshot = answer.ok && answer.value;
  desk = await openDesk();
});
afterAll(async () => {
  purse.close();
  node.close();
  await street.close();
});

async function look(home = HOME): Promise<OwnerMoney> {
  const money = await purse.look(homeId(home), ownerAddress(home));
  assert(money.ok, money.ok ? "" : money.detail);
  return money.value;
}

/** As the owner of home `by` signs it. */
async function deposit({ micro = TEN, by = HOME, seconds = 600 } = {}) {
  const { permits, now } = await look(by);
  const permit = { owner: ownerAddress(by), spender: street.vault, micro, nonce: permits!.nonce, deadline: now + seconds };
  const signature = toHex(street.signedByOwner(by, () => permitDigest(permits!.domain, permit)));
  return { micro, deadline: permit.deadline, signature };
}

async function withdrawal({ micro = 500_000, feeMicro = 0, to = ELSEWHERE as Address, by = HOME, home = HOME, seconds = 600 } = {}) {
  const { withdrawalNonce, now } = await look(home);
  const request = { home: homeId(home), to, micro, feeMicro, nonce: withdrawalNonce, deadline: now + seconds };
  const signature = toHex(street.signedByOwner(by, ({ withdraw }) => withdraw(request)));
  return { to, micro, feeMicro, deadline: request.deadline, signature };
}

const balanceOf = async (who: Address): Promise<number> => {
  const answer = await node.ask("eth_call", [{ to: street.token, data: CURRENCY.encodeFunctionData("balanceOf", [who]) }, "latest"]);
  return answer.ok ? Number(answer.value) : Number.NaN;
};
const paidBy = async (who: Address): Promise<readonly [coins: number, transactions: number]> => {
  const [coins, count] = await Promise.all([
    node.ask("eth_getBalance", [who, "latest"]),
    node.ask("eth_getTransactionCount", [who, "latest"]),
  ]);
  assert(coins.ok && count.ok, "the node answers");
  return [Number(coins.value), Number(count.value)];
};
const CARRIED = { ok: true, value: { home: HOME, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) } };

describe("a deposit", () => {
  test("reaches the escrow by a signature alone, once; its owner never had a coin", async () => {
    const request = await deposit();
    expect(await desk.deposit(HOME, request)).toEqual(CARRIED);
    expect(await look()).toMatchObject({ escrow: 1_000_000 + TEN, account: 4 * TEN });
    expect(await desk.deposit(HOME, request)).toMatchObject({
      code: "CHANGE_REFUSED",
      detail: expect.stringContaining("the permit was used already"),
    });
    expect(await look()).toMatchObject({ escrow: 1_000_000 + TEN, account: 4 * TEN });
    expect(await paidBy(OWNER)).toEqual([0, 0]);
  });

  test("is not stopped by who carries its permit to the currency first", async () => {
    const { micro, deadline, signature } = await deposit();
    const [r, s, v] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`, Number(`0x${signature.slice(130)}`)];
    await send(addressOf(2), street.token, CURRENCY.encodeFunctionData("permit", [OWNER, street.vault, micro, deadline, v, r, s]));
    expect(await desk.deposit(HOME, { micro, deadline, signature })).toEqual(CARRIED);
    expect((await look()).escrow).toBe(1_000_000 + TEN);
  });

  test.each<[string, () => Promise<Awaited<ReturnType<typeof deposit>>>, string]>([
    ["signed by another home's owner", () => deposit({ by: 3 }), "the permit was used already, is too old, or is signed by somebody else"],
    ["of more than was signed", async () => ({ ...(await deposit()), micro: TEN + 100 }), "signed by somebody else"],
    ["that is too old", () => deposit({ seconds: -1 }), "is too old"],
    ["of more than there is", () => deposit({ micro: 6 * TEN }), "the owner's account holds 50.00 and 60.00 is needed"],
  ])("%s is refused in words, and costs nobody anything", async (_, make, detail) => {
    const before = await paidBy(address(addressOf(1)));
    expect(await desk.deposit(HOME, await make())).toMatchObject({
      ok: false,
      code: "CHANGE_REFUSED",
      detail: expect.stringContaining(detail),
    });
    expect(await paidBy(address(addressOf(1)))).toEqual(before);
    expect((await look()).escrow).toBe(1_000_000);
  });

  test("is carried four times a day", async () => {
    for (let i = 0; i < 4; i++) expect(await desk.deposit(HOME, await deposit({ micro: 1_000_000 }))).toEqual(CARRIED);
    expect(await desk.deposit(HOME, await deposit({ micro: 1_000_000 }))).toMatchObject({ code: "LIMIT_REACHED" });
    expect((await desk.deposit(3, await deposit({ micro: 1_000_000, by: 3 }))).ok).toBe(true);
  });
});

describe("a debt", () => {
  test("is told when it grows, and paid from the next deposit and from what the home earns", async () => {
    const told: unknown[] = [];
    const log = { ...QUIET, warn: (event: string, what: object) => told.push({ event, ...what }), info: QUIET.info } as Log;
    const watching = await openDesk(street.relay, { ...log, info: (event, what) => told.push({ event, ...what }) });
    const collect = async (): Promise<readonly unknown[]> => {
      const balances = await street.chain.balances();
      assert(balances.ok, "the chain answers");
      await watching.collectDebts(balances.value);
      return told.splice(0);
    };
    expect(await collect()).toEqual([]);
    expect(await street.relay.settle(street.batch(0, [0, 0, -210_000]))).toMatchObject({ ok: true });
    expect(await look()).toMatchObject({ escrow: 0, debt: 20_000_000 });
    expect(await collect()).toEqual([{ event: "home.indebted", home: HOME, micro: 20_000_000 }]);
    expect(await collect()).toEqual([]);
    expect(await desk.deposit(HOME, await deposit())).toEqual(CARRIED);
    expect(await look()).toMatchObject({ escrow: 0, debt: TEN });
    expect(await collect()).toEqual([{ event: "home.repaid", home: HOME, micro: TEN }]);
    expect(await desk.withdraw(HOME, await withdrawal())).toMatchObject({
      code: "CHANGE_REFUSED",
      detail: "the home holds 0.00 beyond what it owes and 0.50 was asked for",
    });
    // What it earned is there until the operator looks.
    expect(await street.relay.settle(street.batch(1, [0, 0, 103_000]))).toMatchObject({ ok: true });
    expect(await look()).toMatchObject({ escrow: 10_300_000, debt: TEN });
    expect(await collect()).toEqual([]);
    expect(await look()).toMatchObject({ escrow: 300_000, debt: 0 });
    expect(await collect()).toEqual([{ event: "home.repaid", home: HOME, micro: 0 }]);
  });
});

const pass = async (): Promise<void> => {
  await node.ask("evm_increaseTime", [8 * 86_400]);
  await node.ask("evm_mine", []);
};
const payDue = async (): Promise<void> => {
  const balances = await street.chain.balances();
  assert(balances.ok, "the chain answers");
  await desk.payDue(balances.value);
};

describe("a withdrawal", () => {
  test("is asked for and paid by a signature alone, once", async () => {
    const request = await withdrawal();
    expect(await desk.withdraw(HOME, request)).toEqual(CARRIED);
    expect(await look()).toMatchObject({ escrow: 1_000_000, withdrawal: { to: ELSEWHERE, micro: 500_000 } });
    // It counts as spent from now on, for whoever asks what the home has staked.
    const escrows = await street.chain.escrows();
    expect(escrows.ok && [escrows.value.ticks[HOME], escrows.value.requested[HOME]]).toEqual([10_000, 5_000]);
    expect(await desk.withdraw(HOME, request)).toEqual({ ok: true, value: { home: HOME, transaction: null } });
    await payDue();
    expect((await look()).withdrawal).not.toBeNull();
    await pass();
    await payDue();
    expect(await look()).toMatchObject({ escrow: 500_000, withdrawal: null });
    expect(await balanceOf(ELSEWHERE)).toBe(500_000);
    expect(await desk.withdraw(HOME, { ...request, deadline: request.deadline })).toMatchObject({ code: "CHANGE_REFUSED" });
    expect(await look()).toMatchObject({ escrow: 500_000, withdrawal: null });
    expect(await paidBy(OWNER)).toEqual([0, 0]);
  });

  test("pays its fee to whoever carried it, out of what was asked for", async () => {
    const operator = address(addressOf(1));
    const had = await balanceOf(operator);
    expect(await desk.withdraw(HOME, await withdrawal({ feeMicro: 20_000 }))).toEqual(CARRIED);
    await pass();
    await payDue();
    expect([await balanceOf(ELSEWHERE), (await balanceOf(operator)) - had]).toEqual([480_000, 20_000]);
  });

  test.each<[string, () => Promise<Awaited<ReturnType<typeof withdrawal>>>, string]>([
    ["signed by another home's owner", () => withdrawal({ by: 3 }), "it isn't signed by the home's owner, or was carried before"],
    ["to somebody else than was signed", async () => ({ ...(await withdrawal()), to: ownerAddress(3) }), "isn't signed by"],
    ["of more than was signed", async () => ({ ...(await withdrawal()), micro: 500_100 }), "isn't signed by"],
    ["with another fee than was signed", async () => ({ ...(await withdrawal()), feeMicro: 100 }), "isn't signed by"],
    ["for another home", () => withdrawal({ home: 3 }), "isn't signed by"],
    ["that is too old", () => withdrawal({ seconds: -1 }), "it was to be carried until"],
    ["of more than there is", () => withdrawal({ micro: 1_000_100 }), "the home holds 1.00 beyond what it owes and 1.0001 was asked for"],
    ["into the vault", () => withdrawal({ to: street.vault }), "money can't go to nobody or back into the vault"],
  ])("%s is refused in words, and costs nobody anything", async (_, make, detail) => {
    const before = await paidBy(address(addressOf(1)));
    expect(await desk.withdraw(HOME, await make())).toMatchObject({
      ok: false,
      code: "CHANGE_REFUSED",
      detail: expect.stringContaining(detail),
    });
    expect(await paidBy(address(addressOf(1)))).toEqual(before);
    expect(await look()).toMatchObject({ escrow: 1_000_000, withdrawal: null });
  });

  test("waits for the one before", async () => {
    expect(await desk.withdraw(HOME, await withdrawal())).toEqual(CARRIED);
    expect(await desk.withdraw(HOME, await withdrawal({ micro: 100 }))).toMatchObject({
      code: "CHANGE_REFUSED",
      detail: "what was asked for earlier isn't paid yet: ask again after it is",
    });
  });
});

describe("a redirection", () => {
  const NEW = address(addressOf(8));

  async function redirection({ to = NEW as Address, by = HOME, home = HOME, seconds = 600 } = {}) {
    const { withdrawalNonce: nonce, now } = await look(home);
    const deadline = now + seconds;
    const signature = street.signedByOwner(by, ({ redirect }) => redirect({ home: homeId(home), to, nonce, deadline }));
    return { to, deadline, signature: toHex(signature) };
  }

  test("sends what is asked for elsewhere, by a signature alone, and changes nothing else", async () => {
    expect(await desk.withdraw(HOME, await withdrawal())).toEqual(CARRIED);
    const { withdrawal: before } = await look();
    const request = await redirection();
    expect(await desk.redirect(HOME, request)).toEqual(CARRIED);
    expect((await look()).withdrawal).toEqual({ ...before, to: NEW });
    expect(await desk.redirect(HOME, request)).toEqual({ ok: true, value: { home: HOME, transaction: null } });
    await pass();
    await payDue();
    expect([await balanceOf(NEW), await balanceOf(ELSEWHERE)]).toEqual([500_000, 0]);
    expect(await paidBy(OWNER)).toEqual([0, 0]);
  });

  test.each<[string, () => Promise<Awaited<ReturnType<typeof redirection>>>, string]>([
    ["signed by another home's owner", () => redirection({ by: 3 }), "it isn't signed by the home's owner, or was carried before"],
    ["to somebody else than was signed", async () => ({ ...(await redirection()), to: ownerAddress(3) }), "isn't signed by"],
    ["that is too old", () => redirection({ seconds: -1 }), "it was to be carried until"],
    ["into the vault", () => redirection({ to: street.vault }), "money can't go to nobody or back into the vault"],
  ])("%s is refused in words", async (_, make, detail) => {
    expect(await desk.withdraw(HOME, await withdrawal())).toEqual(CARRIED);
    const before = await look();
    expect(await desk.redirect(HOME, await make())).toMatchObject({ code: "CHANGE_REFUSED", detail: expect.stringContaining(detail) });
    expect((await look()).withdrawal).toEqual(before.withdrawal);
  });

  test("of nothing is refused", async () => {
    expect(await desk.redirect(HOME, await redirection())).toMatchObject({ detail: expect.stringContaining("nothing is asked for") });
  });
});

test("without the chain the owner is told to look before asking again", async () => {
  const relay = street.openRelayAt("http://127.0.0.1:1");
  desk = await openDesk(relay);
  expect(await desk.deposit(HOME, await deposit())).toMatchObject({ code: "CHAIN_AWAY" });
  await relay.close();
});

test("what is signed for this vault is signed for no other", () => {
  const request = { home: homeId(1), to: ELSEWHERE, micro: 100, feeMicro: 0, nonce: 0n, deadline: 1 };
  const digest = (chainId: number, vault: Address) => ownerDigests({ chainId, vault }).withdraw(request);
  expect(new Set([digest(1, ELSEWHERE), digest(2, ELSEWHERE), digest(1, OWNER)]).size).toBe(3);
});
