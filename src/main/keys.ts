import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../adapters/store/index.ts";
import { type AgentKey, askHidden, createKeystore, openKeystore, readPassword } from "../../adapters/system/index.ts";
import type { Result } from "../../engine/kernel/index.ts";
import type { Store } from "../ports/index.ts";
import type { HomeConfig } from "./config/index.ts";
import { cannotStart } from "./exit.ts";

const passwordWorld = {
  env: process.env,
  ask: (question: string) => askHidden(question, { input: process.stdin, output: process.stderr }),
};

/** The password of a key file, from where the configuration says it is. */
export async function passwordOf({ password }: Pick<HomeConfig, "password">): Promise<string> {
  return unwrap(await readPassword(password.kind === "file" ? { file: password.path } : { env: password.name }, passwordWorld));
}

export const agentFile = (folder: string): string => join(folder, "agent.json");
/** Where a key lies whose time was over at `now`; by their names the later ones come last. */
export const earlierAgentFile = (folder: string, now: Date): string =>
  join(folder, `${EARLIER_AGENT}${now.toISOString().replace(/[:.]/g, "-")}.json`);
const EARLIER_AGENT = "agent-until-";
const isEarlierAgentFile = (file: string): boolean => file.startsWith(EARLIER_AGENT) && file.endsWith(".json");

interface Memory {
  readonly key: AgentKey;
  /** Keys that this home had before. */
  readonly earlier: readonly AgentKey[];
  readonly store: Store;
}

/**
 * A home's memory and the key that it signs with, made when they are missing. A key that is there without a memory may have signed
 * what nobody remembers, so a new key is made after its memory.
 */
export async function openMemory(folder: string, password: string): Promise<Memory> {
  const path = agentFile(folder);
  const isNew = !existsSync(path);
  const known = isNew ? null : (await openOrCreate(path, password)).key;
  const store = unwrap(openStore(folder, { isComplete: isNew }));
  return { key: known ?? (await openOrCreate(path, password)).key, earlier: await earlierKeys(folder, password), store };
}

/** The key before this one, if there was any: at an edge there is still something for it to sign. */
async function earlierKeys(folder: string, password: string): Promise<readonly AgentKey[]> {
  const last = readdirSync(folder).filter(isEarlierAgentFile).sort().at(-1);
  return last === undefined ? [] : [unwrap(await openKeystore(join(folder, last), password))];
}

/** A key of a home, made when it is missing. The owner's key belongs on another machine: it alone may withdraw. */
export async function openOrCreate(path: string, password: string): Promise<{ readonly key: AgentKey; readonly isNew: boolean }> {
  const opened = await openKeystore(path, password);
  if (opened.ok || opened.code !== "KEY_MISSING") return { key: unwrap(opened), isNew: false };
  return { key: unwrap(await createKeystore(path, password)), isNew: true };
}

/** A refusal by an adapter while opening is the end of the start: its sentence names the place and the way out. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw cannotStart(result.code, result.detail);
  return result.value;
}
