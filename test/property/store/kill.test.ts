import { expect, test } from "@jest/globals";
import { chance } from "../../support/chance.ts";
import { memoryFolder } from "../../support/folder.ts";
import { type How, keptInStore, Said } from "../../support/vote-lives.ts";

const LIVES = 40;
const next = chance(4);

async function killed(said: Said, path: string, how: How): Promise<void> {
  const trouble = await said.live({ path, how, ms: next() * 60, end: (writer) => writer.kill("SIGKILL") });
  expect(trouble).toBe("");
}

test("killed at random moments, a home keeps what it said and never says two things in one place", async () => {
  const folder = memoryFolder();
  try {
    const said = new Said();
    for (let life = 0; life < LIVES; life++) await killed(said, folder.path, "store");
    expect(said.size).toBeGreaterThan(LIVES);
    expect([said.doubles, said.lostFrom(keptInStore(folder.path))]).toEqual([0, 0]);
  } finally {
    folder.remove();
  }
}, 180_000);

test("a home that sends before it keeps is seen to say two things", async () => {
  const folder = memoryFolder();
  try {
    const said = new Said();
    // One life in about ten.
    for (let life = 0; life < 200 && said.doubles === 0; life++) await killed(said, folder.path, "send-first");
    expect(said.doubles).toBeGreaterThan(0);
  } finally {
    folder.remove();
  }
}, 180_000);
