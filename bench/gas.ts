import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { TestChain } from "../test/support/test-chain.ts";
import { TestVault } from "../test/support/test-vault.ts";
import { atLeast, atMost, type Goal, rowLine } from "./engine/frame.ts";
import { COMMITTED_FILE, committedGas } from "./gas/committed.ts";
import { compareEvms } from "./gas/second-evm.ts";
import { type SettlementGas, settlementGas, VALIDATORS } from "./gas/settlement.ts";

/**
 * What the vault costs. Gas is exact, the same on every machine: the figures of `gas/committed.ts` are kept in `contracts/gas.json`,
 * with which CI compares them, and `--write` renews it.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MONTH_SETTLEMENTS = 30;
const GWEI_USD = 3_000 / 1e9;
const L2_GWEI = 0.05;
/** EIP-7825. */
const MOST_GAS = 2 ** 24;
const LARGEST = 20_480;
const LACKING = 50;
const INTERVALS = 96;

const row = (what: string, value: number, unit: string, goal: Goal | null = null, note = ""): void =>
  console.log(`  ${rowLine({ what, value, unit, goal, note })}`);

const whole = ({ propose, finalize }: SettlementGas): number => propose + finalize;

function header(): void {
  const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
  console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`);
  console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
  console.log(
    "method   gas used on anvil, hard fork Osaka, by the transactions as the relay sends them; the second period of a vault, so that",
  );
  console.log(
    `         every word was in use before; ${VALIDATORS} validators, 5 signatures; all balances change by up to 5 of the currency unless said`,
  );
  console.log("left out what a second layer charges for its data; beyond the validators homes are put into storage, not registered");
  console.log(`assumed  ${L2_GWEI} gwei on a second layer, ETH at 3,000 USD, a settlement a day, ${INTERVALS} intervals a day\n`);
}

async function settlements(chain: TestChain): Promise<void> {
  for (const homes of [12, 100, 1_000, 10_000, LARGEST]) {
    const gas = await settlementGas(chain, { homes });
    console.log(`${homes} homes: propose ${gas.propose}, finalize ${gas.finalize}`);
    row(
      "a whole settlement, for a home",
      whole(gas) / homes,
      "gas",
      homes === 1_000 ? atMost(900) : null,
      homes === 1_000 ? "(moonshot 750)" : "",
    );
    const usd = (whole(gas) * MONTH_SETTLEMENTS * L2_GWEI * GWEI_USD) / homes;
    row("a home's month on a second layer", usd, "USD", homes >= 100 ? atMost(0.01) : null);
    if (homes === 1_000) fills(gas);
    if (homes === LARGEST) row("homes in one transaction", gas.finalize <= MOST_GAS ? homes : 0, "", atLeast(20_000));
  }
  const some = await settlementGas(chain, { homes: 1_000, active: 0.1 });
  console.log(`1000 homes, 100 of them change, at random places: propose ${some.propose}, finalize ${some.finalize}`);
  for (const homes of [1_000, LARGEST]) {
    const { propose, finalize } = await settlementGas(chain, { homes, lacking: LACKING });
    console.log(`${homes} homes, ${LACKING} of them lack money for the first time, far apart: propose ${propose}, finalize ${finalize}`);
    row("homes that lack money, settled in one transaction", finalize <= MOST_GAS ? LACKING : 0, "", atLeast(LACKING));
  }
}

async function secondEvm(): Promise<void> {
  console.log(
    "\nsecond EVM: the same transactions on anvil and on @ethereumjs/vm, and what both say of them; propose may cost a few times 12",
  );
  console.log("more or less than above, since a zero byte in calldata costs less, and signatures have others at other addresses");
  // The largest with its access list is more than the 128 KiB that geth takes, and @ethereumjs/vm's chain as well.
  for (const homes of [12, 100, 1_000, 10_000]) {
    const { propose, finalize, words, answers, differences } = await compareEvms(homes);
    console.log(`${homes} homes: propose ${propose}, finalize ${finalize}; ${words} words of storage, ${answers} answers compared`);
    console.log(`  differences ${differences.length} (goal 0)`);
    for (const difference of differences.slice(0, 10)) console.log(`    ${difference}`);
  }
}

function fills(gas: SettlementGas): void {
  row(`a fill, 5,000 in each of ${INTERVALS} intervals`, whole(gas) / (5_000 * INTERVALS), "gas", atMost(2));
  row(`a fill, 100,000 in each of ${INTERVALS} intervals`, whole(gas) / (100_000 * INTERVALS), "gas", atMost(0.1));
}

async function onFreshChain(work: (chain: TestChain) => Promise<void>): Promise<void> {
  const chain = await TestChain.start(60);
  try {
    await work(chain);
  } finally {
    await chain.stop();
  }
}

/** EIP-170. */
const MOST_CODE = 24_576;

async function codeSize(chain: TestChain): Promise<void> {
  const { vault } = await TestVault.deploy(chain, { homes: 0 });
  row("code of the vault as it is deployed", ((await vault.getDeployedCode())!.length - 2) / 2, "bytes", atMost(MOST_CODE));
}

header();
await onFreshChain(codeSize);
if (process.argv.includes("--write"))
  await onFreshChain(async (chain) => writeFileSync(COMMITTED_FILE, `${JSON.stringify(await committedGas(chain), null, 2)}\n`));
await onFreshChain(settlements);
await secondEvm();
