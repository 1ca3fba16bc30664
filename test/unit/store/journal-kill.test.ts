import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { chance } from "../../support/chance.ts";
import { temporaryFolder } from "../../support/folder.ts";

const WRITER = fileURLToPath(new URL("../../support/journal-writer.ts", import.meta.url));
const LIVES = 20;

interface Life {
  /** Last record that came back at the start of it. */
  readonly found: number;
  /** Last record that was acknowledged, in this life or before. */
  readonly acknowledged: number;
  /** What shouldn't be said. */
  readonly complaints: readonly string[];
}

/** One life, killed without warning `ms` after its first acknowledgement. Whole lines only: a torn one was not sent. */
async function live(path: string, ms: number): Promise<Life> {
  const child = spawn(process.execPath, ["--no-warnings", WRITER, path, String(64 * 1024), "256"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let trouble = "";
  child.stderr.on("data", (chunk) => (trouble += chunk));
  child.stdout.on("data", (chunk) => {
    if (!said.includes("durable") && `${said}${chunk}`.includes("durable")) setTimeout(() => child.kill("SIGKILL"), ms);
    said += chunk;
  });
  const signal = await new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
  expect([signal, trouble]).toEqual(["SIGKILL", ""]);
  const lines = said.split("\n").slice(0, -1);
  const number = (line: string | undefined): number => Number(line?.split(" ")[1]);
  return {
    found: number(lines.find((line) => line.startsWith("found"))),
    acknowledged: number(lines.findLast((line) => line.startsWith("durable"))),
    complaints: lines.filter((line) => !/^(found \d+|durable \d+|snapshot true)$/.test(line)),
  };
}

test("killed at random moments, a journal loses nothing it acknowledged, and what comes back is what went in, without a gap", async () => {
  const folder = temporaryFolder();
  const next = chance(3);
  try {
    let acknowledged = 0;
    let most = 0;
    for (let life = 0; life < LIVES; life++) {
      const lived = await live(folder.path, Math.floor(next() * 80));
      expect(lived.complaints).toEqual([]);
      // Each record is compared with what was sent for its sequence, by the one who replays.
      expect(lived.found).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = lived.acknowledged;
      most = Math.max(most, lived.found);
      expect(acknowledged).toBeGreaterThanOrEqual(lived.found);
    }
    expect(most).toBeGreaterThan(LIVES);
  } finally {
    folder.remove();
  }
}, 300_000);
