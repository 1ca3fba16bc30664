import { rawValue, scaled } from "../sunspec/index.ts";
import { addressesOf, type Bounds, type Profile, type RegisterPoint, type Sentinel } from "./profile.ts";

/**
 * Why a point says nothing: the device says so; its registers can't be read; its scale factor is none; it says what can't be;
 * this firmware hasn't got it; or one of the points that it is reckoned from says nothing.
 */
export type Silence = "not implemented" | "unreadable" | "no scale factor" | "out of bounds" | "not in this firmware" | "a part is unknown";

export type Said = { readonly value: number | string; readonly silence: null } | { readonly value: null; readonly silence: Silence };

export const said = (value: number | string): Said => ({ value, silence: null });
export const silent = (silence: Silence): Said => ({ value: null, silence });

/** A register's word; null: refused, or never read. */
export type WordAt = (address: number) => number | null;

/** What a point's registers say, in its unit and with its sign; bounds are held to later. */
export function saidAt(point: RegisterPoint, profile: Pick<Profile, "order" | "na">, wordAt: WordAt): Said {
  const words: number[] = [];
  for (const address of addressesOf(point)) {
    const word = wordAt(address);
    if (word === null) return silent("unreadable");
    words.push(word);
  }
  const isLowFirst = typeof point.at === "number" && (point.order ?? profile.order) === "low-first";
  if (point.type === "text") return textOf(words);
  if (point.type === "time-bytes" || point.type === "time-words") return timeOf(point.type, words);
  const ordered = isLowFirst ? words.reverse() : words;
  const bits = ordered.reduce<bigint>((sum, word) => (sum << 16n) | BigInt(word), 0n);
  const width = 16 * ordered.length;
  const sentinels = point.na ?? profile.na[point.type] ?? [];
  if (sentinels.some((sentinel) => bitsOf(sentinel, width) === bits)) return silent("not implemented");
  const raw = numberOf(point, bits, width);
  if (!Number.isFinite(raw)) return silent("not implemented");
  return scaledBy(point, raw, wordAt);
}

/** The number that a sentinel stands for, as raw bits. */
export function bitsOf(sentinel: Sentinel, width: number): bigint {
  const ones = (1n << BigInt(width)) - 1n;
  if (sentinel === "ones") return ones;
  if (sentinel === "lowest") return 1n << BigInt(width - 1);
  if (sentinel === "highest") return ones >> 1n;
  return BigInt(sentinel);
}

const scratch = new DataView(new ArrayBuffer(8));

function numberOf({ type, byte, mask }: RegisterPoint, bits: bigint, width: number): number {
  if (type === "float32" || type === "float64") {
    if (width === 32) scratch.setUint32(0, Number(bits));
    else scratch.setBigUint64(0, bits);
    return width === 32 ? scratch.getFloat32(0) : scratch.getFloat64(0);
  }
  if (byte !== undefined) return Number(byte === "high" ? bits >> 8n : bits & 0xffn);
  if (mask !== undefined) return Number(bits & BigInt(mask));
  return Number(type.startsWith("int") ? BigInt.asIntN(width, bits) : bits);
}

function scaledBy({ scaleAt, gain = 1, offset = 0, negate, absolute }: RegisterPoint, raw: number, wordAt: WordAt): Said {
  let value = times(raw, gain);
  if (scaleAt !== undefined) {
    const word = wordAt(scaleAt);
    if (word === null) return silent("unreadable");
    const by = scaled(value, word >= 0x8000 ? word - 0x1_0000 : word);
    if (typeof by !== "number") return silent("no scale factor");
    value = by;
  }
  const moved = (absolute === true ? Math.abs(value) : value) + offset;
  return said(signed(moved, negate));
}

/** -0 would be another number than 0 to whoever compares. */
export const signed = (value: number, negate: boolean | undefined): number => (negate === true ? -value : value) + 0;

/** The double nearest to the exact decimal, where the gain is 0.1, 0.01, 0.001. */
export function times(value: number, gain: number): number {
  const part = Math.round(1 / gain);
  return gain < 1 && Math.abs(part * gain - 1) < 1e-12 ? value / part : value * gain;
}

function textOf(words: readonly number[]): Said {
  const text = rawValue("string", words, 0, words.length);
  return text === null ? silent("not implemented") : said(text);
}

function timeOf(type: "time-bytes" | "time-words", words: readonly number[]): Said {
  const parts = type === "time-words" ? words : words.flatMap((word) => [word >> 8, word & 0xff]);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const full = year < 100 ? 2000 + year : year;
  const isTime =
    full >= 2000 && full < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60;
  const two = (part: number): string => String(part).padStart(2, "0");
  return isTime
    ? said(`${full}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`)
    : silent(parts.every((part) => part === parts[0]) ? "not implemented" : "out of bounds");
}

export function boundsOf(point: { readonly unit?: string; readonly in?: Bounds }, profile: Pick<Profile, "bounds">): Bounds | null {
  return point.in ?? (point.unit === undefined ? null : (profile.bounds[point.unit] ?? null));
}

/** The same, unless it says what can't be. */
export function within(answer: Said, bounds: Bounds | null): Said {
  if (typeof answer.value !== "number" || bounds === null) return answer;
  return answer.value >= bounds[0] && answer.value <= bounds[1] ? answer : silent("out of bounds");
}
