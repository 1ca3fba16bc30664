import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { forge, forgeBinary, MISSING } from "./binary.ts";

/**
 * How much of contracts/src the Solidity tests reach: one line per file, each line and branch that no test reaches, exit 1 below the
 * least. Lines of assembly are left out, as forge can't see whether one was reached.
 */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REPORT = ".cache/forge/lcov.info";
const LEAST_PERCENT = 98;

interface Part {
  found: number;
  hit: number;
  readonly missed: string[];
}
interface Covered {
  readonly file: string;
  readonly lines: Part;
  readonly branches: Part;
}

const empty = (): Part => ({ found: 0, hit: 0, missed: [] });

function count(part: Part, hits: string, where: string): void {
  part.found++;
  if (hits === "0" || hits === "-") part.missed.push(where);
  else part.hit++;
}

/** Numbers of the lines that stand in blocks of assembly, the first one of each included. */
function assemblyLines(source: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let depth = 0;
  source.split("\n").forEach((line, at) => {
    if (depth === 0 && !/^\s*assembly\b/.test(line)) return;
    lines.add(at + 1);
    depth += line.split("{").length - line.split("}").length;
  });
  return lines;
}

/** The files of a report in lcov's words: SF a file, DA line,hits, BRDA line,block,branch,hits. */
function parse(report: string): readonly Covered[] {
  const files: Covered[] = [];
  let unseen: ReadonlySet<number> = new Set();
  for (const line of report.split("\n")) {
    const [word, value = ""] = line.split(/:(.*)/s);
    const fields = value.split(",");
    const last = files.at(-1);
    if (word === "SF") {
      files.push({ file: value.replace(ROOT, ""), lines: empty(), branches: empty() });
      unseen = assemblyLines(readFileSync(resolve(ROOT, value), "utf8"));
    }
    if (unseen.has(Number(fields[0]))) continue;
    if (word === "DA") count(last!.lines, fields[1]!, fields[0]!);
    if (word === "BRDA") count(last!.branches, fields[3]!, `${fields[0]} (way ${fields[2]})`);
  }
  return files.filter(({ file }) => file.startsWith("contracts/src/"));
}

const percent = ({ found, hit }: Part): number => (found === 0 ? 100 : (100 * hit) / found);
const cell = (part: Part): string => `${percent(part).toFixed(1).padStart(6)} % ${`(${part.hit}/${part.found})`.padEnd(10)}`;
const sum = (parts: readonly Part[]): Part => ({
  found: parts.reduce((total, { found }) => total + found, 0),
  hit: parts.reduce((total, { hit }) => total + hit, 0),
  missed: [],
});

function print(files: readonly Covered[]): boolean {
  console.log(`${"file".padEnd(32)} ${"lines".padEnd(19)} branches`);
  for (const { file, lines, branches } of files) console.log(`${file.padEnd(32)} ${cell(lines)} ${cell(branches)}`);
  const [lines, branches] = [sum(files.map((each) => each.lines)), sum(files.map((each) => each.branches))];
  console.log(`${"all".padEnd(32)} ${cell(lines)} ${cell(branches)}`);
  for (const each of files) {
    for (const line of each.lines.missed) console.log(`no test reaches line ${each.file}:${line}`);
    for (const line of each.branches.missed) console.log(`no test takes branch ${each.file}:${line}`);
  }
  return files.length > 0 && percent(lines) >= LEAST_PERCENT && percent(branches) >= LEAST_PERCENT;
}

function main(): void {
  if (forgeBinary() === null) throw new Error(MISSING);
  mkdirSync(join(ROOT, ".cache/forge"), { recursive: true });
  const { status, said } = forge(["coverage", "--ir-minimum", "--report", "lcov", "--report-file", REPORT], {
    isQuiet: true,
    env: { FOUNDRY_PROFILE: "plain" },
  });
  if (status !== 0) throw new Error(`forge coverage ended with ${status}:\n${said}`);
  const isEnough = print(parse(readFileSync(join(ROOT, REPORT), "utf8")));
  if (!isEnough) console.log(`below ${LEAST_PERCENT} % of lines or branches`);
  process.exitCode = isEnough ? 0 : 1;
}

main();
