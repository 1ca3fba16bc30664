import { randomBytes } from "node:crypto";
import { fail, fromHex, ok, type Result } from "../../engine/kernel/index.ts";

/** BIP-39: 128 bits of chance and 4 of check, 11 to a word. */
export const WORD_COUNT = 12;

/** BIP-44's first account of Ethereum: any wallet finds the same key under the same words. */
const PATH = "m/44'/60'/0'/0/0";

export type WordsCode = "WORDS_COUNT" | "WORDS_UNKNOWN" | "WORDS_CHECKSUM";

/** Twelve new words of BIP-39's English list. */
export async function drawWords(): Promise<readonly string[]> {
  const { Mnemonic } = await import("ethers/wallet");
  return Mnemonic.fromEntropy(randomBytes(16)).phrase.split(" ");
}

/**
 * The 32 bytes of the key that twelve words stand for (BIP-39 without a passphrase, BIP-32 at m/44'/60'/0'/0/0). Small or capital letters,
 * and any blanks between the words. A refusal tells positions, never words.
 */
export async function secretOfWords(text: string): Promise<Result<Uint8Array, WordsCode>> {
  const { HDNodeWallet, Mnemonic } = await import("ethers/wallet");
  const { LangEn } = await import("ethers/wordlists");
  const words = text
    .normalize("NFKD")
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  if (words.length !== WORD_COUNT) return fail("WORDS_COUNT", `${WORD_COUNT} words are needed, and there are ${words.length}`);
  const list = LangEn.wordlist();
  const unknown = words.flatMap((word, at) => (list.getWordIndex(word) < 0 ? [at + 1] : []));
  if (unknown.length > 0) return fail("WORDS_UNKNOWN", `${placesText(unknown)} not on the list of BIP-39: look for a slip of the pen`);
  const phrase = words.join(" ");
  if (!Mnemonic.isValidMnemonic(phrase))
    return fail(
      "WORDS_CHECKSUM",
      `words 1 to ${WORD_COUNT} are all on the list and don't belong together: one is another word, or two have changed places`,
    );
  return ok(fromHex(HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(phrase), PATH).privateKey));
}

const placesText = (places: readonly number[]): string =>
  places.length === 1 ? `word ${places[0]} is` : `words ${places.slice(0, -1).join(", ")} and ${places.at(-1)} are`;
