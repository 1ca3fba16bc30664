import { GRID_VAULT_BYTECODE } from "../../contracts/abi/grid-vault.ts";
import { AssertionError } from "../../engine/kernel/index.ts";

/** In hex digits: the instruction that pushes a word, and the word, which is zero where an immutable will stand. */
const PUSH_ZERO = `7f${"0".repeat(64)}`;
const PUSH = 2;

const CREATION = GRID_VAULT_BYTECODE.slice(2).toLowerCase();
/** Ends the instructions before what they carry. */
const END = "fe";
const push2 = (value: number): string => `61${value.toString(16).padStart(4, "0")}`;

/** What the vault's creation leaves on the chain, its immutables zero: the last bytes, whose place and length the instructions before name. */
const RUNTIME = CREATION.slice(runtimeStart());

function runtimeStart(): number {
  const bytes = CREATION.length / 2;
  for (let at = 1; at < bytes; at++) {
    const before = CREATION.slice(0, 2 * at);
    if (before.endsWith(END) && before.includes(push2(at)) && before.includes(push2(bytes - at))) return 2 * at;
  }
  throw new AssertionError("the compiler's code for the vault carries no runtime code");
}

/**
 * Why runtime code isn't that of our vault, whatever it answers when it is asked; null when it is. Immutables are what a street may have
 * of its own: they differ only where the compiler left room for them, in the words that a PUSH32 of zero names.
 */
export function refuseCode(code: unknown): string | null {
  if (typeof code !== "string" || !/^0x([0-9a-f]{2})*$/i.test(code)) return "stands no code that could be read";
  const runtime = code.slice(2).toLowerCase();
  if (runtime.length === 0) return "stands no contract";
  if (runtime.length === RUNTIME.length && withoutImmutables(runtime) === RUNTIME) return null;
  return "stands code that is not this version's GridVault: check the address, or run the version that the vault was deployed with";
}

/** Code with zeros wherever ours has a word of zeros that is pushed. */
function withoutImmutables(code: string): string {
  let masked = code;
  for (let at = RUNTIME.indexOf(PUSH_ZERO); at >= 0; at = RUNTIME.indexOf(PUSH_ZERO, at + PUSH)) {
    // Two hex digits are a byte.
    if (at % 2 === 0) masked = `${masked.slice(0, at + PUSH)}${"0".repeat(64)}${masked.slice(at + PUSH_ZERO.length)}`;
  }
  return masked;
}
