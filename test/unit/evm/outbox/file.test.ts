import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Change, Entry } from "../../../../adapters/evm/outbox/machine.ts";
import { memoryOutbox, type Outbox, openOutbox } from "../../../../adapters/evm/outbox/outbox.ts";
import { address, type Digest } from "../../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../../support/folder.ts";

const OWNER = { chainId: 7713, address: address(`0x${"22".repeat(20)}`) };
const NAME = `7713-0x${"22".repeat(20)}.outbox`;
const hashOf = (n: number) => `0x${n.toString(16).padStart(64, "0")}` as Digest;

const entryOf = (id: number): Entry => ({
  id,
  purpose: "finalize",
  call: { to: null, data: `0x${"ab".repeat(id + 1)}`, words: [1, 2, 3] },
  gasLimit: 2n ** 24n,
  nonce: 10 + id,
  variants: [{ hash: hashOf(id), raw: `0x${"cd".repeat(50)}`, maxFee: 2n ** 60n, tip: 7n, signedMs: 1_700_000_000_000 }],
  state: "signed",
  sentMs: null,
  mined: null,
});
const signed = (id: number): Change => ({ kind: "entry", entry: entryOf(id) });
const sent = (id: number): Change => ({ kind: "sent", id, atMs: 5 });
const lifeOf = (id: number): readonly Change[] => [
  signed(id),
  sent(id),
  { kind: "mined", id, mined: { hash: hashOf(id), block: 5, blockHash: hashOf(99), isDone: true } },
  { kind: "final", id },
];

let folder: string;
let remove: () => void;
let path: string;
const opened: Outbox[] = [];
beforeEach(() => {
  ({ path: folder, remove } = temporaryFolder());
  path = join(folder, NAME);
});
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
  remove();
});

function open(): Outbox {
  const outbox = openOutbox(folder, OWNER);
  if (!outbox.ok) throw new Error(`${outbox.code}: ${outbox.detail}`);
  opened.push(outbox.value);
  return outbox.value;
}
function reopened(outbox: Outbox): Outbox {
  outbox.close();
  return open();
}

describe("what is kept", () => {
  test("comes back as it was, and is broadcast anew", () => {
    const outbox = open();
    expect(outbox.record([signed(0), signed(1), sent(1)])).toEqual({ ok: true, value: undefined });
    const again = reopened(outbox);
    expect(again.entries).toEqual([entryOf(0), { ...entryOf(1), state: "sent", sentMs: null }]);
    again.record([{ kind: "priced", id: 1, variant: { ...entryOf(1).variants[0]!, hash: hashOf(7), maxFee: 2n ** 61n } }]);
    expect(reopened(again).entries[1]!.variants.map(({ hash, maxFee }) => [hash, maxFee])).toEqual([
      [hashOf(1), 2n ** 60n],
      [hashOf(7), 2n ** 61n],
    ]);
  });

  test("only its owner can read it", () => {
    open().record([signed(0)]);
    for (const file of readdirSync(folder)) expect([file, statSync(join(folder, file)).mode & 0o077]).toEqual([file, 0]);
  });

  test("of what is over the last 64 are held, in a file that stays small", () => {
    const outbox = open();
    for (let id = 0; id < 400; id++) outbox.record(lifeOf(id));
    outbox.record([signed(400)]);
    expect(outbox.entries.length).toBeLessThanOrEqual(256);
    const again = reopened(outbox);
    expect(again.entries).toEqual(outbox.entries);
    expect(again.entries.slice(-65).map(({ id }) => id)).toEqual(Array.from({ length: 65 }, (_, i) => 336 + i));
    expect(statSync(path).size).toBeLessThan(400_000);
  });

  test("in memory nothing that is over is held", () => {
    const outbox = memoryOutbox();
    outbox.record([...lifeOf(0), signed(1)]);
    expect(outbox.entries).toEqual([entryOf(1)]);
  });
});

describe("a crash", () => {
  test("at any byte of the last record leaves those before it", () => {
    const outbox = open();
    outbox.record([signed(0)]);
    const before = statSync(path).size;
    outbox.record([sent(0)]);
    outbox.close();
    const whole = readFileSync(path);
    for (let size = before; size < whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      const torn = open();
      expect(torn.entries).toEqual([entryOf(0)]);
      // What comes next stands where the torn record stood.
      torn.record([sent(0)]);
      expect(reopened(torn).entries).toEqual([{ ...entryOf(0), state: "sent" }]);
      for (const each of opened.splice(0)) each.close();
    }
  });

  test("that leaves garbage as the last line is one as well", () => {
    const outbox = open();
    outbox.record([signed(0)]);
    outbox.close();
    appendFileSync(path, `${"\0".repeat(40)}\n`);
    expect(open().entries).toEqual([entryOf(0)]);
  });
});

describe("a file that isn't ours", () => {
  test.each<readonly [string, (bytes: Buffer) => Buffer | string]>([
    ["a digit was changed before the end", (bytes) => Buffer.from(bytes.toString().replace("finalize", "finalise"))],
    ["another program's text", () => "hello\nworld\n"],
    ["a record is missing", (bytes) => bytes.toString().split("\n").slice(1).join("\n")],
  ])("%s: refused, and left as it is", (_, damage) => {
    const outbox = open();
    outbox.record([signed(0)]);
    outbox.record([sent(0)]);
    outbox.close();
    const damaged = Buffer.from(damage(readFileSync(path)));
    writeFileSync(path, damaged);
    expect(openOutbox(folder, OWNER)).toEqual({
      ok: false,
      code: "OUTBOX_DAMAGED",
      detail: `${path} is not as this program wrote it: move it away; what is done the chain tells, the rest is signed anew`,
    });
    expect(readFileSync(path)).toEqual(damaged);
  });

  test("no folder can be made there", () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "");
    expect(openOutbox(join(blocked, "outbox"), OWNER)).toMatchObject({
      ok: false,
      code: "OUTBOX_UNWRITABLE",
      detail: expect.stringMatching(/can't be written \((ENOTDIR|EEXIST)\), and nothing is sent that isn't on disk/),
    });
  });

  test("a folder stands in its place", () => {
    mkdirSync(path);
    expect(openOutbox(folder, OWNER)).toMatchObject({ ok: false, code: "OUTBOX_UNWRITABLE" });
  });

  test("what is closed takes nothing more", () => {
    const outbox = open();
    outbox.close();
    expect(outbox.record([signed(0)])).toMatchObject({ ok: false, code: "OUTBOX_UNWRITABLE" });
  });
});

describe("one writer", () => {
  test("a second one is told who holds it, and may come when the first has gone", () => {
    const first = open();
    expect(openOutbox(folder, OWNER)).toEqual({
      ok: false,
      code: "OUTBOX_BUSY",
      detail: `process ${process.pid} sends with this key and writes ${path}: stop it first, or use another key`,
    });
    expect(openOutbox(folder, { ...OWNER, chainId: 1 })).toMatchObject({ ok: true, value: { close: expect.any(Function) } });
    first.close();
    expect(open().entries).toEqual([]);
  });

  test("another process holds it until it is killed, however it ends", async () => {
    const script = `
      import { openOutbox } from ${JSON.stringify(new URL("../../../../adapters/evm/outbox/outbox.ts", import.meta.url).href)};
      const outbox = openOutbox(${JSON.stringify(folder)}, ${JSON.stringify(OWNER)});
      console.log(outbox.ok);
      setInterval(() => outbox, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      expect(openOutbox(folder, OWNER)).toMatchObject({
        code: "OUTBOX_BUSY",
        detail: expect.stringMatching(new RegExp(`^process ${child.pid} `)),
      });
    } finally {
      child.kill("SIGKILL");
    }
    await new Promise((resolve) => child.once("exit", resolve));
    expect(open().record([signed(0)])).toEqual({ ok: true, value: undefined });
  });
});
