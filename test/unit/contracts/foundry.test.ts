import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "@jest/globals";
import { SETTINGS } from "../../../contracts/deploy/compile.ts";

const SHIM = "contracts/foundry/solc.mjs";
const VERSION = (createRequire(import.meta.url)("solc/package.json") as { version: string }).version;
const toml = readFileSync("foundry.toml", "utf8");

/** The value of a key of foundry.toml's first table, as written. */
const written = (key: string): string | undefined => new RegExp(`^${key} = (.*)$`, "m").exec(toml.split("[profile.default.")[0]!)?.[1];

describe("foundry.toml", () => {
  test("compiles as the build step does", () => {
    const product = /name = "product", via_ir = (\w+), optimizer = (\w+), optimizer_runs = ([\d_]+)/.exec(toml)!;
    const runs = Number(product[3]!.replaceAll("_", ""));
    for (const [, file, least] of toml.matchAll(/\{ paths = "(.*)", via_ir = true, optimizer_runs = ([\d_]+) \}/g))
      expect([file, Number(least!.replaceAll("_", ""))]).toEqual([file, runs]);
    expect({
      viaIR: product[1] === "true",
      optimizer: { enabled: product[2] === "true", runs },
      evmVersion: JSON.parse(written("evm_version")!),
      metadata: { bytecodeHash: JSON.parse(written("bytecode_hash")!) },
    }).toEqual({
      viaIR: SETTINGS.viaIR,
      optimizer: SETTINGS.optimizer,
      evmVersion: SETTINGS.evmVersion,
      metadata: SETTINGS.metadata,
    });
  });

  test("reaches for nothing, and writes into .cache alone", () => {
    expect(written("offline")).toBe("true");
    expect(written("solc")).toBe(`"${SHIM}"`);
    const places = [...toml.matchAll(/^(out|cache_path|broadcast|failure_persist_dir) = "(.*)"$/gm)].map((match) => match[2]!);
    expect(places).toHaveLength(5);
    expect(places.filter((place) => !place.startsWith(".cache/forge/"))).toEqual([]);
  });
});

describe("the compiler that forge speaks to", () => {
  const run = (args: readonly string[], input = "") => spawnSync(process.execPath, [SHIM, ...args], { input, encoding: "utf8" });

  test("is npm's", () => {
    expect(run(["--version"]).stdout).toContain(`Version: ${VERSION}+commit.`);
  });

  test("compiles what it is sent, and nothing else", () => {
    const source = (text: string): string =>
      JSON.stringify({
        language: "Solidity",
        sources: { "a.sol": { content: `pragma solidity ${VERSION}; ${text}` } },
        settings: { outputSelection: { "*": { "*": ["abi"] } } },
      });
    const sound = JSON.parse(run(["--standard-json", "--base-path", "."], source("contract A { uint256 public a; }")).stdout);
    expect(sound.contracts["a.sol"].A.abi).toHaveLength(1);
    const open = JSON.parse(run(["--standard-json"], source('import "./package.json";')).stdout);
    expect(JSON.stringify(open.errors)).toContain("package.json is not among the sources that forge sent");
  });

  test("says which words it knows", () => {
    const { status, stderr } = run(["--link"]);
    expect([status, stderr]).toEqual([1, "solc.mjs knows --version and --standard-json, not --link\n"]);
  });
});
