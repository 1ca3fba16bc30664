import { describe, expect, test } from "@jest/globals";
import { openDevice } from "../../../adapters/modbus/index.ts";
import { MODELS } from "../../../adapters/modbus/sunspec/generated/models.ts";
import { type Block, decodeModel, walkChain } from "../../../adapters/modbus/sunspec/index.ts";
import { fail, ok } from "../../../engine/kernel/index.ts";
import { type Capture, capturesMissing, sunspecCaptures, sunspecSymbols } from "../../support/captures.ts";
import { fakeModbus, frame, words } from "../../support/fake-modbus.ts";
import { never, realTime } from "../../support/real-time.ts";

const captures = sunspecCaptures();
const symbols = sunspecSymbols();

/** What a device with these registers would answer. */
function reader(capture: Capture) {
  const registers = new Map<number, number>();
  for (const { base, registers: words } of capture.blocks)
    for (const [i, word] of words.entries()) if (word !== null) registers.set(base + i, word);
  const at = (address: number): number | null => registers.get(address) ?? null;
  const read = async (address: number, count: number) => {
    const words = Array.from({ length: count }, (_, i) => at(address + i));
    return words.every((word) => word !== null) ? ok(words) : fail("DEVICE_EXCEPTION" as const, "exception 2");
  };
  return { at, read };
}

function decodeBlock(at: (address: number) => number | null, { address, length }: Block) {
  return decodeModel(Array.from({ length: length + 2 }, (_, i) => at(address + i)));
}

const isBitfield = (model: string, point: string): boolean =>
  layoutText(Number(model)).some((text) => text.startsWith(`${point.replace(/^.*_\d+_/, "")}:bitfield`));

const layoutText = (model: number): readonly string[] => MODELS[model]?.split(/[ {}]/) ?? [];

/** Symbols to numbers, "" to null; the rest as it is. */
function plain(model: string, point: string, value: unknown): unknown {
  const names = symbols.get(`${model}:${point.replace(/^.*_\d+_/, "")}`);
  if (value === "") return null;
  if (Array.isArray(value)) return value.reduce((sum: number, name) => sum + 2 ** (names?.get(name) ?? Number.NaN), 0);
  return typeof value === "string" && names?.has(value) ? names.get(value) : value;
}

const TEXT_AS_NUMBER = new Set(["SN"]);
const same = (point: string, ours: unknown, theirs: unknown): boolean =>
  typeof theirs === "number" && typeof ours === "number"
    ? Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs))
    : TEXT_AS_NUMBER.has(point) || point === "Vr"
      ? String(ours) === String(theirs)
      : (ours ?? null) === theirs;

function differences(model: string, ours: ReadonlyMap<string, unknown>, theirs: Readonly<Record<string, unknown>>) {
  const lower = new Map([...ours].map(([name, value]) => [name.toLowerCase(), value]));
  let compared = 0;
  const differ: string[] = [];
  for (const [point, stated] of Object.entries(theirs)) {
    const name = point.toLowerCase();
    if (name.endsWith("pad")) continue;
    if (typeof stated === "object" && stated !== null && !Array.isArray(stated)) continue;
    if (!lower.has(name)) {
      differ.push(`${model}:${point} is missing`);
      continue;
    }
    compared += 1;
    const expected = plain(model, point, stated);
    // One source lists the names of set bits and calls an empty list nothing.
    const nothing = expected === null && lower.get(name) === 0 && isBitfield(model, point);
    if (!nothing && !same(point, lower.get(name), expected))
      differ.push(`${model}:${point} ours ${lower.get(name)}, stated ${JSON.stringify(stated)}`);
  }
  return { compared, differ };
}

/** `test.each` refuses an empty table, and without the captures each of these is empty. */
function testEach(list: readonly Capture[], name: string, run: (capture: Capture) => unknown): void {
  for (const capture of list) test(`${name}: ${capture.file}`, async () => void (await run(capture)));
}

if (capturesMissing !== null) console.warn(capturesMissing);

describe("real devices", () => {
  test(`${captures.length} captures are at hand${capturesMissing === null ? "" : ` (${capturesMissing})`}`, () => {
    expect(captures.length > 0).toBe(capturesMissing === null);
  });

  testEach(
    captures.filter(({ blocks }) => blocks[0]?.registers[0] === 0x5375),
    "whole maps",
    async (capture) => {
      const { at, read } = reader(capture);
      const chain = await walkChain(read);
      expect(chain.ok).toBe(true);
      const blocks = chain.ok ? chain.value.blocks : [];
      const stated = (capture as unknown as { readonly models?: readonly string[] }).models;
      if (stated !== undefined) expect([...new Set(blocks.map(({ id }) => String(id)))].sort()).toEqual([...stated].sort());
      let compared = 0;
      const differ: string[] = [];
      for (const [id, block] of new Map(blocks.map((each) => [each.id, each] as const).reverse())) {
        const ours = decodeBlock(at, block);
        if (ours === undefined) continue;
        for (const theirs of [pointsOf(capture.expected, id), capture.decodedByPysunspec2?.[String(id)] ?? {}]) {
          const result = differences(String(id), ours, theirs);
          compared += result.compared;
          differ.push(...result.differ);
        }
      }
      expect(differ).toEqual([]);
      expect(compared).toBeGreaterThan(100);
    },
  );

  testEach(
    captures.filter((each) => each.decodedByPysunspec2 !== undefined && each.blocks[0]?.registers[0] !== 0x5375),
    "data blocks",
    (capture) => {
      const theirs = capture.decodedByPysunspec2 ?? {};
      Object.entries(theirs).forEach(([id, points], i) => {
        const words = capture.blocks[i]?.registers ?? [];
        const ours = decodeModel([Number(id), words.length, ...words]);
        // Their zero accumulators are left out, and so is what isn't implemented.
        expect(differences(id, ours ?? new Map(), points)).toEqual({ compared: Object.keys(points).length, differ: [] });
      });
    },
  );
});

const byName = (part: string): readonly Capture[] => captures.filter(({ file }) => file.includes(part));

describe("traps that these devices have shown", () => {
  testEach(byName("fronius-gen24-mppt"), "a module of Fronius' battery behind a hole", (capture) => {
    const [head, module] = capture.blocks;
    const hole = Array.from({ length: 40 }, () => null);
    const points = decodeModel([160, 88, ...(head?.registers ?? []), ...hole, ...(module?.registers ?? [])]);
    expect([points?.get("module_2_DCW"), points?.get("module_2_IDStr"), points?.get("module_0_DCW")]).toEqual([2609.8, "StCha 3", null]);
  });

  testEach(byName("solaredge-hybrid"), "scale factors that change at run time", (capture) => {
    const earlier = (capture as unknown as { readonly altSamples: readonly { readonly blocks: Capture["blocks"] }[] }).altSamples[0];
    const watts = [capture.blocks[0], earlier?.blocks[0]].map((block) => decodeModel([103, 50, ...(block?.registers ?? [])])?.get("W"));
    expect(watts).toEqual([5520, 1101]);
  });

  test.each([
    ["smasunnyboy", "SMA SB3.6-1AV-41 3005067415", 3680],
    ["fimerpvs", "FIMER -3Q58- 118747-3Q58-4221", 185_000],
  ])("%s over our link: who it is, what its panels may, no battery, and no meter to settle by", async (part, identity, ratedPvW) => {
    for (const capture of byName(part)) {
      const { at } = reader(capture);
      const peer = await fakeModbus((request, socket) => {
        const range = Array.from({ length: request.readUInt16BE(10) }, (_, i) => at(request.readUInt16BE(8) + i));
        const known = range.every((word) => word !== null);
        socket.write(frame(request, known ? [3, 2 * range.length, ...words(range)] : [0x83, 2]));
      });
      const unit = capture.unitId ?? 1;
      const device = openDevice({
        host: "127.0.0.1",
        port: peer.port,
        units: { inverter: unit, meter: unit, battery: unit },
        timeoutMs: 500,
        meterSign: "import",
        clock: realTime(),
        random: () => 0.5,
      });
      const plate = await device.nameplate(never);
      expect(plate).toMatchObject({ ok: true, value: { ratedPvW, battery: null } });
      if (plate.ok) expect(`${plate.value.manufacturer} ${plate.value.model} ${plate.value.serial}`).toBe(identity);
      expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
      await device.close();
      await peer.close();
    }
  });
});

function pointsOf(expected: Capture["expected"], id: number): Record<string, unknown> {
  const prefix = `${id}:`;
  return Object.fromEntries(
    Object.entries(expected ?? {}).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}
