import { fail, microPerKwh, ok, type Result } from "../../kernel/index.ts";
import { type CrossingSpace, cross, crossingSpace, type Totals } from "./crossing.ts";
import { BUY, type ColumnRefusal, type Crossing, type Ladder, MOST_TICKS, SELL } from "./types.ts";

/**
 * A market as energy per tick and side, kept as orders come and go: the price of a call auction is at hand at any moment, in
 * steps that grow with the square root of the ticks and not with the orders.
 */
export class TickTotals {
  readonly #totals: Totals;
  readonly #crossing: CrossingSpace = crossingSpace();
  /** Of one side; with it no sum of both sides and no amount at the dearest price can leave 2^53. */
  readonly mostEnergy: number;

  private constructor(ladder: Ladder) {
    this.#totals = emptyTotals(ladder.ticks);
    this.mostEnergy = mostEnergyOf(ladder);
  }

  static open(ladder: Ladder): Result<TickTotals, ColumnRefusal> {
    return isLadder(ladder) ? ok(new TickTotals(ladder)) : fail("LADDER_OUT_OF_RANGE");
  }

  /** null when it is in; otherwise nothing has changed. */
  add(rung: number, energy: number): ColumnRefusal | null {
    const { ticks, sides } = this.#totals;
    if (!isRung(rung, ticks)) return "TICK_OFF_LADDER";
    if (!Number.isSafeInteger(energy) || energy <= 0) return "ENERGY_NOT_POSITIVE";
    if (sides[rung & 1]! + energy > this.mostEnergy) return "ENERGY_BEYOND_EXACT";
    change(this.#totals, rung, energy);
    return null;
  }

  /** Of an order, or a part of one. */
  remove(rung: number, energy: number): ColumnRefusal | null {
    const { ticks, rungs } = this.#totals;
    if (!isRung(rung, ticks)) return "TICK_OFF_LADDER";
    if (!Number.isSafeInteger(energy) || energy <= 0) return "ENERGY_NOT_POSITIVE";
    if (rungs[rung]! < energy) return "ENERGY_NOT_THERE";
    change(this.#totals, rung, -energy);
    return null;
  }

  at(rung: number): number {
    return this.#totals.rungs[rung] ?? 0;
  }

  /** What a clearing of these orders comes to. The answer is written anew by the next call: copy what is kept. */
  cross(kPermille: number): Result<Crossing, ColumnRefusal> {
    if (!isShare(kPermille)) return fail("K_OUT_OF_RANGE");
    cross(this.#totals, kPermille, this.#crossing);
    return ok(this.#crossing);
  }
}

export function emptyTotals(ticks: number): Totals {
  const shift = (33 - Math.clz32(ticks - 1)) >> 1;
  const blocks = ((ticks - 1) >> shift) + 1;
  return { ticks, rungs: new Float64Array(2 * ticks), blocks: new Float64Array(2 * blocks), shift, sides: new Float64Array(2) };
}

export function change({ rungs, blocks, shift, sides }: Totals, rung: number, energy: number): void {
  const side = rung & 1;
  rungs[rung]! += energy;
  blocks[2 * (rung >> (shift + 1)) + side]! += energy;
  sides[side]! += energy;
}

/** Blocks and sides from rungs that were filled in bulk. */
export function fold({ rungs, blocks, shift, sides }: Totals): void {
  blocks.fill(0);
  sides.fill(0);
  for (let rung = 0; rung < rungs.length; rung += 2) {
    const block = 2 * (rung >> (shift + 1));
    blocks[block]! += rungs[rung]!;
    blocks[block + 1]! += rungs[rung + 1]!;
  }
  for (let block = 0; block < blocks.length; block += 2) {
    sides[BUY]! += blocks[block]!;
    sides[SELL]! += blocks[block + 1]!;
  }
}

export const isRung = (rung: number, ticks: number): boolean => Number.isSafeInteger(rung) && rung >= 0 && rung < 2 * ticks;
export const isShare = (kPermille: number): boolean => Number.isSafeInteger(kPermille) && kPermille >= 0 && kPermille <= 1000;
export const isLadder = ({ step, ticks }: Ladder): boolean =>
  microPerKwh.is(step) && step > 0 && Number.isSafeInteger(ticks) && ticks > 0 && ticks <= MOST_TICKS && microPerKwh.is((ticks - 1) * step);
export const mostEnergyOf = ({ step, ticks }: Ladder): number => Math.floor(Number.MAX_SAFE_INTEGER / Math.max((ticks - 1) * step, 2));
