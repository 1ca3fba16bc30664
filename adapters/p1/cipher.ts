import { createDecipheriv } from "node:crypto";

/** What opens the telegrams of a Luxembourg or Austrian meter. */
export interface TelegramKeys {
  /** 16 bytes; the grid operator gives it out. */
  readonly key: Uint8Array;
  /** 16 bytes. */
  readonly authenticationKey: Uint8Array;
}

/** Parts of a "general-glo-ciphering" frame (DLMS/COSEM), security suite 0. */
export interface Frame {
  readonly systemTitle: Uint8Array;
  readonly counter: number;
  readonly sealed: Uint8Array;
}

const TAG = 0xdb;
const TITLE_BYTES = 8;
/** Authenticated and encrypted. */
const SECURITY = 0x30;
const SEAL_BYTES = 12;
const COUNTER_BYTES = 4;
/** No meter sends more. */
export const MAX_FRAME_BYTES = 4_096;

/** The frame that the bytes begin with and its length; "more": its end hasn't come yet; null: none begins here. */
export function frameIn(bytes: Uint8Array): { readonly frame: Frame; readonly length: number } | "more" | null {
  if (bytes[0] !== TAG) return null;
  if (bytes.length < 2) return "more";
  if (bytes[1] !== TITLE_BYTES) return null;
  const size = lengthAt(bytes, 2 + TITLE_BYTES);
  if (size === null || size === "more") return size;
  if (size.value <= 1 + COUNTER_BYTES + SEAL_BYTES || size.next + size.value > MAX_FRAME_BYTES) return null;
  if (bytes.length > size.next && bytes[size.next] !== SECURITY) return null;
  const length = size.next + size.value;
  if (bytes.length < length) return "more";
  const counterAt = size.next + 1;
  const counter = new DataView(bytes.buffer, bytes.byteOffset).getUint32(counterAt);
  return { frame: { systemTitle: bytes.slice(2, 10), counter, sealed: bytes.slice(counterAt + COUNTER_BYTES, length) }, length };
}

/** A length as ASN.1 writes it: one byte below 128, or how many bytes follow. */
function lengthAt(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | "more" | null {
  const first = bytes[at];
  if (first === undefined) return "more";
  if (first < 0x80) return { value: first, next: at + 1 };
  const count = first - 0x80;
  if (count < 1 || count > 2) return null;
  if (bytes.length < at + 1 + count) return "more";
  const value = bytes.subarray(at + 1, at + 1 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return { value, next: at + 1 + count };
}

/** AES-128-GCM with a seal of 12 bytes; null: not sealed with these keys. */
export function openFrame({ systemTitle, counter, sealed }: Frame, { key, authenticationKey }: TelegramKeys): Uint8Array | null {
  const nonce = Buffer.alloc(TITLE_BYTES + COUNTER_BYTES);
  nonce.set(systemTitle);
  nonce.writeUInt32BE(counter, TITLE_BYTES);
  const cipher = createDecipheriv("aes-128-gcm", key, nonce, { authTagLength: SEAL_BYTES });
  cipher.setAAD(Buffer.concat([Uint8Array.of(SECURITY), authenticationKey]));
  cipher.setAuthTag(sealed.subarray(-SEAL_BYTES));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, -SEAL_BYTES)), cipher.final()]);
  } catch {
    return null;
  }
}
