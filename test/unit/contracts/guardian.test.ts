import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { concat, Interface } from "ethers";
import { DISPUTES_DOUBLE_ABI, DISPUTES_DOUBLE_BYTECODE } from "../../../contracts/abi/disputes-double.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import {
  FIRST_PERIOD,
  GUARDIAN,
  linkOf,
  MAX_PAUSE,
  OPERATOR,
  ownerOf,
  STRANGER,
  type TestBatch,
  TestVault,
  voters,
} from "../../support/test-vault.ts";

const WINDOW = 600;
const ESCAPE = 86_400;
const TO = addressOf(3);
/** The second kind of fraud. */
const ORDER = 1;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  const disputes = await chain.deploy({ abi: DISPUTES_DOUBLE_ABI, bytecode: DISPUTES_DOUBLE_BYTECODE }, []);
  street = await TestVault.deploy(chain, { change: { challengeWindow: WINDOW, disputes: await disputes.getAddress() } });
  for (let home = 0; home < 10; home++) await street.fund(home, 1_000);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

const proof = (batch: TestBatch, kind = ORDER): string => concat([`0x0${kind}`, batch.period.head]);
const challenge = (batch: TestBatch, by = STRANGER, said = proof(batch)) => street.send(by, "challenge", batch.period, ORDER, said);
const veto = (batch: TestBatch, by = GUARDIAN) => street.send(by, "veto", batch.period);
const pause = (seconds: number, by = GUARDIAN) => street.send(by, "pause", seconds);
const unauthorized = (by: number): string => `AccessManagedUnauthorized(${addressOf(by)})`;
async function settled(): Promise<TestBatch> {
  const batch = await street.batch([-1, 1]);
  expect(await street.propose(batch)).toBe("ok");
  await chain.pass(WINDOW);
  expect(await street.finalize(batch)).toBe("ok");
  return batch;
}

describe("the guardian's own", () => {
  test.each([
    ["a stranger", STRANGER],
    ["the registrar", OPERATOR],
    ["an owner", ownerOf(0)],
  ])("%s doesn't veto, pause or go on", async (_, by) => {
    const batch = await street.batch([-1, 1]);
    await street.propose(batch);
    await pause(10);
    expect(await street.refusal(() => veto(batch, by))).toBe(unauthorized(by));
    expect(await street.refusal(() => street.send(by, "unpause"))).toBe(unauthorized(by));
    await chain.pass(30);
    expect(await street.refusal(() => pause(10, by))).toBe(unauthorized(by));
  });

  test.each<[string, readonly unknown[]]>([
    ["register", [addressOf(5), addressOf(6), `0x${"00".repeat(32)}`, 7]],
    ["registerMany", [[]]],
    ["setValidators", [20, voters(0, 1), [0, 0, 0]]],
    ["leaveStreet", [0, 48_000]],
    ["setAuthority", [addressOf(GUARDIAN)]],
  ])("it doesn't %s", async (method, args) => {
    expect(await street.refusal(() => street.send(GUARDIAN, method, ...args))).toBe(unauthorized(GUARDIAN));
  });

  test("it moves no money", async () => {
    expect(await street.refusal(() => street.send(GUARDIAN, "requestWithdraw", 0, TO, 10))).toBe("NotOwner()");
  });
});

describe("a veto", () => {
  test.each([0, WINDOW - 10, WINDOW, 2 * WINDOW])("%i seconds after the proposal", async (passed) => {
    const first = await settled();
    const batch = await street.batch([-5, 5]);
    await street.propose(batch);
    await chain.pass(passed);
    expect(await veto(batch)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`ProposalVetoed(${FIRST_PERIOD + 1}, ${await street.view("digest", batch.period)})`]);
    const { link, proposal } = (await street.view("status")) as { link: string; proposal: string };
    expect([link, BigInt(proposal)]).toEqual([linkOf(first.period), 0n]);
    expect(await street.refusal(() => street.finalize(batch))).toBe("NoProposal()");
  });

  test("holds for ever: of that very period, and of no other", async () => {
    const [batch, other] = [await street.batch([-5, 5]), await street.batch([-6, 6])];
    await street.propose(batch);
    await veto(batch);
    expect(await street.refusal(() => street.propose(batch))).toBe("ProposalRefused()");
    expect(await street.propose(other)).toBe("ok");
    await veto(other);
    expect(await street.refusal(() => street.propose(batch))).toBe("ProposalRefused()");
    expect(await street.refusal(() => street.propose(other))).toBe("ProposalRefused()");
    await settled();
    expect(await street.refusal(() => street.propose(batch))).toBe(`WrongPeriod(${FIRST_PERIOD + 1}, ${FIRST_PERIOD})`);
  });

  test("of nothing, of another period, and of what is settled", async () => {
    const batch = await street.batch([-5, 5]);
    expect(await street.refusal(() => veto(batch))).toBe("NoProposal()");
    await street.propose(batch);
    const other = await street.batch([-6, 6]);
    expect(await street.refusal(() => veto(other))).toBe("ProposalMismatch()");
    await chain.pass(WINDOW);
    await street.finalize(batch);
    expect(await street.refusal(() => veto(batch))).toBe("NoProposal()");
  });
});

describe("a proof of fraud", () => {
  test("drops the proposal for ever, whoever brings it", async () => {
    const first = await settled();
    const batch = await street.batch([-5, 5]);
    await street.propose(batch);
    await chain.pass(WINDOW - 10);
    expect(await challenge(batch)).toBe("ok");
    const digest = await street.view("digest", batch.period);
    expect(await chain.events(street.vault)).toEqual([`FraudProven(${FIRST_PERIOD + 1}, ${digest}, ${ORDER}, ${addressOf(STRANGER)})`]);
    expect(((await street.view("status")) as { link: string }).link).toBe(linkOf(first.period));
    expect(await street.refusal(() => street.propose(batch))).toBe("ProposalRefused()");
    expect(await street.propose(await street.batch([-4, 4]))).toBe("ok");
  });

  test.each([
    ["that shows none", (batch: TestBatch) => proof(batch, 2), "NoFraud()"],
    ["that is none", () => "0x", "ProofInvalid()"],
  ])("%s", async (_, said, expected) => {
    const batch = await street.batch([-5, 5]);
    await street.propose(batch);
    // The judge's own errors, which the vault hands on.
    const refused = await street.refusal(() => challenge(batch, STRANGER, said(batch)));
    expect(new Interface(DISPUTES_DOUBLE_ABI).parseError(refused)!.signature).toBe(expected);
  });

  test("of nothing, of another period, and too late", async () => {
    const batch = await street.batch([-5, 5]);
    expect(await street.refusal(() => challenge(batch))).toBe("NoProposal()");
    await street.propose(batch);
    const other = await street.batch([-6, 6]);
    expect(await street.refusal(() => challenge(other))).toBe("ProposalMismatch()");
    await chain.pass(WINDOW);
    expect(await street.refusal(() => challenge(batch))).toBe("WindowClosed()");
    expect(await street.finalize(batch)).toBe("ok");
  });

  test("counts while the vault is paused", async () => {
    const batch = await street.batch([-5, 5]);
    await street.propose(batch);
    await pause(10);
    expect(await challenge(batch)).toBe("ok");
  });

  test("where nobody judges", async () => {
    const other = await TestVault.deploy(chain, { change: { challengeWindow: WINDOW } });
    const batch = await other.batch([]);
    await other.propose(batch);
    expect(await other.refusal(() => other.send(STRANGER, "challenge", batch.period, ORDER, "0x"))).toBe("NoDisputes()");
  });
});

describe("a pause", () => {
  test.each([
    ["no time at all", 0, `BadPause(0, ${MAX_PAUSE})`],
    ["more than the most", MAX_PAUSE + 1, `BadPause(${MAX_PAUSE + 1}, ${MAX_PAUSE})`],
  ])("of %s", async (_, seconds, expected) => {
    expect(await street.refusal(() => pause(seconds))).toBe(expected);
  });

  test("ends by itself, and after it as much time passes without one", async () => {
    expect(await pause(MAX_PAUSE)).toBe("ok");
    const until = (await chain.now()) + MAX_PAUSE;
    expect(await chain.events(street.vault)).toEqual([`Paused(${until})`]);
    const { pausedUntil, nextPause } = (await street.view("status")) as { pausedUntil: bigint; nextPause: bigint };
    expect([pausedUntil, nextPause]).toEqual([BigInt(until), BigInt(until + MAX_PAUSE)]);
    expect(await street.refusal(() => pause(1))).toBe(`PauseCoolingDown(${until + MAX_PAUSE})`);
    await chain.pass(MAX_PAUSE - 10);
    expect(await street.refusal(() => street.fund(0, 1))).toBe(`VaultPaused(${until})`);
    await chain.pass(10);
    expect(await street.fund(0, 1)).toBe("ok");
    expect(await street.refusal(() => pause(1))).toBe(`PauseCoolingDown(${until + MAX_PAUSE})`);
    expect(await street.refusal(() => street.send(GUARDIAN, "unpause"))).toBe("NotPaused()");
    await chain.pass(MAX_PAUSE);
    expect(await pause(1)).toBe("ok");
  });

  test("can be ended, and its cool-down stays", async () => {
    expect(await street.refusal(() => street.send(GUARDIAN, "unpause"))).toBe("NotPaused()");
    await pause(100);
    const until = (await chain.now()) + 100;
    expect(await street.send(GUARDIAN, "unpause")).toBe("ok");
    expect(await chain.events(street.vault)).toEqual(["Unpaused()"]);
    expect(await street.fund(0, 1)).toBe("ok");
    expect(await street.refusal(() => pause(1))).toBe(`PauseCoolingDown(${until + 100})`);
  });

  test("keeps money and periods where they are", async () => {
    await street.send(ownerOf(2), "requestWithdraw", 2, TO, 400);
    const batch = await street.batch([-1, 1], [], { coversUntil: (await chain.now()) + 10 });
    await street.propose(batch);
    await chain.pass(WINDOW);
    expect(await pause(MAX_PAUSE)).toBe("ok");
    const paused = `VaultPaused(${(await chain.now()) + MAX_PAUSE})`;
    expect(await street.refusal(() => street.finalize(batch))).toBe(paused);
    expect(await street.refusal(() => street.fund(0, 1))).toBe(paused);
    expect(await street.refusal(() => street.send(OPERATOR, "depositWide", 0, 100))).toBe(paused);
    const permit = [1, addressOf(ownerOf(1)), 100, 0, 27, `0x${"00".repeat(32)}`, `0x${"00".repeat(32)}`];
    expect(await street.refusal(() => street.send(STRANGER, "depositWithPermit", ...permit))).toBe(paused);
    expect(await street.refusal(() => street.send(ownerOf(2), "withdrawNow", 2, TO, 1, FIRST_PERIOD, 2 ** 40, "0x", "0x"))).toBe(paused);
    await street.send(GUARDIAN, "unpause");
    expect(await street.finalize(batch)).toBe("ok");
    const next = await street.batch([]);
    await chain.pass(2 * MAX_PAUSE);
    expect(await pause(MAX_PAUSE)).toBe("ok");
    const again = `VaultPaused(${(await chain.now()) + MAX_PAUSE})`;
    expect(await street.refusal(() => street.propose(next))).toBe(again);
    expect(await street.refusal(() => street.send(STRANGER, "finalizeWithdraw", 2))).toBe(again);
    // Asking, leaving and changing keys move nothing.
    expect(await street.send(ownerOf(3), "requestWithdraw", 3, TO, 400)).toBe("ok");
  });

  test("doesn't keep anybody's money after the escape delay", async () => {
    await street.send(ownerOf(2), "requestWithdraw", 2, TO, 400);
    await chain.pass(ESCAPE - 20);
    await pause(MAX_PAUSE);
    expect(await street.refusal(() => street.send(STRANGER, "finalizeWithdraw", 2))).toBe("WithdrawalLocked()");
    await chain.pass(30);
    expect(await street.send(STRANGER, "finalizeWithdraw", 2)).toBe("ok");
    expect(await chain.view(street.token, "balanceOf", TO)).toBe(40_000n);
  });

  test("lets an old proposal go", async () => {
    const batch = await street.batch([]);
    await street.propose(batch);
    await chain.pass(WINDOW + 3_600);
    await pause(MAX_PAUSE);
    expect(await street.send(STRANGER, "expire", batch.period)).toBe("ok");
  });

  test("there is none where the street has none", async () => {
    const other = await TestVault.deploy(chain, { change: { maxPause: 0 } });
    expect(await other.refusal(() => other.send(GUARDIAN, "pause", 1))).toBe("BadPause(1, 0)");
  });
});
