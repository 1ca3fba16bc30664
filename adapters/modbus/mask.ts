const ZERO = 0x30;
const LETTER = 0x58;
/** Shorter ones would be found by chance. */
const MIN_SERIAL = 5;

/** Whatever the field holds, readable or not. */
export function maskField(bytes: Uint8Array, start: number, length: number): void {
  for (let i = start; i < start + length; i += 1) {
    const byte = bytes[i] ?? 0;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    const isKept = byte === 0 || byte === 0xff || (byte >= 0x20 && byte < 0x7f && !/[a-z]/i.test(String.fromCharCode(byte)));
    if (isDigit) bytes[i] = ZERO;
    else if (!isKept) bytes[i] = LETTER;
  }
}

interface Pattern {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
}

/** The ways in which a serial number may stand in registers: as text, or as a 32-bit number. */
export function patternsOf(serial: string): readonly Pattern[] {
  if (serial.length < MIN_SERIAL) return [];
  const text: Pattern = { bytes: new TextEncoder().encode(serial), isText: true };
  const number = /^\d{5,10}$/.test(serial) ? Number(serial) : 0;
  if (number <= 0xffff || number > 0xffff_ffff) return [text];
  const high = [number >>> 24, (number >>> 16) & 0xff];
  const low = [(number >>> 8) & 0xff, number & 0xff];
  const numbers = [
    [...high, ...low],
    [...low, ...high],
  ].map((bytes) => ({ bytes: Uint8Array.from(bytes), isText: false }));
  return [text, ...numbers];
}

/** Where it stands, in bytes. */
export function places(bytes: Uint8Array, { bytes: pattern, isText }: Pattern): readonly number[] {
  const found: number[] = [];
  // A number stands in whole registers.
  for (let start = 0; start + pattern.length <= bytes.length; start += isText ? 1 : 2)
    if (pattern.every((byte, i) => bytes[start + i] === byte)) found.push(start);
  return found;
}

/** A number becomes 0. */
export function maskPattern(bytes: Uint8Array, start: number, { bytes: pattern, isText }: Pattern): void {
  if (isText) maskField(bytes, start, pattern.length);
  else bytes.fill(0, start, start + pattern.length);
}
