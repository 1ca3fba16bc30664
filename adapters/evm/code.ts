import { GRID_VAULT_BYTECODE } from "../../contracts/abi/grid-vault.ts";

/** In hex digits: the instruction that pushes a word, and the word, which is zero where an immutable will stand. */
const PUSH_ZERO = `7f${"0".repeat(64)}`;
const PUSH = 2;

/** The code that the compiler made for the vault: the end of what creates it, as long as what stands on the chain. */
const CREATION = GRID_VAULT_BYTECODE.slice(2).toLowerCase();

/**
 * Why runtime code isn't that of our vault, whatever it answers when it is asked; null when it is. Immutables are what a street may have
 * of its own: they differ only where the compiler left room for them, in the words that a PUSH32 of zero names.
 */
export function refuseCode(code: unknown): string | null {
  if (typeof code !== "string" || !/^0x([0-9a-f]{2})*$/i.test(code)) return "stands no code that could be read";
  const runtime = code.slice(2).toLowerCase();
  if (runtime.length === 0) return "stands no contract";
  const ours = CREATION.slice(CREATION.length - runtime.length);
  if (runtime.length <= CREATION.length && withoutImmutables(runtime, ours) === ours) return null;
  return "stands code that is not this version's GridVault: check the address, or run the version that the vault was deployed with";
}

/** Code with zeros wherever `template` has a word of zeros that is pushed. */
function withoutImmutables(code: string, template: string): string {
  let masked = code;
  for (let at = template.indexOf(PUSH_ZERO); at >= 0; at = template.indexOf(PUSH_ZERO, at + PUSH)) {
    // Two hex digits are a byte.
    if (at % 2 === 0) masked = `${masked.slice(0, at + PUSH)}${"0".repeat(64)}${masked.slice(at + PUSH_ZERO.length)}`;
  }
  return masked;
}
