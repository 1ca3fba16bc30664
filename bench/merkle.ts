import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { type Contract, solidityPackedKeccak256, ZeroAddress } from "ethers";
import { DISPUTES_ABI, DISPUTES_BYTECODE } from "../contracts/abi/disputes.ts";
import { type FillLeaf, fillHash } from "../engine/auction/index.ts";
import {
  concat,
  type Digest,
  digest,
  fromHex,
  homeId,
  interval,
  keccak,
  keccakDigest,
  merkleProof,
  merkleTree,
  microPerKwh,
  nano,
  toHex,
  wh,
  ZERO_DIGEST,
} from "../engine/kernel/index.ts";
import { type IntervalResult, type PeriodResult, resultHash } from "../engine/messages/index.ts";
import { encodeFraud, FRAUD, type OrderFraud } from "../engine/settlement/index.ts";
import { TestChain } from "../test/support/test-chain.ts";
import { TestVault } from "../test/support/test-vault.ts";
import { atMost, type Goal, rowLine } from "./engine/frame.ts";

/** What it takes to bind an interval's fills so that one of them can be shown to a contract. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FILLS = 100_000;
const ROUNDS = 3;

const row = (what: string, value: number, unit: string, goal: Goal | null = null, note = ""): void =>
  console.log(`  ${rowLine({ what, value, unit, goal, note })}`);

function header(): void {
  const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
  console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`);
  console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
  console.log(`method   the least of ${ROUNDS} rounds: ${FILLS} leaves written and hashed, the tree built, one leaf proved; CPU time`);
  console.log("twin     the same tree of hex texts, level by level, and for the proof once more; it must name the same root and siblings");
  console.log("left out @openzeppelin/merkle-tree, which is none of our packages; its trees stand in another order\n");
}

/** Two for each home. */
const fillAt = (position: number): FillLeaf => ({
  position,
  order: keccakDigest(Uint8Array.of(position >>> 16, (position >>> 8) & 255, position & 255)),
  home: homeId(position >>> 1),
  side: position % 2 === 0 ? "buy" : "sell",
  energy: wh(1 + (position % 6000)),
  price: microPerKwh(142_000),
  amount: nano((1 + (position % 6000)) * 142_000),
  wanted: wh(6000),
  limit: microPerKwh(150_000),
  seq: position % 2,
  signature: new Uint8Array(65).fill(position % 256),
});

interface Bound {
  readonly root: Digest;
  readonly path: readonly Digest[];
}

function ours(fills: readonly FillLeaf[], at: number): Bound {
  const tree = merkleTree(fills.map(fillHash));
  return { root: tree.root, path: merkleProof(tree, at) };
}

/** As one would write it down. */
function naive(fills: readonly FillLeaf[], at: number): Bound {
  const pair = (a: string, b: string): string => toHex(keccak(concat([a, b].sort().map(fromHex))));
  const above = (level: readonly string[]): string[] =>
    level.flatMap((node, i) => (i % 2 === 1 ? [] : [level[i + 1] === undefined ? node : pair(node, level[i + 1]!)]));
  let level = fills.map((fill) => toHex(fillHash(fill)));
  const path: string[] = [];
  for (let place = at; level.length > 1; place >>>= 1) {
    const sibling = level[place ^ 1];
    if (sibling !== undefined) path.push(sibling);
    level = above(level);
  }
  return { root: digest(fromHex(level[0]!)), path: path as Digest[] };
}

function leastOf(work: () => Bound): { readonly seconds: number; readonly bound: Bound } {
  let least = Number.POSITIVE_INFINITY;
  let bound = work();
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    bound = work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return { seconds: least / 1e6, bound };
}

const result = (clearingRoot: Digest, at: number, prevHead: Digest): IntervalResult => ({
  interval: interval(at),
  kind: "trade",
  prevHead,
  orderSetRoot: ZERO_DIGEST,
  readingSetRoot: ZERO_DIGEST,
  clearingRoot,
  ledgerRoot: ZERO_DIGEST,
  nextMembers: ZERO_DIGEST,
});

/** A period of one interval with that clearing, and the proof of one fill, whose signature is nobody's. */
function disputed(fill: FillLeaf, { root, path }: Bound): readonly [PeriodResult, OrderFraud] {
  const clearing = { fillsRoot: root, homesRoot: ZERO_DIGEST, rest: ZERO_DIGEST };
  const clearingRoot = keccakDigest(concat([clearing.fillsRoot, clearing.homesRoot, clearing.rest].map(fromHex)));
  const results = [result(clearingRoot, 7, keccakDigest(Uint8Array.of(1)))];
  for (const at of [8, 9]) results.unshift(result(ZERO_DIGEST, at, resultHash(results[0]!)));
  const [fromInterval, toInterval] = [interval(7), interval(7)];
  const zeros = {
    prevPeriod: ZERO_DIGEST,
    accountsRoot: ZERO_DIGEST,
    vectorHash: ZERO_DIGEST,
    wideHash: ZERO_DIGEST,
    dataHash: ZERO_DIGEST,
  };
  const period = { period: 7 as PeriodResult["period"], fromInterval, toInterval, coversUntil: 0, head: resultHash(results[0]!), ...zeros };
  return [period, { kind: "order", results, clearing, fill: { leaf: fill, path } }];
}

async function onChain(chain: TestChain, fill: FillLeaf, bound: Bound): Promise<void> {
  const vault = await TestVault.deploy(chain, { homes: 1 });
  const disputes: Contract = await chain.deploy({ abi: DISPUTES_ABI, bytecode: DISPUTES_BYTECODE }, [
    solidityPackedKeccak256([], []),
    ZeroAddress,
  ]);
  const [period, proof] = disputed(fill, bound);
  const ask = (shown: OrderFraud): readonly unknown[] => [period, FRAUD.order, toHex(encodeFraud(shown)), { from: vault.vault.target }];
  const gas = await disputes.getFunction("prove").estimateGas(...ask(proof));
  const opened = await chain.viewError(disputes, "prove", ...ask(proof));
  const closed = await chain.viewError(disputes, "prove", ...ask({ ...proof, fill: { ...proof.fill, path: proof.fill.path.slice(1) } }));
  row("the contract opens it, and not without one of its hashes", Number(opened === "ok" && closed === "ProofInvalid()"), "of 1");
  row("prove, as a transaction of its own", Number(gas), "gas");
  row("bytes of the contract", (DISPUTES_BYTECODE.length - 2) / 2, "", atMost(24_576));
}

header();
const fills = Array.from({ length: FILLS }, (_, position) => fillAt(position));
const at = FILLS - 1;
const fast = leastOf(() => ours(fills, at));
const slow = leastOf(() => naive(fills, at));
console.log(`${FILLS} fills`);
row("build and prove one", fast.seconds, "s", atMost(1));
row("the twin", slow.seconds, "s", null, `(${(slow.seconds / fast.seconds).toFixed(1)} times)`);
row("the same root and siblings", Number(JSON.stringify(fast.bound) === JSON.stringify(slow.bound)), "of 1");
row("hashes in the longest proof", ours(fills, 0).path.length, "", atMost(17));
const chain = await TestChain.start();
try {
  await onChain(chain, fills[0]!, ours(fills, 0));
} finally {
  await chain.stop();
}
