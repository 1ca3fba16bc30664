import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** Where npm puts the program, by platform and processor. */
const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "@foundry-rs/forge-linux-amd64",
  "linux-arm64": "@foundry-rs/forge-linux-arm64",
  "darwin-x64": "@foundry-rs/forge-darwin-amd64",
  "darwin-arm64": "@foundry-rs/forge-darwin-arm64",
  "win32-x64": "@foundry-rs/forge-win32-amd64",
};

/** The program of `@foundry-rs/forge`; null when npm has none for this machine. FORGE_BIN names another one. */
export function forgeBinary(): string | null {
  if (process.env.FORGE_BIN !== undefined) return process.env.FORGE_BIN;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  const file = process.platform === "win32" ? "bin/forge.exe" : "bin/forge";
  try {
    const path = require.resolve(`${name}/${file}`);
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** What is said where there is none. */
export const MISSING = `no forge for ${process.platform}-${process.arch} in node_modules: npm ci brings it where npm has one, FORGE_BIN names another`;

interface Run {
  /** The folder with foundry.toml; ours by default. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps what it says instead of showing it. */
  readonly isQuiet?: boolean;
}

/** Runs forge to its end; `said` is empty unless quiet. */
export function forge(args: readonly string[], { root = ROOT, env = {}, isQuiet = false }: Run = {}): { status: number; said: string } {
  const binary = forgeBinary();
  if (binary === null) throw new Error(MISSING);
  // The shim starts with `env node`: that must be the Node that runs us.
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const { status, error, stdout, stderr } = spawnSync(binary, [...args, "--root", root], {
    cwd: root,
    env: { ...process.env, PATH: path, ...env },
    stdio: isQuiet ? "pipe" : "inherit",
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  return { status: status ?? 1, said: isQuiet ? stdout + stderr : "" };
}
