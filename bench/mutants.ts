import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { forge } from "../contracts/foundry/binary.ts";
import { MUTANTS } from "./mutants/list.ts";
import type { Mutant } from "./mutants/mutant.ts";

/**
 * Whether the Solidity tests see what is wrong: plants one bug of `mutants/list.ts` after the other in a copy of the contracts, runs
 * forge, and fails unless every one is found. Some minutes; `-- Lanes` takes the ones whose file or name has that word.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const COPY = join(ROOT, ".cache/mutants");
const ENV = { FOUNDRY_PROFILE: "mutants", FOUNDRY_FUZZ_RUNS: "64", FOUNDRY_INVARIANT_RUNS: "8" };

/**
 * Without optimiser and IR the compiler takes a tenth of the time, but then it has too few words of stack for these functions: in the
 * copy they are written with fewer names. What can't be compiled so, and has no bug in the list, isn't copied.
 */
const FEWER_NAMES: Readonly<Record<string, readonly (readonly [from: string | RegExp, to: string])[]>> = {
  "Quorum.sol": [
    ["        uint256 need = _quorumOf(total);\n", ""],
    ["if (got < need) revert QuorumNotReached(got, need);", "if (got < _quorumOf(total)) revert QuorumNotReached(got, _quorumOf(total));"],
    ["            Validator memory validator = _unpacked(_validatorAt(set, index));\n", ""],
    ["validator.home, interval", "_unpacked(_validatorAt(set, index)).home, interval"],
    ["uint256(validator.class)]", "uint256(_unpacked(_validatorAt(set, index)).class)]"],
  ],
  "GridVault.sol": [
    [
      /Progress memory progress = _progress\(\);\s+_requireUnpaused\(progress\);\s+if \(progress\.proposedAt != 0\) revert ProposalOpen/,
      "_requireUnpaused(_progress());\n        if (_progress().proposedAt != 0) revert ProposalOpen",
    ],
    [
      "period != progress.nextPeriod) revert WrongPeriod(progress.nextPeriod",
      "period != _progress().nextPeriod) revert WrongPeriod(_progress().nextPeriod",
    ],
    ["cert, progress.nextInterval);\n        _requirePayable", "cert, _progress().nextInterval);\n        _requirePayable"],
  ],
};
const LEFT_OUT = /Passkey/;

/** Which tests see a contract at work; those of the vault see all others but `LANES`. */
const TESTS: Readonly<Record<string, string>> = {
  "Disputes.sol": "Disput",
  "Openings.sol": "Disput",
  "LedgerSteps.sol": "Disput",
  "Community.sol": "Community",
};

/** Their tests deploy a contract that forge compiles only when no tests are chosen. */
const LANES = /^(Lanes|Deltas)\.sol$/;
const OF_LANES = "Lanes|Deltas";

function makeCopy(): void {
  rmSync(COPY, { recursive: true, force: true });
  mkdirSync(COPY, { recursive: true });
  for (const part of ["contracts/src", "contracts/test", "contracts/foundry", "foundry.toml", "test/vectors"])
    cpSync(join(ROOT, part), join(COPY, part), { recursive: true, filter: (path) => !LEFT_OUT.test(path) });
  symlinkSync(join(ROOT, "node_modules"), join(COPY, "node_modules"));
}

/** Writes a source of the copy so that it compiles in a hurry. */
function write(file: string, text: string): void {
  const hurried = (FEWER_NAMES[file] ?? []).reduce((all, [from, to]) => all.replace(from, to), text);
  writeFileSync(join(COPY, "contracts/src", file), hurried);
}

const source = (file: string): string => readFileSync(join(ROOT, "contracts/src", file), "utf8");

/** What chooses the tests that see this file. */
function testsOf(file: string): readonly string[] {
  if (LANES.test(file)) return [];
  const own = TESTS[file];
  return own === undefined ? ["--no-match-contract", [...new Set(Object.values(TESTS)), OF_LANES].join("|")] : ["--match-contract", own];
}

const test = (chosen: readonly string[] = []): { status: number; said: string } =>
  forge(["test", "--fail-fast", ...chosen], { root: COPY, env: ENV, isQuiet: true });

/** The first failing tests' names; the compiler's words when it didn't come to tests. */
function findings(said: string): string {
  // Of an invariant the steps that led there stand between.
  const failed = [...said.matchAll(/^\[FAIL.*?(\w+)\([^)]*\) \((?:runs|gas)/gms)].map((match) => match[1]!);
  return failed.length > 0 ? [...new Set(failed)].slice(0, 3).join(", ") : "";
}

function plant({ file, from, to }: Mutant): () => void {
  const text = source(file);
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${from}`);
  write(file, parts.join(to));
  return () => write(file, text);
}

/** Plants, tests, restores; true when a test failed. */
function isFound(mutant: Mutant): boolean {
  const restore = plant(mutant);
  const start = performance.now();
  const { status, said } = test(testsOf(mutant.file));
  restore();
  const by = findings(said);
  const seconds = `${((performance.now() - start) / 1_000).toFixed(0)} s`.padStart(5);
  const isDead = status !== 0 && by !== "";
  // A contract that wasn't compiled is no finding.
  if ((status !== 0 && by === "") || said.includes("vm.deployCode"))
    throw new Error(`forge failed without a failing test:\n${said.slice(-4_000)}`);
  console.log(`${isDead ? "found   " : "SURVIVED"} ${seconds}  ${mutant.file.padEnd(16)} ${mutant.what.padEnd(62)} ${by}`);
  return isDead;
}

function main(word: string): void {
  makeCopy();
  for (const file of Object.keys(FEWER_NAMES)) write(file, source(file));
  const sound = test();
  if (sound.status !== 0) throw new Error(`the contracts as they are don't pass:\n${sound.said.slice(-4_000)}`);
  const chosen = MUTANTS.filter(({ file, what }) => `${file} ${what}`.includes(word));
  const survivors = chosen.filter((mutant) => !isFound(mutant));
  console.log(`${chosen.length - survivors.length} of ${chosen.length} planted bugs found`);
  process.exitCode = survivors.length > 0 || chosen.length === 0 ? 1 : 0;
}

main(process.argv[2] ?? "");
