import { createDecipheriv } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { frameIn } from "../../../adapters/p1/cipher.ts";
import { crc16 } from "../../../adapters/p1/crc.ts";
import { MAX_TELEGRAM_BYTES, PlainFramer, SealedFramer } from "../../../adapters/p1/framer.ts";
import { instantIn } from "../../../adapters/p1/instant.ts";
import { readTelegram } from "../../../adapters/p1/telegram.ts";
import {
  AUSTRIAN_EST5,
  DSMR_2_2,
  DSMR_4_2,
  DSMR_5,
  FLUVIUS,
  SEALED,
  SMARTY,
  STANDARD_5,
  SWEDISH_ELL5,
  SWEDISH_LGF5,
} from "../../support/p1-telegrams.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const at = (iso: string): number => Date.parse(iso) / 1_000;
/** With the check sum that its bytes make. */
const summed = (text: string): string => {
  const upTo = `${text.slice(0, text.lastIndexOf("!") < 0 ? undefined : text.lastIndexOf("!"))}!`;
  return `${upTo}${crc16(bytesOf(upTo)).toString(16).toUpperCase().padStart(4, "0")}\r\n`;
};
const keysOf = (from: { readonly key: string; readonly authenticationKey: string }) => ({
  key: hex(from.key),
  authenticationKey: hex(from.authenticationKey),
});

describe("telegrams of real meters", () => {
  test.each([
    ["DSMR 2.2, without a check sum", DSMR_2_2, null, 1_010, 2_002, 2_002, "ISk", "00000000000000"],
    ["DSMR 4.2", DSMR_4_2, "2016-11-13T19:57:57Z", 2_027, 3_016_829, 0, "KFM", "3960221976967177082151037881335713"],
    ["DSMR 5", DSMR_5, "2017-01-02T18:20:02Z", 244, 6_825, 2_444, "ISk", "K8EG004046395507"],
    ["Sweden, Aidon", SWEDISH_ELL5, "2021-02-17T17:40:19Z", 1_727, 6_678_394, 0, "ELL", "\\253833635_A"],
    ["Sweden, Landis+Gyr", SWEDISH_LGF5, "2022-03-30T21:06:00Z", 699, 5_895_962, 1_044_196, "LGF", "E360"],
    ["Austria, in Wh and in summer", AUSTRIAN_EST5, "2022-10-06T13:50:14Z", 286, 6_545_766, 58, "EST", "\\253710000_A"],
    ["Flanders, power by phase alone", summed(FLUVIUS), "2020-05-12T11:54:09Z", 0, 15_792, 11, "FLU", "1SAG3101021605"],
  ])("%s", (_, text, iso, gridW, importWh, exportWh, manufacturer, serial) => {
    expect(readTelegram(bytesOf(text))).toMatchObject({
      ok: true,
      value: { at: iso === null ? null : at(iso), gridW, importWh, exportWh, identity: { manufacturer, serial } },
    });
  });

  test("the standard's own example doesn't have the check sum of its bytes, and with it reads as the standard says", () => {
    expect(readTelegram(bytesOf(STANDARD_5))).toMatchObject({ ok: false, detail: "the telegram's check sum is EF2F, its bytes make E47C" });
    const value = { at: at("2010-12-09T10:30:20Z"), gridW: 1_193, importWh: 246_913_578, exportWh: 246_913_578 };
    expect(readTelegram(bytesOf(summed(STANDARD_5)))).toMatchObject({ ok: true, value });
  });

  test("the check sum of the field's test text", () => expect(crc16(bytesOf("123456789"))).toBe(0xbb3d));
});

describe("a frame that is sealed", () => {
  test("as Luxembourg's specification says, made by another program", () => {
    const [telegram] = new SealedFramer(keysOf(SMARTY)).push(hex(SMARTY.frame));
    expect(Buffer.from(telegram ?? []).toString("latin1")).toBe(AUSTRIAN_EST5);
  });

  test("of a real Austrian meter: its parts are where we look for them", () => {
    const found = frameIn(hex(SEALED.frame));
    if (found === null || found === "more") throw new Error("no frame");
    const nonce = Buffer.concat([found.frame.systemTitle, hex(found.frame.counter.toString(16).padStart(8, "0"))]);
    const telegram = createDecipheriv("aes-128-gcm", hex(SEALED.key), nonce).update(found.frame.sealed.subarray(0, -12));
    const { importWh, exportWh } = SEALED;
    expect(readTelegram(telegram)).toMatchObject({ ok: true, value: { gridW: 8, importWh, exportWh } });
  });

  test("is refused where the seal isn't of these keys, though it could be read", () => {
    expect(new SealedFramer(keysOf(SEALED)).push(hex(SEALED.frame))).toEqual([]);
  });

  test("counts once: a recorded one is left out, and so is one with a bit turned", () => {
    const framer = new SealedFramer(keysOf(SMARTY));
    const turned = hex(SMARTY.frame);
    turned[40] = (turned[40] ?? 0) ^ 1;
    expect(framer.push(turned)).toHaveLength(0);
    expect(framer.push(hex(SMARTY.frame))).toHaveLength(1);
    expect(framer.push(hex(SMARTY.frame))).toHaveLength(0);
  });

  test("in pieces of one byte, behind noise that looks like a frame's beginning", () => {
    const framer = new SealedFramer(keysOf(SMARTY));
    const stream = Buffer.concat([hex("00db07db08ff"), hex(SMARTY.frame)]);
    expect([...stream].flatMap((byte) => [...framer.push(Uint8Array.of(byte))])).toHaveLength(1);
  });
});

describe("what is no sound telegram", () => {
  const changed = (from: string, to: string): string => DSMR_5.replace(from, to);
  test.each([
    ["a digit turned", changed("000004.426", "000004.427"), /check sum is 87B3/],
    ["no end", DSMR_5.slice(0, -8), /no end/],
    ["no maker", summed(changed("/ISk5", "/I5k5")), /no meter begins/],
    ["a version with a check sum that has lost it", changed("!87B3", "!"), /gives a check sum, and this telegram has none/],
    ["a counter twice", summed(changed("1-0:1.8.2(000002.399", "1-0:1.8.1(000002.399")), /1\.8\.1 stands twice/],
    [
      "no check sum, and a line that is none",
      DSMR_2_2.replace("1-0:1.8.1(00001.001*kWh)", "1-0:1.8.1(00001.0\x001*kWh"),
      /no line of a telegram/,
    ],
  ])("%s", (_, text, detail) => {
    expect(readTelegram(bytesOf(text))).toMatchObject({ ok: false, code: "DEVICE_MALFORMED", detail: expect.stringMatching(detail) });
  });

  test.each([
    [
      "a total counts before its tariffs",
      "1-0:1.8.1(000004.426*kWh)",
      "1-0:1.8.0(000007.000*kWh)\r\n1-0:1.8.1(000004.426*kWh)",
      { importWh: 7_000 },
    ],
    ["a tariff that says nothing leaves the sum unknown", "1-0:1.8.2(000002.399*kWh)", "1-0:1.8.2()", { importWh: null }],
    ["a counter in another unit is none", "1-0:1.8.2(000002.399*kWh)", "1-0:1.8.2(000002.399*kW)", { importWh: null }],
    ["export is negative", "1-0:2.7.0(00.000*kW)", "1-0:2.7.0(01.244*kW)", { gridW: -1_000 }],
    ["a gas meter's counter isn't ours", "0-1:24.1.0(003)", "0-1:1.8.0(000099.000*kWh)", { importWh: 6_825 }],
    ["an hour that no clock shows", "0-0:1.0.0(170102192002W)", "0-0:1.0.0(170102252002W)", { at: null }],
  ])("%s", (_, from, to, value) => {
    expect(readTelegram(bytesOf(summed(changed(from, to))))).toMatchObject({ ok: true, value });
  });
});

describe("instants", () => {
  test.each([
    ["201025023000S", "CET", "2020-10-25T00:30:00Z"],
    ["201025023000W", "CET", "2020-10-25T01:30:00Z"],
    ["210217184019W", "EET", "2021-02-17T16:40:19Z"],
    ["200229000000W", "CET", "2020-02-28T23:00:00Z"],
  ] as const)("%s in %s is %s", (written, zone, iso) => expect(instantIn(written, zone)).toBe(at(iso)));
  test.each(["210229000000W", "210217184019", "210217184019X", "", "000000000000W"])("%s is none", (written) =>
    expect(instantIn(written, "CET")).toBeNull(),
  );
});

describe("telegrams off a line", () => {
  const framed = (...chunks: readonly string[]): readonly string[] => {
    const framer = new PlainFramer();
    return chunks.flatMap((chunk) => framer.push(bytesOf(chunk)).map((each) => Buffer.from(each).toString("latin1")));
  };
  test.each<[string, readonly string[], readonly string[]]>([
    ["one", [DSMR_5], [DSMR_5]],
    ["byte by byte", [...DSMR_4_2], [DSMR_4_2]],
    ["two glued", [DSMR_5 + DSMR_4_2], [DSMR_5, DSMR_4_2]],
    ["half a one first, as when a home begins to listen", [DSMR_5.slice(400) + DSMR_4_2], [DSMR_4_2]],
    ["one that was cut off by the next", [DSMR_5.slice(0, 300) + DSMR_4_2], [DSMR_4_2]],
    ["noise around", [`\x00\xff/\r\n!${DSMR_5}\x00\x00`, DSMR_2_2], [DSMR_5, DSMR_2_2]],
    ["no check sum", [DSMR_2_2], [DSMR_2_2]],
    ["an end that hasn't come", [DSMR_5.slice(0, -1)], []],
  ])("%s", (_, chunks, telegrams) => expect(framed(...chunks)).toEqual(telegrams));

  test("what never ends is forgotten, and the next telegram is whole", () => {
    const framer = new PlainFramer();
    for (let i = 0; i < 20; i++) framer.push(bytesOf("/ISk5 ".repeat(MAX_TELEGRAM_BYTES / 12)));
    expect(framer.push(bytesOf(`\r\n${DSMR_5}`)).map((each) => each.length)).toEqual([DSMR_5.length]);
  });
});
