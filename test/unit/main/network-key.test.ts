import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { keepNetworkKey, knownNetworkKey, networkKeyFile, networkKeyOf } from "../../../src/main/network-key.ts";
import { temporaryFolder } from "../../support/folder.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

test("a street makes its key once, 32 bytes that only its owner reads", async () => {
  const made = await networkKeyOf(folder.path);
  expect(made.bytes.length).toBe(32);
  expect(statSync(networkKeyFile(folder.path)).mode & 0o777).toBe(0o600);
  expect(await networkKeyOf(folder.path)).toEqual(made);
  expect(await networkKeyOf(join(folder.path, "another"))).not.toEqual(made);
});

test("what a home was given is what it has", async () => {
  const { bytes, text } = await networkKeyOf(folder.path);
  const home = join(folder.path, "home");
  expect(await knownNetworkKey(home)).toBeNull();
  await keepNetworkKey(home, text);
  expect([await knownNetworkKey(home), statSync(networkKeyFile(home)).mode & 0o777]).toEqual([bytes, 0o600]);
});

test.each(["", "short", `${"a".repeat(43)}=`, "ä".repeat(43), "00".repeat(32)])("%j is no key, and is told", async (text) => {
  writeFileSync(networkKeyFile(folder.path), text);
  await expect(knownNetworkKey(folder.path)).rejects.toThrow("it is not as this program wrote it");
});
