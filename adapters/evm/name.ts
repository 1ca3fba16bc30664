import { toHex, utf8 } from "../../engine/kernel/index.ts";

const NAME_BYTES = 32;

/** A home's name as the registry keeps it: UTF-8 in 32 bytes, padded with zeros; null when it doesn't fit. */
export function encodeName(name: string): string | null {
  const bytes = utf8(name);
  if (bytes.length > NAME_BYTES) return null;
  const padded = new Uint8Array(NAME_BYTES);
  padded.set(bytes);
  return toHex(padded);
}

/** Never throws: whoever registers may write any 32 bytes. */
export function decodeName(hex: string): string {
  return Buffer.from(hex.slice(2), "hex").toString("utf8").replace(/\0+$/, "");
}
