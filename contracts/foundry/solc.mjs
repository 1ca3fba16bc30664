#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/**
 * npm's solc behind the words that forge speaks to a compiler: `--version`, or `--standard-json` with the question on standard
 * input. Forge puts every source into its question, so nothing is looked up, and its other flags (paths) mean nothing here.
 */
const solc = createRequire(import.meta.url)("solc");

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  const missing = (path) => ({ error: `${path} is not among the sources that forge sent` });
  process.stdout.write(solc.compile(readFileSync(0, "utf8"), { import: missing }));
} else {
  process.stderr.write(`solc.mjs knows --version and --standard-json, not ${process.argv.slice(2).join(" ")}\n`);
  process.exitCode = 1;
}
