import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { BATCHES, ChainLab, type Outcome } from "../test/support/chain-faults.ts";

/**
 * What reaches the chain, whatever becomes of it: schedules of faults drawn from seeds against a real anvil in a process of its
 * own. `npm run bench:chain -- FROM..TO` runs those seeds, 1..200 by default.
 */
const [from = 1, to = 200] = (process.argv[2] ?? "1..200").split("..").map(Number);
const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();

function header(): void {
  console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`);
  console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
  console.log(
    `method   seeds ${from} to ${to}: ${BATCHES} signed batches each, two carriers with keys, outboxes and disks of their own behind one node that is\n` +
      "         well, away, hanging, busy (429), losing answers, lagging or lying; 1 to 5 blocks taken back; transactions dropped,\n" +
      "         replaced or mined late; nonces left out; carriers killed at random and between signing and mining; then all is well",
  );
  console.log("left out public chains (fees that rise, blocks every 12 s), an anvil or a process that is killed (test/unit/evm)\n");
}

async function schedules(lab: ChainLab): Promise<readonly (Outcome & { readonly seed: number })[]> {
  const outcomes = [];
  for (let seed = from; seed <= to; seed++) {
    const outcome = await lab.run(seed);
    outcomes.push({ ...outcome, seed });
    if (process.stderr.isTTY) process.stderr.write(`\r${seed} of ${to} `);
  }
  return outcomes;
}

const count = (outcomes: readonly Outcome[], pattern: RegExp): number =>
  outcomes.reduce((sum, { log }) => sum + log.filter((line) => pattern.test(line)).length, 0);
const sum = (outcomes: readonly Outcome[], of: "lost" | "twice"): number => outcomes.reduce((total, outcome) => total + outcome[of], 0);

header();
const started = performance.now();
const lab = await ChainLab.start();
try {
  const undisturbed = await lab.undisturbed();
  const outcomes = await schedules(lab);
  const bad = outcomes.filter(({ lost, twice, state }) => lost + twice > 0 || state !== undisturbed);
  console.log(`schedules                             ${outcomes.length} in ${Math.round((performance.now() - started) / 1000)} s`);
  console.log(
    `reorganisations, of them 5 deep       ${count(outcomes, /^[1-9]\d* blocks taken back/)}, ${count(outcomes, /^5 blocks taken back/)}`,
  );
  console.log(`node in trouble                       ${count(outcomes, /^the node is (?!well)/)} times`);
  console.log(
    `transactions dropped, replaced, late  ${["dropped", "replaced", "late"].map((each) => count(outcomes, new RegExp(`; ${each}$`))).join(", ")}`,
  );
  console.log(`nonces left out                       ${count(outcomes, /leaves a nonce out/)}`);
  console.log(`races, crashes                        ${count(outcomes, /^both carry/)}, ${count(outcomes, /is killed/)}`);
  console.log(`other final state than undisturbed    ${outcomes.filter(({ state }) => state !== undisturbed).length}`);
  console.log(`chain away, reorganised 5 deep        lost ${sum(outcomes, "lost")}, settled twice ${sum(outcomes, "twice")} (goal 0, 0)`);
  for (const { seed, log } of bad) console.log(`seed ${seed}: ${log.join("; ")}`);
} finally {
  await lab.stop();
}
