/** What a point says; null: the device says "not implemented", or can't be understood. */
export type Value = number | string | null;

/** Registers as read; null where the device has a hole. */
export type Registers = ArrayLike<number | null>;

const NOT_IMPLEMENTED: Readonly<Record<string, bigint>> = {
  int16: 0x8000n,
  uint16: 0xffffn,
  enum16: 0xffffn,
  bitfield16: 0xffffn,
  count: 0xffffn,
  int32: 0x8000_0000n,
  uint32: 0xffff_ffffn,
  enum32: 0xffff_ffffn,
  bitfield32: 0xffff_ffffn,
  int64: 0x8000_0000_0000_0000n,
  uint64: 0xffff_ffff_ffff_ffffn,
  acc16: 0n,
  acc32: 0n,
  acc64: 0n,
  ipaddr: 0n,
  eui48: 0xffff_ffff_ffff_ffffn,
  sunssf: 0x8000n,
};

/** The bits that say "not implemented" for this type. */
export const notImplemented = (type: string): bigint => NOT_IMPLEMENTED[type] ?? 0n;

const MAX_SCALE = 10;

/** The point's own number or text, unscaled. `zeroCounts`: an accumulator's 0 is a count and not "doesn't count". */
export function rawValue(type: string, registers: Registers, offset: number, size: number, zeroCounts = false): Value {
  if (offset < 0 || offset + size > registers.length) return null;
  for (let i = offset; i < offset + size; i += 1) if (typeof registers[i] !== "number") return null;
  const words = registers as ArrayLike<number>;
  switch (type) {
    case "pad":
      return null;
    case "string":
      return text(words, offset, size);
    case "float32":
    case "float64":
      return float(words, offset, size);
    case "ipaddr":
      return address(words, offset);
    case "ipv6addr":
      return ipv6(words, offset, size);
    case "eui48":
      return mac(words, offset);
    default:
      return size <= 2 ? small(type, words, offset, size, zeroCounts) : large(type, words, offset, size, zeroCounts);
  }
}

/** `raw x 10^scale`, the double nearest to the exact decimal; null without a valid scale factor. */
export function scaled(raw: Value, scale: number | null): Value {
  if (typeof raw !== "number") return raw;
  if (scale === null || !Number.isInteger(scale) || Math.abs(scale) > MAX_SCALE) return null;
  return scale < 0 ? raw / 10 ** -scale : raw * 10 ** scale;
}

function small(type: string, words: ArrayLike<number>, offset: number, size: number, zeroCounts: boolean): number | null {
  const high = words[offset] ?? 0;
  const value = size === 1 ? high : high * 0x1_0000 + (words[offset + 1] ?? 0);
  if (zeroCounts && type.startsWith("acc")) return value;
  if (NOT_IMPLEMENTED[type] === BigInt(value)) return null;
  const signed = isSigned(type) && value >= 2 ** (16 * size - 1) ? value - 2 ** (16 * size) : value;
  return type === "sunssf" && Math.abs(signed) > MAX_SCALE ? null : signed;
}

/** Beyond 2^53 this is the nearest double: nothing that a home counts gets there, and whoever uses the number has a bound. */
function large(type: string, words: ArrayLike<number>, offset: number, size: number, zeroCounts: boolean): number | null {
  let value = 0n;
  for (let i = 0; i < size; i += 1) value = (value << 16n) | BigInt(words[offset + i] ?? 0);
  if (!(zeroCounts && type.startsWith("acc")) && NOT_IMPLEMENTED[type] === value) return null;
  return Number(isSigned(type) ? BigInt.asIntN(16 * size, value) : value);
}

const isSigned = (type: string): boolean => type.startsWith("int") || type === "sunssf";

const scratch = new DataView(new ArrayBuffer(8));

/** NaN says "not implemented"; an infinity can't be meant either. */
function float(words: ArrayLike<number>, offset: number, size: number): number | null {
  for (let i = 0; i < size; i += 1) scratch.setUint16(2 * i, words[offset + i] ?? 0);
  const value = size === 2 ? scratch.getFloat32(0) : scratch.getFloat64(0);
  return Number.isFinite(value) ? value : null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Cut at the first NUL (some devices hide more text behind it), or at the first byte 0xFF, which no text has and some fill
 * up with; trimmed. UTF-8, and Latin-1 where it is none. Control characters are dropped: they could steer a terminal.
 */
function text(words: ArrayLike<number>, offset: number, size: number): string | null {
  const bytes = bytesOf(words, offset, size);
  const end = bytes.findIndex((byte) => byte === 0 || byte === 0xff);
  const value = textOf(Uint8Array.from(end < 0 ? bytes : bytes.slice(0, end)))
    .replaceAll(UNPRINTABLE, "")
    .trim();
  return value === "" ? null : value;
}

/** Controls, what turns the direction of writing, separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
}

const bytesOf = (words: ArrayLike<number>, offset: number, size: number): number[] =>
  Array.from({ length: 2 * size }, (_, i) => ((words[offset + (i >> 1)] ?? 0) >> (i % 2 === 0 ? 8 : 0)) & 0xff);

function address(words: ArrayLike<number>, offset: number): string | null {
  const bytes = bytesOf(words, offset, 2);
  return bytes.every((byte) => byte === 0) ? null : bytes.join(".");
}

function ipv6(words: ArrayLike<number>, offset: number, size: number): string | null {
  const parts = Array.from({ length: size }, (_, i) => (words[offset + i] ?? 0).toString(16));
  return parts.every((part) => part === "0") ? null : parts.join(":");
}

/** Six bytes at the end of four registers. */
function mac(words: ArrayLike<number>, offset: number): string | null {
  const bytes = bytesOf(words, offset, 4).slice(2);
  return bytes.every((byte) => byte === 0xff) ? null : bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(":");
}
