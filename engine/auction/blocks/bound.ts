import type { MicroPerKwh } from "../../kernel/index.ts";
import type { Clearing, ClearingInput, Edge } from "../types.ts";
import type { BlockMarket, ReadyBlock } from "./market.ts";
import { paymentOf, surplusOf } from "./value.ts";

/**
 * What welfare any set of blocks can have at most, from any prices whatever: at given prices, nobody can gain more than all it
 * would take freely, and an edge no more than its spread times what it carries (weak duality). Prices that come from a clearing
 * make it tight.
 */
export interface Ceiling {
  /** The most that orders and edges could gain. */
  readonly others: bigint;
  /** What each block would gain, whole, by its index. */
  readonly gains: readonly bigint[];
  /** What it adds at most if it is accepted: a loss may be cut to the part that must trade. */
  readonly accepted: readonly bigint[];
}

export function ceilingOf(market: BlockMarket, clearings: readonly Clearing[]): Ceiling {
  const prices = clearings.map((clearing, place) => pricesOf(clearing, market.inputs[place]!));
  const others = market.inputs.reduce((total, input, place) => total + mostOf(input, market, place, prices[place]!), 0n);
  const gains = market.blocks.map((ready) => gainAt(ready, ({ place, node }) => prices[place]![node]!));
  const accepted = gains.map((gain, i) => (gain >= 0n ? gain : (gain * BigInt(market.blocks[i]!.block.minRatioPermille)) / 1000n));
  return { others, gains, accepted };
}

export const gainAt = (ready: ReadyBlock, price: (leg: ReadyBlock["legs"][number]) => MicroPerKwh): bigint =>
  surplusOf(ready.block.value, 1, 1, paymentOf(ready.legs.map((leg) => ({ ...leg, price: price(leg) }))));

/** If blocks were divisible and could trade at a loss. */
export const relaxed = ({ others, gains }: Ceiling): bigint => gains.reduce((total, gain) => total + (gain > 0n ? gain : 0n), others);

/** A price for every node; any will do, good ones are near. */
function pricesOf(clearing: Clearing, { network }: ClearingInput): readonly MicroPerKwh[] {
  const start = clearing.kind === "trade" ? clearing.price : between(clearing.bestBuy, clearing.bestSell);
  const prices: MicroPerKwh[] = [];
  for (const [node, { edge }] of network.nodes.entries()) {
    const known = clearing.kind === "trade" ? clearing.nodes[node]!.price : null;
    prices.push(known ?? (edge === null ? start : prices[edge.parent]!));
  }
  return prices;
}

function between(bestBuy: MicroPerKwh | null, bestSell: MicroPerKwh | null): MicroPerKwh {
  if (bestBuy === null || bestSell === null) return bestBuy ?? bestSell ?? (0 as MicroPerKwh);
  return Math.floor((bestBuy + bestSell) / 2) as MicroPerKwh;
}

function mostOf({ orders, network }: ClearingInput, market: BlockMarket, place: number, prices: readonly MicroPerKwh[]): bigint {
  let most = 0n;
  let energy = 0n;
  for (const { body } of orders) {
    const price = prices[network.homes.get(body.home) ?? 0]!;
    const gain = body.side === "buy" ? body.limit - price : price - body.limit;
    if (gain > 0) most += BigInt(gain) * BigInt(body.energy);
    energy += BigInt(body.energy);
  }
  for (const { legs } of market.blocks) for (const leg of legs) if (leg.place === place) energy += BigInt(leg.energy);
  for (const [node, { edge }] of network.nodes.entries()) {
    if (edge === null) continue;
    const [above, here] = [prices[edge.parent]!, prices[node]!];
    most += edgeGain(edge, above, here, edge.importCapacity, energy) + edgeGain(edge, here, above, edge.exportCapacity, energy);
  }
  return most;
}

const MILLION = 1_000_000n;

/** Buys at one end, sells what arrives at the other; no more than all energy there is. */
function edgeGain({ fee, lossPpm }: Edge, before: MicroPerKwh, after: MicroPerKwh, capacity: number, energy: bigint): bigint {
  const gain = (MILLION - BigInt(lossPpm)) * BigInt(after) - MILLION * (BigInt(before) + BigInt(fee));
  if (gain <= 0n) return 0n;
  const carried = BigInt(capacity) < energy ? BigInt(capacity) : energy;
  return (gain * carried + MILLION - 1n) / MILLION;
}
