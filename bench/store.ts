import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chance } from "../test/support/chance.ts";
import { cutDisk, cutDiskMissing } from "../test/support/cut-disk.ts";
import { BLOCKS, DamagedStore, HARMS, type Outcome, rewrite, VOTES } from "../test/support/damaged-store.ts";
import { memoryFolder } from "../test/support/folder.ts";
import { type How, type Kept, keptInStore, keptWithNormal, Said } from "../test/support/vote-lives.ts";
import { exactly, type Goal, rowLine } from "./engine/frame.ts";

/**
 * What a home's store keeps when its process is killed and when the power goes, beside stores that are known to fail: they show
 * that the rig can see a double vote and a loss.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    cuts: { type: "string", default: "50" },
    damages: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const cuts = Number(values.cuts);
const next = chance(Number(values.seed));
const SEEN: Goal = { is: ">=", value: 1 };

const row = (what: string, value: number | null, goal: Goal | null = null, note = ""): void =>
  console.log(rowLine({ what, value, unit: "", goal, note }));

/** At a uniform moment of the first 60 ms after the first vote of each life. */
async function killing(how: How, kills: number): Promise<void> {
  const folder = memoryFolder();
  try {
    const said = new Said();
    for (let life = 0; life < kills; life++) {
      const trouble = await said.live({ path: folder.path, how, ms: next() * 60, end: (writer) => writer.kill("SIGKILL") });
      if (trouble !== "") throw new Error(trouble);
    }
    row(`${how}: kills`, kills);
    row(`${how}: sent`, said.size);
    row(`${how}: said two things in one place`, said.doubles, how === "store" ? exactly(0) : SEEN);
    if (how === "store") row(`${how}: sent and not kept`, said.lostFrom(keptInStore(folder.path)), exactly(0));
  } finally {
    folder.remove();
  }
}

/** At a uniform moment of the first 300 ms after the first vote of each life; what is on disk is looked at after each. */
async function cutting(how: How, keptIn: (path: string) => Kept): Promise<void> {
  const disk = cutDisk(256);
  try {
    const [said, lost] = [new Said(), [] as number[]];
    for (let cut = 0; cut < cuts; cut++) {
      await said.live({ path: disk.path, how, ms: next() * 300, end: () => disk.cut(), isCut: true });
      disk.restore();
      lost.push(said.lostFrom(keptIn(disk.path)));
    }
    const sum = lost.reduce((total, each) => total + each, 0);
    const goal = how === "store" ? exactly(0) : SEEN;
    row(`${how}: power cuts`, cuts);
    row(`${how}: acknowledged`, said.size + sum);
    row(`${how}: cuts that lost something`, lost.filter((each) => each > 0).length, goal);
    row(`${how}: acknowledged and lost`, sum, goal, how === "store" ? "" : `at most ${Math.max(...lost)} in one cut`);
    if (how === "store") row(`${how}: said two things in one place`, said.doubles, goal);
  } finally {
    disk.remove();
  }
}

/** Whether a damaged store may be like this: it isn't opened and the file is named, or what it tells is true, and it lacks nothing but the end of a log that was cut or hit. */
function isRight({ code, detail, votes, blocks, isTrue }: Outcome, least: number): boolean {
  if (code !== "") return isTrue && detail.includes("case/");
  return isTrue && votes >= least && (blocks === BLOCKS || blocks === "STORE_CORRUPT");
}

/** Copies of a store, each with one of its files cut, filled with zeros from a place on, or hit at one: a bit, a sector. */
function damaging(count: number): void {
  const store = new DamagedStore();
  try {
    const outcomes: { readonly outcome: Outcome; readonly least: number }[] = [];
    const log = { from: store.crashed, name: "signed.db-wal", least: VOTES - 2 };
    const files = ["signed.db", "market.db"].map((name) => ({ from: store.closed, name, least: VOTES }));
    const below = (limit: number): number => Math.floor(next() * limit);
    for (let place = 0; place < count; place++) {
      const { from, name, least } = [log, ...files][place % 3]!;
      const harm = Object.values(HARMS)[below(2)]!;
      const size = store.sizes[0]! + below(store.sizes.at(-1)! - store.sizes[0]!);
      const isTail = name === log.name && next() < 0.5;
      const at = below(name === log.name ? store.sizes.at(-1)! : store.sizeOf(from, name));
      const outcome = store.outcomeWith(from, name, (path) =>
        rewrite(path, (bytes) => void (isTail ? bytes.fill(0, size) : harm(bytes, at))),
      );
      outcomes.push({ outcome, least: isTail ? store.whole(size) : least });
    }
    row("damages", outcomes.length);
    for (const code of [...new Set(outcomes.map(({ outcome }) => outcome.code))].filter((each) => each !== "").sort())
      row(`damaged: doesn't start, ${code}`, outcomes.filter(({ outcome }) => outcome.code === code).length);
    row("damaged: stops where it reads a block", outcomes.filter(({ outcome }) => typeof outcome.blocks === "string").length);
    row(
      "damaged: neither whole, nor a true beginning, nor refused",
      outcomes.filter(({ outcome, least }) => !isRight(outcome, least)).length,
      exactly(0),
    );
  } finally {
    store.remove();
  }
}

const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`);
console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
console.log(
  "method   a process that signs, keeps and sends votes, blocks, evidence and member sets (test/support/vote-writer.ts), ended at",
);
console.log(
  "         random moments and started again over its last slots; what it sent is collected outside. Kills: SIGKILL, in memory. Cuts: ext4 in a",
);
console.log("         file through a loop device, shut down by EXT4_IOC_SHUTDOWN without a flush of its journal, mounted again, compared");
console.log(
  "         Damages: a copy of a store with 40 votes and 20 blocks, opened and read after one of its files was harmed at a random place",
);
console.log("left out a device that lies about its cache or tears a sector; machines that lose power in earnest\n");
damaging(Number(values.damages));
await killing("store", Number(values.kills));
// Every tenth or so is enough to see one.
await killing("send-first", Math.ceil(Number(values.kills) / 5));
const missing = cutDiskMissing();
if (missing === null) {
  await cutting("store", keptInStore);
  await cutting("normal", keptWithNormal);
} else row("power cuts", null, null, `NOT RUN: ${missing}`);
