import { describe, expect, test } from "@jest/globals";
import { interval, toHex } from "../../../engine/kernel/index.ts";
import { SimulatedDisk, type WriteStep } from "../../../src/sim/index.ts";

const AT = interval(7);
const slot = (view: number) => ({ interval: AT, view, kind: "notarize" });
const kept = (disk: SimulatedDisk): readonly string[] =>
  disk
    .open()
    .votes(AT)
    .map(({ slot: { view }, bytes }) => `${view} ${toHex(bytes)}`);

/** A store whose power goes at the given step of its second write. */
function cutAt(step: WriteStep, chance: number) {
  const disk = new SimulatedDisk();
  let writes = 0;
  const store = disk.open((at) => {
    if (at === "written") writes++;
    return writes === 2 && at === step ? "gone" : "on";
  });
  const stands = [1, 2, 3].map((view) => toHex(store.saveVote(slot(view), Uint8Array.of(view))));
  disk.cut(() => chance);
  return { disk, stands };
}

describe("a disk that loses power", () => {
  test("nothing cut: the next life finds everything, and what stands in a slot stays", () => {
    const disk = new SimulatedDisk();
    disk.open().saveVote(slot(1), Uint8Array.of(1));
    expect(toHex(disk.open().saveVote(slot(1), Uint8Array.of(9)))).toBe("0x01");
    expect(kept(disk)).toEqual(["1 0x01"]);
  });

  test("a synced write stays, whatever chance says; what comes after the cut reaches the disk never", () => {
    for (const chance of [0, 0.4, 0.99]) expect(kept(cutAt("synced", chance).disk)).toEqual(["1 0x01", "2 0x02"]);
  });

  test.each([
    ["gone", 0, ["1 0x01"]],
    ["torn", 0.4, ["1 0x01"]],
    ["there", 0.99, ["1 0x01", "2 0x02"]],
  ])("a write that was not synced may be %s", (_what, chance, expected) => {
    expect(kept(cutAt("written", chance).disk)).toEqual(expected);
  });

  test("what still runs after the cut can't tell", () => {
    expect(cutAt("written", 0).stands).toEqual(["0x01", "0x02", "0x03"]);
  });

  test("behind a torn write a new life writes on", () => {
    const { disk } = cutAt("written", 0.4);
    disk.open().saveVote(slot(5), Uint8Array.of(5));
    expect(kept(disk)).toEqual(["1 0x01", "5 0x05"]);
  });

  test("what the store refuses reaches no disk", () => {
    const disk = new SimulatedDisk();
    expect(() => disk.open().saveVote(slot(1), new Uint8Array(0))).toThrow("has bytes");
    expect(kept(disk)).toEqual([]);
  });
});
