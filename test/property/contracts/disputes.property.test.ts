import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Digest, fromHex, toHex, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { hashRules, type MarketRules } from "../../../engine/messages/index.ts";
import { checkFraud, type FraudProof, findFraud, type Proposed, suspicions } from "../../../engine/settlement/index.ts";
import { chance } from "../../support/chance.ts";
import { DisputeCourt } from "../../support/dispute-court.ts";
import { type DisputedStreet, disputedStreet, forge, type Lie, PERIOD_INTERVALS } from "../../support/disputed-street.ts";
import { TWO_BRANCHES } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";
import { TestChain } from "../../support/test-chain.ts";
import { TestVault } from "../../support/test-vault.ts";

const rules: MarketRules = { ...RULES, periodIntervals: PERIOD_INTERVALS };

let chain: TestChain;
let vault: string;
let court: DisputeCourt;

beforeAll(async () => {
  chain = await TestChain.start();
  const street = await TestVault.deploy(chain, { homes: 8 });
  vault = await street.vault.getAddress();
  court = await DisputeCourt.open(chain, street, hashRules(rules));
});
afterAll(() => chain.stop());

type Below = (end: number) => number;
const drawnFrom = (seed: number): Below => {
  const random = chance(seed);
  return (end) => Math.floor(random() * end);
};
const pick = <T>(items: readonly T[], below: Below): T => items[below(items.length)]!;

/** A value of the same kind that is another, mostly one nearby. */
function nudged(value: unknown, below: Below): unknown {
  if (typeof value === "number") return pick([value + 1, value - 1, value + 1 + below(100_000), 0, -value], below);
  if (value === "buy" || value === "sell") return value === "buy" ? "sell" : "buy";
  if (value === "trade" || value === "void") return value === "trade" ? "void" : "trade";
  if (typeof value === "string") return pick([ZERO_DIGEST, toHex(flipped(fromHex(value), below)) as Digest], below);
  if (value instanceof Uint8Array) return value.length === 0 ? Uint8Array.of(1) : flipped(value, below);
  if (value === null) return null;
  if (Array.isArray(value)) return reshaped(value, below);
  const record = value as Record<string, unknown>;
  const key = pick(Object.keys(record), below);
  if (key === "kind") return record;
  if (key === "previous") return { ...record, previous: null };
  const other = nudged(record[key], below);
  // Which home and which step is meant is no word of anybody's, and never below 0.
  return { ...record, [key]: ["home", "step"].includes(key) ? Math.abs(other as number) : other };
}

const flipped = (bytes: Uint8Array, below: Below): Uint8Array => {
  const at = below(bytes.length);
  return Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << below(8)) : byte));
};

function reshaped(items: readonly unknown[], below: Below): readonly unknown[] {
  if (items.length === 0) return items;
  const at = below(items.length);
  const ways = [() => items.with(at, nudged(items[at], below)), () => items.toSpliced(at, 1), () => items.toSpliced(at, 0, items[at])];
  return pick(ways, below)();
}

/** One thing certified otherwise, anywhere. */
function anyLie({ intervals }: Proposed, below: Below): Lie {
  const at = below(intervals.length);
  const nudge = <Leaf>(leaves: readonly Leaf[]): readonly Leaf[] => reshaped(leaves, below) as readonly Leaf[];
  return pick<Lie>(
    [
      { at, fills: nudge },
      { at, homes: nudge },
      { at, accounts: nudge },
      { at, accounts: nudge },
    ],
    below,
  );
}

const streets = new Map<number, DisputedStreet>();
function streetOf(seed: number): DisputedStreet {
  const known = streets.get(seed) ?? disputedStreet({ rules, vault, seed, intervals: 11 });
  streets.set(seed, known);
  return known;
}

test("contract and engine find the same in anything that is shown of anything that was certified", async () => {
  const found = { fraud: 0, "no-fraud": 0, invalid: 0 };
  for (let seed = 0; seed < 200; seed++) {
    const below = drawnFrom(seed);
    const { context, periods } = streetOf(below(12));
    const honest = pick(periods, below);
    const proposed = below(4) === 0 ? honest : forge(honest, [anyLie(honest, below)], { isFork: below(4) === 0 });
    const proofs = [...suspicions(rules, below(3) === 0 ? [] : honest.intervals, proposed)];
    const faults = proofs.filter((proof) => checkFraud(context, proposed.period, proof) === "fraud");
    for (let i = 0; i < 8; i++) {
      const proof = pick(faults.length > 0 && i < 3 ? faults : proofs, below);
      const shown = i % 2 === 0 ? proof : ({ ...(nudged(proof, below) as FraudProof), kind: proof.kind } as FraudProof);
      const finding = checkFraud(context, proposed.period, shown);
      found[finding]++;
      expect([seed, shown.kind, await court.judge(proposed, shown)]).toEqual([seed, shown.kind, finding]);
    }
  }
  for (const count of Object.values(found)) expect(count).toBeGreaterThan(50);
}, 400_000);

test("against what honest homes certified nothing that is shown is a fault", () => {
  fc.assert(
    fc.property(fc.nat(11), fc.nat(), (which, seed) => {
      const below = drawnFrom(seed);
      const { context, periods } = streetOf(which);
      const honest = pick(periods, below);
      const proof = pick([...suspicions(rules, [], honest)], below);
      const shown = { ...(nudged(proof, below) as FraudProof), kind: proof.kind } as FraudProof;
      expect(checkFraud(context, honest.period, shown)).not.toBe("fraud");
    }),
    { numRuns: 500 },
  );
});

test("under every mechanism, and on wires, nothing is found in what honest homes certified", () => {
  const mechanisms = [
    "k-double-auction",
    "pay-as-bid",
    "mcafee",
    "vcg",
    "huang",
    "muda",
    "mid-market-rate",
    "supply-demand-ratio",
    "bill-sharing",
  ] as const;
  const variants: readonly MarketRules[] = [
    ...mechanisms.map((mechanism) => ({ ...rules, mechanism })),
    { ...rules, network: TWO_BRANCHES, rationing: "max-min" },
    { ...rules, withheldCharge: 0, surplusTo: "community" },
  ];
  let fills = 0;
  for (const [i, variant] of variants.entries())
    for (let seed = 0; seed < 4; seed++) {
      const { context, periods } = disputedStreet({ rules: variant, vault, seed: 100 * i + seed, intervals: 15 });
      for (const period of periods) {
        expect([i, findFraud(context, variant, [], period)]).toEqual([i, null]);
        fills += period.intervals.reduce((sum, each) => sum + each.fills.leaves.length, 0);
      }
    }
  expect(fills).toBeGreaterThan(500);
}, 120_000);

/** What of a leaf money or energy hangs on. */
const FILL_WORDS = ["home", "energy", "price", "amount", "wanted", "limit", "seq", "signature", "order", "side"] as const;
const HOME_SUMS = ["bought", "sold", "tradeAmount", "withheld"] as const;
const HOME_WORDS = [...HOME_SUMS, "firstFill"] as const;
const ACCOUNT_WORDS = ["balance", "bought", "sold", "utilityImport", "utilityExport"] as const;

/** One such word, certified otherwise in an interval of the period's own. */
function weightyLie({ intervals }: Proposed, below: Below): Lie | null {
  const other = <T>(leaf: T, key: keyof T): T => {
    const value = nudged(leaf[key], below);
    return { ...leaf, [key]: value === leaf[key] ? (value as number) + 1 : value };
  };
  const own = below(intervals.length - 2);
  const { fills, homes, accounts } = intervals[own]!;
  const at = (length: number): number => below(length);
  const [fill, home, account] = [fills, homes, accounts].map(({ leaves }) => at(Math.max(1, leaves.length))) as [number, number, number];
  const ways: readonly (() => Lie | null)[] = [
    () => {
      if (fills.leaves.length === 0) return null;
      const lied = fills.leaves.with(fill, other(fills.leaves[fill]!, pick(FILL_WORDS, below)));
      return { at: own, fills: () => lied };
    },
    () => {
      const leaf = homes.leaves[home];
      if (leaf === undefined) return null;
      // Where no fills begin is nobody's loss.
      const lied = homes.leaves.with(home, other(leaf, pick(leaf.fillCount === 0 ? HOME_SUMS : HOME_WORDS, below)));
      return { at: own, homes: () => lied };
    },
    () => {
      const { leaves } = intervals[own + 2]!.accounts;
      const leaf = leaves[account]!;
      const change =
        below(4) === 0 ? { carriedTicks: leaf.carriedTicks + 1 } : { account: other(leaf.account, pick(ACCOUNT_WORDS, below)) };
      const lied = leaves.with(account, { ...leaf, ...change });
      return { at: own + 2, accounts: () => lied };
    },
  ];
  return pick(ways, below)();
}

test("a lie that money or energy hangs on is found, and never against the truth", () => {
  let found = 0;
  for (let seed = 0; seed < 400; seed++) {
    const below = drawnFrom(seed);
    const { context, periods } = streetOf(below(12));
    const honest = pick(periods.slice(1), below);
    const lie = weightyLie(honest, below);
    if (lie === null) continue;
    const proof = findFraud(context, rules, honest.intervals, forge(honest, [lie]));
    expect([seed, proof === null]).toEqual([seed, false]);
    expect(checkFraud(context, honest.period, proof!)).not.toBe("fraud");
    found++;
  }
  expect(found).toBeGreaterThan(250);
});
