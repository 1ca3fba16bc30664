/** What we ask a device: to read holding registers (function 3) or input registers (4), to write one register (6) or several (16). */
export type Ask =
  | { readonly kind: "read" | "read-input"; readonly unit: number; readonly address: number; readonly count: number }
  | { readonly kind: "write-single"; readonly unit: number; readonly address: number; readonly value: number }
  | { readonly kind: "write"; readonly unit: number; readonly address: number; readonly values: readonly number[] };

/** `bad` says what no healthy device sends. */
export type FrameCheck = { readonly kind: "partial" } | { readonly kind: "whole" } | { readonly kind: "bad"; readonly why: string };

const HEADER = 7;
const MIN_LENGTH = 3;
const MAX_LENGTH = 254;
const PARTIAL: FrameCheck = { kind: "partial" };
const WHOLE: FrameCheck = { kind: "whole" };
const bad = (why: string): FrameCheck => ({ kind: "bad", why });

const FUNCTIONS: Readonly<Record<Ask["kind"], number>> = { read: 3, "read-input": 4, "write-single": 6, write: 16 };

export const functionOf = (ask: Ask): number => FUNCTIONS[ask.kind];

/**
 * Are these bytes of Modbus TCP the one answer to what we asked? modbus-serial alone takes a foreign protocol, another
 * unit's exception, a byte count that lies and a write echo that differs for an answer.
 */
export function checkFrame(bytes: Buffer, ask: Ask, transaction: number): FrameCheck {
  const length = bytes.length < 6 ? null : bytes.readUInt16BE(4);
  if (bytes.length >= 2 && bytes.readUInt16BE(0) !== transaction)
    return bad(`answers request ${bytes.readUInt16BE(0)}, asked was ${transaction}`);
  if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) return bad(`protocol ${bytes.readUInt16BE(2)}`);
  if (length !== null && (length < MIN_LENGTH || length > MAX_LENGTH)) return bad(`frame length ${length}`);
  if (bytes.length >= HEADER && bytes[6] !== ask.unit) return bad(`unit ${bytes[6]} answers, asked was ${ask.unit}`);
  if (length === null || bytes.length < 6 + length) return PARTIAL;
  if (bytes.length > 6 + length) return bad("more bytes than one answer");
  return checkBody(bytes.subarray(HEADER), ask);
}

const CRC = 2;

/** The same for a serial line, where nothing says which request is answered: unit, function, length and checksum must fit. */
export function checkSerialFrame(bytes: Buffer, ask: Ask): FrameCheck {
  const code = functionOf(ask);
  if (bytes.length >= 1 && bytes[0] !== ask.unit) return bad(`unit ${bytes[0]} answers, asked was ${ask.unit}`);
  if (bytes.length < 2) return PARTIAL;
  if (bytes[1] !== code && bytes[1] !== (code | 0x80)) return bad(`function ${bytes[1]} answers, asked was ${code}`);
  const isRead = bytes[1] === code && "count" in ask;
  if (isRead && bytes.length >= 3 && bytes[2] !== 2 * ask.count) return bad(`says to be ${bytes[2]} bytes, asked were ${2 * ask.count}`);
  const length = bytes[1] !== code ? 5 : "count" in ask ? 5 + 2 * ask.count : 8;
  if (bytes.length < length) return PARTIAL;
  if (bytes.length > length) return bad("more bytes than one answer");
  if (bytes.readUInt16LE(length - CRC) !== checksum(bytes.subarray(0, -CRC))) return bad("wrong checksum");
  return checkBody(bytes.subarray(1, -CRC), ask);
}

/** CRC-16/MODBUS: Modbus over Serial Line 1.02, section 6.2.2. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

function checkBody(body: Buffer, ask: Ask): FrameCheck {
  const code = functionOf(ask);
  if (body[0] === (code | 0x80)) return body.length === 2 ? WHOLE : bad("an exception with more than its code");
  if (body[0] !== code) return bad(`function ${body[0]} answers, asked was ${code}`);
  if (ask.kind === "write") return checkEcho(body, ask.address, ask.values.length);
  return ask.kind === "write-single" ? checkEcho(body, ask.address, ask.value) : checkRead(body, ask.count);
}

function checkRead(body: Buffer, count: number): FrameCheck {
  const bytes = 2 * count;
  return body[1] === bytes && body.length === 2 + bytes
    ? WHOLE
    : bad(`${body.length - 2} bytes that say to be ${body[1]}, asked were ${bytes}`);
}

/** A write is answered with its address and its value, or how many there were. */
function checkEcho(body: Buffer, address: number, second: number): FrameCheck {
  const same = body.length === 5 && body.readUInt16BE(1) === address && body.readUInt16BE(3) === second;
  return same ? WHOLE : bad("the echo of a write differs from what was written");
}
