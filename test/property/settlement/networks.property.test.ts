import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { networkOf, rulesTroubles, type Trade } from "../../../engine/auction/index.ts";
import { hashRules, type MarketRules, WIDE_ACCOUNTS } from "../../../engine/messages/index.ts";
import { accountProof, type SettledHome, verifyAccount } from "../../../engine/settlement/index.ts";
import { changeOf } from "../../support/batch-bytes.ts";
import { type Life, live } from "../../support/market-life.ts";
import { anyRules, TWO_BRANCHES } from "../../support/network-rules.ts";

interface Street {
  readonly rules: MarketRules;
  readonly life: Life;
}

const anyStreet = fc
  .record({ seed: fc.nat(), intervals: fc.integer({ min: 3, max: 12 }), lost: fc.constantFrom(0, 0.4) })
  .map(({ seed, intervals, lost }): Street => ({ rules: anyRules(seed), life: live({ rules: anyRules(seed), seed, intervals, lost }) }));
const always = (law: (street: Street) => void): void => fc.assert(fc.property(anyStreet, law), { numRuns: 150 });
const total = (all: Iterable<number>): number => [...all].reduce((sum, each) => sum + each, 0);
const tradesOf = ({ advances }: Life): readonly Trade[] =>
  advances.flatMap(({ clearing }) => (clearing.kind === "trade" ? [clearing] : []));

test("rules that the generator makes pass the door", () => {
  always(({ rules }) => expect(rulesTroubles(rules)).toEqual([]));
});

test("on any wires and under any mechanism the books sum to zero after every interval: homes, supplier and the surplus's account", () => {
  always(({ life: { advances } }) => {
    for (const { state, settled } of advances) {
      expect(total([...state.accounts.values()].map(({ balance }) => balance)) + state.residual + state.surplus.balance).toBe(0);
      if (settled === null) continue;
      const { energyIn, energyOut, moneyIn, moneyOut } = settled.conservation;
      expect([energyIn, moneyIn]).toEqual([energyOut, moneyOut]);
      expect(total(settled.homes.map(({ amount }) => amount)) + settled.residualAmount + settled.surplus.amount).toBe(0);
    }
  });
});

test("energy in is energy out and what the wires lost, worked out from meters' side of each home and from the clearing", () => {
  always(({ life: { advances } }) => {
    for (const { settled } of advances) {
      if (settled === null) continue;
      const { homes } = settled;
      const sum = (of: (home: SettledHome) => number): number => total(homes.map(of));
      const flows = settled.clearing.kind === "trade" ? settled.clearing.flows : [];
      const lost = total(flows.map(({ entered, left }) => entered - left));
      expect(settled.surplus.lost).toBe(lost);
      expect(sum(({ soldWh }) => soldWh)).toBe(sum(({ boughtWh }) => boughtWh) + lost);
      expect(sum(({ exportWh, utilityImportWh }) => exportWh + utilityImportWh)).toBe(
        sum(({ importWh, utilityExportWh }) => importWh + utilityExportWh) + lost,
      );
    }
  });
});

test("no wire carries more than its rules allow, and nobody trades beyond its limit", () => {
  always(({ rules, life }) => {
    const { nodes } = networkOf(rules);
    for (const { flows, outcomes, fills } of tradesOf(life)) {
      for (const { node, direction, entered, left } of flows) {
        const { importCapacity, exportCapacity } = nodes[node]!.edge!;
        expect(entered).toBeLessThanOrEqual(direction === "import" ? importCapacity : exportCapacity);
        expect(left).toBeLessThanOrEqual(entered);
      }
      if (rules.mechanism === "vcg") continue;
      const limits = new Map(outcomes.map(({ order, limit }) => [order, limit]));
      for (const { order, side, energy, amount } of fills) {
        const beyond = amount - energy * limits.get(order)!;
        expect(side === "buy" ? beyond : -beyond).toBeLessThanOrEqual(0);
      }
    }
  });
});

test("what is booked to the surplus's account is what its intervals told, edge by edge", () => {
  always(({ life: { advances } }) => {
    const settled = advances.flatMap((each) => (each.settled === null ? [] : [each.settled]));
    const trades = settled.flatMap(({ clearing }) => (clearing.kind === "trade" ? [clearing] : []));
    const paid = (side: "buy" | "sell"): number =>
      total(trades.flatMap(({ fills }) => fills.filter((fill) => fill.side === side).map(({ amount }) => amount)));
    const { surplus } = advances.at(-1)!.state;
    expect(surplus.balance).toBe(paid("buy") - paid("sell"));
    expect(surplus.lost).toBe(total(trades.flatMap(({ flows }) => flows.map(({ entered, left }) => entered - left))));
    for (const { clearing, surplus: of } of settled) {
      const flows = clearing.kind === "trade" ? clearing.flows : [];
      expect([of.fees, of.rents]).toEqual([total(flows.map(({ fees }) => fees)), total(flows.map(({ rent }) => rent))]);
      expect(of.amount).toBe(of.fees + of.rents + of.kept);
    }
  });
});

test("batches sum to zero with the community's part and the rest of the surplus in them, neither ever below zero in the vault", () => {
  always(({ rules, life: { advances } }) => {
    const percent = rules.surplusTo === "community" ? 100 : rules.communityPercent!;
    const held = new Map<number, number>();
    for (const { batch, state } of advances) {
      if (batch === null) continue;
      const homes = Array.from({ length: batch.vector.length / 4 }, (_, home) => changeOf(batch.vector, home));
      const wide = wideOf(batch.wide);
      expect(total(homes) + total(wide.values())).toBe(0);
      for (const [account, delta] of wide) held.set(account, (held.get(account) ?? 0) + delta);
      const surplus = BigInt(Math.max(0, state.surplus.balance));
      const community = (surplus * BigInt(percent)) / 100n;
      const parts = new Map([[WIDE_ACCOUNTS.community as number, Number(community / 100_000n)]]);
      const rest = Number((surplus - community) / 100_000n);
      if (rules.surplusTo === "grid") parts.set(WIDE_ACCOUNTS.grid, rest);
      for (const account of [1, 2, 3, 4, 5, 6, 7]) expect(held.get(account) ?? 0).toBe(parts.get(account) ?? 0);
    }
  });
});

function wideOf(bytes: Uint8Array): ReadonlyMap<number, number> {
  const view = new DataView(bytes.buffer);
  return new Map(Array.from({ length: bytes.length / 9 }, (_, i) => [view.getUint8(9 * i), Number(view.getBigInt64(9 * i + 1))]));
}

test("every account can be proved against the root, which names the surplus too", () => {
  always(({ life: { advances } }) => {
    for (const { ledger, result } of advances)
      for (const home of ledger.accounts.keys()) expect(verifyAccount(result.ledgerRoot, accountProof(ledger, home))).toBe(true);
  });
});

test("the generator's streets are worth testing: wires get full, lose, earn rents, and mechanisms keep and pay in", () => {
  const lives = Array.from({ length: 400 }, (_, seed) => live({ rules: anyRules(seed), seed, intervals: 4, lost: 0 }));
  const trades = lives.flatMap(tradesOf);
  const count = (is: (trade: Trade) => boolean): number => trades.filter(is).length;
  expect(count(({ flows }) => flows.some(({ full, rent }) => full && rent > 0))).toBeGreaterThan(25);
  expect(count(({ flows }) => flows.some(({ entered, left }) => entered > left))).toBeGreaterThan(50);
  expect(count(({ flows, surplus }) => flows.length === 0 && surplus > 0)).toBeGreaterThan(5);
  expect(count(({ surplus }) => surplus < 0)).toBeGreaterThan(3);
  expect(count(({ outcomes }) => outcomes.some(({ reason }) => reason === "EDGE_FULL"))).toBeGreaterThan(50);
});

test("the same rules and entries make the same bytes, other rules other ones", () => {
  const last = (rules: MarketRules): string => live({ rules, seed: 3, intervals: 6, lost: 0 }).advances.at(-1)!.value;
  const rules: MarketRules = { ...anyRules(1), network: TWO_BRANCHES, mechanism: "k-double-auction" };
  expect(last(rules)).toBe(last(structuredClone(rules)));
  const wide = { ...rules, network: { ...TWO_BRANCHES, homes: [] } };
  expect([hashRules(wide) === hashRules(rules), last(wide) === last(rules)]).toEqual([false, false]);
});
