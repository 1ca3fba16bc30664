import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { keccak256, ZeroAddress } from "ethers";
import { DISPUTES_DOUBLE_ABI, DISPUTES_DOUBLE_BYTECODE } from "../../../contracts/abi/disputes-double.ts";
import { certificateBytes, type Entry, highS } from "../../support/batch-bytes.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import {
  AHEAD,
  agentOf,
  CLASS,
  FIRST_LINK,
  FIRST_PERIOD,
  OPERATOR,
  ownerOf,
  STRANGER,
  type TestBatch,
  TestVault,
  voters,
} from "../../support/test-vault.ts";

/** What is refused leaves the vault as it was: each row of the design's table of bad input (`../shared/knowledge/chain.md` 5.9). */
const WINDOW = 600;
const TO = addressOf(3);
const OTHER = keccak256(FIRST_LINK);

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  const disputes = await chain.deploy({ abi: DISPUTES_DOUBLE_ABI, bytecode: DISPUTES_DOUBLE_BYTECODE }, []);
  street = await TestVault.deploy(chain, { change: { challengeWindow: WINDOW, disputes: await disputes.getAddress() } });
  for (let home = 0; home < 10; home++) await street.fund(home, 1_000);
  await street.send(OPERATOR, "depositWide", 0, 500_000);
  // The second period of a street, with a request that waits.
  const first = await street.batch([]);
  await street.propose(first);
  await chain.pass(WINDOW);
  await street.finalize(first);
  await street.send(ownerOf(5), "requestWithdraw", 5, TO, 10);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

type Change = Parameters<TestVault["batch"]>[2];

describe("a proposal", () => {
  test.each<[string, Change | ((batch: TestBatch) => Change), string]>([
    ["a period left out", { period: FIRST_PERIOD + 2 }, `WrongPeriod(${FIRST_PERIOD + 1}, ${FIRST_PERIOD + 2})`],
    ["a period sent again", { period: FIRST_PERIOD }, `WrongPeriod(${FIRST_PERIOD + 1}, ${FIRST_PERIOD})`],
    ["a gap", ({ period }) => ({ fromInterval: period.fromInterval + 1 }), "BadIntervalRange()"],
    ["an overlap", ({ period }) => ({ fromInterval: period.fromInterval - 1 }), "BadIntervalRange()"],
    ["an empty range", ({ period }) => ({ toInterval: period.fromInterval - 1 }), "BadIntervalRange()"],
    ["time running back", ({ period }) => ({ coversUntil: period.coversUntil - 901 }), "BadIntervalRange()"],
    ["time to come", { coversUntil: 2 ** 40 + AHEAD }, "FutureCover()"],
    ["other bytes", { vectorHash: OTHER }, "VectorMismatch()"],
    ["other bytes of wide accounts", { wideHash: OTHER }, "VectorMismatch()"],
  ])("%s", async (_, change, expected) => {
    const plain = await street.batch([-1, 1]);
    const batch = await street.batch([-1, 1], [], typeof change === "function" ? change(plain) : change);
    expect(await street.refusal(() => street.propose(batch))).toBe(expected);
  });

  test("another link", async () => {
    const batch = await street.batch([-1, 1]);
    const other = { ...batch, period: { ...batch.period, prevPeriod: OTHER } };
    expect(await street.refusal(() => street.propose(other))).toBe(`WrongLink(${batch.period.prevPeriod}, ${OTHER})`);
  });

  test.each<[string, (entries: Entry[]) => Entry[], string]>([
    ["too few", (entries) => entries.slice(1), "QuorumNotReached(2, 3)"],
    ["one twice", ([a, b]) => [a!, b!, b!], "BadCertificate(2)"],
    ["unsorted", ([a, b, c]) => [b!, a!, c!], "BadCertificate(1)"],
    ["malleable", ([a, b, c]) => [a!, b!, highS(c!)], "BadCertificate(2)"],
    ["somebody else's", ([a, b, c]) => [a!, b!, { ...c!, index: 3 }], "BadCertificate(2)"],
  ])("signatures: %s", async (_, mutate, expected) => {
    const batch = await street.batch([-1, 1]);
    const entries = mutate(await street.entries(batch));
    expect(await street.refusal(() => street.propose(batch, entries))).toBe(expected);
  });

  test("a class that is missing", async () => {
    const set = [...voters(0, 1, 2), [3, CLASS.utility] as const];
    expect(await street.setValidators(48_097, set, [0, 0, 1])).toBe("ok");
    const second = await street.batch([]);
    await street.propose(second);
    await chain.pass(WINDOW);
    await street.finalize(second);
    const batch = await street.batch([]);
    const entries = await street.entries(batch, [0, 1, 2]);
    expect(await street.refusal(() => street.propose(batch, entries))).toBe("QuorumClassMissing(2, 0, 1)");
  });

  test.each<[string, number[], [number, bigint][], string]>([
    ["longer than the registry", Array(17).fill(0), [], "BadVector()"],
    ["out of nothing", [1], [], "NotConserved(1)"],
  ])("balances %s", async (_, deltas, wide, expected) => {
    const batch = await street.batch(deltas, wide);
    expect(await street.refusal(() => street.propose(batch))).toBe(expected);
  });

  test.each<[string, number[], [number, bigint][], string]>([
    ["a home below zero, and nobody who bears it", [-6_001, 6_001], [], "WideUnderflow(0, 1)"],
    ["a home above the most", [2 ** 31 - 1_000], [[0, 1_000n - 2n ** 31n]], "LaneOverflow(0)"],
    ["a wide account below zero", [5_001], [[0, -5_001n]], "WideUnderflow(0, 1)"],
  ])("settled: %s", async (_, deltas, wide, expected) => {
    const batch = await street.batch(deltas, wide);
    await street.propose(batch);
    await chain.pass(WINDOW);
    expect(await street.refusal(() => street.finalize(batch))).toBe(expected);
  });

  test("while one is open, none is, or another one is", async () => {
    const [batch, other] = [await street.batch([-1, 1]), await street.batch([-2, 2])];
    expect(await street.refusal(() => street.finalize(batch))).toBe("NoProposal()");
    await street.propose(batch);
    const until = (await chain.now()) + WINDOW;
    expect(await street.refusal(() => street.propose(other))).toBe("ProposalOpen()");
    expect(await street.refusal(() => street.finalize(other))).toBe("ProposalMismatch()");
    expect(await street.refusal(() => street.finalize(batch))).toBe(`WindowOpen(${until})`);
    expect(await street.refusal(() => street.send(STRANGER, "expire", batch.period))).toBe(`ProposalFresh(${until + 3_600})`);
    await chain.pass(WINDOW);
    expect(await street.refusal(() => street.send(STRANGER, "challenge", batch.period, 0, "0x"))).toBe("WindowClosed()");
  });
});

describe("money", () => {
  test.each<[string, number, string, readonly unknown[], string]>([
    ["a deposit of nothing", OPERATOR, "deposit", [0, 0], "ZeroAmount()"],
    ["a deposit of half a tick", OPERATOR, "deposit", [0, 50], "NotTickAligned()"],
    ["a deposit for nobody", OPERATOR, "deposit", [10, 100], "UnknownAccount(10)"],
    ["a deposit for no wide account", OPERATOR, "depositWide", [8, 100], "UnknownAccount(8)"],
    ["a request by a stranger", STRANGER, "requestWithdraw", [2, TO, 10], "NotOwner()"],
    ["a request by the agent", agentOf(2), "requestWithdraw", [2, TO, 10], "NotOwner()"],
    ["a second request", ownerOf(5), "requestWithdraw", [5, TO, 10], "WithdrawalPending()"],
    ["a request of too much", ownerOf(2), "requestWithdraw", [2, TO, 1_001], "InsufficientBalance(1000, 1001)"],
    ["a request to nobody", ownerOf(2), "requestWithdraw", [2, ZeroAddress, 10], "BadRecipient()"],
    ["a payment too early", STRANGER, "finalizeWithdraw", [5], "WithdrawalLocked()"],
    ["a payment of nothing", STRANGER, "finalizeWithdraw", [6], "NoWithdrawal()"],
    ["a signed request too late", STRANGER, "requestWithdrawFor", [2, TO, 10, 1, 5, "0x"], "Expired(5)"],
    ["a request that nobody signed", STRANGER, "requestWithdrawFor", [2, TO, 10, 1, 2 ** 40, "0x"], "BadSignature()"],
    [
      "a payment at once without validators",
      ownerOf(2),
      "withdrawNow",
      [2, TO, 10, FIRST_PERIOD + 1, 2 ** 40, "0x", "0x"],
      "QuorumNotReached(0, 3)",
    ],
  ])("%s", async (_, by, method, args, expected) => {
    expect(await street.refusal(() => street.send(by, method, ...args))).toBe(expected);
  });
});

describe("validators", () => {
  const SINCE = 50_000;
  test.each<[string, readonly (readonly [number, number])[], readonly number[], string]>([
    ["nobody", [], [0, 0, 0], "BadValidatorSet(0)"],
    ["one twice", voters(0, 1, 1), [0, 0, 0], "BadValidatorSet(2)"],
    ["no home", voters(0, 10), [0, 0, 0], "BadValidatorSet(1)"],
    ["more than there are", voters(0, 1), [3, 0, 0], "BadMinimum(0, 3, 2)"],
    ["operators alone", [[0, CLASS.operator]], [0, 1, 0], "ClassTooStrong(1, 1)"],
  ])("%s", async (_, validators, minimums, expected) => {
    expect(await street.refusal(() => street.setValidators(SINCE, validators, minimums))).toBe(expected);
  });
});

test("a certificate with half an entry", async () => {
  const batch = await street.batch([]);
  const cert = certificateBytes(await street.entries(batch)).slice(0, -2);
  const said = () => street.send(STRANGER, "propose", batch.period, batch.vector, batch.wide, cert);
  expect(await street.refusal(said)).toBe("BadCertificate(2)");
});
