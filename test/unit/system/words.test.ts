import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { agentKey, drawWords, secretOfWords } from "../../../adapters/system/index.ts";
import { toHex } from "../../../engine/kernel/index.ts";

const ABOUT = `${"abandon ".repeat(11)}about`;
const JUNK = `${"test ".repeat(11)}junk`;

const secretOf = async (text: string): Promise<string> => {
  const secret = await secretOfWords(text);
  if (!secret.ok) throw new Error(secret.detail);
  return toHex(secret.value);
};

describe("twelve words", () => {
  // Published: the first account of the words that Hardhat and Anvil start with, and of BIP-39's first vector in wallets.
  test.each([
    [JUNK, "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"],
    [ABOUT, "0x9858effd232b4033e47d90003d41ec34ecaeda94", "0x1ab42cc412b618bdea3a599e3c9bae199ebf030895b039e9db1e30dafb12b727"],
  ])("are the key that any wallet makes of them: %s", async (words, address, secret) => {
    expect(await secretOf(words)).toBe(secret);
    expect(agentKey(Buffer.from(secret.slice(2), "hex")).address).toBe(address);
  });

  test("may be written in capitals, on lines, with any blanks", async () => {
    expect(await secretOf(`\n  ${JUNK.toUpperCase().replaceAll(" ", "\r\n\t")}  \n`)).toBe(await secretOf(JUNK));
  });

  test("are drawn anew each time, and belong together", async () => {
    const drawn = await Promise.all(Array.from({ length: 20 }, drawWords));
    expect(new Set(drawn.map((words) => words.join(" "))).size).toBe(20);
    for (const words of drawn) {
      expect(words).toHaveLength(12);
      expect(await secretOf(words.join(" "))).toMatch(/^0x[0-9a-f]{64}$/);
    }
  });
});

describe("words that aren't are refused by their places, never by themselves", () => {
  const words = JUNK.split(" ");
  const at = (change: Readonly<Record<number, string>>): string => words.map((word, place) => change[place + 1] ?? word).join(" ");

  test.each([
    ["none", "", "WORDS_COUNT", "12 words are needed, and there are 0"],
    ["eleven", words.slice(1).join(" "), "WORDS_COUNT", "12 words are needed, and there are 11"],
    ["thirteen", `${JUNK} junk`, "WORDS_COUNT", "12 words are needed, and there are 13"],
    ["one with a slip", at({ 3: "tset" }), "WORDS_UNKNOWN", "word 3 is not on the list of BIP-39: look for a slip of the pen"],
    ["two", at({ 1: "zzz", 12: "junkk" }), "WORDS_UNKNOWN", "words 1 and 12 are not on the list of BIP-39: look for a slip of the pen"],
    ["three", at({ 1: "zzz", 2: "tes", 12: "junkk" }), "WORDS_UNKNOWN", "words 1, 2 and 12 are not"],
    ["a number before each", at({ 1: "1." }), "WORDS_UNKNOWN", "word 1 is not on the list"],
    ["another word of the list", at({ 12: "zoo" }), "WORDS_CHECKSUM", "words 1 to 12 are all on the list and don't belong together"],
    ["two that changed places", at({ 1: "junk", 12: "test" }), "WORDS_CHECKSUM", "don't belong together"],
  ])("%s", async (_, text, code, detail) => {
    const refused = await secretOfWords(text);
    expect(refused).toMatchObject({ ok: false, code });
    expect(refused.ok ? "" : refused.detail).toContain(detail);
    for (const word of ["tset", "zzz", "junk", "zoo", "test"]) expect(refused.ok ? "" : refused.detail).not.toContain(word);
  });

  test("whatever is typed, it is a key or one of these", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.array(fc.constantFrom("test", "junk", "zoo", "é"), { minLength: 11, maxLength: 13 })),
        async (typed) => {
          const text = typeof typed === "string" ? typed : typed.join(" ");
          const secret = await secretOfWords(text);
          if (!secret.ok) return expect(secret.code).toMatch(/^WORDS_(COUNT|UNKNOWN|CHECKSUM)$/);
          expect(text.split(" ")).toHaveLength(12);
        },
      ),
      { numRuns: 100 },
    );
  });
});
