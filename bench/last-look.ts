import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { type HomeId, homeId } from "../engine/kernel/index.ts";
import type { MarketRules } from "../engine/messages/index.ts";
import { lastLook, ordersOf, SIM_RULES, SimulatedStreet } from "../src/sim/index.ts";

/**
 * What it is worth to order last, knowing all others, and what sealed orders leave of that. Production nodes in virtual time; home
 * 0 orders for its true value, or for the limit that is best for it against all it has heard. Prints; judges nothing.
 */
const quick = process.argv.includes("--quick");
const SELF: HomeId = homeId(0);

/** What home 0 keeps over a street's life: (true limit - price) x energy, micro x Wh. */
async function gain(homes: number, seed: number, intervals: number, rules: MarketRules, looks: boolean): Promise<number> {
  const adversaries = new Map([[0, lastLook(rules, looks)]]);
  const street = new SimulatedStreet({
    seed,
    homes,
    rules,
    adversaries,
    faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } },
  });
  await street.start();
  await street.runTo(intervals, 2_500);
  const certified = street.homes[1]!.certified.slice(0, intervals);
  street.stop();
  return certified.reduce((sum, { evaluation: { clearing, result } }) => {
    const value = ordersOf(seed, SELF, result.interval)[0]!.limit;
    const fills = clearing.kind === "trade" ? clearing.fills.filter(({ home }) => home === SELF) : [];
    return sum + fills.reduce((part, { energy, price }) => part + energy * (value - price), 0);
  }, 0);
}

const percent = (part: number, whole: number): string => (whole === 0 ? "-" : `${((100 * (part - whole)) / whole).toFixed(1)} %`);

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
console.log(`what a last look is worth; ${cpus().length} x ${cpus()[0]?.model ?? "?"}, Node ${process.version}, commit ${commit}`);
console.log(
  "Values are drawn evenly from 8 to 30 ct/kWh, energy up to 3 kWh; home 0 buys once an interval. Left out: batteries, habits, fees.\n",
);
console.log("homes  intervals  open: last look against truthful   sealed: the same");
for (const [homes, seeds, intervals] of quick
  ? ([[6, 4, 10]] as const)
  : ([
      [6, 40, 20],
      [12, 30, 20],
      [30, 8, 20],
    ] as const)) {
  const sums = { open: [0, 0], sealed: [0, 0] } as const satisfies Record<string, readonly number[]>;
  const totals = { open: [...sums.open], sealed: [...sums.sealed] };
  for (let seed = 1; seed <= seeds; seed++)
    for (const orders of ["open", "sealed"] as const)
      for (const looks of [0, 1]) totals[orders][looks]! += await gain(homes, seed, intervals, { ...SIM_RULES, orders }, looks === 1);
  const of = (orders: "open" | "sealed"): string => percent(totals[orders][1]!, totals[orders][0]!);
  console.log(
    `${String(homes).padStart(5)}  ${String(seeds * intervals).padStart(9)}  ${of("open").padStart(31)}   ${of("sealed").padStart(16)}`,
  );
}
