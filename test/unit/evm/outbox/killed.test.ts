import { spawn } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { startAnvil } from "../../../../adapters/evm/index.ts";
import { address, assert } from "../../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { OutboxLab } from "../../../support/outbox-lab.ts";
import { addressOf, CHAIN_ID } from "../../../support/test-chain.ts";

const PROGRAM = fileURLToPath(new URL("../../../support/outbox-sender.ts", import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly text: string;
}

function run(lab: OutboxLab, effects: readonly number[], killed: string): Promise<Ended> {
  const args = [PROGRAM, lab.rpc, join(folder.path, "outbox"), lab.token, effects.join(","), ...killed.split(" ")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, text })));
}

describe("a process that is killed", () => {
  let lab: OutboxLab;
  let first = 0;
  beforeAll(async () => {
    lab = await OutboxLab.start();
  });
  afterAll(() => lab.stop());

  const steps = ["entry", "sent", "mined", "final"].flatMap((kind) => [`before ${kind} 0`, `after ${kind} 0`]);
  test.each(steps)(
    "%s: the next life does the rest, and nothing twice",
    async (step) => {
      first += 10;
      const effects = [first + 1, first + 2, first + 3];
      expect(await run(lab, effects, step)).toMatchObject({ signal: "SIGKILL" });
      expect(await run(lab, effects, "never")).toEqual({ code: 0, signal: null, text: expect.stringMatching(/^(final ?){3}\n$/) });
      expect(await lab.happened(...effects)).toEqual([1, 1, 1]);
    },
    20_000,
  );

  test("again and again, wherever it is", async () => {
    first += 10;
    const effects = [first + 1, first + 2, first + 3];
    for (const step of ["after entry 0", "before sent 0", "before mined 0", "after mined 0", "before sent 1", "after entry 0"])
      await run(lab, effects, step);
    expect(await run(lab, effects, "never")).toMatchObject({ code: 0 });
    expect(await lab.happened(...effects)).toEqual([1, 1, 1]);
  }, 30_000);
});

test("a chain that is killed and forgets its last blocks gets them again from the disk", async () => {
  const stateFile = join(folder.path, "chain.json");
  const start = async (port = 0) => {
    const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, funded: [address(addressOf(1))], port });
    assert(anvil.ok, anvil.ok ? "" : anvil.detail);
    return anvil.value;
  };
  const anvil = await start();
  const lab = await OutboxLab.on(anvil.rpc, async () => undefined);
  const sure = [1, 2];
  expect(await run(lab, sure, "never")).toMatchObject({ code: 0 });
  await anvil.stop();
  const kept = join(folder.path, "kept.json");
  cpSync(stateFile, kept);

  const second = await start(anvil.port);
  const lost = [3, 4];
  expect(await run(lab, lost, "never")).toMatchObject({ code: 0 });
  expect(await lab.happened(...sure, ...lost)).toEqual([1, 1, 1, 1]);
  process.kill(second.pid, "SIGKILL");
  await second.exited;
  // What the last write to its state file would have had is gone, as with a power cut.
  for (const file of [stateFile, `${stateFile}.previous`]) rmSync(file, { force: true });
  cpSync(kept, stateFile);

  const third = await start(anvil.port);
  expect(await lab.happened(...sure, ...lost)).toEqual([1, 1, 0, 0]);
  expect(await run(lab, [5], "never")).toMatchObject({ code: 0 });
  expect(await lab.happened(...sure, ...lost, 5)).toEqual([1, 1, 1, 1, 1]);
  await lab.stop();
  await third.stop();
}, 40_000);
