import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { entriesRoot } from "../../../engine/agreement/index.ts";
import { assert, type Interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Block, decodeBlock, encodeBlock, entryId, resultHash } from "../../../engine/messages/index.ts";
import { replayStore, StoreMismatch } from "../../../src/node/index.ts";
import { FIRST, SIM_DIGESTS, SIM_RULES, SimulatedStreet } from "../../../src/sim/index.ts";

/** Three certified intervals of a street. */
const street = new SimulatedStreet({ seed: 42, homes: 4, faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } } });
let blocks: readonly Block[] = [];

beforeAll(async () => {
  await street.start();
  await street.runTo(2, 1_500);
  blocks = street.homes[0]!.disk.open()
    .blocks(FIRST, 3)
    .map(({ bytes }) => decoded(bytes));
});
afterAll(() => street.stop());

function decoded(bytes: Uint8Array): Block {
  const block = decodeBlock(bytes, SIM_DIGESTS);
  assert(block.ok, "it is well formed");
  return block.value;
}

/** Every interval that a store with these blocks leads to. */
function replayed(held: readonly Block[]): readonly Interval[] {
  const rows = held.map((block, place) => ({ interval: (FIRST + place) as Interval, bytes: encodeBlock(block) }));
  const store = { blocks: (from: Interval, most: number) => rows.slice(from - FIRST).slice(0, most), members: () => null };
  const intervals: Interval[] = [];
  replayStore({ rules: SIM_RULES, digests: SIM_DIGESTS, first: FIRST, store, membership: null }, ({ result }) =>
    intervals.push(result.interval),
  );
  return intervals;
}

/** As liars could have certified it: roots, result and certificate fit the entries as they are read. */
function consistent(given: Block): Block {
  const block = decoded(encodeBlock(given));
  const { orders, readings } = block;
  const roots = { orderSetRoot: entriesRoot(orders.map(entryId)), readingSetRoot: entriesRoot(readings.map(entryId)) };
  const result = { ...block.result, ...roots };
  return { ...block, result, certificate: { ...block.certificate, value: resultHash(result) } };
}

const atNext = <T extends { readonly body: { readonly interval: Interval } }>([first, ...others]: readonly T[]): readonly T[] => [
  { ...first!, body: { ...first!.body, interval: (first!.body.interval + 1) as Interval } },
  ...others,
];

describe("a store's blocks are believed as far as their certificates bind them", () => {
  test("as they were kept", () => {
    expect([blocks[2]!.orders.length, blocks[2]!.readings.length]).toEqual([7, 4]);
    expect(replayed(blocks)).toEqual([FIRST, FIRST + 1, FIRST + 2]);
  });

  test.each<readonly [string, (block: Block) => Block]>([
    ["a result that says another head than its certificate", (block) => ({ ...block, result: { ...block.result, prevHead: ZERO_DIGEST } })],
    ["another ledger", (block) => ({ ...block, result: { ...block.result, ledgerRoot: block.result.clearingRoot } })],
    [
      "members that the result doesn't name",
      (block) => ({ ...block, members: { ...street.homes[0]!.node.membership.members, version: 99 } }),
    ],
    ["an order less", (block) => ({ ...block, orders: block.orders.slice(1) })],
    ["a reading less", (block) => ({ ...block, readings: block.readings.slice(1) })],
    ["an order of another interval, under one certificate", (block) => consistent({ ...block, orders: atNext(block.orders) })],
    ["a reading of another interval, under one certificate", (block) => consistent({ ...block, readings: atNext(block.readings) })],
    ["orders in a void interval, under one certificate", (block) => consistent({ ...block, result: { ...block.result, kind: "void" } })],
    ["the interval before it", () => blocks[1]!],
  ])("%s: the store is refused, and its place told", (_what, change) => {
    expect(consistent(blocks[2]!)).toEqual(blocks[2]);
    const held = [blocks[0]!, blocks[1]!, change(blocks[2]!)];
    expect(() => replayed(held)).toThrow(StoreMismatch);
    expect(() => replayed(held)).toThrow(`interval ${FIRST + 2} in the store does not lead to the result that was certified`);
  });
});
