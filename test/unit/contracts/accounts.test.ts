import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { encodeBytes32String, ZeroAddress } from "ethers";
import { HOSTILE_CURRENCY_ABI, HOSTILE_CURRENCY_BYTECODE } from "../../../contracts/abi/hostile-currency.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import {
  AHEAD,
  agentOf,
  configOf,
  deployVault,
  MAX_PAUSE,
  OPERATOR,
  ownerOf,
  STRANGER,
  TestVault,
  VAULT_CODE,
} from "../../support/test-vault.ts";

const NAME = encodeBytes32String("home");
const MAX_DEPOSITED = 2 ** 30 - 1;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start();
  street = await TestVault.deploy(chain);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

describe("construction", () => {
  test.each([{ token: ZeroAddress }, { authority: ZeroAddress }])("nobody as %j", async (change) => {
    const attempt = chain.deploy(VAULT_CODE, [await configOf(street.token, street.manager, change)]);
    await expect(attempt).rejects.toMatchObject({ data: street.vault.interface.encodeErrorResult("ZeroAddress", []) });
  });

  test("what it was built with can be read", async () => {
    const read = await Promise.all(
      [
        "token",
        "authority",
        "challengeWindow",
        "proposalTtl",
        "escapeDelay",
        "aheadSeconds",
        "maxPause",
        "disputes",
        "TICK",
        "MAX_TICKS",
        "MAX_DEPOSITED",
        "MAX_HOMES",
      ].map((each) => street.view(each)),
    );
    const expected = [
      await street.token.getAddress(),
      await street.manager.getAddress(),
      0n,
      3_600n,
      86_400n,
      BigInt(AHEAD),
      BigInt(MAX_PAUSE),
      ZeroAddress,
      100n,
      2n ** 31n - 1n,
      2n ** 30n - 1n,
      20_480n,
    ];
    expect(read).toEqual(expected);
  });
});

describe("deposits", () => {
  test.each([
    ["nothing", 0, 0n, "ZeroAmount()"],
    ["half a tick", 0, 50n, "NotTickAligned()"],
    ["to nobody", 10, 100n, "UnknownAccount(10)"],
    ["more than deposits may make of it", 9, (BigInt(MAX_DEPOSITED) + 1n) * 100n, "LaneOverflow(1)"],
    ["as much as they may", 9, BigInt(MAX_DEPOSITED) * 100n, "ok"],
  ])("deposit: %s", async (_, home, amount, expected) => {
    expect(await street.send(OPERATOR, "deposit", home, amount)).toBe(expected);
  });

  test("a deposit is counted and the currency taken", async () => {
    await street.fund(4, 7);
    await street.fund(4, 5);
    expect(await chain.events(street.vault)).toEqual([`Deposited(4, ${addressOf(OPERATOR)}, 5)`]);
    expect(await street.view("balanceOf", 4)).toBe(12n);
    expect(await chain.view(street.token, "balanceOf", await street.vault.getAddress())).toBe(1_200n);
  });

  test.each([
    ["nothing", 0, 0n, "ZeroAmount()"],
    ["half a tick", 0, 150n, "NotTickAligned()"],
    ["to nobody", 8, 100n, "UnknownAccount(8)"],
    ["to the last account", 7, 100n, "ok"],
  ])("depositWide: %s", async (_, id, amount, expected) => {
    expect(await street.send(OPERATOR, "depositWide", id, amount)).toBe(expected);
  });

  test("a wide account holds 2^128 - 1 ticks and no more", async () => {
    const most = 2n ** 128n - 1n;
    await chain.send(street.token, OPERATOR, "mint", addressOf(OPERATOR), most * 100n + 100n);
    await chain.send(street.token, OPERATOR, "approve", await street.vault.getAddress(), 2n ** 256n - 1n);
    expect(await street.send(OPERATOR, "depositWide", 3, most * 100n)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`WideDeposited(3, ${addressOf(OPERATOR)}, ${most})`]);
    expect(await street.send(OPERATOR, "depositWide", 3, 100n)).toBe("WideOverflow(3)");
    expect(await street.view("wideBalance", 3)).toBe(most);
    // A period can't pass the limit either.
    await street.fund(0, 1);
    expect(await street.settle(await street.batch([-1], [[3, 1n]]))).toBe("WideOverflow(3)");
  });

  test("whoever has no currency can't deposit", async () => {
    expect(await street.send(STRANGER, "deposit", 0, 100n)).toMatch(/^0xfb8f41b2/); // ERC20InsufficientAllowance
  });

  test("views of accounts that don't exist", async () => {
    expect(await chain.viewError(street.vault, "balanceOf", 10)).toBe("UnknownAccount(10)");
    expect(await chain.viewError(street.vault, "wideBalance", 8)).toBe("UnknownAccount(8)");
  });
});

describe("withdrawals", () => {
  const OWNER = ownerOf(2);
  const TO = addressOf(3);

  beforeEach(() => street.fund(2, 1_000));

  test.each([
    ["its agent", agentOf(2), 2, TO, 10, "NotOwner()"],
    ["another owner", ownerOf(3), 2, TO, 10, "NotOwner()"],
    ["the operator", OPERATOR, 2, TO, 10, "NotOwner()"],
    ["an unknown home", OWNER, 10, TO, 10, "UnknownAccount(10)"],
    ["to nobody", OWNER, 2, ZeroAddress, 10, "BadRecipient()"],
    ["nothing", OWNER, 2, TO, 0, "ZeroAmount()"],
    ["too much", OWNER, 2, TO, 1_001, "InsufficientBalance(1000, 1001)"],
    ["far too much", OWNER, 2, TO, 2n ** 64n - 1n, "InsufficientBalance(1000, 18446744073709551615)"],
    ["everything", OWNER, 2, TO, 1_000, "ok"],
  ])("requestWithdraw: %s", async (_, by, home, to, ticks, expected) => {
    expect(await street.send(by, "requestWithdraw", home, to, ticks)).toBe(expected);
  });

  test("into the vault itself", async () => {
    expect(await street.send(OWNER, "requestWithdraw", 2, await street.vault.getAddress(), 10)).toBe("BadRecipient()");
  });

  test("a request is kept, and there is one at a time", async () => {
    await street.send(OWNER, "requestWithdraw", 2, TO, 400);
    expect(await chain.events(street.vault)).toEqual([`WithdrawalRequested(2, ${TO}, 400)`]);
    expect([...((await street.view("withdrawal", 2)) as unknown[])]).toEqual([TO, BigInt(await chain.now()), 400n, ZeroAddress, 0n]);
    expect((await street.balances(1, 2)).homes).toEqual([
      { ticks: 0n, requested: 0n, debt: 0n },
      { ticks: 1_000n, requested: 400n, debt: 0n },
    ]);
    expect(await street.send(OWNER, "requestWithdraw", 2, TO, 1)).toBe("WithdrawalPending()");
  });

  test("is paid once, by anybody, after everything up to the request is settled", async () => {
    await street.send(OWNER, "requestWithdraw", 2, TO, 400);
    const asked = await chain.now();
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("WithdrawalLocked()");
    await street.settle(await street.batch([], [], { coversUntil: asked - 1 }));
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("WithdrawalLocked()");
    await street.settle(await street.batch([], [], { coversUntil: asked }));
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`WithdrawalFinalized(2, ${TO}, 400)`]);
    expect(await chain.view(street.token, "balanceOf", TO)).toBe(40_000n);
    expect(await street.view("balanceOf", 2)).toBe(600n);
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("NoWithdrawal()");
  });

  test("pays what settlement has left", async () => {
    await street.send(OWNER, "requestWithdraw", 2, TO, 1_000);
    await street.settle(await street.batch([0, 0, -900, 900], [], { coversUntil: (await chain.now()) + 10 }));
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await chain.view(street.token, "balanceOf", TO)).toBe(10_000n);
    expect(await street.view("balanceOf", 2)).toBe(0n);
  });

  test("pays nothing, and is over, when settlement has left nothing", async () => {
    await street.send(OWNER, "requestWithdraw", 2, TO, 1_000);
    await street.settle(await street.batch([0, 0, -1_000, 1_000], [], { coversUntil: (await chain.now()) + 10 }));
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("NoWithdrawal()");
  });

  test("with nobody left to settle, the owner still gets everything after the escape delay", async () => {
    await street.send(OWNER, "requestWithdraw", 2, TO, 1_000);
    await chain.pass(86_390);
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("WithdrawalLocked()");
    await chain.pass(20);
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await chain.view(street.token, "balanceOf", TO)).toBe(100_000n);
  });

  test("nothing was asked for", async () => {
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("NoWithdrawal()");
    expect(await street.send(STRANGER, "finalizeWithdraw", 99)).toBe("NoWithdrawal()");
  });
});

describe("a currency that misbehaves", () => {
  const build = async () => {
    const token = await chain.deploy({ abi: HOSTILE_CURRENCY_ABI, bytecode: HOSTILE_CURRENCY_BYTECODE }, []);
    const { vault } = await deployVault(chain, token);
    await chain.send(token, OPERATOR, "approve", await vault.getAddress(), 10n ** 15n);
    await chain.send(vault, OPERATOR, "register", addressOf(5), addressOf(6), NAME, 7);
    return { token, vault };
  };

  test("that keeps a fee is refused", async () => {
    const { token, vault } = await build();
    await chain.send(token, OPERATOR, "misbehave", 1, ZeroAddress, "0x");
    expect(await chain.send(vault, OPERATOR, "deposit", 0, 1_000)).toBe("TransferMismatch(1000, 999)");
    expect(await chain.send(vault, OPERATOR, "depositWide", 0, 1_000)).toBe("TransferMismatch(1000, 999)");
  });

  test.each([
    ["deposit", [0, 100]],
    ["depositWide", [0, 100]],
    ["finalizeWithdraw", [0]],
  ])("that calls %s in the middle of a deposit is refused", async (method, args) => {
    const { token, vault } = await build();
    const call = vault.interface.encodeFunctionData(method, args);
    await chain.send(token, OPERATOR, "misbehave", 0, await vault.getAddress(), call);
    expect(await chain.send(vault, OPERATOR, "deposit", 0, 1_000)).toBe("ReentrancyGuardReentrantCall()");
  });
});

describe("test currency", () => {
  test("its deployer alone makes it, in millionths", async () => {
    expect(await chain.send(street.token, STRANGER, "mint", addressOf(STRANGER), 1)).toBe("NotMinter()");
    expect(await chain.send(street.token, OPERATOR, "mint", addressOf(STRANGER), 1)).toBe("ok");
    expect(await chain.view(street.token, "balanceOf", addressOf(STRANGER))).toBe(1n);
    expect(await chain.view(street.token, "decimals")).toBe(6n);
    expect(await chain.view(street.token, "minter")).toBe(addressOf(OPERATOR));
  });
});
