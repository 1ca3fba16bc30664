import { frameIn, MAX_FRAME_BYTES, openFrame, type TelegramKeys } from "./cipher.ts";

/** Bytes off a line, as they come, into telegrams from "/" to the end of their last line. Whether they are sound is another question. */
export interface Framer {
  push(bytes: Uint8Array): readonly Uint8Array[];
}

/** A telegram is about 1 kB; more than this without an end is noise. */
export const MAX_TELEGRAM_BYTES = 8_192;

const SLASH = 0x2f;
const BANG = 0x21;
const CR = 0x0d;
const LF = 0x0a;
const CRC_DIGITS = 4;
const NOTHING = new Uint8Array(0);

/** Telegrams in plain text. */
export class PlainFramer implements Framer {
  private held: Uint8Array = NOTHING;

  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.held = Buffer.concat([this.held, bytes]);
    const telegrams: Uint8Array[] = [];
    for (let end = endOf(this.held); end > 0; end = endOf(this.held)) {
      const start = startIn(this.held.subarray(0, end));
      if (start >= 0) telegrams.push(this.held.slice(start, end));
      this.held = this.held.subarray(end);
    }
    this.held = this.held.slice(-MAX_TELEGRAM_BYTES);
    return telegrams.filter(({ length }) => length <= MAX_TELEGRAM_BYTES);
  }
}

/** Behind the first line that begins with "!" and has ended; 0: there is none. */
function endOf(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(BANG); at >= 0; at = bytes.indexOf(BANG, at + 1)) {
    if (at > 0 && bytes[at - 1] !== LF) continue;
    const end = bytes.indexOf(LF, at);
    if (end < 0) return 0;
    if (end <= at + 1 + CRC_DIGITS + 1) return end + 1;
  }
  return 0;
}

/** Where the last telegram begins: a half one before it was cut off. -1: nowhere. */
function startIn(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(SLASH); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(SLASH, at - 1)) if (isIdent(bytes, at)) return at;
  return -1;
}

/** Three letters of the maker and a digit, as a line of its own or behind noise. */
function isIdent(bytes: Uint8Array, at: number): boolean {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at + 1, at + 4);
  const lineEnd = bytes.indexOf(CR, at);
  return [first, second, third].every((byte) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) && (lineEnd > at + 4 || lineEnd < 0);
}

/** Telegrams in frames that are encrypted. One with a counter that has been there already was recorded, and is left out. */
export class SealedFramer implements Framer {
  private readonly keys: TelegramKeys;
  private held: Uint8Array = NOTHING;
  private counted = -1;

  constructor(keys: TelegramKeys) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.held = Buffer.concat([this.held, bytes]);
    const telegrams: Uint8Array[] = [];
    let at = 0;
    while (at < this.held.length) {
      const found = frameIn(this.held.subarray(at));
      if (found === "more") break;
      const opened = found === null ? null : openFrame(found.frame, this.keys);
      if (found !== null && opened !== null && found.frame.counter > this.counted) {
        this.counted = found.frame.counter;
        telegrams.push(Uint8Array.from(opened));
      }
      at += found === null || opened === null ? 1 : found.length;
    }
    this.held = this.held.slice(at).slice(-MAX_FRAME_BYTES);
    return telegrams;
  }
}
