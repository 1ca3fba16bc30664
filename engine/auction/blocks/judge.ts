import type { Clearing } from "../types.ts";
import { forced, natural, splitLimits } from "./limits.ts";
import type { ReadyBlock } from "./market.ts";
import { areWhole, type Bench, restId, type Taken, welfareOfOthers } from "./trial.ts";
import type { AcceptedBlock, AcceptedLeg } from "./types.ts";
import { energyOf, fewestSteps, paymentOf, surplusOf } from "./value.ts";

/** What became of a set of blocks. */
export type Verdict =
  | {
      readonly kind: "holds";
      readonly clearings: readonly Clearing[];
      readonly accepted: readonly AcceptedBlock[];
      readonly welfare: bigint;
    }
  /** No prices were found that its blocks and everybody else accept. */
  | { readonly kind: "fails"; readonly clearings: readonly Clearing[] }
  | { readonly kind: "broke" };

const BROKE: Verdict = { kind: "broke" };

/**
 * Whether a set of blocks can be accepted: each trades whole, nobody loses at the prices that its node has. First each block
 * enters at its own limit in every interval; if that isn't enough, or a loop has no such limit, it may lose in one and gain in another.
 */
export function judge(bench: Bench, set: readonly ReadyBlock[]): Verdict {
  const sizes = partsOf(bench, set);
  if (sizes === null) return BROKE;
  const taken = set.map((ready) => ({ ready, steps: sizes.get(ready)!, limits: [] }));
  if (set.every(({ limit }) => limit !== null)) {
    const verdict = weigh(bench, taken.map(natural));
    if (verdict.kind !== "fails" || set.every(({ single }) => single)) return verdict;
  }
  const pushed = taken.map(({ ready, steps }) => (ready.single ? natural({ ready, steps }) : forced(ready, steps, bench.market)));
  const clearings = bench.clear(pushed);
  if (clearings === null) return BROKE;
  const split = areWhole(pushed, clearings) ? splitLimits(bench.market, taken, clearings) : null;
  return split === null ? { kind: "fails", clearings } : weigh(bench, split);
}

function weigh(bench: Bench, taken: readonly Taken[]): Verdict {
  const clearings = bench.clear(taken);
  if (clearings === null) return BROKE;
  if (!areWhole(taken, clearings)) return { kind: "fails", clearings };
  const parts = taken.map((each) => partOf(each, clearings));
  const accepted = parts.flatMap(({ block }) => (block === null ? [] : [block]));
  const isIn = new Set(parts.flatMap(({ block }, i) => (block === null ? [] : [taken[i]!.ready.index])));
  const orphan = taken.some(({ ready }) => isIn.has(ready.index) && ready.parent !== null && !isIn.has(ready.parent));
  if (orphan || accepted.some(({ surplus }) => surplus < 0)) return { kind: "fails", clearings };
  const welfare = parts.reduce((total, { value }) => total + value, welfareOfOthers(clearings, taken));
  return { kind: "holds", clearings, accepted, welfare };
}

/** What it got; a block of which any part may stay out can get nothing. */
function partOf({ ready, steps }: Taken, clearings: readonly Clearing[]): { readonly block: AcceptedBlock | null; readonly value: bigint } {
  const { block, single } = ready;
  const ids = new Set([block.id, restId(block.id)]);
  const legs = ready.legs.flatMap(({ place, interval, side }): AcceptedLeg[] => {
    const clearing = clearings[place]!;
    const fills = clearing.kind === "trade" ? clearing.fills.filter(({ order }) => ids.has(order)) : [];
    const [first] = fills;
    if (first === undefined) return [];
    const total = (of: "energy" | "amount"): number => fills.reduce((sum, fill) => sum + fill[of], 0);
    return [
      {
        interval,
        side,
        energy: total("energy") as AcceptedLeg["energy"],
        price: first.price,
        amount: total("amount") as AcceptedLeg["amount"],
      },
    ];
  });
  if (legs.length === 0) return { block: null, value: 0n };
  const [part, whole] = single ? [energyOf(legs), energyOf(ready.legs)] : [steps, ready.steps];
  const surplus = Number(surplusOf(block.value, part, whole, paymentOf(legs))) as AcceptedBlock["surplus"];
  return {
    block: { block: block.id, home: block.home, ratioPermille: Math.floor((part * 1000) / whole), legs, surplus },
    value: surplusOf(block.value, part, whole, 0n),
  };
}

/** How many steps of each block: all, or where several legs may be cut, as many as make the most welfare while all take any price. */
function partsOf(bench: Bench, set: readonly ReadyBlock[]): ReadonlyMap<ReadyBlock, number> | null {
  const sizes = new Map(set.map((ready) => [ready, ready.steps]));
  for (const ready of set) {
    const fewest = fewestSteps(ready.block, ready.steps);
    if (ready.single || fewest === ready.steps) continue;
    const best = bestPart(bench, sizes, ready, fewest);
    if (best === null) return null;
    sizes.set(ready, best);
  }
  return sizes;
}

/** Welfare is concave in a part, so its slope shows the way; where the whole doesn't fit, less may. */
function bestPart(bench: Bench, sizes: ReadonlyMap<ReadyBlock, number>, ready: ReadyBlock, fewest: number): number | null {
  let [low, high] = [fewest, ready.steps];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [here, next] = [middle, middle + 1].map((steps) => forcedWelfare(bench, new Map([...sizes, [ready, steps]])));
    if (here === "broke" || next === "broke") return null;
    if (next !== null && (here === null || next! >= here!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** null: they don't fit. */
function forcedWelfare(bench: Bench, sizes: ReadonlyMap<ReadyBlock, number>): bigint | null | "broke" {
  const taken = [...sizes].map(([ready, steps]) => (ready.single ? natural({ ready, steps }) : forced(ready, steps, bench.market)));
  const clearings = bench.clear(taken);
  if (clearings === null) return "broke";
  if (!areWhole(taken, clearings)) return null;
  return taken.reduce((total, each) => total + partOf(each, clearings).value, welfareOfOthers(clearings, taken));
}
