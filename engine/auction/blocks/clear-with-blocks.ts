import { assert, compare, type Digest, type HomeId, type MicroPerKwh, type Nano, nano } from "../../kernel/index.ts";
import { clear } from "../clear.ts";
import type { Clearing, ClearingInput } from "../types.ts";
import { gainAt } from "./bound.ts";
import { sortOut } from "./door.ts";
import { marketOf, type ReadyBlock, type ReadyLeg } from "./market.ts";
import { type Found, search } from "./search.ts";
import { benchOf } from "./trial.ts";
import type { BlockClearing, BlockOptions, BlockOrder, BlockRefusal, RefusedBlock } from "./types.ts";

const CLEARINGS = 4096;

/**
 * Clears intervals together with orders that can't be cut freely: of the sets of blocks that can be accepted it takes one of most
 * welfare that its budget finds, and says how much more there could be. Nobody loses at the final prices; a block that is refused
 * though it would gain at them is told as paradoxical, because a price for which everybody would be content need not exist.
 */
export function clearWithBlocks(
  inputs: readonly ClearingInput[],
  blocks: readonly BlockOrder[],
  options: BlockOptions = {},
): BlockClearing {
  assertOneMarket(inputs);
  const { sound, unsound } = sortOut(inputs, blocks);
  const market = marketOf(inputs, sound, options.mechanism ?? clear);
  const bench = benchOf(market, options.clearings ?? CLEARINGS);
  const { best, bound, relaxedBound, tried, finished } = search(bench);
  const refused = [
    ...unsound.map(({ block, reason }) => ({ block: block.id, home: block.home, reason, surplus: null })),
    ...refusedOf(market.blocks, best),
  ].sort(byBlock);
  return {
    clearings: best.clearings,
    accepted: [...best.accepted].sort(byBlock),
    refused,
    paradoxical: refused.flatMap(({ block, reason }) => (reason === "BLOCK_PARADOXICAL" ? [block] : [])),
    welfare: money(best.welfare),
    bound: money(bound),
    gap: money(bound - best.welfare),
    relaxedBound: money(relaxedBound),
    search: { clearings: bench.spent(), tried, finished },
  };
}

interface OfHome {
  readonly block: Digest;
  readonly home: HomeId;
}
const byBlock = (a: OfHome, b: OfHome): number => compare(a.block, b.block) || compare(a.home, b.home);
/** The door saw to it that no sum can leave the exact integers. */
const money = (amount: bigint): Nano => nano(Number(amount));

function assertOneMarket(inputs: readonly ClearingInput[]): void {
  assert(new Set(inputs.map(({ interval }) => interval)).size === inputs.length, "each interval is cleared once");
  const [first] = inputs;
  assert(
    inputs.every(({ rules }) => rules.tick === first!.rules.tick),
    "all intervals have one tick",
  );
}

function refusedOf(blocks: readonly ReadyBlock[], { clearings, accepted }: Found): readonly RefusedBlock[] {
  const isIn = new Set(accepted.map(({ block }) => block));
  const groups = new Set(blocks.filter(({ block }) => isIn.has(block.id)).map(({ block }) => block.group));
  return blocks
    .filter(({ block }) => !isIn.has(block.id))
    .map((ready) => {
      const { id, home, parent, group } = ready.block;
      const gain = gainOf(ready, clearings);
      const surplus = gain === null || !nano.is(Number(gain)) ? null : nano(Number(gain));
      if (parent !== null && !isIn.has(parent)) return { block: id, home, reason: "BLOCK_PARENT_REFUSED", surplus };
      if (group !== null && groups.has(group)) return { block: id, home, reason: "BLOCK_EXCLUDED", surplus };
      return { block: id, home, reason: reasonOf(gain), surplus };
    });
}

function reasonOf(gain: bigint | null): BlockRefusal {
  if (gain === null) return "BLOCK_NO_COUNTERPART";
  if (gain > 0n) return "BLOCK_PARADOXICAL";
  return gain === 0n ? "BLOCK_AT_THE_MONEY" : "BLOCK_OUT_OF_MONEY";
}

function gainOf(ready: ReadyBlock, clearings: readonly Clearing[]): bigint | null {
  const prices = new Map(ready.legs.map((leg) => [leg, priceFor(leg, clearings[leg.place]!)]));
  return [...prices.values()].includes(null) ? null : gainAt(ready, (leg) => prices.get(leg)!);
}

/** Where nothing traded, the best limit of the other side is what it could have had. */
function priceFor({ side, node }: ReadyLeg, clearing: Clearing): MicroPerKwh | null {
  if (clearing.kind === "trade") return clearing.nodes[node]!.price;
  return side === "buy" ? clearing.bestSell : clearing.bestBuy;
}
