import { describe, expect, test } from "@jest/globals";
import { ProfileReader } from "../../../adapters/modbus/profile/index.ts";
import { profileOf, tableSource, wrongWith } from "../../support/profiles.ts";

/** The value of the point `x`, or why there is none, with these holding registers from 0 on. */
async function read(point: string, registers: readonly number[], rest = "", others = ""): Promise<unknown> {
  const profile = profileOf(`${rest}points:\n  x: { ${point} }\n${others}`);
  const values = await new ProfileReader(profile, tableSource({ holding: { ...registers } })).read();
  if (!values.ok) return values.code;
  const found = values.value.find(({ name }) => name === "x");
  return found?.value ?? found?.silence;
}

const LOW_FIRST = "order: low-first\n";

describe("what registers say", () => {
  test.each<[string, string, readonly number[], unknown]>([
    ["a word", "at: 0, type: uint16", [0xfffe], 65_534],
    ["a signed word", "at: 0, type: int16", [0xfffe], -2],
    ["32 bits, high word first", "at: 0, type: uint32", [1, 2], 65_538],
    ["32 bits, low word first", "at: 0, type: uint32, order: low-first", [1, 2], 131_073],
    ["32 bits, signed", "at: 0, type: int32", [0xffff, 0xf631], -2_511],
    ["words that are apart", "at: [3, 0], type: int32", [2, 0, 0, 1], 65_538],
    ["64 bits", "at: 0, type: uint64, gain: 10", [0, 0, 1, 0], 655_360],
    ["64 bits, signed", "at: 0, type: int64", [0xffff, 0xffff, 0xffff, 0xfffd], -3],
    ["a float", "at: 0, type: float32", [0x4110, 0], 9],
    ["a float, low word first", "at: 0, type: float32, order: low-first", [0, 0x4110], 9],
    ["a float of 64 bits", "at: 0, type: float64", [0xc004, 0, 0, 0], -2.5],
    ["an exact decimal", "at: 0, type: uint16, gain: 0.1", [2423], 242.3],
    ["gain and offset", "at: 0, type: uint16, gain: 0.1, offset: -100", [1235], 23.5],
    ["another sign", "at: 0, type: int16, negate: true", [0xfffe], 2],
    ["no -0", "at: 0, type: int16, negate: true", [0], 0],
    ["the magnitude alone", "at: 0, type: int16, absolute: true", [0xfff0], 16],
    ["the high half", "at: 0, type: uint16, byte: high", [0x0203], 2],
    ["the low half", "at: 0, type: uint16, byte: low", [0x0203], 3],
    ["some bits", "at: 0, type: uint16, mask: 15", [0x123a], 10],
    ["a scale factor elsewhere", "at: 0, type: int16, scaleAt: 1", [11_010, 0xffff], 1_101],
    ["a scale factor that is none", "at: 0, type: int16, scaleAt: 1", [11_010, 0x8000], "no scale factor"],
    ["a text", "at: 0, type: text, size: 3", [0x4757, 0x3130, 0x4b20], "GW10K"],
    ["no text", "at: 0, type: text, size: 2", [0, 0], "not implemented"],
    ["a time in bytes", "at: 0, type: time-bytes", [0x1508, 0x160b, 0x0b0c], "2021-08-22 11:11:12"],
    ["a time in words", "at: 0, type: time-words", [2023, 1, 26, 11, 34, 7], "2023-01-26 11:34:07"],
    ["no time", "at: 0, type: time-bytes", [0xffff, 0xffff, 0xffff], "not implemented"],
    ["a month that isn't there", "at: 0, type: time-bytes", [0x150d, 0x160b, 0x0b0c], "out of bounds"],
    ["a float that is no number", "at: 0, type: float32", [0x7fc0, 0], "not implemented"],
    ["its own sentinel", "at: 0, type: uint16, na: [7, 9]", [9], "not implemented"],
    ["a sentinel of 64 bits", 'at: 0, type: uint64, na: ["0xFFFFFFFFFFFFFFFF"]', [0xffff, 0xffff, 0xffff, 0xffff], "not implemented"],
    ["the largest float, low word first", "at: 0, type: float32, order: low-first, na: [0xFF7FFFFF]", [0xffff, 0xff7f], "not implemented"],
    ["all bits", "at: 0, type: int32, na: [ones]", [0xffff, 0xffff], "not implemented"],
    ["the sign bit alone", "at: 0, type: int16, na: [lowest]", [0x8000], "not implemented"],
    ["all bits but the sign", "at: 0, type: int32, na: [highest]", [0x7fff, 0xffff], "not implemented"],
    ["what only looks like one", "at: 0, type: int16, na: [lowest, highest]", [0x7ffe], 32_766],
    ["within its bounds", "at: 0, type: uint16, in: [0, 100]", [100], 100],
    ["beyond them", "at: 0, type: uint16, in: [0, 100]", [101], "out of bounds"],
    ["below them", "at: 0, type: int16, in: [0, 100]", [0xffff], "out of bounds"],
    ["what isn't there", "at: 5, type: uint16", [1], "unreadable"],
    ["half of what isn't there", "at: 0, type: uint32", [1], "unreadable"],
  ])("%s", async (_what, point, registers, value) => {
    expect(await read(point, registers)).toEqual(value);
  });

  test("what a profile says once counts for all its points, and a point's own word first", async () => {
    const rest = `${LOW_FIRST}na: { uint16: [ones] }\nbounds: { V: [0, 500] }\n`;
    expect(await read("at: 0, type: uint32", [1, 2], rest)).toBe(131_073);
    expect(await read("at: 0, type: uint16", [0xffff], rest)).toBe("not implemented");
    expect(await read("at: 0, type: uint16, na: []", [0xffff], rest)).toBe(65_535);
    expect(await read("at: 0, type: uint16, unit: V", [501], rest)).toBe("out of bounds");
    expect(await read("at: 0, type: uint16, unit: V, in: [0, 600]", [501], rest)).toBe(501);
  });
});

const PARTS = `  a: { at: 0, type: int16, na: [lowest] }
  b: { at: 1, type: int16, na: [lowest] }
  f: { at: 2, type: uint16 }
  gone: { at: 99, type: int16 }
`;
const NONE = 0x8000;

describe("what is reckoned from other points", () => {
  test.each<[string, string, readonly number[], unknown]>([
    ["a sum", "sum: [a, b]", [5, 7, 0], 12],
    ["a difference", "sum: [a, -b]", [5, 7, 0], -2],
    ["a sum without a part that may be there", "sum: [a, gone]", [5, 7, 0], "a part is unknown"],
    ["a sum without a part that isn't there", "sum: [a, b]", [5, NONE, 0], "not implemented"],
    ["the same, where it may be missing", "sum: [a, b], skipMissing: true", [5, NONE, 0], 5],
    ["which is not so for what can't be read", "sum: [a, gone], skipMissing: true", [5, 7, 0], "a part is unknown"],
    ["nothing at all", "sum: [a, b], skipMissing: true", [NONE, NONE, 0], "not implemented"],
    ["a product", "product: [a, b]", [5, 7, 0], 35],
    ["halves go to the even", "product: [a, b], round: true, negate: true", [5, 7, 0], -35],
    ["what is above 0", "positive: a", [5, 7, 0], 5],
    ["and else nothing", "positive: -a", [5, 7, 0], 0],
    ["a sign by a bit", "signByBit: { magnitude: a, flag: f, mask: 2 }", [7_977, 0, 43], -7_977],
    ["another bit", "signByBit: { magnitude: a, flag: f, mask: 2 }", [7_977, 0, 4], 7_977],
    ["a magnitude that has its sign already", "signByBit: { magnitude: a, flag: f, mask: 2 }", [0xffff, 0, 2], -1],
    ["the lowest band", "band: { of: a, edges: [-89, 90], gives: [2, 0, 1] }", [0xff00, 0, 0], 2],
    ["an edge", "band: { of: a, edges: [-89, 90], gives: [2, 0, 1] }", [90, 0, 0], 1],
    ["between", "band: { of: a, edges: [-89, 90], gives: [2, 0, 1] }", [89, 0, 0], 0],
    ["alternatives", "any: [{ at: 99, type: int16 }, { at: 1, type: int16 }]", [5, 7, 0], 7],
    ["the first that says something", "any: [{ at: 0, type: int16, na: [5] }, { sum: [a, b] }]", [5, 7, 0], 12],
    ["alternatives out of bounds", "any: [{ at: 0, type: int16, in: [0, 4] }, { at: 1, type: int16 }]", [5, 7, 0], 7],
    ["none", "any: [{ at: 98, type: int16 }, { at: 99, type: int16 }]", [5, 7, 0], "unreadable"],
    ["only where another point is so", "at: 1, type: int16, when: { point: f, atLeast: 19 }", [5, 7, 19], 7],
    ["and not in an older firmware", "at: 1, type: int16, when: { point: f, atLeast: 19 }", [5, 7, 18], "not in this firmware"],
    ["nor in a newer one", "at: 1, type: int16, when: { point: f, atMost: 17 }", [5, 7, 18], "not in this firmware"],
    ["one of a list", "at: 1, type: int16, when: { point: f, is: [17, 18] }", [5, 7, 18], 7],
    ["what can't be known", "at: 1, type: int16, when: { point: gone }", [5, 7, 18], "not in this firmware"],
  ])("%s", async (_what, point, registers, value) => {
    expect(await read(point, registers, "", PARTS)).toEqual(value);
  });

  test("237.5 and 240.5 W are told as 238 and 240", async () => {
    const rounded = (a: number) =>
      read(
        "product: [v, c], round: true",
        [a, 10],
        "",
        "  v: { at: 0, type: uint16, gain: 0.1 }\n  c: { at: 1, type: uint16, gain: 0.1 }\n",
      );
    expect([await rounded(2375), await rounded(2405), await rounded(2406)]).toEqual([238, 240, 241]);
  });

  test("names of numbers, and of bits", async () => {
    const profile = profileOf(
      "names: { mode: { 3: Charge }, flags: { 0: first, 2: third } }\npoints: { m: { at: 0, type: uint16, names: mode }, n: { at: 1, type: uint16, names: mode }, f: { at: 2, type: uint16, bits: flags } }\n",
    );
    const values = await new ProfileReader(profile, tableSource({ holding: { 0: 3, 1: 4, 2: 7 } })).read();
    expect(values.ok && values.value.map(({ value, symbol }) => [value, symbol])).toEqual([
      [3, "Charge"],
      [4, null],
      [7, "first, third"],
    ]);
  });
});

describe("profiles that are refused", () => {
  test.each<[string, string, string]>([
    ["nothing there", "points: { x: { sum: [a] } }", 'looks at "a", which is no point'],
    ["itself", "points: { x: { sum: [y] }, y: { sum: [x] } }", "is reckoned from itself"],
    ["a gate on itself", "points: { x: { at: 1, type: int16, when: { point: x } } }", "is reckoned from itself"],
    ["a number with a unit and no bounds", "points: { x: { at: 1, type: int16, unit: W } }", "has no bounds"],
    ["panels that take", "points: { pv.power: { at: 1, type: int16, unit: W, in: [-1, 9] } }", "panels give, and take nothing"],
    ["beyond the last register", "points: { x: { at: 65535, type: int32 } }", "reaches beyond the last register (65536)"],
    ["further than one request", "points: { x: { at: [0, 20], type: int32 } }", "one request holds 10"],
    ["too few registers", "points: { x: { at: [0, 1, 2], type: int32 } }", "lists 3 registers for a int32"],
    ["two things at once", "points: { x: { at: 1, type: int16, sum: [x] } }", "is one of"],
    ["nothing", "points: { x: { unit: W, in: [0, 1] } }", "not none"],
    ["a text without a size", "points: { x: { at: 1, type: text } }", "needs the size"],
    ["names that aren't there", "points: { x: { at: 1, type: uint16, names: mode } }", 'from "mode"'],
    ["no unit of that name", "points: { x: { at: 1, type: uint16, of: meter } }", 'is of "meter"'],
    ["no such SunSpec point", "points: { x: { sunspec: 103:Nonsense } }", "no such point"],
    ["a register without a type", "points: { x: { at: 1 } }", '"at" needs "type"'],
    ["an unknown word", "points: { x: { at: 1, type: int16, gian: 2 } }", "unknown key"],
    ["a sentinel that is none", "points: { x: { at: 1, type: int16, na: [most] } }", "isn't written as it has to be"],
  ])("%s", (_what, rest, problem) => {
    expect(wrongWith(rest).join("\n")).toContain(problem);
  });

  const command = (parts: string): string =>
    `points: { battery.power: { at: 1, type: int16, unit: W, in: [-9, 9] } }\ncommands:\n  charge: { ${parts}, storage: unknown, maxPerDay: 1 }\n`;
  const VERIFY = "verify: [{ observe: battery.power, below: 0, withinSeconds: 9 }]";
  const UNDO = "undo: [{ write: 7, type: uint16, value: 0 }]";

  test.each<[string, string, string]>([
    [
      "no way back",
      `lease: { kind: none }, steps: [{ write: 7, type: uint16, value: 1 }], ${VERIFY}, undo: []`,
      "has no undo and no lease",
    ],
    [
      "a timer and no undo",
      `lease: { kind: timer, write: 8, seconds: 9 }, steps: [{ write: 7, type: uint16, value: 1 }], ${VERIFY}, undo: []`,
      "has no undo",
    ],
    [
      "a power without a clamp",
      `lease: { kind: none }, steps: [{ write: 7, type: uint16, from: power }], ${VERIFY}, ${UNDO}`,
      "without a clamp",
    ],
    [
      "a clamp by nothing",
      `lease: { kind: none }, steps: [{ write: 7, type: uint16, from: power, clamp: [0, most] }], ${VERIFY}, ${UNDO}`,
      'clamps by "most"',
    ],
    [
      "both value and power",
      `lease: { kind: none }, steps: [{ write: 7, type: uint16, from: power, value: 1, clamp: [0, 1] }], ${VERIFY}, ${UNDO}`,
      "neither or both",
    ],
    [
      "nothing to see",
      `lease: { kind: none }, steps: [{ write: 7, type: uint16, value: 1 }], verify: [{ read: 7, type: uint16, equals: 1 }], ${UNDO}`,
      "can't be seen to work",
    ],
  ])("a command with %s", (_what, parts, problem) => {
    expect(wrongWith(command(parts)).join("\n")).toContain(problem);
  });

  test("a command that comes home by silence needs no undo", () => {
    expect(
      wrongWith(command(`lease: { kind: silence, seconds: 60 }, steps: [{ write: 7, type: uint16, value: 1 }], ${VERIFY}, undo: []`)),
    ).toEqual([]);
  });
});
