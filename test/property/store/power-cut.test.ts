import type { ChildProcess } from "node:child_process";
import { expect, test } from "@jest/globals";
import { chance } from "../../support/chance.ts";
import { cutDisk, cutDiskMissing } from "../../support/cut-disk.ts";
import { type How, type Kept, keptInStore, keptWithNormal, Said } from "../../support/vote-lives.ts";

const CUTS = 3;
const missing = cutDiskMissing();
if (missing !== null) console.warn(`no power cut is tried: ${missing}`);
const withCuts = missing === null ? test : test.skip;
const why = missing === null ? "" : ` (skipped: ${missing})`;
const next = chance(5);

/** So many power cuts, each looked at after the next start of the disk; how much of what was said was lost each time. */
async function losses(how: How, cuts: number, keptIn: (path: string) => Kept): Promise<{ doubles: number; lost: number[] }> {
  const disk = cutDisk();
  try {
    const [said, lost] = [new Said(), [] as number[]];
    for (let cut = 0; cut < cuts; cut++) {
      const end = (_: ChildProcess) => disk.cut();
      await said.live({ path: disk.path, how, ms: next() * 300, end, isCut: true });
      disk.restore();
      lost.push(said.lostFrom(keptIn(disk.path)));
    }
    expect(said.size).toBeGreaterThan(cuts);
    return { doubles: said.doubles, lost };
  } finally {
    disk.remove();
  }
}

withCuts(
  `when the power goes at any moment, nothing that was said is lost, nor said otherwise later${why}`,
  async () => {
    expect(await losses("store", CUTS, keptInStore)).toEqual({ doubles: 0, lost: Array(CUTS).fill(0) });
  },
  180_000,
);

withCuts(
  `a database that isn't synced with each commit is seen to lose${why}`,
  async () => {
    const { lost } = await losses("normal", CUTS, keptWithNormal);
    expect(Math.max(...lost)).toBeGreaterThan(0);
  },
  180_000,
);
