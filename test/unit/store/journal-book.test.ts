import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { chance } from "../../support/chance.ts";
import { temporaryFolder } from "../../support/folder.ts";

const BOOK = fileURLToPath(new URL("../../support/journaled-book.ts", import.meta.url));
const LIVES = 12;

/** What one life said, whole lines only; it is killed `ms` after its first acknowledgement. */
async function live(folder: string, seed: number, watched: number, ms: number): Promise<readonly (readonly string[])[]> {
  const child = spawn(process.execPath, ["--no-warnings", BOOK, folder, String(seed), String(watched)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, trouble] = ["", ""];
  child.stderr.on("data", (chunk) => (trouble += chunk));
  child.stdout.on("data", (chunk) => {
    if (!said.includes("durable") && `${said}${chunk}`.includes("durable")) setTimeout(() => child.kill("SIGKILL"), ms);
    said += chunk;
  });
  const signal = await new Promise((resolve) => child.once("close", (_, ended) => resolve(ended)));
  expect([signal, trouble]).toEqual(["SIGKILL", ""]);
  return said
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "));
}

test("a book killed at random moments comes back to the state that it acknowledged", async () => {
  const folder = temporaryFolder();
  const next = chance(11);
  try {
    let acknowledged = { sequence: 0, hash: "" };
    for (let life = 0; life < LIVES; life++) {
      const said = await live(folder.path, life, acknowledged.sequence, Math.floor(next() * 120));
      const was = said.find(([word]) => word === "was");
      if (life > 0) expect(was).toEqual(["was", String(acknowledged.sequence), acknowledged.hash]);
      const durable = said.findLast(([word]) => word === "durable")!;
      acknowledged = { sequence: Number(durable[1]), hash: durable[2]! };
    }
    expect(acknowledged.sequence).toBeGreaterThan(100 * LIVES);
  } finally {
    folder.remove();
  }
}, 120_000);
