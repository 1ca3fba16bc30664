import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { interval } from "../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { openOwnStore } from "../../support/open-store.ts";

const WRITER = fileURLToPath(new URL("../../support/vote-writer.ts", import.meta.url));
const LIVES = 20;

/** One life: votes from `from` on, killed without warning `ms` after its first acknowledgement. Whole lines only: a torn one was not sent. */
async function live(path: string, from: number, ms: number): Promise<readonly (readonly [view: number, bytes: string])[]> {
  const child = spawn(process.execPath, ["--no-warnings", WRITER, path, String(from)], { stdio: ["ignore", "pipe", "pipe"] });
  let acknowledged = "";
  let trouble = "";
  child.stderr.on("data", (chunk) => (trouble += chunk));
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), ms));
  child.stdout.on("data", (chunk) => (acknowledged += chunk));
  const signal = await new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
  expect([signal, trouble]).toEqual(["SIGKILL", ""]);
  const lines = acknowledged.split("\n").slice(0, -1);
  return lines.map((line) => [Number(line.split(" ")[0]), line.split(" ")[1]!]);
}

test("killed at random moments, a home keeps every vote it acknowledged and never says two things in one slot", async () => {
  const folder = temporaryFolder();
  try {
    const said = new Map<number, string>();
    for (let life = 0; life < LIVES; life++) {
      // Each life comes back over the last slots of the one before.
      const from = Math.max(0, said.size - 20);
      for (const [view, bytes] of await live(folder.path, from, (life * 7) % 61)) {
        expect(said.get(view) ?? bytes).toBe(bytes);
        said.set(view, bytes);
      }
    }
    expect(said.size).toBeGreaterThan(LIVES);
    expect(kept(folder.path, said.size)).toEqual(said);
  } finally {
    folder.remove();
  }
}, 60_000);

/** What stands in the first slots, read through the store after all lives. The last life may have saved one vote more than it could acknowledge. */
function kept(path: string, slots: number): Map<number, string> {
  const store = openOwnStore(path);
  const votes = store.votes(interval(1)).slice(0, slots);
  store.close();
  return new Map(votes.map(({ slot, bytes }) => [slot.view, Buffer.from(bytes).toString("hex")]));
}
