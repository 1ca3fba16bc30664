import { cost, type MicroPerKwh, type Nano, nano, sum, type Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { BlockLeg, BlockOrder } from "./types.ts";

/** A block's value if it has one limit for every watt-hour, as orders have: legs of one side only. */
export function valueAt(limit: MicroPerKwh, side: Side, energies: readonly Wh[]): Nano {
  const value = cost(sum(energies), limit);
  return side === "buy" ? value : nano(-value);
}

export const energyOf = (legs: readonly BlockLeg[]): number => legs.reduce((total, { energy }) => total + energy, 0);

/** The side of all its legs; null for a loop. */
export function sideOf({ legs }: Pick<BlockOrder, "legs">): Side | null {
  const { side } = legs[0]!;
  return legs.every((leg) => leg.side === side) ? side : null;
}

/** The limit at which its value is the same for every watt-hour, on the tick on its safe side; null for a loop, or where there is none from 0 on. */
export function naturalLimit(block: Pick<BlockOrder, "legs" | "value">, tick: MicroPerKwh): MicroPerKwh | null {
  const side = sideOf(block);
  if (side === null) return null;
  const perTick = energyOf(block.legs) * tick;
  const rest = Math.abs(block.value) % perTick;
  const whole = (Math.abs(block.value) - rest) / perTick;
  if (side === "buy") return block.value < 0 ? null : ((tick * whole) as MicroPerKwh);
  return block.value > 0 ? (0 as MicroPerKwh) : ((tick * (whole + (rest > 0 ? 1 : 0))) as MicroPerKwh);
}

/** Into how many equal parts a block can be cut without a rounding. */
export function stepsOf({ legs }: Pick<BlockOrder, "legs">): number {
  return legs.reduce((divisor, { energy }) => greatestCommonDivisor(divisor, energy), 0);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The fewest of `steps` that are at least its ratio; never none. */
export const fewestSteps = ({ minRatioPermille }: BlockOrder, steps: number): number =>
  Math.max(1, Math.ceil((minRatioPermille * steps) / 1000));

/** What it pays for legs at prices; below 0 it gets. Sums of both sides may leave 2^53 before they cancel. */
export function paymentOf(legs: readonly (BlockLeg & { readonly price: MicroPerKwh })[]): bigint {
  return legs.reduce((paid, { side, energy, price }) => paid + (side === "buy" ? 1n : -1n) * BigInt(energy) * BigInt(price), 0n);
}

/** Value of `part` of `whole` steps minus a payment, rounded down; exact for the whole block. */
export function surplusOf(value: Nano, part: number, whole: number, payment: bigint): bigint {
  return floorDivide(BigInt(value) * BigInt(part), BigInt(whole)) - payment;
}

const floorDivide = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);
