import { describe, expect, test } from "@jest/globals";
import { walkChain } from "../../../adapters/modbus/sunspec/index.ts";
import { fail, ok } from "../../../engine/kernel/index.ts";
import { MARKER, model, registerDevice } from "../../support/register-device.ts";

const idsOf = async (words: readonly (number | null)[], exception = 2) => {
  const chain = await walkChain(registerDevice(40_000, words, { exception }).read);
  return chain.ok ? [chain.value.blocks.map(({ id }) => id), chain.value.end, chain.value.endWords] : chain;
};

describe("where the map is", () => {
  const map = [...MARKER, ...model(1, 66), ...model(103, 50), 0xffff, 0];
  test.each([40_000, 0, 50_000])("starts at %i", async (base) => {
    expect(await walkChain(registerDevice(base, map).read)).toEqual(
      ok({
        base,
        blocks: [
          { id: 1, address: base + 2, length: 66 },
          { id: 103, address: base + 70, length: 50 },
        ],
        end: "marker",
        endAddress: base + 122,
        endWords: [0xffff, 0],
      }),
    );
  });

  test("a base that the caller adds comes in its turn", async () => {
    const device = registerDevice(4096, map);
    expect(await walkChain(device.read, [4096, 40_000])).toMatchObject({ ok: true, value: { base: 4096 } });
    expect(device.asked[0]).toEqual([4096, 2]);
    const elsewhere = registerDevice(40_000, map);
    expect(await walkChain(elsewhere.read, [4096, 40_000])).toMatchObject({ ok: true, value: { base: 40_000 } });
  });

  test("half a marker is none", async () => {
    for (const start of [
      [0x5375, 0x6e54],
      [0x6e53, 0x5375],
      [0, 0],
    ])
      expect(await walkChain(registerDevice(40_000, [...start, ...model(1, 66)]).read)).toMatchObject({
        ok: false,
        code: "DEVICE_MALFORMED",
        detail: "no SunSpec map at 40000, 0, 50000",
      });
  });

  test("a device that fails at each base says so; one that is busy isn't asked elsewhere", async () => {
    expect(await walkChain(registerDevice(0, [], { exception: 4 }).read)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
    const busy = registerDevice(0, [], { exception: 6 });
    expect(await walkChain(busy.read)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION", detail: "exception 6" });
    expect(busy.asked).toHaveLength(1);
    expect(await walkChain(registerDevice(40_000, [...MARKER, 0xffff, 0]).read)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
  });
});

describe("the chain", () => {
  test("keeps the order, twice the same id, unknown ids and the lengths of the wire", async () => {
    const words = [
      ...MARKER,
      model(1, 65),
      model(103, 50),
      model(1, 65),
      model(203, 105),
      model(64_122, 9),
      model(705, 57),
      [0xffff, 0],
    ].flat();
    const chain = await walkChain(registerDevice(40_000, words).read);
    expect(chain.ok && chain.value.blocks.map(({ id, address }) => [id, address])).toEqual([
      [1, 40_002],
      [103, 40_069],
      [1, 40_121],
      [203, 40_188],
      [64_122, 40_295],
      [705, 40_306],
    ]);
  });

  const one = [...MARKER, ...model(1, 66)];
  test.each<[string, readonly (number | null)[], readonly number[], string, readonly number[]]>([
    ["a marker", [...one, 0xffff, 0], [1], "marker", [0xffff, 0]],
    ["a marker with some length", [...one, 0xffff, 0xffff, 1], [1], "marker", [0xffff, 0xffff]],
    ["a marker without a length", [...one, 0xffff], [1], "marker", [0xffff]],
    ["a hole", [...one, null, null, ...model(103, 50)], [1], "refused", []],
    ["the end of the registers", one, [1], "refused", []],
    ["half a header", [...one, 103], [1], "refused", [103]],
    ["id 0", [...one, 0, 5, 1, 2], [1], "no model", [0, 5]],
    ["a model without registers", [...one, 7, 0, ...model(103, 50), 0xffff, 0], [1, 7, 103], "marker", [0xffff, 0]],
    ["a length past the last address", [...one, 103, 60_000], [1], "past the last address", [103, 60_000]],
    ["a length one past the last address", [...one, 103, 65_536 - 40_071], [1], "past the last address", [103, 65_536 - 40_071]],
    ["a length to the last address", [...one, 103, 65_535 - 40_071], [1, 103], "past the last address", []],
    ["a length to the one before", [...one, 103, 65_534 - 40_071], [1, 103], "refused", []],
  ])("%s", async (_what, words, ids, end, endWords) => {
    expect(await idsOf(words)).toEqual([ids, end, endWords]);
  });

  test("no more than 64 models", async () => {
    const empty = Array.from({ length: 100 }, () => model(7, 0)).flat();
    const found = await idsOf([...MARKER, ...empty]);
    expect(found).toEqual([Array.from({ length: 64 }, () => 7), "too many models", []]);
  });

  test("other refusals end it only while the device still answers for what came before", async () => {
    expect(await idsOf(one, 4)).toEqual([[1], "refused", []]);
    let sick = false;
    const { read } = registerDevice(40_000, one, { exception: 4 });
    const dies = await walkChain(async (address, count) => {
      sick ||= address > 40_060;
      return sick ? { ...fail("DEVICE_EXCEPTION", "exception 4"), exception: 4 } : read(address, count);
    });
    expect(dies).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
  });

  test.each([5, 6, 10, 11])("exception %i in its midst is no end: a meter could be behind it", async (exception) => {
    expect(await idsOf(one, exception)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
  });

  test("silence is silence, not another base and not an end", async () => {
    const { read, asked } = registerDevice(40_000, one);
    const silentFrom = (first: number) =>
      walkChain(async (address, count) => (address >= first ? fail("DEVICE_TIMEOUT") : read(address, count)));
    expect(await silentFrom(0)).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
    expect(asked).toHaveLength(0);
    expect(await silentFrom(40_070)).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
  });
});
