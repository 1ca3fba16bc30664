import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { openDayLog } from "../../../adapters/store/index.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());
const read = (name: string): string => readFileSync(join(folder.path, name), "utf8");

test("each day is a file that begins with the header, however its first line comes", () => {
  const days = openDayLog(folder.path, "header");
  days.append(0, "a");
  days.append(0, "b");
  days.append(1, "c");
  days.write(2, ["d", "e"]);
  days.sync();
  days.append(2, "f");
  expect(readdirSync(folder.path).sort()).toEqual(["1970-01-01.jsonl", "1970-01-02.jsonl", "1970-01-03.jsonl"]);
  expect(read("1970-01-01.jsonl")).toBe("header\na\nb\n");
  expect(read("1970-01-02.jsonl")).toBe("header\nc\n");
  expect(read("1970-01-03.jsonl")).toBe("header\nd\ne\nf\n");
});

test("a day that is written is all that there is of it", () => {
  const days = openDayLog(folder.path, "header");
  days.write(0, ["z"]);
  expect(read("1970-01-01.jsonl")).toBe("header\nz\n");
});
