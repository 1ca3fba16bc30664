import type { BlockOrder } from "../../engine/auction/blocks/index.ts";
import type { ClearingInput } from "../../engine/auction/index.ts";

/**
 * Blocks by brute force on one node, from the definitions and sharing no code: every set of blocks, every whole price. Only for
 * all-or-nothing blocks, one or two intervals, and small limits.
 */
export interface TwinSet {
  readonly blocks: readonly BlockOrder[];
  /** For each interval the prices at which everybody but the blocks is content; empty: the blocks don't fit. */
  readonly supports: readonly (readonly number[])[];
  readonly welfare: number;
  /** Some of those prices leave no block with a loss. */
  readonly holds: boolean;
}

export function everySet(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[], highest: number): readonly TwinSet[] {
  return subsets(blocks)
    .filter((set) => isAllowed(set))
    .map((set) => twinSet(inputs, set, highest));
}

const subsets = <T>([first, ...rest]: readonly T[]): readonly (readonly T[])[] =>
  first === undefined ? [[]] : subsets(rest).flatMap((set) => [set, [first, ...set]]);

function isAllowed(set: readonly BlockOrder[]): boolean {
  const ids = set.map(({ id }) => id);
  const groups = set.flatMap(({ group }) => (group === null ? [] : [group]));
  return set.every(({ parent }) => parent === null || ids.includes(parent)) && new Set(groups).size === groups.length;
}

export function twinSet(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[], highest: number): TwinSet {
  const prices = Array.from({ length: highest + 1 }, (_, price) => price);
  const supports = inputs.map((given) => prices.filter((price) => isContent(given, blocks, price)));
  const values = blocks.reduce((sum, { value }) => sum + value, 0);
  if (supports.some((all) => all.length === 0)) return { blocks, supports, welfare: 0, holds: false };
  const others = inputs.map((given, at) => welfareOfOthers(given, blocks, supports[at]![0]!));
  const holds = products(supports).some((chosen) => blocks.every((block) => block.value >= payment(block, inputs, chosen)));
  return { blocks, supports, welfare: values + others.reduce((sum, each) => sum + each, 0), holds };
}

const products = (lists: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  lists.reduce<readonly (readonly number[])[]>((all, list) => all.flatMap((head) => list.map((each) => [...head, each])), [[]]);

const payment = ({ legs }: BlockOrder, inputs: readonly ClearingInput[], prices: readonly number[]): number =>
  legs.reduce((paid, { interval, side, energy }) => {
    const price = prices[inputs.findIndex((given) => given.interval === interval)]!;
    return paid + (side === "buy" ? energy * price : -energy * price);
  }, 0);

/** What all blocks of a set buy in an interval minus what they sell. */
const netOf = ({ interval }: ClearingInput, blocks: readonly BlockOrder[]): number =>
  blocks
    .flatMap(({ legs }) => legs)
    .filter((leg) => leg.interval === interval)
    .reduce((net, { side, energy }) => net + (side === "buy" ? energy : -energy), 0);

/** Whoever gains at the price trades all, whoever loses nothing, whoever is indifferent as it must be. */
function isContent(given: ClearingInput, blocks: readonly BlockOrder[], price: number): boolean {
  const energy = (side: "buy" | "sell", test: (gain: number) => boolean): number =>
    given.orders
      .filter(({ body }) => body.side === side && test(side === "buy" ? body.limit - price : price - body.limit))
      .reduce((sum, { body }) => sum + body.energy, 0);
  const net = netOf(given, blocks);
  const least = energy("buy", (gain) => gain > 0) - energy("sell", (gain) => gain >= 0);
  const most = energy("buy", (gain) => gain >= 0) - energy("sell", (gain) => gain > 0);
  return least <= -net && -net <= most;
}

function welfareOfOthers(given: ClearingInput, blocks: readonly BlockOrder[], price: number): number {
  const gains = given.orders.reduce(
    (sum, { body }) => sum + body.energy * Math.max(0, body.side === "buy" ? body.limit - price : price - body.limit),
    0,
  );
  return gains - netOf(given, blocks) * price;
}
