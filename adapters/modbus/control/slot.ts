import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { REGISTER_TYPES, type RegisterType, type WordOrder } from "../profile/profile.ts";

/** Where a device keeps one number of a command, and how. */
export interface Slot {
  readonly unit: number;
  readonly address: number;
  readonly type: RegisterType;
  readonly order: WordOrder;
  /** The number is what the registers hold times ten to the power of this. */
  readonly scale: number;
}

export type Words = readonly number[];

export const sizeOf = (slot: Slot): number => REGISTER_TYPES[slot.type];

export const nameOf = ({ unit, address }: Pick<Slot, "unit" | "address">): string => `register ${address} of unit ${unit}`;

const scratch = new DataView(new ArrayBuffer(8));

/** The registers that hold `value`, the nearest that they can hold; fails where it doesn't fit. */
export function wordsOf(slot: Slot, value: number): Result<Words, DeviceCode> {
  const size = sizeOf(slot);
  const bits = bitsOf(slot, value / 10 ** slot.scale, 16 * size);
  if (bits === null) return fail("DEVICE_REFUSED", `${value} doesn't fit into ${nameOf(slot)} (${slot.type})`);
  const words = Array.from({ length: size }, (_, i) => Number((bits >> BigInt(16 * (size - 1 - i))) & 0xffffn));
  return ok(slot.order === "low-first" ? words.reverse() : words);
}

function bitsOf({ type }: Slot, raw: number, width: number): bigint | null {
  if (!Number.isFinite(raw)) return null;
  if (type === "float32" || type === "float64") {
    if (width === 32) scratch.setFloat32(0, raw);
    else scratch.setFloat64(0, raw);
    return width === 32 ? BigInt(scratch.getUint32(0)) : scratch.getBigUint64(0);
  }
  const whole = BigInt(Math.round(raw));
  const isSigned = type.startsWith("int");
  const least = isSigned ? -(1n << BigInt(width - 1)) : 0n;
  const most = (1n << BigInt(isSigned ? width - 1 : width)) - 1n;
  return whole < least || whole > most ? null : BigInt.asUintN(width, whole);
}

/** Only the bits of `mask` are `next`'s. */
export const masked = (now: Words, next: Words, mask: number | undefined): Words =>
  mask === undefined ? next : next.map((word, i) => ((now[i] ?? 0) & ~mask & 0xffff) | (word & mask));

export const same = (a: Words, b: Words, mask = 0xffff): boolean =>
  a.length === b.length && a.every((word, i) => (word & mask) === ((b[i] ?? 0) & mask));
