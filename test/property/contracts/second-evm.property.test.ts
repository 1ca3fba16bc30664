import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { type Contract, type FunctionFragment, type ParamType, ZeroHash } from "ethers";
import fc from "fast-check";
import { COMMITTED_FILE, committedGas } from "../../../bench/gas/committed.ts";
import { GRID_VAULT_SLOTS } from "../../../contracts/abi/grid-vault.ts";
import { certificateBytes } from "../../support/batch-bytes.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { agentOf, FIRST_WIDE, OPERATOR, ownerOf, payeeOf, STRANGER, TestVault } from "../../support/test-vault.ts";

/**
 * Everything is asked of anvil and of @ethereumjs/vm, through one address (test/support/twin-chain.ts), and everything that they
 * answer is compared: status, gas, events, reasons of refusals, what views give back, roots of receipts, and all words of storage.
 */
jest.setTimeout(240_000);

const HOMES = 9;
const PEOPLE = 60;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(PEOPLE, "both");
  street = await TestVault.deploy(chain, { homes: HOMES });
  for (let id = 0; id < HOMES; id++) await street.fund(id, 500);
  await street.fundWide(0, 2_000);
  await street.send(payeeOf(0), "requestWithdraw", FIRST_WIDE, addressOf(STRANGER), 100);
  await chain.save();
});
afterAll(() => chain.stop());

async function expectSame({ twin }: TestChain = chain): Promise<void> {
  expect(twin.differences).toEqual([]);
  const [anvil, ethereumjs] = await twin.contracts();
  expect(ethereumjs).toEqual(anvil);
  const words = Object.values(anvil).map(({ storage }) => Object.keys(storage).length);
  expect(Math.max(...words)).toBeGreaterThan(30);
}

const comparedOf = (method: string): number => chain.twin.compared.get(method) ?? 0;

// On a chain of its own: an address decides over signatures, and those over how many zeros, which cost less, are in the calldata.
test("settlements of 12, 100 and 1,000 homes, and what people do one by one, cost what contracts/gas.json says", async () => {
  const fresh = await TestChain.start(PEOPLE, "both");
  try {
    expect(await committedGas(fresh)).toEqual(JSON.parse(readFileSync(COMMITTED_FILE, "utf8")));
    expect(fresh.twin.compared.get("eth_getTransactionReceipt")).toBeGreaterThan(60);
    await expectSame(fresh);
  } finally {
    await fresh.stop();
  }
});

/** A value of a type, the same for the same number. */
function sample(type: ParamType, n: number): unknown {
  if (type.baseType === "tuple") return type.components!.map((part) => sample(part, n));
  if (type.baseType === "array")
    return Array.from({ length: type.arrayLength! < 0 ? n % 3 : type.arrayLength! }, () => sample(type.arrayChildren!, n));
  if (type.baseType === "address") return addressOf(1 + (n % PEOPLE));
  if (type.baseType === "bytes") return `0x${"5a".repeat(n)}`;
  if (type.baseType === "bool") return n % 2 === 1;
  if (type.baseType === "string") return "x".repeat(n);
  const bits = /^bytes(\d+)$/.exec(type.baseType)?.[1];
  if (bits !== undefined) return `0x${n.toString(16).padStart(2, "0").repeat(Number(bits))}`;
  return n;
}

const functionsOf = ({ interface: face }: Contract): readonly FunctionFragment[] =>
  face.fragments.filter((fragment): fragment is FunctionFragment => fragment.type === "function");

test("every view gives the same bytes back, or the same refusal", async () => {
  await chain.restore();
  // Two homes, in two words, lack money for it; one has paid a part of it back.
  expect(await street.settle(await street.batch([-510, 4, 0, 1, 0, 0, 0, 0, -502], [[0, 1_007n]]))).toBe("ok");
  expect(await street.fund(0, 7)).toBe("ok");
  expect(await street.send(STRANGER, "repay", 8)).toBe("ok");
  expect((await street.balances()).homes.map(({ debt }) => debt)).toEqual([3n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 2n]);
  const before = comparedOf("eth_call");
  let asked = 0;
  for (const contract of [street.vault, street.token])
    for (const view of functionsOf(contract).filter(({ constant }) => constant))
      for (const n of [0, 1, 3, 8, 200]) {
        const data = contract.interface.encodeFunctionData(
          view,
          view.inputs.map((input) => sample(input, n)),
        );
        for (const call of [{ data }, { data, gas: "0x61a8" }]) {
          await chain.provider.send("eth_call", [{ to: await contract.getAddress(), ...call }, "latest"]).catch(() => undefined);
          asked += 1;
        }
      }
  expect(asked).toBeGreaterThan(250);
  expect(comparedOf("eth_call") - before).toBe(asked);
  await expectSame();
});

test("a call ends for want of gas at the same limit", async () => {
  await chain.restore();
  const batch = await street.batch([-10, 4], [[0, 6n]]);
  const args = [batch.period, batch.vector, batch.wide, certificateBytes(await street.entries(batch))];
  const call = {
    from: addressOf(STRANGER),
    to: await street.vault.getAddress(),
    data: street.vault.interface.encodeFunctionData("propose", args),
  };
  const said: string[] = [];
  for (let limit = 60_000; limit < 160_000; limit += 1_000) {
    const gas = `0x${limit.toString(16)}`;
    said.push(
      await chain.provider.send("eth_call", [{ ...call, gas }, "latest"]).then(
        () => "ok",
        () => "too little",
      ),
    );
  }
  expect(said).toEqual(said.toSorted().toReversed());
  expect(new Set(said)).toEqual(new Set(["ok", "too little"]));
  await expectSame();
});

test("a call leaves nothing behind, not even what it found", async () => {
  await chain.restore();
  const vault = await street.vault.getAddress();
  const lanes = `0x${GRID_VAULT_SLOTS._lanes.toString(16)}`;
  expect(await street.fund(0, 1)).toBe("ok");
  const data = street.vault.interface.encodeFunctionData("deposit", [0, 100]);
  await chain.provider.send("eth_call", [{ from: addressOf(OPERATOR), to: vault, data }, "latest"]);
  await chain.provider.send("anvil_setStorageAt", [vault, lanes, `0x${"00000100".repeat(8)}`]);
  expect(await street.fund(0, 1)).toBe("ok");
  await expectSame();
});

test("events are found by the same filters", async () => {
  await chain.restore();
  const [vault, token] = [await street.vault.getAddress(), await street.token.getAddress()];
  await street.fund(1, 5);
  await street.send(ownerOf(1), "requestWithdraw", 1, addressOf(STRANGER), 3);
  const topic = (contract: Contract, name: string): string => contract.interface.getEvent(name)!.topicHash;
  const [deposited, transferred] = [topic(street.vault, "Deposited"), topic(street.token, "Transfer")];
  const filters = [
    {},
    { fromBlock: "earliest" },
    { fromBlock: "earliest", address: vault },
    { fromBlock: "earliest", address: [vault, token], topics: [] },
    { fromBlock: "earliest", topics: [deposited] },
    { fromBlock: "earliest", topics: [[deposited, transferred]] },
    { fromBlock: "earliest", address: vault, topics: [transferred] },
    { fromBlock: "earliest", topics: [deposited, `0x${"1".padStart(64, "0")}`] },
    { fromBlock: "earliest", topics: [null, `0x${"1".padStart(64, "0")}`] },
    { fromBlock: "earliest", topics: [null] },
    { fromBlock: "0x5", toBlock: "0x9", address: vault },
    { fromBlock: "0xffff" },
  ];
  const counts: number[] = [];
  for (const filter of filters)
    counts.push(
      await chain.provider.send("eth_getLogs", [filter]).then(
        (logs: readonly unknown[]) => logs.length,
        () => -1,
      ),
    );
  expect(counts.at(-1)).toBe(-1);
  expect(new Set(counts).size).toBeGreaterThan(6);
  await expectSame();
});

/** A transaction of somebody, with so much gas. */
interface Sent {
  readonly by: number;
  readonly contract: "vault" | "token";
  readonly method: string;
  readonly args: readonly unknown[];
  readonly gas: number;
}

type Step = { readonly kind: "send"; readonly sent: Sent } | { readonly kind: "pass"; readonly seconds: number } | SettleStep;

interface SettleStep {
  readonly kind: "settle";
  readonly deltas: readonly number[];
  /** By how much it doesn't balance. */
  readonly off: bigint;
  readonly signers: readonly number[];
  /** What of it is sent. */
  readonly parts: readonly ("propose" | "finalize" | "expire")[];
  readonly gas: number;
}

/** Mostly enough; else so little that it ends in the middle. Not less than its calldata costs: that anvil takes and never mines. */
const gas = fc.oneof({ weight: 3, arbitrary: fc.constant(2_000_000) }, { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) });
const home = fc.integer({ min: 0, max: HOMES });
const ticks = fc.oneof(fc.integer({ min: 0, max: 700 }), fc.constantFrom(2 ** 31 - 1, 2 ** 31));
const calls: fc.Arbitrary<Omit<Sent, "gas">> = fc.oneof(
  fc.tuple(home, ticks).map(([id, amount]) => ({ by: OPERATOR, contract: "vault" as const, method: "deposit", args: [id, amount * 100] })),
  fc.tuple(home, ticks).map(([id, amount]) => ({
    by: ownerOf(id),
    contract: "vault" as const,
    method: "requestWithdraw",
    args: [id, addressOf(STRANGER), amount],
  })),
  home.map((id) => ({ by: STRANGER, contract: "vault" as const, method: "finalizeWithdraw", args: [id] })),
  fc.tuple(fc.constantFrom(payeeOf(0), OPERATOR), ticks).map(([by, amount]) => ({
    by,
    contract: "vault" as const,
    method: "requestWithdraw",
    args: [FIRST_WIDE, addressOf(STRANGER), amount],
  })),
  fc.constantFrom(0, 1).map((id) => ({ by: STRANGER, contract: "vault" as const, method: "finalizeWithdraw", args: [FIRST_WIDE + id] })),
  fc.constantFrom(payeeOf(0), STRANGER).map((by) => ({
    by,
    contract: "vault" as const,
    method: "redirectWithdraw",
    args: [FIRST_WIDE, addressOf(OPERATOR)],
  })),
  fc.tuple(home, home).map(([id, agent]) => ({
    by: ownerOf(id),
    contract: "vault" as const,
    method: "rotateAgent",
    args: [id, addressOf(agentOf(agent + 5)), 20 + id],
  })),
  fc.tuple(home, home).map(([id, by]) => ({ by: ownerOf(by), contract: "vault" as const, method: "leaveStreet", args: [id, 30] })),
);
/** Any function that changes something, with arguments of the right types and no sense. */
const anything = (): fc.Arbitrary<Omit<Sent, "gas">> => {
  const all = (["vault", "token"] as const).flatMap((contract) =>
    functionsOf(street[contract])
      .filter(({ constant }) => !constant)
      .map((fragment) => ({ contract, fragment })),
  );
  return fc
    .tuple(fc.nat(all.length - 1), fc.constantFrom(OPERATOR, STRANGER, ownerOf(0), agentOf(0)), fc.constantFrom(0, 1, 2, 7, 33))
    .map(([at, by, n]) => {
      const { contract, fragment } = all[at]!;
      return { by, contract, method: fragment.name, args: fragment.inputs.map((input) => sample(input, n)) };
    });
};
const settlement: fc.Arbitrary<SettleStep> = fc.record({
  kind: fc.constant("settle" as const),
  deltas: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 1, maxLength: HOMES }),
  off: fc.constantFrom(0n, 0n, 0n, 0n, 1n),
  signers: fc.constantFrom([0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 1], [1, 1, 2], [2, 1, 0]),
  parts: fc.constantFrom(
    ["propose", "finalize"] as const,
    ["propose", "finalize"] as const,
    ["propose"] as const,
    ["finalize"] as const,
    ["propose", "expire"] as const,
  ),
  gas,
});

async function act(step: Step, seen: Set<string>): Promise<void> {
  if (step.kind === "pass") return chain.pass(step.seconds);
  if (step.kind === "send") return submit(step.sent, seen);
  const sum = step.deltas.reduce((total, delta) => total + delta, 0);
  const batch = await street.batch(step.deltas, [[0, step.off - BigInt(sum)]]);
  const cert = certificateBytes(await street.entries(batch, step.signers));
  for (const part of step.parts) {
    const args = [batch.period, ...(part === "expire" ? [] : [batch.vector, batch.wide]), ...(part === "propose" ? [cert] : [])];
    await submit({ by: STRANGER, contract: "vault", method: part, args, gas: step.gas }, seen);
  }
}

/** Sent whatever the call says beforehand, so that failures are mined as well. */
async function submit({ by, contract, method, args, gas: limit }: Sent, seen: Set<string>): Promise<void> {
  const { interface: face } = street[contract];
  const call = {
    from: addressOf(by),
    to: await street[contract].getAddress(),
    data: face.encodeFunctionData(method, args),
    gas: `0x${limit.toString(16)}`,
  };
  const called = await chain.provider.send("eth_call", [call, "latest"]).then(
    () => "ok",
    ({ data }: { readonly data?: string | null }) =>
      data == null || data === "0x" ? "no reason" : (face.parseError(data)?.name ?? "other"),
  );
  const { status } = await chain.receipt(await chain.submit(by, call));
  seen.add(`${method} ${called}`).add(`status ${status}`);
}

test("any sequence of calls, of which many fail, leaves the same state and the same traces", async () => {
  const seen = new Set<string>();
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(calls, gas).map(([call, limit]): Step => ({ kind: "send", sent: { ...call, gas: limit } })) },
    { weight: 3, arbitrary: fc.tuple(anything(), gas).map(([call, limit]): Step => ({ kind: "send", sent: { ...call, gas: limit } })) },
    { weight: 3, arbitrary: settlement },
    { weight: 1, arbitrary: fc.constantFrom(1, 3_600, 86_400).map((seconds): Step => ({ kind: "pass", seconds })) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      await chain.restore();
      for (const each of steps) await act(each, seen);
      await expectSame();
    }),
    { numRuns: 25, seed: 20_261_127, endOnFailure: true },
  );
  // The generator reaches what it is meant to reach.
  for (const each of ["status 0x1", "status 0x0", "propose ok", "finalize ok", "deposit ok", "requestWithdraw ok"])
    expect(seen).toContain(each);
  for (const each of ["propose QuorumNotReached", "propose NotConserved", "requestWithdraw InsufficientBalance", "redirectWithdraw ok"])
    expect(seen).toContain(each);
  expect([...seen].some((each) => each.endsWith("no reason"))).toBe(true);
});

test("the comparison sees a word, a byte and a unit of gas that differ", async () => {
  await chain.restore();
  const { differences } = chain.twin;
  await chain.twin.plant("anvil_setStorageAt", [await street.vault.getAddress(), ZeroHash, `0x${"1".padStart(64, "0")}`]);
  await expect(expectSame()).rejects.toThrow();
  expect(differences).toEqual([]);
  await chain.provider.send("eth_getStorageAt", [await street.vault.getAddress(), "0x0", "latest"]);
  const sender = addressOf(STRANGER);
  // Less gas than calldata costs: a difference of the two that is real.
  await chain.submit(STRANGER, { from: sender, to: sender, data: `0x${"ff".repeat(100)}`, gas: "0x5208" });
  expect(differences.splice(1)).toEqual([
    expect.stringMatching(/^eth_sendRawTransaction .*: result anvil "0x.*ethereumjs undefined$/),
    expect.stringMatching(/refused/),
  ]);
  expect(differences.splice(0)).toEqual([expect.stringMatching(/^eth_getStorageAt .*anvil .*00", ethereumjs .*01"$/)]);
});
