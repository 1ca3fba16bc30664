import type { MicroPerKwh } from "../../kernel/index.ts";
import type { Clearing } from "../types.ts";
import { type BlockMarket, type ReadyBlock, type ReadyLeg, tickOf } from "./market.ts";
import { mustOf, type Taken } from "./trial.ts";
import { paymentOf, surplusOf } from "./value.ts";

/** As it would enter if it were an order: only for blocks that have one limit. */
export const natural = ({ ready, steps }: Pick<Taken, "ready" | "steps">): Taken => ({
  ready,
  steps,
  limits: ready.legs.map(() => ready.limit!),
});

/** Takes any price: what the others then make of it tells which prices support these fills. */
export const forced = (ready: ReadyBlock, steps: number, { top }: BlockMarket): Taken => ({
  ready,
  steps,
  limits: ready.legs.map(({ side }) => (side === "buy" ? top : (0 as MicroPerKwh))),
});

/**
 * Limits for each leg that a block's value allows, from a clearing in which it took any price; null if there are none. It may
 * lose in one interval what it gains in another: what its value leaves beyond the best prices that it could have, its legs share. Blocks of few legs have least choice and go first; what they need narrows what the others find.
 */
export function splitLimits(market: BlockMarket, taken: readonly Taken[], clearings: readonly Clearing[]): readonly Taken[] | null {
  const ranges = rangesOf(market, clearings);
  const split: Taken[] = [];
  for (const each of [...taken].sort((a, b) => a.ready.legs.length - b.ready.legs.length || a.ready.index - b.ready.index)) {
    const limits = each.ready.single ? [each.ready.limit!] : limitsWithin(ranges, each, market);
    if (limits === null || !narrow(ranges, each.ready.legs, limits)) return null;
    split.push({ ...each, limits });
  }
  return split;
}

/** Per input and node the prices that support the fills. */
type Ranges = { low: number; high: number }[][];

function rangesOf({ inputs, top }: BlockMarket, clearings: readonly Clearing[]): Ranges {
  return clearings.map((clearing, place) =>
    inputs[place]!.network.nodes.map((_, node) => {
      const range = clearing.kind === "trade" ? clearing.nodes[node]! : { low: clearing.bestBuy, high: clearing.bestSell };
      return { low: range.low ?? 0, high: range.high ?? top };
    }),
  );
}

function limitsWithin(ranges: Ranges, { ready, steps }: Taken, { inputs, top }: BlockMarket): readonly MicroPerKwh[] | null {
  const tick = tickOf(inputs);
  const legs = ready.legs.map((leg) => {
    const range = ranges[leg.place]![leg.node]!;
    const best = (leg.side === "buy" ? Math.ceil(range.low / tick) : Math.floor(range.high / tick)) * tick;
    return { ...leg, energy: mustOf(ready, leg, steps), price: best as MicroPerKwh, width: range.high - range.low };
  });
  const spare = surplusOf(ready.block.value, steps, ready.steps, paymentOf(legs));
  if (spare < 0n) return null;
  const more = concessions(legs, Number(spare), tick);
  return legs.map(
    ({ side, price }, i) => (side === "buy" ? Math.min(price + more[i]!, top) : Math.max(price - more[i]!, 0)) as MicroPerKwh,
  );
}

/** How far each leg can go from its best price: equally far, but none beyond the range, where it would be lost; what is left then, all share. */
function concessions(legs: readonly { readonly energy: number; readonly width: number }[], spare: number, tick: number): readonly number[] {
  const share = (among: readonly number[], left: number): number =>
    tick * Math.floor(left / (tick * among.reduce((energy, i) => energy + legs[i]!.energy, 0)));
  const more = legs.map(() => 0);
  let open = legs.map((_, i) => i);
  let left = spare;
  while (open.length > 0) {
    const level = share(open, left);
    const tight = open.filter((i) => legs[i]!.width < level);
    for (const i of tight.length > 0 ? tight : open) {
      more[i] = Math.min(legs[i]!.width, level);
      left -= more[i]! * legs[i]!.energy;
    }
    open = tight.length > 0 ? open.filter((i) => !tight.includes(i)) : [];
  }
  const rest = share([...legs.keys()], left);
  return more.map((own) => own + rest);
}

/** False if a leg and those before it can't have one price. */
function narrow(ranges: Ranges, legs: readonly ReadyLeg[], limits: readonly MicroPerKwh[]): boolean {
  return legs.every(({ side, place, node }, i) => {
    const range = ranges[place]![node]!;
    if (side === "buy") range.high = Math.min(range.high, limits[i]!);
    else range.low = Math.max(range.low, limits[i]!);
    return range.low <= range.high;
  });
}
