import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../adapters/store/index.ts";
import {
  type AgentKey,
  askHidden,
  createKeystore,
  openKeystore,
  type PasswordSource,
  readKeyAddress,
  readPassword,
} from "../../adapters/system/index.ts";
import type { Address, Result } from "../../engine/kernel/index.ts";
import type { Log, Store } from "../ports/index.ts";
import type { HomeConfig, PasswordPlace } from "./config/index.ts";
import { cannotStart } from "./exit.ts";

const answers = new Map<string, Promise<string | null>>();

/** Asks whoever sits at the terminal, without showing what is typed; null: nobody does. */
export const askPerson = (question: string): Promise<string | null> =>
  askHidden(question, { input: process.stdin, output: process.stderr });

const passwordWorld = {
  env: process.env,
  /** Once, however often a command needs the answer. */
  ask: (question: string) => {
    const answer = answers.get(question) ?? askPerson(question);
    answers.set(question, answer);
    return answer;
  },
};

/** The password of a key file, from where the configuration says it is. */
export async function passwordOf({ password }: Pick<HomeConfig, "password">, of = AGENTS): Promise<string> {
  return unwrap(await readPassword(sourceOf(password), passwordWorld, of));
}

const AGENTS = "the home's key";
const OWNERS = "the owner's key";

/** For a key that is made now: who types it types it twice. */
export async function newPasswordOf(place: PasswordPlace, of = AGENTS): Promise<string> {
  const password = await passwordOf({ password: place }, of);
  if (place.kind === "prompt" && (await askPerson("The same once more: ")) !== password)
    throw cannotStart("PASSWORD_DIFFERS", `the two passwords of ${of} differ`, "run it again");
  return password;
}

export const newOwnerPasswordOf = ({ owner }: Pick<HomeConfig, "owner">): Promise<string> => newPasswordOf(owner.password, OWNERS);

function sourceOf(place: PasswordPlace): PasswordSource {
  if (place.kind === "prompt") return "prompt";
  return place.kind === "file" ? { file: place.path } : { env: place.name };
}

/** The owner's key, which has to be there for what owners alone may do. */
export async function openOwnerKey({ owner }: Pick<HomeConfig, "owner">): Promise<AgentKey> {
  return unwrap(await openKeystore(owner.file, await passwordOf(owner, OWNERS)));
}

/** Whose the home is, as the owner's key file says without its password. */
export async function ownerOf({ name, owner }: Pick<HomeConfig, "name" | "owner">): Promise<Address> {
  const owned = await readKeyAddress(owner.file);
  if (owned.ok || owned.code !== "KEY_MISSING") return unwrap(owned);
  throw cannotStart(
    "OWNER_KEY_MISSING",
    `${name} has no owner's key at ${owner.file}`,
    'make it with "commonwatt init", or from its 12 words with "commonwatt restore"',
  );
}

export const agentFile = (folder: string): string => join(folder, "agent.json");
/** Where a key lies whose time was over at `now`; by their names the later ones come last. */
export const earlierAgentFile = (folder: string, now: Date): string =>
  join(folder, `${EARLIER_AGENT}${now.toISOString().replace(/[:.]/g, "-")}.json`);
const EARLIER_AGENT = "agent-until-";
const isEarlierAgentFile = (file: string): boolean => file.startsWith(EARLIER_AGENT) && file.endsWith(".json");

/**
 * A home's memory and the key that it signs with, made when they are missing. A key that is there without a memory may have signed
 * what nobody remembers, so a new key is made after its memory.
 */
export async function openMemory(folder: string, password: string): Promise<{ readonly key: AgentKey; readonly store: Store }> {
  const path = agentFile(folder);
  const isNew = !existsSync(path);
  const known = isNew ? null : (await openOrCreate(path, password)).key;
  const store = unwrap(openStore(folder, { isComplete: isNew }));
  return { key: known ?? (await openOrCreate(path, password)).key, store };
}

/**
 * The keys before this one: at an edge there is still something for the last to sign, and a street that stands may do so over
 * several edges. A home starts without one whose file doesn't open, perhaps as it was made with another password.
 */
export async function earlierKeys(folder: string, password: string, log: Log): Promise<readonly AgentKey[]> {
  const keys: AgentKey[] = [];
  for (const file of readdirSync(folder).filter(isEarlierAgentFile).sort().reverse()) {
    const opened = await openKeystore(join(folder, file), password);
    if (opened.ok) keys.push(opened.value);
    else log.warn("key.earlier-unopened", { file, code: opened.code });
  }
  return keys;
}

/** A key, made when it is missing. */
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
