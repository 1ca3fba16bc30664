import type { RawBytes } from "../../engine/messages/index.ts";
import type { Registers } from "./sunspec/index.ts";

/** Registers as the device sent them, two bytes each, high byte first; around those that it refused. */
export function rawRegisters(unit: number, address: number, words: Registers, table: "holding" | "input" = "holding"): readonly RawBytes[] {
  const runs: { readonly from: number; readonly bytes: number[] }[] = [];
  let isOpen = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? null;
    if (word !== null && !isOpen) runs.push({ from: address + at, bytes: [] });
    isOpen = word !== null;
    if (word !== null) runs.at(-1)?.bytes.push(word >> 8, word & 0xff);
  }
  return runs.map(({ from, bytes }) => ({
    place: `unit ${unit}, ${table} registers ${from} to ${from + bytes.length / 2 - 1}`,
    bytes: Uint8Array.from(bytes),
  }));
}
