import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ZeroAddress } from "ethers";
import { HOSTILE_CURRENCY_ABI, HOSTILE_CURRENCY_BYTECODE } from "../../../contracts/abi/hostile-currency.ts";
import { certificateBytes, signEntry } from "../../support/batch-bytes.ts";
import { addressOf, CHAIN_ID, keyOf, TestChain } from "../../support/test-chain.ts";
import {
  agentOf,
  deployVault,
  FIRST_PERIOD,
  OPERATOR,
  ownerOf,
  STRANGER,
  TestVault,
  typed,
  WITHDRAW,
  WITHDRAW_NOW,
} from "../../support/test-vault.ts";

/** Who carries what owners sign. */
const RELAY = STRANGER;
const [OWNER, HOME] = [ownerOf(2), 2];
const TO = addressOf(3);
const SINCE = 48_000;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain);
  for (let home = 0; home < 10; home++) await street.fund(home, 1_000);
  await chain.send(street.token, OPERATOR, "mint", addressOf(OWNER), 1_000_000);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

const later = async (seconds = 3_600): Promise<number> => (await chain.now()) + seconds;
const coins = async (who: string): Promise<bigint> => (await chain.view(street.token, "balanceOf", who)) as bigint;
const nonce = async (): Promise<bigint> => (await street.view("nonces", HOME)) as bigint;

describe("a deposit that its owner only signs", () => {
  const carry = (home: number, from: number, amount: number, said: readonly unknown[]): Promise<string> =>
    street.send(RELAY, "depositWithPermit", home, addressOf(from), amount, ...said);

  test("is carried by anybody", async () => {
    expect(await carry(HOME, OWNER, 70_000, await street.permit(OWNER, 70_000))).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`Deposited(${HOME}, ${addressOf(OWNER)}, 700)`]);
    expect([await street.view("balanceOf", HOME), await coins(addressOf(OWNER))]).toEqual([1_700n, 930_000n]);
  });

  test("counts as well when somebody has carried the permit to the token before", async () => {
    const said = await street.permit(OWNER, 70_000);
    const args = [addressOf(OWNER), await street.vault.getAddress(), 70_000, ...said];
    expect(await chain.send(street.token, RELAY, "permit", ...args)).toBe("ok");
    expect(await carry(HOME, OWNER, 70_000, said)).toBe("ok");
    // Once: the allowance is used up.
    expect(await street.refusal(() => carry(HOME, OWNER, 70_000, said))).toMatch(/^0xfb8f41b2/); // ERC20InsufficientAllowance
  });

  test.each<[string, number, number, number, () => Promise<readonly unknown[]>, string | RegExp]>([
    ["for somebody else's home", 3, OWNER, 70_000, () => street.permit(OWNER, 70_000), "NotOwner()"],
    ["for no home", 10, OWNER, 70_000, () => street.permit(OWNER, 70_000), "UnknownAccount(10)"],
    ["of nothing", HOME, OWNER, 0, () => street.permit(OWNER, 0), "ZeroAmount()"],
    ["of half a tick", HOME, OWNER, 150, () => street.permit(OWNER, 150), "NotTickAligned()"],
    ["of more than was signed", HOME, OWNER, 70_100, () => street.permit(OWNER, 70_000), /^0xfb8f41b2/],
    ["of more than the owner has", HOME, OWNER, 1_000_100, () => street.permit(OWNER, 1_000_100), /^0xe450d38c/], // ERC20InsufficientBalance
    ["signed by another", HOME, OWNER, 70_000, () => street.permit(ownerOf(3), 70_000), /^0xfb8f41b2/],
    ["whose time is over", HOME, OWNER, 70_000, () => street.permit(OWNER, 70_000, 1), /^0xfb8f41b2/],
  ])("%s", async (_, home, from, amount, said, expected) => {
    const carried = await said();
    expect(await street.refusal(() => carry(home, from, amount, carried))).toMatch(expected);
  });

  test("nobody spends what the operator lets the vault take", async () => {
    // The stranger's own home, and the operator's standing allowance.
    await street.send(OPERATOR, "register", addressOf(STRANGER), addressOf(6), `0x${"61".repeat(32)}`, SINCE);
    const none = [0, 27, `0x${"00".repeat(32)}`, `0x${"00".repeat(32)}`];
    expect(await street.refusal(() => carry(10, OPERATOR, 100, none))).toBe("NotOwner()");
  });
});

describe("a withdrawal that its owner only signs", () => {
  interface Asked {
    readonly home: number;
    readonly to: string;
    readonly ticks: number;
    readonly feeTicks: number;
    readonly nonce: bigint;
    readonly deadline: number;
  }

  const ask = async (change: Partial<Asked> = {}): Promise<Asked> => ({
    home: HOME,
    to: TO,
    ticks: 400,
    feeTicks: 15,
    nonce: await nonce(),
    deadline: await later(),
    ...change,
  });
  const sign = (asked: Asked, by = OWNER): Promise<string> => street.signTyped(by, "Withdraw", WITHDRAW, asked);
  const carry = ({ home, to, ticks, feeTicks, deadline }: Asked, signature: string): Promise<string> =>
    street.send(RELAY, "requestWithdrawFor", home, to, ticks, feeTicks, deadline, signature);
  const asSigned = async (change: Partial<Asked> = {}): Promise<string> => {
    const asked = await ask(change);
    return carry(asked, await sign(asked));
  };

  test("earmarks, and pays who carried it when it is paid", async () => {
    const asked = await ask();
    expect(await carry(asked, await sign(asked))).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`WithdrawalRequested(${HOME}, ${TO}, 400)`]);
    const request = [...((await street.view("withdrawal", HOME)) as unknown[])];
    expect(request).toEqual([TO, BigInt(await chain.now()), 400n, addressOf(RELAY), 15n]);
    expect([await nonce(), await coins(addressOf(RELAY)), await street.view("balanceOf", HOME)]).toEqual([1n, 0n, 1_000n]);
    await chain.pass(86_400);
    expect(await street.send(OPERATOR, "finalizeWithdraw", HOME)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([
      `FeePaid(${HOME}, ${addressOf(RELAY)}, 15)`,
      `WithdrawalFinalized(${HOME}, ${TO}, 385)`,
    ]);
    expect([await coins(TO), await coins(addressOf(RELAY)), await street.view("balanceOf", HOME)]).toEqual([38_500n, 1_500n, 600n]);
    expect([...((await street.view("withdrawal", HOME)) as unknown[])]).toEqual([ZeroAddress, 0n, 0n, ZeroAddress, 0n]);
    expect(await street.refusal(() => street.send(OPERATOR, "finalizeWithdraw", HOME))).toBe("NoWithdrawal()");
    // The next request of its own has no fee of the one before.
    await street.send(OWNER, "requestWithdraw", HOME, TO, 100);
    expect([...((await street.view("withdrawal", HOME)) as unknown[])].slice(3)).toEqual([ZeroAddress, 0n]);
  });

  test.each([
    ["without a fee", { feeTicks: 0 }, [40_000n, 0n]],
    ["that is all fee", { feeTicks: 400 }, [0n, 40_000n]],
  ])("%s", async (_, change, paid) => {
    expect(await asSigned(change)).toBe("ok");
    await chain.pass(86_400);
    expect(await street.send(OPERATOR, "finalizeWithdraw", HOME)).toBe("ok");
    expect([await coins(TO), await coins(addressOf(RELAY))]).toEqual(paid);
  });

  test.each([
    [1_000, 0n, 0n],
    [992, 0n, 800n],
    [900, 8_500n, 1_500n],
  ])("of a home that has lost %i ticks pays the fee first", async (lost, paid, fee) => {
    await asSigned();
    await street.settle(await street.batch([0, 0, -lost, lost], [], { coversUntil: await later() }));
    expect(await street.send(OPERATOR, "finalizeWithdraw", HOME)).toBe("ok");
    expect([await coins(TO), await coins(addressOf(RELAY)), await street.view("balanceOf", HOME)]).toEqual([paid, fee, 0n]);
  });

  test.each<[string, (asked: Asked) => Asked]>([
    ["another home", (asked) => ({ ...asked, home: 3 })],
    ["another receiver", (asked) => ({ ...asked, to: addressOf(RELAY) })],
    ["more", (asked) => ({ ...asked, ticks: 401 })],
    ["a higher fee", (asked) => ({ ...asked, feeTicks: 16 })],
    ["more time", (asked) => ({ ...asked, deadline: asked.deadline + 1 })],
  ])("isn't taken for %s", async (_, change) => {
    const asked = await ask();
    const signature = await sign(asked);
    expect(await street.refusal(() => carry(change(asked), signature))).toBe("BadSignature()");
  });

  test.each([
    ["its agent", agentOf(HOME)],
    ["another owner", ownerOf(3)],
  ])("isn't taken from %s", async (_, by) => {
    const asked = await ask();
    const signature = await sign(asked, by);
    expect(await street.refusal(() => carry(asked, signature))).toBe("BadSignature()");
  });

  test.each<[string, Partial<Asked>, string]>([
    ["a number that isn't next", { nonce: 1n }, "BadSignature()"],
    ["a fee above what is asked for", { feeTicks: 401 }, "FeeTooHigh(401, 400)"],
    ["to nobody", { to: ZeroAddress }, "BadRecipient()"],
    ["nothing", { ticks: 0, feeTicks: 0 }, "ZeroAmount()"],
    ["too much", { ticks: 1_001 }, "InsufficientBalance(1000, 1001)"],
    ["too late", { deadline: 5 }, "Expired(5)"],
  ])("%s", async (_, change, expected) => {
    expect(await street.refusal(() => asSigned(change))).toBe(expected);
  });

  test("counts once", async () => {
    const asked = await ask();
    const signature = await sign(asked);
    await carry(asked, signature);
    expect(await street.refusal(() => carry(asked, signature))).toBe("BadSignature()");
    expect(await street.refusal(() => asSigned())).toBe("WithdrawalPending()");
    await chain.pass(86_400);
    await street.send(OPERATOR, "finalizeWithdraw", HOME);
    expect(await street.refusal(() => carry({ ...asked, deadline: asked.deadline }, signature))).toBe(`Expired(${asked.deadline})`);
    const far = await ask({ deadline: 2 ** 40 });
    const again = await sign(far);
    expect(await carry(far, again)).toBe("ok");
    await chain.pass(86_400);
    await street.send(OPERATOR, "finalizeWithdraw", HOME);
    expect(await street.refusal(() => carry(far, again))).toBe("BadSignature()");
  });

  test("a relay that the currency doesn't pay keeps nobody's money: the owner gets the fee", async () => {
    const token = await chain.deploy({ abi: HOSTILE_CURRENCY_ABI, bytecode: HOSTILE_CURRENCY_BYTECODE }, []);
    const { vault } = await deployVault(chain, token);
    await chain.send(token, OPERATOR, "approve", await vault.getAddress(), 10n ** 15n);
    await chain.send(vault, OPERATOR, "register", addressOf(OWNER), addressOf(6), `0x${"61".repeat(32)}`, 7);
    await chain.send(vault, OPERATOR, "deposit", 0, 100_000);
    const types = WITHDRAW.split(",").map(typed);
    const domain = { name: "GridVault", version: "1", chainId: CHAIN_ID, verifyingContract: await vault.getAddress() };
    const asked = { home: 0, to: TO, ticks: 400, feeTicks: 15, nonce: 0n, deadline: await later() };
    const signature = await chain.person(OWNER).signTypedData(domain, { Withdraw: types }, asked);
    expect(await chain.send(vault, RELAY, "requestWithdrawFor", 0, TO, 400, 15, asked.deadline, signature)).toBe("ok");
    await chain.send(token, OPERATOR, "refuse", addressOf(RELAY));
    await chain.pass(86_400);
    expect(await chain.send(vault, OPERATOR, "finalizeWithdraw", 0)).toBe("ok");
    expect([await chain.view(token, "balanceOf", TO), await chain.view(token, "balanceOf", addressOf(RELAY))]).toEqual([40_000n, 0n]);
  });
});

describe("a withdrawal at once", () => {
  const asked = async (change: object = {}) => ({
    home: HOME,
    to: TO,
    ticks: 400,
    nonce: await nonce(),
    period: FIRST_PERIOD + 1,
    deadline: await later(60),
    ...change,
  });
  type Asked = Awaited<ReturnType<typeof asked>>;
  /** Signed by these validators; by just enough unless told. */
  async function certified(want: Asked, places: readonly number[] = [0, 1, 2]): Promise<string> {
    const signatures = await Promise.all(places.map((place) => street.signTyped(agentOf(place), "WithdrawNow", WITHDRAW_NOW, want)));
    return certificateBytes(places.map((index, at) => ({ index, signature: signatures[at]! })));
  }
  const carry = ({ home, to, ticks, period, deadline }: Asked, signature: string, cert: string, by = RELAY): Promise<string> =>
    street.send(by, "withdrawNow", home, to, ticks, period, deadline, signature, cert);
  const byOwner = (want: Asked): Promise<string> => street.signTyped(OWNER, "WithdrawNow", WITHDRAW_NOW, want);

  beforeEach(async () => {
    expect(await street.settle(await street.batch([]))).toBe("ok");
  });

  test("is paid with the owner's signature and a quorum's, by anybody, once", async () => {
    const want = await asked();
    const [signature, cert] = [await byOwner(want), await certified(want)];
    expect(await carry(want, signature, cert)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`WithdrawalFinalized(${HOME}, ${TO}, 400)`]);
    expect([await coins(TO), await street.view("balanceOf", HOME), await nonce()]).toEqual([40_000n, 600n, 1n]);
    expect(await street.refusal(() => carry(want, signature, cert))).toBe("BadSignature()");
    expect(await street.refusal(() => carry(want, "0x", cert, OWNER))).toBe("BadCertificate(0)");
  });

  test("needs no signature of an owner who comes itself", async () => {
    const want = await asked();
    expect(await carry(want, "0x", await certified(want), OWNER)).toBe("ok");
  });

  test.each<[string, object, string]>([
    ["for the settled period", { period: FIRST_PERIOD }, `WrongPeriod(${FIRST_PERIOD + 1}, ${FIRST_PERIOD})`],
    ["for a later period", { period: FIRST_PERIOD + 2 }, `WrongPeriod(${FIRST_PERIOD + 1}, ${FIRST_PERIOD + 2})`],
    ["with a number that isn't next", { nonce: 1n }, "BadSignature()"],
    ["to nobody", { to: ZeroAddress }, "BadRecipient()"],
    ["of nothing", { ticks: 0 }, "ZeroAmount()"],
    ["of too much", { ticks: 1_001 }, "InsufficientBalance(1000, 1001)"],
    ["too late", { deadline: 1_000 }, "Expired(1000)"],
  ])("%s", async (_, change, expected) => {
    const want = await asked(change);
    const [signature, cert] = [await byOwner(want), await certified(want)];
    expect(await street.refusal(() => carry(want, signature, cert))).toBe(expected);
  });

  test("without enough validators, or without the owner", async () => {
    const want = await asked();
    const signature = await byOwner(want);
    const few = await certified(want, [0, 1]);
    expect(await street.refusal(() => carry(want, signature, few))).toBe("QuorumNotReached(2, 3)");
    const cert = await certified(want);
    expect(await street.refusal(() => carry(want, "0x", cert))).toBe("BadSignature()");
    // A certificate over more than the owner asked for.
    const other = await certified({ ...want, ticks: 500 });
    expect(await street.refusal(() => carry(want, signature, other))).toBe("BadCertificate(0)");
  });

  test("leaves what another withdrawal has asked for", async () => {
    await street.send(OWNER, "requestWithdraw", HOME, TO, 700);
    const much = await asked({ ticks: 301 });
    const [signature, cert] = [await byOwner(much), await certified(much)];
    expect(await street.refusal(() => carry(much, signature, cert))).toBe("InsufficientBalance(300, 301)");
    const want = await asked({ ticks: 300 });
    expect(await carry(want, await byOwner(want), await certified(want))).toBe("ok");
    await chain.pass(86_400);
    expect(await street.send(RELAY, "finalizeWithdraw", HOME)).toBe("ok");
    expect(await coins(TO)).toBe(100_000n);
  });

  test("counts until its deadline, which nobody can move", async () => {
    const want = await asked({ deadline: await later(50) });
    const [signature, cert] = [await byOwner(want), await certified(want)];
    expect(await street.refusal(() => carry({ ...want, deadline: want.deadline + 1 }, signature, cert))).toBe("BadSignature()");
    await chain.pass(51);
    expect(await street.refusal(() => carry(want, signature, cert))).toBe(`Expired(${want.deadline})`);
  });

  test("waits while a proposal is open", async () => {
    const want = await asked();
    const [signature, cert] = [await byOwner(want), await certified(want)];
    const batch = await street.batch([0, 0, -700, 700]);
    await street.propose(batch);
    expect(await street.refusal(() => carry(want, signature, cert))).toBe("ProposalOpen()");
    expect(await street.finalize(batch)).toBe("ok");
    expect(await street.refusal(() => carry(want, signature, cert))).toBe(`WrongPeriod(${FIRST_PERIOD + 2}, ${FIRST_PERIOD + 1})`);
  });

  test("there is none before the first period", async () => {
    const fresh = await TestVault.deploy(chain);
    await fresh.fund(HOME, 1_000);
    const cert = certificateBytes([signEntry(0, keyOf(agentOf(0)), `0x${"00".repeat(32)}`)]);
    expect(await fresh.refusal(() => fresh.send(OWNER, "withdrawNow", HOME, TO, 1, FIRST_PERIOD, 2 ** 40, "0x", cert))).toBe(
      "NoValidators(0)",
    );
  });
});
