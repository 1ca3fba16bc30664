import { type Digest, microPerKwh, nano, wh } from "../../kernel/index.ts";
import type { ClearingInput } from "../types.ts";
import { FAVOUR_SCALE } from "./favour.ts";
import { placesOf, topOf, wantedIn } from "./market.ts";
import type { BlockOrder, BlockRefusal, BlockTrouble } from "./types.ts";
import { energyOf } from "./value.ts";

export interface Sorted {
  readonly sound: readonly BlockOrder[];
  readonly unsound: readonly { readonly block: BlockOrder; readonly reason: BlockRefusal }[];
}

/** Turns away blocks that say nothing sensible about these intervals; what passes can't break the search or leave the exact integers. */
export function sortOut(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[]): Sorted {
  const known = placesOf(inputs);
  const orderIds = new Set(inputs.flatMap(({ orders }) => orders.map(({ id }) => id)));
  const twice = repeated(blocks.map(({ id }) => id));
  const reasons = new Map<BlockOrder, BlockRefusal | null>();
  for (const block of blocks) {
    const taken = orderIds.has(block.id) || twice.has(block.id);
    reasons.set(block, taken ? "BLOCK_ID_TAKEN" : troubleOf(block, (interval) => known.has(interval)));
  }
  const plain = blocks.filter((block) => reasons.get(block) === null);
  if (areTooLarge(inputs, plain)) for (const block of plain) reasons.set(block, "BLOCK_TOO_LARGE");
  askFamilies(blocks, reasons);
  return {
    sound: blocks.filter((block) => reasons.get(block) === null),
    unsound: blocks.flatMap((block) => {
      const reason = reasons.get(block) ?? null;
      return reason === null ? [] : [{ block, reason }];
    }),
  };
}

function repeated(ids: readonly Digest[]): ReadonlySet<Digest> {
  const seen = new Set<Digest>();
  return new Set(ids.filter((id) => seen.has(id) || (seen.add(id) && false)));
}

function troubleOf(block: BlockOrder, isKnown: (interval: BlockOrder["legs"][number]["interval"]) => boolean): BlockTrouble | null {
  const { legs, value, minRatioPermille } = block;
  if (legs.length === 0) return "BLOCK_NO_LEGS";
  if (new Set(legs.map(({ interval }) => interval)).size < legs.length) return "BLOCK_LEG_TWICE";
  if (!legs.every(({ interval }) => isKnown(interval))) return "BLOCK_INTERVAL_UNKNOWN";
  if (!legs.every(({ energy }) => wh.is(energy) && energy > 0) || !wh.is(energyOf(legs))) return "BLOCK_ENERGY_OUT_OF_RANGE";
  if (!nano.is(value) || Math.abs(value) > energyOf(legs) * microPerKwh.max) return "BLOCK_VALUE_OUT_OF_RANGE";
  const isRatio = Number.isSafeInteger(minRatioPermille) && minRatioPermille >= 0 && minRatioPermille <= 1000;
  return isRatio ? null : "BLOCK_RATIO_OUT_OF_RANGE";
}

/** The auction doubles fees and limits inside, favouring makes them four times as large, and all intervals are summed. */
function areTooLarge(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[]): boolean {
  if (blocks.length === 0) return false;
  const energies = inputs.map(
    ({ interval, orders }) => orders.reduce((total, { body }) => total + body.energy, 0) + wantedIn(blocks, interval),
  );
  const limit = 2 * (FAVOUR_SCALE * (topOf(inputs, blocks) + 1));
  return energies.reduce((total, energy) => total + energy, 0) * limit > Number.MAX_SAFE_INTEGER;
}

/** Parents must be there and sound themselves; whoever stands in a circle waits for itself. */
function askFamilies(blocks: readonly BlockOrder[], reasons: Map<BlockOrder, BlockRefusal | null>): void {
  const byId = new Map(blocks.map((block) => [block.id, block]));
  const judge = (block: BlockOrder, below: ReadonlySet<BlockOrder>): BlockRefusal | null => {
    const reason = reasons.get(block) ?? null;
    if (reason !== null || block.parent === null) return reason;
    const parent = byId.get(block.parent);
    if (parent === undefined) return "BLOCK_PARENT_UNKNOWN";
    if (parent === block || below.has(parent)) return "BLOCK_PARENT_CYCLE";
    const above = judge(parent, new Set([...below, block]));
    if (above === "BLOCK_PARENT_CYCLE") return above;
    return above === null ? null : "BLOCK_PARENT_REFUSED";
  };
  for (const [block, reason] of blocks.map((block) => [block, judge(block, new Set())] as const)) reasons.set(block, reason);
}
