import { compare, type Digest, type HomeId, type Interval, type MicroPerKwh, microPerKwh, type Wh } from "../../kernel/index.ts";
import { dearestAnywhere } from "../reach.ts";
import type { ClearingInput, ClearingMechanism } from "../types.ts";
import type { BlockLeg, BlockOrder } from "./types.ts";
import { energyOf, naturalLimit, sideOf, stepsOf } from "./value.ts";

/** Intervals and sound blocks, made ready for the search. */
export interface BlockMarket {
  readonly inputs: readonly ClearingInput[];
  readonly mechanism: ClearingMechanism;
  /** Parents stand before their children. */
  readonly blocks: readonly ReadyBlock[];
  /** A limit that no order of these intervals withstands, whatever wires lie between. */
  readonly top: MicroPerKwh;
}

export interface ReadyBlock {
  readonly index: number;
  readonly block: BlockOrder;
  readonly legs: readonly ReadyLeg[];
  /** Its parent's index. */
  readonly parent: number | null;
  /** Equal parts that it can be cut into. */
  readonly steps: number;
  /** Its limit for every watt-hour; null for loops. */
  readonly limit: MicroPerKwh | null;
  /** A single leg is cut at the margin like any order, several in steps. */
  readonly single: boolean;
}

export interface ReadyLeg extends BlockLeg {
  /** Which of the inputs. */
  readonly place: number;
  readonly node: number;
}

export function marketOf(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[], mechanism: ClearingMechanism): BlockMarket {
  const ordered = parentsFirst(blocks);
  const indexOf = new Map(ordered.map(({ id }, index) => [id, index]));
  const places = placesOf(inputs);
  const ready = ordered.map((block, index): ReadyBlock => {
    const legs = block.legs
      .map((leg) => ({ ...leg, place: places.get(leg.interval)!, node: nodeOf(inputs[places.get(leg.interval)!]!, block.home) }))
      .sort((a, b) => a.place - b.place);
    const parent = block.parent === null ? null : indexOf.get(block.parent)!;
    const limit = naturalLimit(block, tickOf(inputs));
    return { index, block, legs, parent, limit, steps: stepsOf(block), single: legs.length === 1 };
  });
  return { inputs, mechanism, blocks: ready, top: topOf(inputs, blocks) };
}

export const placesOf = (inputs: readonly ClearingInput[]): ReadonlyMap<Interval, number> =>
  new Map(inputs.map(({ interval }, place) => [interval, place]));

/** One for all; without any interval none is asked for. */
export const tickOf = (inputs: readonly ClearingInput[]): MicroPerKwh => inputs[0]?.rules.tick ?? (1 as MicroPerKwh);

export const nodeOf = ({ network }: Pick<ClearingInput, "network">, home: HomeId): number => network.homes.get(home) ?? 0;

/** By generation, then by rising id: whoever sends them in whatever order. */
function parentsFirst(blocks: readonly BlockOrder[]): readonly BlockOrder[] {
  const byId = new Map(blocks.map((block) => [block.id, block]));
  const generation = (id: Digest | null): number => (id === null ? 0 : 1 + generation(byId.get(id)!.parent));
  return [...blocks].sort((a, b) => generation(a.parent) - generation(b.parent) || compare(a.id, b.id));
}

/** The highest of all limits, carried over every wire at its fee and loss, and a tick. */
export function topOf(inputs: readonly ClearingInput[], blocks: readonly BlockOrder[]): MicroPerKwh {
  const tick = tickOf(inputs);
  const limits = [
    ...inputs.flatMap(({ orders }) => orders.map(({ body }) => body.limit as number)),
    ...blocks.map((block) => typicalLimit(block, tick)),
  ];
  const highest = limits.reduce((most, limit) => Math.max(most, limit), 0);
  const carried = inputs.reduce((most, { network }) => Math.max(most, dearestAnywhere(network, highest as MicroPerKwh)), highest);
  return (Math.min(Math.ceil(carried / tick) + 1, Math.floor(microPerKwh.max / tick)) * tick) as MicroPerKwh;
}

/** A loop has no limit of its own; what it must gain for a watt-hour stands in. */
function typicalLimit(block: BlockOrder, tick: MicroPerKwh): number {
  if (sideOf(block) !== null) return naturalLimit(block, tick) ?? 0;
  return Math.ceil(Math.abs(block.value) / energyOf(block.legs));
}

export const wantedIn = (blocks: readonly BlockOrder[], interval: Interval): Wh =>
  blocks.flatMap(({ legs }) => legs).reduce((total, leg) => total + (leg.interval === interval ? leg.energy : 0), 0) as Wh;
