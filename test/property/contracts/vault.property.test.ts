import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { OPERATOR, ownerOf, STRANGER, TestVault } from "../../support/test-vault.ts";

const HOMES = 10;
const CAP = 2n ** 31n - 1n;
const DEPOSIT_CAP = 2n ** 30n - 1n;

type Step =
  | { readonly kind: "deposit"; readonly home: number; readonly ticks: number }
  | { readonly kind: "request"; readonly home: number; readonly ticks: number }
  | { readonly kind: "pay"; readonly home: number }
  | { readonly kind: "repay"; readonly home: number }
  | { readonly kind: "settle"; readonly deltas: readonly number[]; readonly wide: readonly (readonly [number, bigint])[] };

/** The vault as a table of numbers; `pending` is what withdrawals have asked for. */
interface Model {
  readonly homes: bigint[];
  /** What homes lacked for settlements, and haven't paid back to the supplier. */
  readonly debts: bigint[];
  readonly wide: bigint[];
  readonly pending: bigint[];
  paidOut: bigint;
  paidIn: bigint;
}

const favourite = fc.integer({ min: 0, max: 1 });
/** Mostly the first two, so that what one step begins another goes on with. */
const home = fc.oneof({ weight: 3, arbitrary: favourite }, { weight: 1, arbitrary: fc.integer({ min: 0, max: HOMES - 1 }) });
const ticks = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
  { weight: 1, arbitrary: fc.constant(Number(DEPOSIT_CAP)) },
);
const delta = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -300, max: 300 }) },
  // More than most homes have.
  { weight: 1, arbitrary: fc.integer({ min: -900, max: -450 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -(2 ** 31), 2 ** 31 - 1) },
);
/** Mostly balanced through the supplier, as every honest batch is. */
const settlement = fc
  .tuple(
    fc.array(delta, { maxLength: HOMES }),
    fc.array(fc.integer({ min: -200, max: 200 }), { maxLength: 3 }),
    fc.constantFrom(0n, 0n, 0n, 0n, 0n, 1n),
  )
  .map(([deltas, others, off]): Step => {
    const wide = others.map((each, i): [number, bigint] => [i + 1, BigInt(each)]);
    const sum = deltas.reduce((total, each) => total + BigInt(each), 0n) + wide.reduce((total, [, each]) => total + each, 0n);
    return { kind: "settle", deltas, wide: [[0, off - sum], ...wide] };
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("deposit" as const), home, ticks }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("request" as const), home: favourite, ticks: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pay" as const), home: favourite }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repay" as const), home: favourite }) },
  { weight: 4, arbitrary: settlement },
);

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain, { homes: HOMES });
  for (let id = 0; id < HOMES; id++) await street.fund(id, 500);
  await street.send(OPERATOR, "depositWide", 0, 200_000);
  await street.send(OPERATOR, "depositWide", 1, 20_000);
  await chain.save();
});
afterAll(() => chain.stop());

const newModel = (): Model => ({
  homes: Array(HOMES).fill(500n),
  debts: Array(HOMES).fill(0n),
  wide: [2_000n, 200n, ...Array(6).fill(0n)],
  pending: Array(HOMES).fill(0n),
  paidOut: 0n,
  paidIn: 7_200n,
});

/** What the vault must say, and the model after it. */
function expected(model: Model, step: Step): string {
  switch (step.kind) {
    case "deposit":
      return deposit(model, step.home, BigInt(step.ticks));
    case "request":
      return request(model, step.home, BigInt(step.ticks));
    case "pay":
      return pay(model, step.home);
    case "repay":
      return collect(model, step.home);
    case "settle":
      return settle(model, step.deltas.map(BigInt), step.wide);
  }
}

function deposit(model: Model, id: number, amount: bigint): string {
  if (model.homes[id]! + amount > DEPOSIT_CAP) return `LaneOverflow(${id < 8 ? 0 : 1})`;
  model.homes[id]! += amount;
  model.paidIn += amount;
  return collect(model, id);
}

/** As much of its debt as a home has goes back to the supplier. */
function collect(model: Model, id: number): "ok" {
  const [held, debt] = [model.homes[id]!, model.debts[id]!];
  const isEnough = debt < held;
  const paid = isEnough ? debt : held;
  model.homes[id]! -= paid;
  model.debts[id]! -= paid;
  model.wide[0]! += paid;
  return "ok";
}

function request(model: Model, id: number, amount: bigint): string {
  if (model.pending[id] !== 0n) return "WithdrawalPending()";
  const free = model.homes[id]! < model.debts[id]! ? 0n : model.homes[id]! - model.debts[id]!;
  if (amount > free) return `InsufficientBalance(${free}, ${amount})`;
  collect(model, id);
  model.pending[id] = amount;
  return "ok";
}

function pay(model: Model, id: number): string {
  const asked = model.pending[id]!;
  if (asked === 0n) return "NoWithdrawal()";
  collect(model, id);
  const left = model.homes[id]! - asked;
  const paid = left < 0n ? model.homes[id]! : asked;
  model.homes[id]! -= paid;
  model.paidOut += paid;
  model.pending[id] = 0n;
  return "ok";
}

function settle(model: Model, deltas: readonly bigint[], wide: readonly (readonly [number, bigint])[]): string {
  const sum = [...deltas, ...wide.map(([, each]) => each)].reduce((total, each) => total + each, 0n);
  if (sum !== 0n) return `NotConserved(${sum})`;
  const homes = model.homes.map((balance, id) => balance + (deltas[id] ?? 0n));
  const bad = homes.findIndex((balance) => balance > CAP);
  if (bad >= 0) return `LaneOverflow(${bad < 8 ? 0 : 1})`;
  const lacking = homes.map((balance) => (balance < 0n ? -balance : 0n));
  const borne = lacking.reduce((total, each) => total + each, 0n);
  for (const [id, each] of wide) {
    const left = model.wide[id]! + each - (id === 0 ? borne : 0n);
    if (left < 0n) return `WideUnderflow(${id}, ${-left})`;
  }
  homes.forEach((balance, id) => {
    model.homes[id] = balance + lacking[id]!;
    model.debts[id]! += lacking[id]!;
  });
  for (const [id, each] of wide) model.wide[id]! += each;
  model.wide[0]! -= borne;
  return "ok";
}

async function act(step: Step): Promise<string> {
  switch (step.kind) {
    case "deposit":
      return street.fund(step.home, step.ticks);
    case "request":
      return street.send(ownerOf(step.home), "requestWithdraw", step.home, addressOf(STRANGER), step.ticks);
    case "pay": {
      await chain.pass(86_400);
      return street.send(STRANGER, "finalizeWithdraw", step.home);
    }
    case "repay":
      return street.send(STRANGER, "repay", step.home);
    case "settle": {
      const batch = await street.batch(step.deltas, step.wide);
      const said = await street.settle(batch);
      // Drop what can't be settled, or nothing can follow.
      if (said.startsWith("Lane") || said.startsWith("Wide")) {
        await chain.pass(3_600);
        await street.send(STRANGER, "expire", batch.period);
      }
      return said;
    }
  }
}

describe("the vault and a table of numbers", () => {
  test("say the same after every step, and the money in the vault is what it owes", async () => {
    const seen = new Set<string>();
    let [owing, repaid] = [false, false];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        await chain.restore();
        const model = newModel();
        for (const each of steps) {
          const before = [...model.debts];
          const said = await act(each);
          seen.add(`${each.kind} ${said.replace(/\(.*/, "")}`);
          expect(said).toBe(expected(model, each));
          const homes = model.homes.map((ticks, id) => ({ ticks, requested: model.pending[id]!, debt: model.debts[id]! }));
          expect(await street.balances()).toEqual({ homes, wide: model.wide });
          owing ||= model.debts.some((debt) => debt > 0n);
          repaid ||= model.debts.some((debt, id) => debt < before[id]!);
          const held = await chain.view(street.token, "balanceOf", await street.vault.getAddress());
          const owed = [...model.homes, ...model.wide].reduce((total, balance) => total + balance, 0n);
          expect(held).toBe(owed * 100n);
          expect(owed).toBe(model.paidIn - model.paidOut);
        }
      }),
      { numRuns: 30, seed: 20_261_125, endOnFailure: true },
    );
    // The generator reaches what it is meant to reach.
    for (const each of [
      "deposit ok",
      "deposit LaneOverflow",
      "request ok",
      "request InsufficientBalance",
      "request WithdrawalPending",
      "pay ok",
      "pay NoWithdrawal",
      "repay ok",
    ])
      expect(seen).toContain(each);
    expect([owing, repaid]).toEqual([true, true]);
    for (const each of ["ok", "NotConserved", "LaneOverflow", "WideUnderflow"]) expect(seen).toContain(`settle ${each}`);
  }, 120_000);
});
