import { describe, expect, test } from "@jest/globals";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { type Address, type Digest, homeId, interval, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import {
  decodeMeterEntry,
  ENTRY_QUALITY,
  encodeMeterEntry,
  entryText,
  MAX_METER_ENTRY_BYTES,
  METER_SOURCE,
  type MeterEntry,
  meterDigestOf,
  TRUST_CLASS,
  trustOf,
} from "../../../engine/messages/index.ts";

const DOMAIN = { chainId: 31_337, vault: `0x${"11".repeat(20)}` as Address, rulesHash: `0x${"22".repeat(32)}` as Digest };
const digestOf = meterDigestOf(DOMAIN);
const signature = new Uint8Array(65).fill(7);
const signed = (body: MeterEntry) => ({ body, id: digestOf(body), signature });

const text = fc.string({ unit: fc.constantFrom(..."abcXYZ 09\\/_-"), maxLength: 20 });
const anyEntry: fc.Arbitrary<MeterEntry> = fc
  .record({
    home: fc.nat(65_535).map(homeId),
    interval: fc.nat(2 ** 32 - 1).map(interval),
    seq: fc.nat(2 ** 32 - 1),
    prev: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as Digest),
    quality: fc.constantFrom("measured", "estimated", "missing"),
    trust: fc.constantFrom("A", "B", "C", "D"),
    counters: fc.record({ importWh: fc.nat(1e12).map(wh), exportWh: fc.nat(1e12).map(wh) }),
    readAt: fc.nat(Number.MAX_SAFE_INTEGER),
    source: fc.constantFrom("modbus", "p1", "mqtt"),
    manufacturer: text,
    model: text,
    serial: text,
    raw: fc.array(fc.record({ place: text, bytes: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 4 }),
    values: fc.array(fc.record({ name: text, decimal: fc.constantFrom("0", "-12.5", "123456789") }), { maxLength: 4 }),
  })
  .map((entry) => (entry.quality === "missing" ? { ...entry, counters: null } : entry)) as fc.Arbitrary<MeterEntry>;

const ENTRY: MeterEntry = {
  home: homeId(3),
  interval: interval(1_800_000),
  seq: 1,
  prev: ZERO_DIGEST,
  quality: "measured",
  trust: "B",
  counters: { importWh: wh(6_825), exportWh: wh(2_444) },
  readAt: 1_483_381_205_000,
  source: "p1",
  manufacturer: "ISk",
  model: "MT382",
  serial: "K8EG",
  raw: [{ place: "P1 telegram", bytes: Uint8Array.of(1, 2) }],
  values: [{ name: "gridW", decimal: "-12.5" }],
};

describe("an entry of a meter log", () => {
  test("has one encoding, and comes back as it went", () => {
    fc.assert(
      fc.property(anyEntry, (body) => {
        const bytes = encodeMeterEntry(signed(body));
        expect(decodeMeterEntry(bytes, digestOf)).toEqual(signed(body));
      }),
      { numRuns: 200 },
    );
  });

  test("is EIP-712 as ethers reckons it", () => {
    const fields = (type: string) =>
      type.split(",").map((field) => {
        const [kind = "", name = ""] = field.split(" ");
        return { type: kind, name };
      });
    const types = {
      MeterEntry: fields(
        "uint32 home,uint64 interval,uint32 seq,bytes32 prev,uint8 quality,uint8 trust,uint64 importWh,uint64 exportWh,uint64 readAt,uint8 source,string manufacturer,string model,string serial,Raw[] raw,Value[] values",
      ),
      Raw: fields("string place,bytes bytes"),
      Value: fields("string name,string decimal"),
    };
    const domain = { name: "Commonwatt", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault, salt: DOMAIN.rulesHash };
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const value = {
          ...entry,
          ...(entry.counters ?? { importWh: 0, exportWh: 0 }),
          quality: ENTRY_QUALITY[entry.quality],
          trust: TRUST_CLASS[entry.trust],
          source: METER_SOURCE[entry.source],
        };
        expect(digestOf(entry)).toBe(TypedDataEncoder.hash(domain, types, value));
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, Partial<MeterEntry>]>([
    ["another home", { home: homeId(4) }],
    ["another interval", { interval: interval(1_800_001) }],
    ["another place", { seq: 2 }],
    ["another entry before", { prev: `0x${"01".repeat(32)}` as Digest }],
    ["another quality", { quality: "estimated" }],
    ["another class", { trust: "C" }],
    ["another counter", { counters: { importWh: wh(6_826), exportWh: wh(2_444) } }],
    ["another time", { readAt: 1 }],
    ["another source", { source: "mqtt" }],
    ["another maker", { manufacturer: "" }],
    ["another model", { model: "MT" }],
    ["another meter", { serial: "K8EH" }],
    ["other bytes", { raw: [{ place: "P1 telegram", bytes: Uint8Array.of(1, 3) }] }],
    ["from elsewhere", { raw: [{ place: "P1 telegran", bytes: Uint8Array.of(1, 2) }] }],
    ["read otherwise", { values: [{ name: "gridW", decimal: "12.5" }] }],
  ])("%s is signed otherwise", (_, change) => expect(digestOf({ ...ENTRY, ...change })).not.toBe(digestOf(ENTRY)));

  test("foreign bytes are an entry or nothing", () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, turn) => {
        const bytes = encodeMeterEntry(signed(body)).slice();
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ turn;
        const found = decodeMeterEntry(bytes, digestOf);
        if (found !== null) expect(encodeMeterEntry(found)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeMeterEntry(bytes, digestOf)));
    expect(decodeMeterEntry(new Uint8Array(MAX_METER_ENTRY_BYTES + 1), digestOf)).toBeNull();
  });

  test.each<[string, Partial<MeterEntry>]>([
    ["counters of what is missing", { quality: "missing" }],
    ["a text that no terminal should show", { serial: "\x1b[2J" }],
    ["a value that is no number", { values: [{ name: "gridW", decimal: "1e3" }] }],
    ["parts without end", { raw: Array.from({ length: 65 }, () => ({ place: "", bytes: new Uint8Array(0) })) }],
  ])("%s isn't read", (_, change) => {
    expect(decodeMeterEntry(encodeMeterEntry(signed({ ...ENTRY, ...change })), digestOf)).toBeNull();
  });
});

test.each([
  ["p1", "measured", "B"],
  ["modbus", "measured", "C"],
  ["mqtt", "measured", "C"],
  ["p1", "estimated", "D"],
  ["modbus", "missing", "D"],
] as const)("a meter over %s, %s, is class %s", (source, quality, trust) => expect(trustOf(source, quality)).toBe(trust));

test("foreign texts are made fit to stand in an entry", () =>
  expect(entryText(`Zähler\u0000${"x".repeat(300)}`)).toBe(`Z?hler?${"x".repeat(193)}`));
