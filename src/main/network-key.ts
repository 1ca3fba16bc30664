import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { damaged, replaceFile } from "./files.ts";

/**
 * The key of a street's private network: 32 bytes, as base64url in a file of its own that only its owner reads. The operator makes it;
 * a home gets it for its invitation. It keeps passers-by away; who belongs to the street is decided by signatures.
 */
export const networkKeyFile = (folder: string): string => join(folder, "network-key");

/** null when the folder has none. */
export async function knownNetworkKey(folder: string): Promise<Uint8Array | null> {
  const path = networkKeyFile(folder);
  if (!existsSync(path)) return null;
  const text = (await readFile(path, "utf8")).trim();
  if (!/^[\w-]{43}$/.test(text)) throw damaged(path);
  return new Uint8Array(Buffer.from(text, "base64url"));
}

export async function keepNetworkKey(folder: string, text: string): Promise<void> {
  await replaceFile(networkKeyFile(folder), `${text}\n`);
}

/** The street's own key, made at its first start. */
export async function networkKeyOf(folder: string): Promise<{ readonly bytes: Uint8Array; readonly text: string }> {
  if (!existsSync(networkKeyFile(folder))) await keepNetworkKey(folder, randomBytes(32).toString("base64url"));
  const bytes = (await knownNetworkKey(folder))!;
  return { bytes, text: Buffer.from(bytes).toString("base64url") };
}
