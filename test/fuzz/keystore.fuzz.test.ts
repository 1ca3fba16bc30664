import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { type AgentKey, createKeystore, openKeystore } from "../../adapters/system/index.ts";
import { memoryFolder } from "../support/folder.ts";

jest.setTimeout(120_000);

const folder = memoryFolder();
const path = join(folder.path, "key.json");
let key: AgentKey;
let whole: Buffer;

beforeAll(async () => {
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  // As little work as scrypt has: this is about files, not about guessing.
  const made = await createKeystore(path, "right", { scryptN: 2 });
  if (!made.ok) throw new Error(made.detail);
  key = made.value;
  whole = readFileSync(path);
});
afterAll(() => folder.remove());

const CODES = ["KEY_MALFORMED", "KEY_PASSWORD_WRONG"];

/** "the key", or the refusal's code; fails for another key, and for a refusal that doesn't name the file or shows what it holds. */
async function open(bytes: Uint8Array): Promise<string> {
  writeFileSync(path, bytes);
  const opened = await openKeystore(path, "right");
  if (opened.ok) {
    expect(Buffer.compare(opened.value.reveal(), key.reveal())).toBe(0);
    expect(opened.value.address).toBe(key.address);
    return "the key";
  }
  expect(CODES).toContain(opened.code);
  expect(opened.detail).toContain(path);
  expect(opened.detail).not.toContain(Buffer.from(key.reveal()).toString("hex"));
  return opened.code;
}

test("a file that was cut off anywhere opens as no key", async () => {
  // Its last byte is a line end, which isn't missed.
  for (let length = 0; length < whole.length - 1; length++) expect(await open(whole.subarray(0, length))).toBe("KEY_MALFORMED");
  expect(await open(whole.subarray(0, whole.length - 1))).toBe("the key");
});

test("whichever bit of a file is turned, it opens as the right key or not at all", async () => {
  const ends = new Map<string, number>();
  for (let at = 0; at < whole.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const turned = Buffer.from(whole);
      turned[at]! ^= 1 << bit;
      const end = await open(turned);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  expect([...ends.keys()].sort()).toEqual([...CODES, "the key"]);
});

test("the iv isn't under the MAC: with another one, or without an address, a file opens as no key", async () => {
  const file = JSON.parse(whole.toString());
  const iv = `${file.crypto.cipherparams.iv.startsWith("0") ? "1" : "0"}${file.crypto.cipherparams.iv.slice(1)}`;
  const otherIv = { ...file, crypto: { ...file.crypto, cipherparams: { iv } } };
  expect(await open(Buffer.from(JSON.stringify(otherIv)))).toBe("KEY_MALFORMED");
  expect(await open(Buffer.from(JSON.stringify({ ...otherIv, address: undefined })))).toBe("KEY_MALFORMED");
});
