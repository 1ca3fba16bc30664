import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { keccak256, ZeroHash } from "ethers";
import { certificateBytes, type Entry, highS, signEntry } from "../../support/batch-bytes.ts";
import { addressOf, keyOf, TestChain } from "../../support/test-chain.ts";
import {
  AHEAD,
  agentOf,
  FIRST_LINK,
  FIRST_PERIOD,
  linkOf,
  OPERATOR,
  STRANGER,
  type TestPeriod,
  TestVault,
} from "../../support/test-vault.ts";

const MAX_TICKS = 2 ** 31 - 1;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start();
  street = await TestVault.deploy(chain);
  for (let home = 0; home < 10; home++) await street.fund(home, 1_000);
  await street.send(OPERATOR, "depositWide", 0, 500_000);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

describe("a certified period", () => {
  test("moves balances and the chain of certificates on", async () => {
    const batch = await street.batch([-10, 25, 0, 0, 0, 0, 0, 0, -1_000, 40], [[0, 945n]]);
    expect(await street.propose(batch)).toBe("ok");
    const digest = await street.view("digest", batch.period);
    expect(await chain.events(street.vault)).toEqual([`PeriodProposed(${FIRST_PERIOD}, ${digest})`]);
    expect(await street.ticks()).toEqual(Array(10).fill(1_000));
    expect(await street.finalize(batch)).toBe("ok");
    const { head, coversUntil, toInterval } = batch.period;
    const link = linkOf(batch.period);
    expect(await chain.events(street.vault)).toEqual([`PeriodSettled(${FIRST_PERIOD}, ${head}, ${digest}, ${coversUntil})`]);
    expect(await street.ticks()).toEqual([990, 1_025, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 0, 1_040]);
    expect(await street.view("wideBalance", 0)).toBe(5_945n);
    expect([await street.view("nextPeriod"), await street.view("settledUntil")]).toEqual([501n, BigInt(coversUntil)]);
    expect([...((await street.view("status")) as unknown[])]).toEqual([
      501n,
      BigInt(toInterval + 1),
      BigInt(coversUntil),
      link,
      ZeroHash,
      0n,
      0n,
      0n,
      10n,
      await street.view("registryHead"),
    ]);
  });

  test("may change nothing, and may say so with no bytes at all", async () => {
    expect(await street.settle(await street.batch([]))).toBe("ok");
    expect(await street.settle(await street.batch(Array(16).fill(0), [[0, 0n]]))).toBe("ok");
  });

  test("may be signed by any quorum and by all", async () => {
    for (const signers of [
      [0, 1, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ]) {
      const batch = await street.batch([-1, 1]);
      expect(await street.propose(batch, await street.entries(batch, signers))).toBe("ok");
      expect(await street.finalize(batch)).toBe("ok");
    }
  });

  test("several wide accounts take part", async () => {
    expect(
      await street.settle(
        await street.batch(
          [-30],
          [
            [0, -70n],
            [1, 60n],
            [7, 40n],
          ],
        ),
      ),
    ).toBe("ok");
    const { wide } = await street.balances(0, 1);
    expect([...wide]).toEqual([4_930n, 60n, 0n, 0n, 0n, 0n, 0n, 40n]);
  });

  test("leaves homes out that came after it was made", async () => {
    const small = await TestVault.deploy(chain, { homes: 8 });
    const batch = await small.batch([]);
    const late = await small.batch(Array(8).fill(0));
    await small.register(8);
    expect(await small.settle(batch)).toBe("ok");
    expect(await small.settle({ ...late, period: { ...late.period, ...(await small.batch(Array(8).fill(0))).period } })).toBe("ok");
  });
});

describe("out of order", () => {
  const cases: readonly [string, Partial<TestPeriod>, string][] = [
    ["a period left out", { period: FIRST_PERIOD + 1 }, `WrongPeriod(${FIRST_PERIOD}, ${FIRST_PERIOD + 1})`],
    ["a period before", { period: FIRST_PERIOD - 1 }, `WrongPeriod(${FIRST_PERIOD}, ${FIRST_PERIOD - 1})`],
    ["another street's link", { prevPeriod: keccak256(FIRST_LINK) }, `WrongLink(${FIRST_LINK}, ${keccak256(FIRST_LINK)})`],
    ["an empty range", { fromInterval: 20, toInterval: 19 }, "BadIntervalRange()"],
    ["the end of counting", { toInterval: Number.NaN }, "BadIntervalRange()"],
  ];
  test.each(cases)("%s", async (_, change, expected) => {
    const batch = await street.batch([-1, 1], [], change);
    const last = { ...batch.period, toInterval: 2n ** 64n - 1n } as unknown as TestPeriod;
    const period = Number.isNaN(change.toInterval) ? last : batch.period;
    expect(await street.propose({ ...batch, period })).toBe(expected);
  });

  test.each([
    ["an interval beyond the vault's numbers", { toInterval: 2 ** 48 - 1 }, "BadIntervalRange()"],
    ["the last interval there is", { toInterval: 2 ** 48 - 2 }, "ok"],
    ["a time beyond the vault's numbers", { coversUntil: 2 ** 48 }, "FutureCover()"],
  ])("%s", async (_, change, expected) => {
    const far = await TestVault.deploy(chain, { change: { aheadSeconds: 2 ** 48 - 1 } });
    expect(await far.propose(await far.batch([], [], change))).toBe(expected);
  });

  test("one interval is enough", async () => {
    expect(await street.settle(await street.batch([-1, 1], [], { fromInterval: 20, toInterval: 20 }))).toBe("ok");
  });

  test.each([
    ["a gap", 1, 0, "BadIntervalRange()"],
    ["an overlap", -1, 0, "BadIntervalRange()"],
    ["time running back", 0, -1, "BadIntervalRange()"],
    ["time standing still", 0, 0, "ok"],
  ])("after the first period: %s", async (_, shift, time, expected) => {
    const first = await street.batch([]);
    await street.settle(first);
    const fromInterval = first.period.toInterval + 1 + shift;
    const second = await street.batch([], [], {
      fromInterval,
      toInterval: fromInterval + 95,
      coversUntil: first.period.coversUntil + time,
    });
    expect(await street.propose(second)).toBe(expected);
  });

  test("the street's clock may be ahead so far and no further", async () => {
    const now = await chain.now();
    expect(await street.propose(await street.batch([], [], { coversUntil: now + AHEAD + 60 }))).toBe("FutureCover()");
    expect(await street.propose(await street.batch([], [], { coversUntil: now + AHEAD }))).toBe("ok");
  });

  test("a period settles once", async () => {
    const batch = await street.batch([-1, 1]);
    const entries = await street.entries(batch);
    expect(await street.propose(batch, entries)).toBe("ok");
    expect(await street.propose(batch, entries)).toBe("ProposalOpen()");
    expect(await street.finalize(batch)).toBe("ok");
    expect(await street.finalize(batch)).toBe("NoProposal()");
    expect(await street.propose(batch, entries)).toBe("WrongPeriod(501, 500)");
    expect(await street.ticks()).toEqual([999, 1_001, ...Array(8).fill(1_000)]);
  });

  test("only what was proposed is settled", async () => {
    const batch = await street.batch([-1, 1]);
    expect(await street.finalize(batch)).toBe("NoProposal()");
    await street.propose(batch);
    const other = await street.batch([-2, 2]);
    expect(await street.finalize(other)).toBe("ProposalMismatch()");
    expect(await street.finalize({ ...batch, vector: other.vector })).toBe("VectorMismatch()");
    expect(await street.finalize({ ...batch, wide: "0x000000000000000000" })).toBe("VectorMismatch()");
  });
});

describe("bytes", () => {
  test.each<[string, number[], [number, bigint][], string]>([
    ["a tick from nowhere", [1], [], "NotConserved(1)"],
    ["a tick lost", [-5, 4], [], "NotConserved(-1)"],
    ["a tick lost by the supplier", [-5, 5], [[0, -1n]], "NotConserved(-1)"],
    ["an unknown account", [-5], [[8, 5n]], "UnknownAccount(8)"],
    [
      "accounts out of order",
      [-5],
      [
        [1, 2n],
        [0, 3n],
      ],
      "BadVector()",
    ],
    [
      "an account twice",
      [-5],
      [
        [1, 2n],
        [1, 3n],
      ],
      "BadVector()",
    ],
    ["a home that isn't there", [-5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5], [], "BadVector()"],
    ["more words than homes", Array(17).fill(0), [], "BadVector()"],
  ])("%s", async (_, deltas, wide, expected) => {
    expect(await street.propose(await street.batch(deltas, wide))).toBe(expected);
  });

  test.each([
    ["half a word", "0x00000000", "0x"],
    ["a word and a byte", `0x${"00".repeat(32)}00`, "0x"],
    ["half a wide entry", "0x", "0x0000"],
  ])("%s", async (_, vector, wide) => {
    const batch = await street.batch([], [], { vectorHash: keccak256(vector), wideHash: keccak256(wide) });
    expect(await street.propose({ ...batch, vector, wide })).toBe("BadVector()");
  });

  // The vault hashes a period as it comes, so no number may have bits that nobody reads.
  test.each([0, 1, 2, 3])("a number with bits beyond its own, in word %i of the period", async (word) => {
    const batch = await street.batch([-1, 1]);
    const cert = certificateBytes(await street.entries(batch));
    const { interface: abi, target } = street.vault;
    const data = abi.encodeFunctionData("propose", [batch.period, batch.vector, batch.wide, cert]);
    const at = 10 + 64 * word;
    const call = (text: string) => chain.provider.send("eth_call", [{ from: addressOf(STRANGER), to: target, data: text }, "latest"]);
    expect(await call(data)).toBe("0x");
    await expect(call(`${data.slice(0, at)}01${data.slice(at + 2)}`)).rejects.toMatchObject({ message: expect.stringContaining("revert") });
  });

  test("other bytes than the certified ones", async () => {
    const batch = await street.batch([-1, 1]);
    expect(await street.propose({ ...batch, vector: (await street.batch([-2, 2])).vector })).toBe("VectorMismatch()");
    expect(await street.propose({ ...batch, wide: "0x000000000000000000" })).toBe("VectorMismatch()");
  });

  test.each<[string, number[], [number, bigint][], string]>([
    ["a home below zero, and a supplier that bears it", [-6_000, 6_000], [], "ok"],
    ["a home below zero, and a supplier that doesn't", [-6_001, 6_001], [], "WideUnderflow(0, 1)"],
    ["a home of the second word below zero", [0, 0, 0, 0, 0, 0, 0, 0, 6_007, -6_007], [], "WideUnderflow(0, 7)"],
    ["a home above the limit", [MAX_TICKS - 999], [[0, -BigInt(MAX_TICKS - 999)]], "LaneOverflow(0)"],
    ["the supplier below zero", [5_001], [[0, -5_001n]], "WideUnderflow(0, 1)"],
    ["a home at zero", [-1_000, 1_000], [], "ok"],
    ["the supplier at zero", [5_000], [[0, -5_000n]], "ok"],
  ])("%s", async (_, deltas, wide, expected) => {
    const batch = await street.batch(deltas, wide);
    expect(await street.propose(batch)).toBe("ok");
    expect(await street.finalize(batch)).toBe(expected);
  });

  test("a home may come to hold exactly the most", async () => {
    const rest = MAX_TICKS - 1_000;
    await street.send(OPERATOR, "depositWide", 0, BigInt(rest) * 100n);
    expect(await street.settle(await street.batch([rest], [[0, -BigInt(rest)]]))).toBe("ok");
    expect(await street.view("balanceOf", 0)).toBe(BigInt(MAX_TICKS));
  });

  test("what a home can't pay it owes the supplier, and pays from its next deposit", async () => {
    expect(await street.settle(await street.batch([-1_500, 1_500]))).toBe("ok");
    const standing = async () => {
      const { homes, wide } = await street.balances(0, 2);
      return { homes: homes.map(({ ticks, debt }) => [ticks, debt]), supplier: wide[0] };
    };
    expect(await standing()).toEqual({
      homes: [
        [0n, 500n],
        [2_500n, 0n],
      ],
      supplier: 4_500n,
    });
    await street.fund(0, 300);
    expect(await standing()).toEqual({
      homes: [
        [0n, 200n],
        [2_500n, 0n],
      ],
      supplier: 4_800n,
    });
    // What it earns waits until anybody has it pay.
    expect(await street.settle(await street.batch([250, -250]))).toBe("ok");
    expect(await standing()).toEqual({
      homes: [
        [250n, 200n],
        [2_250n, 0n],
      ],
      supplier: 4_800n,
    });
    expect(await street.send(STRANGER, "repay", 0)).toBe("ok");
    expect(await standing()).toEqual({
      homes: [
        [50n, 0n],
        [2_250n, 0n],
      ],
      supplier: 5_000n,
    });
  });

  test("a batch that not even the supplier bears is settled after anybody has paid in", async () => {
    const batch = await street.batch([-6_500, 6_500]);
    await street.propose(batch);
    expect(await street.finalize(batch)).toBe("WideUnderflow(0, 500)");
    await street.send(OPERATOR, "depositWide", 0, 50_000);
    expect(await street.finalize(batch)).toBe("ok");
  });
});

describe("certificate", () => {
  const mutations: readonly [string, (entries: Entry[], digest: string) => Entry[], string][] = [
    ["nothing", () => [], "QuorumNotReached(0, 3)"],
    ["one signature less", (entries) => entries.slice(0, 2), "QuorumNotReached(2, 3)"],
    ["one twice", ([a, b]) => [a!, b!, b!], "BadCertificate(2)"],
    ["one twice in front", ([a, b]) => [a!, a!, b!], "BadCertificate(1)"],
    ["out of order", ([a, b, c]) => [b!, a!, c!], "BadCertificate(1)"],
    ["a high s", ([a, b, c]) => [a!, highS(b!), c!], "BadCertificate(1)"],
    ["a stranger", ([a, b], digest) => [a!, b!, signEntry(2, keyOf(STRANGER), digest)], "BadCertificate(2)"],
    ["a home that is no validator", ([a, b], digest) => [a!, b!, signEntry(2, keyOf(agentOf(4)), digest)], "BadCertificate(2)"],
    ["an index that isn't there", ([a, b], digest) => [a!, b!, signEntry(4, keyOf(agentOf(4)), digest)], "BadCertificate(2)"],
    ["another's index", ([a, b, c]) => [a!, b!, { ...c!, index: 3 }], "BadCertificate(2)"],
    ["another digest", ([a, b], digest) => [a!, b!, signEntry(2, keyOf(agentOf(2)), keccak256(digest))], "BadCertificate(2)"],
    ["v of 0 and 1", ([a, ...rest]) => [{ ...a!, signature: `${a!.signature.slice(0, -2)}00` }, ...rest], "BadCertificate(0)"],
    ["no signature at all", ([, ...rest]) => [{ index: 0, signature: `0x${"00".repeat(65)}` }, ...rest], "BadCertificate(0)"],
    ["a quorum and a bad one more", (entries) => [...entries, { ...entries[0]!, index: 3 }], "BadCertificate(3)"],
  ];
  test.each(mutations)("%s", async (_, mutate, expected) => {
    const batch = await street.batch([-1, 1]);
    const entries = await street.entries(batch);
    const digest = (await street.view("digest", batch.period)) as string;
    expect(await street.propose(batch, mutate(entries, digest))).toBe(expected);
    expect(await street.propose(batch, entries)).toBe("ok");
  });

  test.each([1, 65, 67, 197])("of %i bytes", async (length) => {
    const batch = await street.batch([-1, 1]);
    const cert = certificateBytes(await street.entries(batch)).slice(0, 2 + 2 * length);
    const expected = `BadCertificate(${Math.floor(length / 66)})`;
    expect(await street.send(STRANGER, "propose", batch.period, batch.vector, batch.wide, cert)).toBe(expected);
  });

  test("of another vault counts for nothing", async () => {
    const other = await TestVault.deploy(chain);
    const batch = await street.batch([]);
    expect(await other.propose(batch, await street.entries(batch))).toBe("BadCertificate(0)");
  });

  const words = ["head", "accountsRoot", "dataHash"] as const;
  test.each(words)("covers %s", async (field) => {
    const batch = await street.batch([]);
    const entries = await street.entries(batch);
    const period = { ...batch.period, [field]: keccak256(batch.period[field]) };
    expect(await street.propose({ ...batch, period }, entries)).toBe("BadCertificate(0)");
  });

  test.each(["fromInterval", "toInterval", "coversUntil"] as const)("covers %s", async (field) => {
    const batch = await street.batch([]);
    const entries = await street.entries(batch);
    const period = { ...batch.period, [field]: batch.period[field] + 1 };
    expect(await street.propose({ ...batch, period }, entries)).toBe("BadCertificate(0)");
  });
});

describe("challenge window", () => {
  let slow: TestVault;
  beforeEach(async () => {
    slow = await TestVault.deploy(chain, { change: { challengeWindow: 600 } });
  });

  test("nothing is settled before it is over", async () => {
    const batch = await slow.batch([]);
    await slow.propose(batch);
    const until = (await chain.now()) + 600;
    expect(((await slow.view("status")) as { finalizableAt: bigint }).finalizableAt).toBe(BigInt(until));
    expect(await slow.finalize(batch)).toBe(`WindowOpen(${until})`);
    await chain.pass(590);
    expect(await slow.finalize(batch)).toBe(`WindowOpen(${until})`);
    await chain.pass(10);
    expect(await slow.finalize(batch)).toBe("ok");
  });

  test("a proposal that nobody settles can be dropped, and another one made", async () => {
    expect(await slow.send(STRANGER, "expire", (await slow.batch([])).period)).toBe("NoProposal()");
    const batch = await slow.batch([-1, 1]);
    await slow.propose(batch);
    const until = (await chain.now()) + 600 + 3_600;
    await chain.pass(4_100);
    expect(await slow.send(STRANGER, "expire", batch.period)).toBe(`ProposalFresh(${until})`);
    await chain.pass(100);
    expect(await slow.send(STRANGER, "expire", batch.period)).toBe("ok");
    expect(await chain.events(slow.vault)).toEqual([`ProposalExpired(${FIRST_PERIOD}, ${await slow.view("digest", batch.period)})`]);
    expect(await slow.finalize(batch)).toBe("NoProposal()");
    expect(await slow.propose(await slow.batch([]))).toBe("ok");
  });

  test("what is dropped leaves the street as it was: another first period may begin anywhere", async () => {
    const before = [...((await slow.view("status")) as unknown[])];
    const batch = await slow.batch([-1, 1], [], { fromInterval: 50_000, toInterval: 50_001 });
    await slow.propose(batch);
    await chain.pass(4_200);
    expect(await slow.send(STRANGER, "expire", (await slow.batch([])).period)).toBe("ProposalMismatch()");
    expect(await slow.send(STRANGER, "expire", batch.period)).toBe("ok");
    expect([...((await slow.view("status")) as unknown[])]).toEqual(before);
    expect(await slow.propose(await slow.batch([]))).toBe("ok");
  });

  test("what is dropped leaves the street as it was: a later period follows the last settled one", async () => {
    const first = await slow.batch([]);
    await slow.propose(first);
    await chain.pass(600);
    await slow.finalize(first);
    const before = [...((await slow.view("status")) as unknown[])];
    expect(before[3]).toBe(linkOf(first.period));
    const second = await slow.batch([]);
    await slow.propose(second);
    expect(((await slow.view("status")) as { link: string }).link).toBe(linkOf(second.period));
    await chain.pass(4_200);
    expect(await slow.send(STRANGER, "expire", second.period)).toBe("ok");
    expect([...((await slow.view("status")) as unknown[])]).toEqual(before);
    expect(await slow.propose(second)).toBe("ok");
  });
});
