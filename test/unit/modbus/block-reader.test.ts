import { describe, expect, test } from "@jest/globals";
import { BlockReader } from "../../../adapters/modbus/sunspec/block-reader.ts";
import { decodeModel, placesOf, type Registers } from "../../../adapters/modbus/sunspec/index.ts";
import { fail } from "../../../engine/kernel/index.ts";
import { registerDevice } from "../../support/register-device.ts";

const AT = 40_100;
/** Register n holds n, behind the header. */
const numbered = (id: number, length: number): (number | null)[] => [id, length, ...Array.from({ length }, (_, i) => i + 2)];
const block = (id: number, length: number) => ({ id, address: AT, length });
const offset = (id: number, point: string): number => placesOf(id).get(point)!.offset;

async function read(words: readonly (number | null)[], behaviour: Parameters<typeof registerDevice>[2] = {}, limit?: number) {
  const device = registerDevice(AT, words, behaviour);
  const found = await new BlockReader(device.read, limit).block(block(words[0]!, words[1]!));
  return { words: found.ok ? found.value : found, asked: device.asked.map(([address, count]) => [address - AT, count] as const) };
}

describe("a block in one piece or in more", () => {
  test("what one request can hold is one", async () => {
    const words = numbered(203, 105);
    expect(await read(words)).toEqual({ words, asked: [[0, 107]] });
  });

  test.each([
    [701, 153, 125],
    [203, 105, 60],
    [203, 105, 16],
    [802, 62, 50],
    [122, 44, 10],
    [160, 8 + 20 * 12, 125],
    [1, 66, 8],
    [64_122, 300, 125],
    // Longer than its definition, and shorter.
    [103, 200, 125],
    [701, 130, 100],
    [705, 13 + 4 * 17, 40],
  ])("model %i with %i registers, %i at once: all of them, none twice but scale factors", async (id, length, limit) => {
    const words = numbered(id, length);
    // Counts of groups, as a device has them.
    for (const [point, count] of [
      ["NPt", 4],
      ["NCrv", 4],
    ] as const)
      if (placesOf(id).has(point)) words[offset(id, point)] = count;
    const found = await read(words, { limit }, limit);
    expect(found.words).toEqual(words);
    expect(found.asked.every(([, count]) => count <= limit)).toBe(true);
  });

  test("no number is cut in two, whatever the limit", async () => {
    for (let limit = 4; limit <= 125; limit += 1) {
      for (const [id, length] of [
        [103, 50],
        [203, 105],
        [213, 124],
        [122, 44],
        [701, 153],
        [160, 48],
      ] as const) {
        const { asked } = await read(numbered(id, length), { limit }, limit);
        const starts = new Set(asked.map(([from]) => from));
        for (const place of placesOf(id).values()) {
          if (place.type === "string" || place.size === 1) continue;
          for (let inside = place.offset + 1; inside < place.offset + place.size; inside += 1)
            expect(starts.has(inside) && [id, limit, place.name]).toBe(false);
        }
      }
    }
  });

  test("a value and its scale factor come in one request where the limit allows it", async () => {
    // 203 has its powers before 38, its energies from 38 to 54 and so on: no request parts what belongs together.
    const { asked } = await read(numbered(203, 105), {}, 50);
    expect(asked.slice(-3)).toEqual([
      [0, 38],
      [38, 34],
      [72, 35],
    ]);
  });
});

describe("scale factors far from their values", () => {
  const modules = 8;
  const dcw = 10 + 20 * 7 + 11;
  const words160 = () => {
    const words = numbered(160, 8 + 20 * modules);
    words[offset(160, "DCW_SF")] = 0;
    words[dcw] = 500;
    return words;
  };

  test("before their values: whenever the device turns finer, what is read is of one moment", async () => {
    for (let moment = 1; moment <= 16; moment += 1) {
      const words = words160();
      const finer = () => {
        words[offset(160, "DCW_SF")] = 0xffff;
        words[dcw] = 5000;
      };
      const found = await read(words, { meanwhile: (asked) => asked === moment && finer() });
      const points = decodeModel(found.words as Registers);
      expect([moment, points?.get("module_7_DCW"), points?.get("module_7_ID")]).toEqual([moment, 500, 150]);
    }
  });

  test("behind their values, likewise", async () => {
    for (let moment = 1; moment <= 16; moment += 1) {
      const words = numbered(802, 62);
      words[offset(802, "SoC_SF")] = 0;
      words[offset(802, "SoC")] = 50;
      const finer = () => {
        words[offset(802, "SoC_SF")] = 0xfffe;
        words[offset(802, "SoC")] = 5000;
      };
      const found = await read(words, { meanwhile: (asked) => asked === moment && finer() }, 50);
      expect([moment, decodeModel(found.words as Registers)?.get("SoC")]).toEqual([moment, 50]);
    }
  });

  test("that never stand still scale nothing", async () => {
    const words = words160();
    const restless = (asked: number) => {
      words[offset(160, "DCW_SF")] = asked % 2;
    };
    const found = await read(words, { meanwhile: restless });
    const points = decodeModel(found.words as Registers);
    expect([points?.get("module_7_DCW"), points?.get("module_0_DCW"), points?.get("module_7_ID")]).toEqual([null, null, 150]);
  });
});

describe("what a device refuses", () => {
  test.each([2, 3, 4, 1])("a smaller limit than ours is found out by exception %i, and remembered", async (exception) => {
    const device = registerDevice(AT, [...numbered(203, 105), ...numbered(203, 105)], { limit: 40, exception });
    const reader = new BlockReader(device.read);
    const first = await reader.block(block(203, 105));
    expect(first).toMatchObject({ ok: true, value: numbered(203, 105) });
    const asked = device.asked.length;
    expect(await reader.block({ id: 203, address: AT + 107, length: 105 })).toMatchObject({ ok: true, value: numbered(203, 105) });
    expect(device.asked.slice(asked).every(([, count]) => count <= 40)).toBe(true);
  });

  test("a hole is a hole, and its neighbours are there", async () => {
    const words = numbered(203, 105);
    words[30] = null;
    words[76] = null;
    const found = await read(words);
    const expected = words.with(77, null);
    // 76 and 77 are one counter: half of it is none.
    expect(found.words).toEqual(expected);
    expect(found.asked.length).toBeLessThan(100);
  });

  test("holes don't make the requests of the next block smaller", async () => {
    const words = numbered(203, 105);
    words[30] = null;
    const device = registerDevice(AT, [...words, ...numbered(213, 122)]);
    const reader = new BlockReader(device.read);
    await reader.block(block(203, 105));
    const asked = device.asked.length;
    await reader.block({ id: 213, address: AT + 107, length: 122 });
    expect(device.asked.slice(asked)).toEqual([[AT + 107, 124]]);
  });

  test("nobody looks closer for ever", async () => {
    const words = [64_122, 40_000, ...Array.from({ length: 25_000 }, () => null)];
    const { asked } = await read(words);
    expect(asked.length).toBeLessThan(600);
  });

  test("a block that would take thousands of requests is left unread from some register on", async () => {
    const { words, asked } = await read(numbered(64_122, 20_000), { limit: 4 });
    expect(asked.length).toBeLessThan(1_200);
    expect((words as Registers)[100]).toBe(100);
    expect((words as Registers)[19_999]).toBeNull();
  });

  test.each(["DEVICE_TIMEOUT", "DEVICE_OFFLINE"] as const)("%s ends it", async (code) => {
    const reader = new BlockReader(async () => fail(code));
    expect(await reader.block(block(203, 105))).toMatchObject({ ok: false, code });
    expect(await reader.block(block(701, 153))).toMatchObject({ ok: false, code });
  });

  test("a busy device isn't asked for halves", async () => {
    const { words, asked } = await read(numbered(203, 300), { limit: 1, exception: 6 });
    expect(words).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
    expect(asked).toHaveLength(1);
  });

  test.each([
    [204, 105],
    [203, 104],
  ])("another header than the walk found (%i, %i registers) is no answer", async (id, length) => {
    const device = registerDevice(AT, [...numbered(203, 105), ...numbered(1, 66)]);
    expect(await new BlockReader(device.read).block(block(id, length))).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
    expect(await new BlockReader(device.read, 60).block(block(id, length))).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
  });
});
