import {
  concat,
  cost,
  type Digest,
  fromHex,
  keccakDigest,
  type MicroPerKwh,
  type Nano,
  sub,
  sum,
  utf8,
  type Wh,
} from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { Clearing, OrderEntry, Trade } from "../types.ts";
import { clearFavouring } from "./favour.ts";
import type { BlockMarket, ReadyBlock, ReadyLeg } from "./market.ts";
import { fewestSteps } from "./value.ts";

/** A block that is to be taken: how many of its steps, and at which limit it enters each interval. */
export interface Taken {
  readonly ready: ReadyBlock;
  /** Of several legs; a single leg's part is found by the clearing. */
  readonly steps: number;
  /** One for each leg. */
  readonly limits: readonly MicroPerKwh[];
}

/** Clears intervals with blocks in them, counts what it spends, and never clears the same twice. */
export interface Bench {
  readonly market: BlockMarket;
  /** One for each interval; null when the budget is spent. */
  readonly clear: (taken: readonly Taken[]) => readonly Clearing[] | null;
  readonly spent: () => number;
}

export function benchOf(market: BlockMarket, budget: number): Bench {
  const known = new Map<string, Clearing>();
  let spent = 0;
  const clearOne = (taken: readonly Taken[], place: number): Clearing | null => {
    const there = taken.flatMap((each) => ordersOf(each, place));
    const key = `${place}:${there.map(({ order, must }) => `${order.id},${order.body.energy},${order.body.limit},${must}`).join(";")}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    // Without any block every interval is cleared whatever the budget: there is always an answer.
    if (there.length > 0 && spent >= budget) return null;
    const input = market.inputs[place]!;
    const orders = [...input.orders, ...there.map(({ order }) => order)];
    const favoured = new Set(there.filter(({ must }) => must).map(({ order }) => order.id));
    const clearing = clearFavouring(market.mechanism, { ...input, orders }, favoured);
    if (there.length > 0) spent += 1;
    known.set(key, clearing);
    return clearing;
  };
  return {
    market,
    clear: (taken) => {
      const ordered = [...taken].sort((a, b) => a.ready.index - b.ready.index);
      const clearings: Clearing[] = [];
      for (let place = 0; place < market.inputs.length; place++) {
        const clearing = clearOne(ordered, place);
        if (clearing === null) return null;
        clearings.push(clearing);
      }
      return clearings;
    },
    spent: () => spent,
  };
}

interface LegOrder {
  readonly order: OrderEntry;
  /** It trades whole, or the blocks can't be taken. */
  readonly must: boolean;
}

function ordersOf({ ready, steps, limits }: Taken, place: number): readonly LegOrder[] {
  const at = ready.legs.findIndex((leg) => leg.place === place);
  if (at === -1) return [];
  const leg = ready.legs[at]!;
  const must = mustOf(ready, leg, steps);
  const rest = ready.single ? ((leg.energy - must) as Wh) : 0;
  const orders = [{ id: ready.block.id, energy: must, limit: limits[at]!, must: true, rank: -2 * ready.index - 1 }];
  if (rest > 0)
    orders.push({ id: restId(ready.block.id), energy: rest as Wh, limit: ready.limit!, must: false, rank: -2 * ready.index - 2 });
  return orders
    .filter(({ energy }) => energy > 0)
    .map(({ id, energy, limit, must: whole, rank }) => {
      const body = { home: ready.block.home, interval: leg.interval, side: leg.side, energy, limit, seq: 0 };
      return { order: { id, body, rank }, must: whole };
    });
}

/** What of a leg has to trade. */
export function mustOf({ block, single, steps: all }: ReadyBlock, leg: ReadyLeg, steps: number): Wh {
  if (!single) return ((leg.energy / all) * steps) as Wh;
  return block.minRatioPermille === 0 ? (0 as Wh) : (fewestSteps(block, leg.energy) as Wh);
}

/** The part of a single leg that may stay out is an order of its own. */
export const restId = (block: Digest): Digest => keccakDigest(concat([fromHex(block), utf8("rest of a block")]));

/** Whether all that must trade did. */
export function areWhole(taken: readonly Taken[], clearings: readonly Clearing[]): boolean {
  const musts = new Set(taken.map(({ ready }) => ready.block.id));
  return clearings.every(({ outcomes }) => outcomes.every(({ order, kind }) => kind === "filled" || !musts.has(order)));
}

/** What is left of welfare without the blocks' own values: orders' limits minus fees. */
export function welfareOfOthers(clearings: readonly Clearing[], taken: readonly Taken[]): bigint {
  const blocks = new Set(taken.flatMap(({ ready }) => [ready.block.id, restId(ready.block.id)]));
  return clearings.reduce((total, clearing) => total + (clearing.kind === "trade" ? BigInt(othersIn(clearing, blocks)) : 0n), 0n);
}

function othersIn(trade: Trade, blocks: ReadonlySet<Digest>): number {
  const value = (side: Side): Nano =>
    sum(
      trade.outcomes
        .filter((outcome) => outcome.side === side && outcome.energy > 0 && !blocks.has(outcome.order))
        .map(({ energy, limit }) => cost(energy, limit)),
    );
  return sub(sub(value("buy"), value("sell")), sum(trade.flows.map(({ fees }) => fees)));
}
