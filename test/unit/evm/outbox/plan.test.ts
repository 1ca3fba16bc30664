import { describe, expect, test } from "@jest/globals";
import { bumped, ether, type Fees, firstFees, gwei } from "../../../../adapters/evm/outbox/fees.ts";
import { gasLimitOf, refuseGas, refusePoor, refuseSize } from "../../../../adapters/evm/outbox/limits.ts";
import { applied, type Change, compacted, type Entry, type Mined, type State } from "../../../../adapters/evm/outbox/machine.ts";
import { adoptable, type Look, nextNonce, observed, todo } from "../../../../adapters/evm/outbox/plan.ts";
import { address, type Digest } from "../../../../engine/kernel/index.ts";

const TO = address(`0x${"11".repeat(20)}`);
const hashOf = (n: number) => `0x${n.toString(16).padStart(64, "0")}` as Digest;
const PATIENCE = { resendMs: 1_000, bumpMs: 5_000, cap: 1_000n };

const entryOf = (id: number, change: Partial<Entry> = {}): Entry => ({
  id,
  purpose: "propose",
  call: { to: TO, data: `0x0${id}`, words: [] },
  gasLimit: 100n,
  nonce: id,
  variants: [{ hash: hashOf(id), raw: `0x${id}`, maxFee: 80n, tip: 8n, signedMs: 0 }],
  state: "sent",
  sentMs: 0,
  mined: null,
  ...change,
});
const minedAt = (id: number, block: number, change: Partial<Mined> = {}): Mined => ({
  hash: hashOf(id),
  block,
  blockHash: hashOf(1_000 + block),
  isDone: true,
  ...change,
});
const lookOf = (change: Partial<Look> = {}): Look => ({
  nowMs: 0,
  count: 0,
  pending: 0,
  finalBlock: -1,
  baseFee: 10n,
  tip: 1n,
  receipts: new Map(),
  gone: new Set(),
  ...change,
});
const seen = (entries: readonly Entry[], change: Partial<Look>): readonly Change[] => observed(entries, lookOf(change), PATIENCE);

describe("an entry's life", () => {
  const after = (state: State, change: Change): State | "refused by a rule" => {
    try {
      return applied([entryOf(1, { state, mined: state === "mined" ? minedAt(1, 5) : null })], change).at(-1)!.state;
    } catch {
      return "refused by a rule";
    }
  };
  const no = "refused by a rule";
  const states: readonly State[] = ["signed", "sent", "mined", "final", "failed", "replaced"];
  const table: readonly (readonly [Change["kind"], Change, readonly string[]])[] = [
    ["sent", { kind: "sent", id: 1, atMs: 3 }, ["sent", "sent", no, no, no, no]],
    ["mined", { kind: "mined", id: 1, mined: minedAt(1, 5) }, ["mined", "mined", "mined", no, no, no]],
    ["reopened", { kind: "reopened", id: 1 }, [no, no, "sent", "sent", "sent", no]],
    ["final", { kind: "final", id: 1 }, [no, no, "final", no, no, no]],
    ["refused", { kind: "refused", id: 1 }, ["failed", no, no, no, no, no]],
    ["replaced", { kind: "replaced", id: 1 }, ["replaced", "replaced", "replaced", no, no, no]],
    ["priced", { kind: "priced", id: 1, variant: entryOf(9).variants[0]! }, ["signed", "signed", no, no, no, no]],
  ];
  test.each(table)("%s", (_, change, expected) => {
    expect(states.map((state) => after(state, change))).toEqual(expected);
  });

  test("one that was carried out and failed is failed for good", () => {
    const failed = entryOf(1, { state: "mined", mined: minedAt(1, 5, { isDone: false }) });
    expect(applied([failed], { kind: "final", id: 1 })[0]!.state).toBe("failed");
  });

  test("only what is over is forgotten, the oldest first", () => {
    const entries = [entryOf(1, { state: "final" }), entryOf(2), entryOf(3, { state: "replaced" }), entryOf(4, { state: "final" })];
    expect(compacted(entries, 2).map(({ id }) => id)).toEqual([2, 3, 4]);
    expect(compacted(entries, 0).map(({ id }) => id)).toEqual([2]);
  });

  test("what made a contract is held beside all else, however much came after it", () => {
    const call = { to: null, data: "0x60", words: [] };
    const entries = [
      entryOf(1, { call, state: "final", mined: minedAt(1, 5) }),
      entryOf(2, { call, state: "failed", mined: minedAt(2, 5, { isDone: false }) }),
      entryOf(3, { call, state: "replaced" }),
      entryOf(4, { state: "final", mined: minedAt(4, 5) }),
    ];
    expect(compacted(entries, 1).map(({ id }) => id)).toEqual([1, 4]);
    expect(compacted(entries, 0)).toEqual([]);
  });
});

describe("what a look says", () => {
  const receipts = new Map([[hashOf(3), minedAt(3, 7)]]);

  test.each<readonly [string, Partial<Entry>, Partial<Look>, readonly Change[]]>([
    ["nothing new", {}, { count: 3 }, []],
    ["in a block", {}, { count: 4, receipts }, [{ kind: "mined", id: 3, mined: minedAt(3, 7) }]],
    ["still in the same block", { state: "mined", mined: minedAt(3, 7) }, { count: 4, receipts }, []],
    [
      "in another block",
      { state: "mined", mined: minedAt(3, 7, { blockHash: hashOf(5) }) },
      { count: 4, receipts },
      [{ kind: "mined", id: 3, mined: minedAt(3, 7) }],
    ],
    ["its block is not final yet", { state: "mined", mined: minedAt(3, 7) }, { count: 4, receipts, finalBlock: 6 }, []],
    ["its block is final", { state: "mined", mined: minedAt(3, 7) }, { count: 4, receipts, finalBlock: 7 }, [{ kind: "final", id: 3 }]],
    ["its block was taken back", { state: "mined", mined: minedAt(3, 7) }, { count: 3 }, [{ kind: "reopened", id: 3 }]],
    ["its nonce was taken, perhaps not for good", {}, { count: 4 }, []],
    ["its nonce was taken for good", {}, { count: 4, gone: new Set([3]) }, [{ kind: "replaced", id: 3 }]],
    ["what is final stays so", { state: "final", mined: minedAt(3, 7) }, { count: 4 }, []],
    ["the chain forgot what was final", { state: "final", mined: minedAt(3, 7) }, { count: 3 }, [{ kind: "reopened", id: 3 }]],
    ["what was replaced stays so, whatever the chain forgets", { state: "replaced" }, { count: 3 }, []],
    ["what no node took stays so", { state: "failed" }, { count: 3 }, []],
    ["a chain that forgot more than it fills is another chain", { state: "final", mined: minedAt(3, 7), nonce: 20 }, { count: 3 }, []],
    ["a nonce far ahead, a while ago", { nonce: 20 }, { count: 3, nowMs: 5_000 }, [{ kind: "replaced", id: 3 }]],
    ["a nonce far ahead, just now", { nonce: 20 }, { count: 3, nowMs: 4_999 }, []],
    ["a nonce that can be reached", { nonce: 19 }, { count: 3, nowMs: 5_000 }, []],
  ])("%s", (_, change, look, expected) => {
    expect(seen([entryOf(3, change)], look)).toEqual(expected);
  });

  test("an earlier signature counts as well as the last", () => {
    const [variant] = entryOf(3).variants;
    const twice = entryOf(3, { variants: [variant!, { ...variant!, hash: hashOf(33) }] });
    expect(seen([twice], { count: 4, receipts })).toEqual([{ kind: "mined", id: 3, mined: minedAt(3, 7) }]);
  });
});

describe("what is to be done", () => {
  const idle = { send: [], bump: null, fill: [] };
  const does = (entries: readonly Entry[], change: Partial<Look>) => {
    const { send, bump, fill } = todo(entries, lookOf(change), PATIENCE);
    return { send: send.map(({ id }) => id), bump: bump === null ? null : [bump.entry.id, bump.fees.maxFee, bump.fees.tip], fill };
  };

  test.each<readonly [string, readonly Entry[], Partial<Look>, object]>([
    ["nothing", [], {}, idle],
    ["nothing while it is on its way", [entryOf(3)], { count: 3, pending: 4, nowMs: 999 }, idle],
    ["again after a while", [entryOf(3)], { count: 3, pending: 4, nowMs: 1_000 }, { ...idle, send: [3] }],
    ["at once what wasn't sent", [entryOf(3, { state: "signed", sentMs: null })], { count: 3 }, { ...idle, send: [3] }],
    ["at once what was reopened", [entryOf(3, { sentMs: null })], { count: 3 }, { ...idle, send: [3] }],
    ["not what was passed over", [entryOf(3, { sentMs: null })], { count: 4 }, idle],
    [
      "in the order of nonces",
      [entryOf(4, { sentMs: null }), entryOf(5, { nonce: 3, sentMs: null })],
      { count: 3 },
      { ...idle, send: [5, 4] },
    ],
    ["nonces that nobody has are filled", [entryOf(5)], { count: 3, pending: 3 }, { ...idle, fill: [3, 4] }],
    ["not those that somebody has", [entryOf(5)], { count: 3, pending: 5 }, idle],
    ["not more than a few", [entryOf(20)], { count: 3, pending: 3 }, idle],
    ["an eighth more after its time", [entryOf(3, { sentMs: 5_000 })], { count: 3, nowMs: 5_000 }, { ...idle, bump: [3, 90n, 9n] }],
    ["at once when the base fee is above it", [entryOf(3)], { count: 3, baseFee: 81n }, { ...idle, bump: [3, 171n, 9n] }],
    ["never above the cap", [entryOf(3)], { count: 3, baseFee: 600n }, { ...idle, bump: [3, 1_000n, 9n] }],
    [
      "only the next in line",
      [entryOf(3, { sentMs: 5_000 }), entryOf(4, { sentMs: 5_000 })],
      { count: 3, nowMs: 5_000 },
      { ...idle, bump: [3, 90n, 9n] },
    ],
    ["nobody while another holds the line", [entryOf(4, { sentMs: 5_000 })], { count: 3, pending: 4, nowMs: 5_000 }, idle],
  ])("%s", (_, entries, look, expected) => {
    expect(does(entries, look)).toEqual(expected);
  });

  test("a new nonce comes after all that is in the chain, in the node or on its way", () => {
    expect(nextNonce([], { count: 4, pending: 4 })).toBe(4);
    expect(nextNonce([], { count: 4, pending: 6 })).toBe(6);
    expect(nextNonce([entryOf(7)], { count: 4, pending: 6 })).toBe(8);
    expect(nextNonce([entryOf(7, { state: "final" })], { count: 4, pending: 4 })).toBe(4);
  });

  test("who asks for the same again gets what is on its way, or was done without that anybody was told", () => {
    const call = entryOf(3).call;
    const done = entryOf(3, { state: "mined", mined: minedAt(3, 7) });
    expect(adoptable([entryOf(3)], call, new Set())?.id).toBe(3);
    expect(adoptable([entryOf(3)], { ...call, words: [1] }, new Set())).toBeNull();
    expect(adoptable([done], call, new Set())).toBeNull();
    expect(adoptable([done], call, new Set([3]))?.id).toBe(3);
    expect(adoptable([entryOf(3, { state: "replaced" })], call, new Set([3]))).toBeNull();
  });
});

describe("fees and limits", () => {
  test.each<readonly [Fees, bigint, Fees | null]>([
    [{ maxFee: 80n, tip: 8n }, 1n, { maxFee: 90n, tip: 9n }],
    [{ maxFee: 81n, tip: 1n }, 1n, { maxFee: 92n, tip: 2n }],
    [{ maxFee: 80n, tip: 8n }, 100n, { maxFee: 209n, tip: 9n }],
    [{ maxFee: 888n, tip: 8n }, 1n, { maxFee: 999n, tip: 9n }],
    [{ maxFee: 889n, tip: 8n }, 1n, null],
  ])("%j is bumped at a base fee of %s", (fees, baseFee, expected) => {
    expect(bumped(fees, { baseFee, tip: 1n }, 1_000n)).toEqual(expected);
  });

  test("the first price leaves room for a base fee that doubles, and ends at the cap", () => {
    expect(firstFees({ baseFee: 10n, tip: 3n }, 1_000n)).toEqual({ maxFee: 23n, tip: 3n });
    expect(firstFees({ baseFee: 700n, tip: 3n }, 1_000n)).toEqual({ maxFee: 1_000n, tip: 3n });
    expect(firstFees({ baseFee: 998n, tip: 3n }, 1_000n)).toEqual({ maxFee: 1_000n, tip: 2n });
    expect(firstFees({ baseFee: 1_000n, tip: 3n }, 1_000n)).toBeNull();
  });

  test("a transaction's gas and size are those of the real chain", () => {
    expect(refuseGas(16_777_216n)).toBeNull();
    expect(refuseGas(16_777_217n)).toMatch(/^it needs 16,777,217 gas, and a transaction may use 16,777,216 \(EIP-7825\)/);
    expect(gasLimitOf(100n)).toBe(120n);
    expect(gasLimitOf(16_000_000n)).toBe(16_777_216n);
    expect(refuseSize(`0x${"00".repeat(131_072)}`)).toBeNull();
    expect(refuseSize(`0x${"00".repeat(131_073)}`)).toMatch(/^it has 131,073 bytes, and nodes pass on 131,072/);
  });

  test("an empty purse is told with what is in it and what is needed", () => {
    const account = TO;
    expect(refusePoor({ account, balance: 5n, needed: 5n })).toBeNull();
    expect(refusePoor({ account, balance: 10n ** 15n, needed: 21n * 10n ** 14n })).toBe(
      `insufficient funds: the relay's account ${TO} holds 0.001 ETH for fees and needs 0.0021 ETH; send it some`,
    );
  });

  test.each([
    [gwei(0n), "0 gwei"],
    [gwei(1n), "0.001 gwei"],
    [gwei(1_500_000_000n), "1.5 gwei"],
    [gwei(30_000_000_000n), "30 gwei"],
    [ether(1n), "0.000001 ETH"],
    [ether(10n ** 18n), "1 ETH"],
  ])("%s", (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
