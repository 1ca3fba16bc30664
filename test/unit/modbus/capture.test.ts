import { describe, expect, test } from "@jest/globals";
import { captureOf } from "../../../adapters/modbus/index.ts";
import { surveyOf } from "../../../adapters/modbus/sunspec/index.ts";
import { MARKER, model, registerDevice } from "../../support/register-device.ts";
import { textWords } from "../../support/register-server.ts";

const AT = new Date("2026-11-27T12:00:00Z");

const common = (serial: readonly number[], opt = ""): readonly number[] => [
  1,
  66,
  ...textWords("Acme", 16),
  ...textWords("Box 5", 16),
  ...textWords(opt, 8),
  ...textWords("1.2", 8),
  ...serial,
  1,
  0x8000,
];

async function capture(words: readonly (number | null)[]) {
  const survey = await surveyOf(registerDevice(40_000, words).read);
  if (!survey.ok) throw new Error(survey.detail);
  const made = captureOf(survey.value, { unit: 3, at: AT });
  return { made, words: made.blocks[0]!.registers };
}

const SERIAL = textWords("7E1234-08", 16);
const MASKED = textWords("0X0000-00", 16);

test("a device as a file: its registers from the marker to the end, who it is, and when", async () => {
  const meter = model(203, 105, 7);
  const { made } = await capture([...MARKER, ...common(SERIAL), ...meter, 0xffff, 0]);
  expect(made).toEqual({
    device: {
      vendor: "Acme",
      model: "Box 5",
      protocol: "SunSpec",
      common: { ID: 1, L: 66, Mn: "Acme", Md: "Box 5", Opt: null, Vr: "1.2", SN: "0X0000-00", DA: 1 },
    },
    realism: "real device dump (commonwatt device dump)",
    capturedOrPublished: "2026-11-27T12:00:00.000Z",
    unitId: 3,
    base: 40_000,
    blocks: [{ table: "holding", base: 40_000, registers: [...MARKER, ...common(MASKED), ...meter, 0xffff, 0] }],
    models: ["1", "203"],
    end: "marker",
    expected: null,
    masked: ["serial number at 40052"],
  });
});

describe("what could tell whose device it is", () => {
  test("the serial number of each common block, and wherever else it stands", async () => {
    const vendor = [64_120, 20, 9, ...textWords(" 7E1234-08 ", 8), ...textWords("x7E1234-08", 8), 9, 9, 9];
    const { words, made } = await capture([
      ...MARKER,
      ...common(SERIAL),
      ...common(textWords("ab-99", 16), "SN ab-99"),
      ...vendor,
      0xffff,
      0,
    ]);
    const masked = [64_120, 20, 9, ...textWords(" 0X0000-00 ", 8), ...textWords("x0X0000-00", 8), 9, 9, 9];
    expect(words).toEqual([...MARKER, ...common(MASKED), ...common(textWords("XX-00", 16), "SN XX-00"), ...masked, 0xffff, 0]);
    expect(made.masked).toHaveLength(5);
  });

  test("a serial number as a 32-bit number, in either order of its words", async () => {
    const number = 3_005_067_415;
    const vendor = [64_120, 6, 1, number >>> 16, number & 0xffff, number & 0xffff, number >>> 16, 2];
    const { words } = await capture([...MARKER, ...common(textWords(String(number), 16)), ...vendor, 0xffff]);
    expect(words.slice(-9)).toEqual([64_120, 6, 1, 0, 0, 0, 0, 2, 0xffff]);
  });

  test("a short serial number is masked in its own place alone: elsewhere it could be anything", async () => {
    const { words } = await capture([...MARKER, ...common(textWords("12", 16)), 64_120, 1, 0x3132, 0xffff]);
    expect(words.slice(-3)).toEqual([64_120, 1, 0x3132, 0xffff].slice(1));
    expect(words[52]).toBe(0x3030);
  });

  test("a serial number that is no text", async () => {
    const raw = [0x01f7, 0x39ff, 0x4100, 0x4243, ...Array.from({ length: 12 }, () => 0)];
    const { words } = await capture([...MARKER, ...common(raw), 0xffff]);
    expect(words.slice(52, 56)).toEqual([0x5858, 0x30ff, 0x5800, 0x5858]);
  });

  test.each([11, 12, 13, 17, 18, 305])("model %i tells where the device is: its header alone is kept", async (id) => {
    const { words, made } = await capture([...MARKER, ...common(SERIAL), ...model(id, 4, 0x4142), ...model(103, 50, 3), 0xffff, 0]);
    expect(words.slice(70, 78)).toEqual([id, 4, null, null, null, null, 103, 50]);
    expect(made.masked).toContain(`model ${id} at 40070`);
  });

  test("a hole stays a hole", async () => {
    const holey = [...model(103, 50, 5)].map((word, i) => (i === 20 ? null : word));
    const { words } = await capture([...MARKER, ...common(SERIAL), ...holey, 0xffff, 0]);
    expect(words.slice(70, 122)).toEqual(holey);
  });
});
