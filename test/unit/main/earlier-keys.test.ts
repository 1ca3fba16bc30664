import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createKeystore } from "../../../adapters/system/index.ts";
import { earlierAgentFile, earlierKeys, openOrCreate } from "../../../src/main/keys.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { QUIET } from "../../support/quiet.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const until = (day: number): string => earlierAgentFile(folder.path, new Date(Date.UTC(2026, 0, day)));

test("a home has all keys that it had before, the last one first; one that doesn't open is told and left out", async () => {
  const told: unknown[] = [];
  const log = { ...QUIET, warn: (event: string, data?: object) => void told.push([event, data]) };
  expect(await earlierKeys(folder.path, "secret", log)).toEqual([]);
  const first = await openOrCreate(until(1), "secret");
  const second = await openOrCreate(until(2), "secret");
  await createKeystore(until(3), "another");
  writeFileSync(until(4), "{}");
  writeFileSync(join(folder.path, "agent-next.json"), "{}");
  const keys = await earlierKeys(folder.path, "secret", log);
  expect(keys.map(({ address }) => address)).toEqual([second.key.address, first.key.address]);
  expect(told).toEqual([
    ["key.earlier-unopened", { file: "agent-until-2026-01-04T00-00-00-000Z.json", code: expect.any(String) }],
    ["key.earlier-unopened", { file: "agent-until-2026-01-03T00-00-00-000Z.json", code: expect.any(String) }],
  ]);
});
