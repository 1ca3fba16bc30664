import { describe, expect, test } from "@jest/globals";
import { openDevice } from "../../../adapters/modbus/index.ts";
import { type Block, decodeModel, walkChain } from "../../../adapters/modbus/sunspec/index.ts";
import { fail, ok } from "../../../engine/kernel/index.ts";
import { type Capture, capturesMissing, differences, isWholeMap, registersOf, statedOf, sunspecCaptures } from "../../support/captures.ts";
import { fakeModbus, frame, words } from "../../support/fake-modbus.ts";
import { never, realTime } from "../../support/real-time.ts";

const captures = sunspecCaptures();

/** What a device with these registers would answer. */
function reader(capture: Capture) {
  const registers = registersOf(capture);
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

/** `test.each` refuses an empty table, and without the captures each of these is empty. */
function testEach(list: readonly Capture[], name: string, run: (capture: Capture) => unknown): void {
  for (const capture of list) test(`${name}: ${capture.file}`, async () => void (await run(capture)));
}

if (capturesMissing !== null) console.warn(capturesMissing);

describe("real devices", () => {
  test(`${captures.length} captures are at hand${capturesMissing === null ? "" : ` (${capturesMissing})`}`, () => {
    expect(captures.length > 0).toBe(capturesMissing === null);
  });

  testEach(captures.filter(isWholeMap), "whole maps", async (capture) => {
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
      for (const theirs of statedOf(capture, id)) {
        const result = differences(String(id), ours, theirs);
        compared += result.compared;
        differ.push(...result.differ);
      }
    }
    expect(differ).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });

  testEach(
    captures.filter((each) => each.decodedByPysunspec2 !== undefined && !isWholeMap(each)),
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
