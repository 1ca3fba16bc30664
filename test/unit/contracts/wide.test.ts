import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import {
  FIRST_WIDE,
  GUARDIAN,
  MAX_PAUSE,
  OPERATOR,
  ownerOf,
  payeeOf,
  REDIRECT,
  STRANGER,
  TestVault,
  WITHDRAW,
} from "../../support/test-vault.ts";

const TO = addressOf(3);
const OTHER = addressOf(40);
const LATER = 2 ** 40;
const DAY = 86_400;
const [SUPPLIER, GRID] = [FIRST_WIDE, FIRST_WIDE + 1];

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start();
  street = await TestVault.deploy(chain, { change: { challengeWindow: 600 } });
  await street.fundWide(0, 1_000);
  await street.fund(2, 100);
  await street.send(OPERATOR, "depositWide", 1, 50_000);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

const paid = (to: string): Promise<unknown> => chain.view(street.token, "balanceOf", to);

describe("who may have what is in a wide account", () => {
  test.each<[string, number, readonly unknown[], string | RegExp]>([
    ["a stranger names the first", STRANGER, [1, TO], /^AccessManagedUnauthorized/],
    ["the governor names another", OPERATOR, [0, TO], "NotOwner()"],
    ["another payee names one", payeeOf(0), [1, TO], /^AccessManagedUnauthorized/],
    ["nobody is named", OPERATOR, [1, `0x${"0".repeat(40)}`], "ZeroAddress()"],
    ["of no account", OPERATOR, [8, TO], "UnknownAccount(8)"],
  ])("%s", async (_, by, args, expected) => {
    expect(await street.refusal(() => street.send(by, "setPayee", ...args))).toMatch(expected);
  });

  test("who is named passes it on", async () => {
    expect(await street.send(payeeOf(0), "setPayee", 0, TO)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`PayeeNamed(0, ${TO})`]);
    expect(await street.refusal(() => street.send(payeeOf(0), "requestWithdraw", SUPPLIER, OTHER, 1))).toBe("NotOwner()");
  });

  test.each<[string, number, string, readonly unknown[], string]>([
    ["the operator asks", OPERATOR, "requestWithdraw", [SUPPLIER, OTHER, 1], "NotOwner()"],
    ["a home's owner asks", ownerOf(2), "requestWithdraw", [SUPPLIER, OTHER, 1], "NotOwner()"],
    ["nobody is named", OPERATOR, "requestWithdraw", [GRID, OTHER, 1], "NotOwner()"],
    ["of more than there is", payeeOf(0), "requestWithdraw", [SUPPLIER, OTHER, 1_001], "InsufficientBalance(1000, 1001)"],
    ["of nothing", payeeOf(0), "requestWithdraw", [SUPPLIER, OTHER, 0], "ZeroAmount()"],
    ["to nobody", payeeOf(0), "requestWithdraw", [SUPPLIER, `0x${"0".repeat(40)}`, 1], "BadRecipient()"],
    ["nothing is asked for", STRANGER, "finalizeWithdraw", [SUPPLIER], "NoWithdrawal()"],
    ["nothing to redirect", payeeOf(0), "redirectWithdraw", [SUPPLIER, OTHER], "NoWithdrawal()"],
    ["a stranger redirects", STRANGER, "redirectWithdraw", [SUPPLIER, OTHER], "NotOwner()"],
    ["no such account", payeeOf(0), "requestWithdraw", [FIRST_WIDE - 1, OTHER, 1], `UnknownAccount(${FIRST_WIDE - 1})`],
  ])("%s", async (_, by, method, args, expected) => {
    expect(await street.refusal(() => street.send(by, method, ...args))).toBe(expected);
  });
});

describe("a payout", () => {
  test("of what a payee signed comes after what was certified before, and the fee first", async () => {
    const asked = { home: SUPPLIER, to: OTHER, ticks: 1_000, feeTicks: 10, nonce: 0, deadline: LATER };
    const signature = await street.signTyped(payeeOf(0), "Withdraw", WITHDRAW, asked);
    const args = [SUPPLIER, OTHER, 1_000, 10, LATER, signature];
    expect(await street.send(STRANGER, "requestWithdrawFor", ...args)).toBe("ok");
    expect(await street.refusal(() => street.send(STRANGER, "requestWithdrawFor", ...args))).toBe("BadSignature()");
    expect(await street.refusal(() => street.send(STRANGER, "finalizeWithdraw", SUPPLIER))).toBe("WithdrawalLocked()");

    await chain.pass(DAY);
    const batch = await street.batch([300], [[0, -300n]]);
    expect(await street.propose(batch)).toBe("ok");
    expect(await street.refusal(() => street.send(STRANGER, "finalizeWithdraw", SUPPLIER))).toBe("WideNeeded(0)");
    await chain.pass(600);
    expect(await street.finalize(batch)).toBe("ok");
    const had = BigInt(String(await paid(addressOf(STRANGER))));
    expect(await street.send(OPERATOR, "finalizeWithdraw", SUPPLIER)).toBe("ok");
    expect([await paid(OTHER), BigInt(String(await paid(addressOf(STRANGER)))) - had]).toEqual([69_000n, 1_000n]);
    expect(await street.view("wideBalance", 0)).toBe(0n);
  });

  test("goes elsewhere when its owner signs so, once and in time; a pause keeps it no longer than the escape", async () => {
    expect(await street.send(payeeOf(0), "requestWithdraw", SUPPLIER, TO, 500)).toBe("ok");
    const redirect = { home: SUPPLIER, to: OTHER, nonce: 0, deadline: (await chain.now()) + 50 };
    const sign = (by: number, change: object = {}) => street.signTyped(by, "Redirect", REDIRECT, { ...redirect, ...change });
    const carry = async (signature: string, deadline = redirect.deadline) =>
      street.send(STRANGER, "redirectWithdrawFor", SUPPLIER, OTHER, deadline, signature);
    expect(await street.refusal(async () => carry(await sign(OPERATOR)))).toBe("BadSignature()");
    expect(await street.refusal(async () => carry(await sign(payeeOf(0), { to: TO })))).toBe("BadSignature()");
    expect(await street.refusal(async () => carry(await sign(payeeOf(0), { home: GRID })))).toBe("BadSignature()");
    expect(await street.refusal(async () => carry(await sign(payeeOf(0), { deadline: 1 }), 1))).toBe("Expired(1)");
    const right = await sign(payeeOf(0));
    expect(await carry(right)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`WithdrawalRedirected(${SUPPLIER}, ${OTHER})`]);
    expect(await street.refusal(() => carry(right))).toBe("BadSignature()");
    await chain.pass(DAY - 100);
    expect(await street.send(GUARDIAN, "pause", MAX_PAUSE)).toBe("ok");
    await chain.pass(200);
    expect(await street.send(STRANGER, "finalizeWithdraw", SUPPLIER)).toBe("ok");
    expect([await paid(OTHER), await paid(TO)]).toEqual([50_000n, 0n]);
  });

  test("of a home goes elsewhere, too", async () => {
    expect(await street.send(ownerOf(2), "requestWithdraw", 2, TO, 100)).toBe("ok");
    expect(await street.refusal(() => street.send(ownerOf(3), "redirectWithdraw", 2, OTHER))).toBe("NotOwner()");
    expect(await street.send(ownerOf(2), "redirectWithdraw", 2, OTHER)).toBe("ok");
    await chain.pass(DAY);
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await paid(OTHER)).toBe(10_000n);
  });
});
