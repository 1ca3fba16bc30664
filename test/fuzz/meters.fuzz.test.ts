import { expect, test } from "@jest/globals";
import { numberIn } from "../../adapters/mqtt/point.ts";
import { crc16 } from "../../adapters/p1/crc.ts";
import { MAX_TELEGRAM_BYTES, PlainFramer, SealedFramer } from "../../adapters/p1/framer.ts";
import { readTelegram } from "../../adapters/p1/telegram.ts";
import { chance } from "../support/chance.ts";
import { AUSTRIAN_EST5, DSMR_2_2, DSMR_4_2, DSMR_5, SMARTY, SWEDISH_ELL5 } from "../support/p1-telegrams.ts";

const RUNS = 1_500;
const next = chance(23);
const below = (limit: number): number => Math.floor(next() * limit);
const TELEGRAMS = [DSMR_2_2, DSMR_4_2, DSMR_5, SWEDISH_ELL5, AUSTRIAN_EST5].map((text) => Buffer.from(text, "latin1"));

/** A few bits turned, bytes set, some cut out or put in. */
function spoiled(bytes: Uint8Array): Uint8Array {
  let spoilt = Uint8Array.from(bytes);
  for (let times = 1 + below(4); times > 0 && spoilt.length > 0; times--) {
    const at = below(spoilt.length);
    const way = below(4);
    if (way === 0) spoilt[at] = spoilt[at]! ^ (1 << below(8));
    else if (way === 1) spoilt[at] = below(256);
    else if (way === 2) spoilt = Uint8Array.of(...spoilt.subarray(0, at), ...spoilt.subarray(at + 1 + below(20)));
    else spoilt = Uint8Array.of(...spoilt.subarray(0, at), below(256), ...spoilt.subarray(at));
  }
  return spoilt;
}

const isBounded = (value: number | null): boolean => value === null || (Number.isFinite(value) && Math.abs(value) <= 1e13);

test("a spoiled telegram is read as something sound or refused, also when its check sum is made good", () => {
  for (let run = 0; run < RUNS; run++) {
    const bytes = spoiled(TELEGRAMS[below(TELEGRAMS.length)]!);
    const upTo = bytes.subarray(0, bytes.lastIndexOf(0x21) + 1);
    const summed = Buffer.concat([upTo, Buffer.from(`${crc16(upTo).toString(16).padStart(4, "0")}\r\n`)]);
    for (const each of [bytes, summed]) {
      const read = readTelegram(each);
      if (!read.ok) continue;
      const { gridW, importWh, exportWh } = read.value;
      expect([gridW, importWh, exportWh].every(isBounded)).toBe(true);
      expect([importWh, exportWh].every((value) => value === null || (Number.isInteger(value) && value >= 0))).toBe(true);
    }
  }
});

test("out of noise with sound telegrams in it all of them come, whatever the pieces", () => {
  for (let run = 0; run < 60; run++) {
    const framer = new PlainFramer();
    const sent = Array.from({ length: 3 }, () => TELEGRAMS[1 + below(4)]!);
    const noise = () => Buffer.from(Array.from({ length: below(200) }, () => below(256)).filter((byte) => byte !== 0x21 && byte !== 0x2f));
    const stream = Buffer.concat([...sent.flatMap((telegram) => [noise(), Buffer.from("\r\n"), telegram]), noise()]);
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length; ) {
      const size = 1 + below(300);
      found.push(...framer.push(stream.subarray(at, at + size)));
      at += size;
    }
    expect(found.filter((each) => readTelegram(each).ok).length).toBe(3);
    expect(found.every(({ length }) => length <= MAX_TELEGRAM_BYTES)).toBe(true);
  }
});

test("of spoiled frames none opens but the one that wasn't", () => {
  const keys = { key: Buffer.from(SMARTY.key, "hex"), authenticationKey: Buffer.from(SMARTY.authenticationKey, "hex") };
  const frame = Buffer.from(SMARTY.frame, "hex");
  for (let run = 0; run < 150; run++) {
    const bytes = spoiled(frame);
    const framer = new SealedFramer(keys);
    const opened = framer.push(bytes);
    for (const each of opened) expect(Buffer.from(each).toString("latin1")).toBe(AUSTRIAN_EST5);
    framer.push(frame);
  }
});

test("a message is a number within bounds or nothing", () => {
  const seeds = ["12.5", '{"a":{"b":[1,{"c":7}]}}', "1e300", "-0", '{"a":"7"}'].map((text) => Buffer.from(text));
  for (let run = 0; run < RUNS; run++) {
    const message = spoiled(seeds[below(seeds.length)]!);
    for (const path of [null, "a", "a.b.1.c"]) {
      const value = numberIn(message, { topic: "t", path, gain: -1_000 });
      expect(value === null || (Number.isFinite(value) && Math.abs(value) <= 1e12)).toBe(true);
    }
  }
});
