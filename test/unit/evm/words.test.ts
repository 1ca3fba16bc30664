import { expect, test } from "@jest/globals";
import { accessListOf } from "../../../adapters/evm/sender.ts";
import { balanceWords } from "../../../adapters/evm/vault.ts";
import { GRID_VAULT_SLOTS } from "../../../contracts/abi/grid-vault.ts";
import { address, homeId } from "../../../engine/kernel/index.ts";
import { encodeVector } from "../../../engine/settlement/index.ts";

const VAULT = address(`0x${"7".repeat(40)}`);
const first = GRID_VAULT_SLOTS._lanes;

test.each<[string, readonly number[], readonly number[]]>([
  ["nobody", [], []],
  ["the first home and the eighth", [0, 7], [0]],
  ["the ninth", [8], [1]],
  ["some of three words, not of the second", [3, 16, 23], [0, 2]],
])("words of storage that change: %s", (_, homes, words) => {
  const vector = encodeVector(homes.map((home) => ({ home: homeId(home), delta: -1 })));
  expect(balanceWords(vector)).toEqual(words.map((word) => first + word));
});

const words = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 10);

test("words are named from the number on at which it costs less", () => {
  expect(accessListOf(VAULT, words(24), "0x")).toEqual([]);
  expect(accessListOf(null, words(25), "0x")).toEqual([]);
  const [named, ...others] = accessListOf(VAULT, words(25), "0x");
  expect(others).toEqual([]);
  expect(named!.address).toBe(VAULT);
  expect(named!.storageKeys).toHaveLength(25);
  expect([named!.storageKeys[0], named!.storageKeys[24]]).toEqual([`0x${"0".repeat(63)}a`, `0x${"0".repeat(62)}22`]);
});

test.each([
  ["fits", 2_000, 60_000, 2_000],
  ["with a large vector it would be larger than nodes pass on", 2_000, 65_000, 0],
  ["so would a list for twenty thousand homes", 2_560, 81_920, 0],
])("what is named beforehand: %s", (_, count, bytes, named) => {
  const [list] = accessListOf(VAULT, words(count), `0x${"00".repeat(bytes)}`);
  expect(list?.storageKeys.length ?? 0).toBe(named);
});
