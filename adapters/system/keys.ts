import { createECDH, hkdfSync, randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { type Address, assert, fail, ok, type Result } from "../../engine/kernel/index.ts";
import { addressOf } from "./address.ts";
import { createFile, readPrivate } from "./files.ts";
import { DEFAULT_SCRYPT_N, decryptSecret, encryptSecret, parseKeystore, type Sealed } from "./keystore.ts";

/**
 * A key of a home: its agent's, which signs orders, votes and readings, or its owner's, which alone may withdraw. The secret is a closure,
 * so no log, JSON or inspection shows it.
 */
export interface AgentKey {
  readonly address: Address;
  /** For the signer and for derivations alone. */
  reveal(): Uint8Array;
}

export type KeyCode = "KEY_PASSWORD_WRONG" | "KEY_MISSING" | "KEY_MALFORMED" | "KEY_UNREADABLE" | "KEY_EXPOSED";
export type CreateKeyCode = "KEY_EXISTS" | "KEY_UNWRITABLE";

export interface CreateKeyOptions {
  /** scrypt's n, a power of two: what one guess at the password costs. */
  readonly scryptN?: number;
  /** Only for tests and for keys that come from elsewhere; drawn otherwise. */
  readonly secret?: Uint8Array;
}

/** Writes a new key to `path`, on disk when it returns; never over another file. Its folder is made with mode 0700, the file has 0600. */
export async function createKeystore(
  path: string,
  password: string,
  options: CreateKeyOptions = {},
): Promise<Result<AgentKey, CreateKeyCode>> {
  const key = agentKey(options.secret ?? drawSecret());
  const json = await encryptSecret(key.reveal(), key.address, password, options.scryptN ?? DEFAULT_SCRYPT_N);
  const written = await createFile(path, `${JSON.stringify(json, null, 2)}\n`);
  if (written.ok) return ok(key);
  if (written.code === "EXISTS") return fail("KEY_EXISTS", `${path} exists; move it away first if the home shall get a new key`);
  return fail("KEY_UNWRITABLE", `${path} can't be written (${written.detail}); give this user write access to ${dirname(path)}`);
}

export async function openKeystore(path: string, password: string): Promise<Result<AgentKey, KeyCode>> {
  const sealed = await readKeystore(path);
  if (!sealed.ok) return sealed;
  const secret = await decryptSecret(sealed.value, password);
  if (!secret.ok)
    return fail(
      "KEY_PASSWORD_WRONG",
      `the password doesn't open ${path}; check the password that this home names, or restore a damaged file from a copy`,
    );
  if (!isSecret(secret.value)) return fail("KEY_MALFORMED", `${path} holds no valid key; restore it from a copy`);
  const key = agentKey(secret.value);
  if (sealed.value.address !== key.address)
    return fail("KEY_MALFORMED", `${path} names another address than its key has; restore it from a copy`);
  return ok(key);
}

/** Whose key a file says it holds, without its password; that it does is known once it is opened. */
export async function readKeyAddress(path: string): Promise<Result<Address, KeyCode>> {
  const sealed = await readKeystore(path);
  return sealed.ok ? ok(sealed.value.address as Address) : sealed;
}

async function readKeystore(path: string): Promise<Result<Sealed, KeyCode>> {
  const file = await readPrivate(path);
  if (!file.ok) return fail(...unopened(path, file.code, file.detail));
  const sealed = parseKeystore(file.value);
  return sealed.ok ? sealed : fail("KEY_MALFORMED", `${path} is no keystore: ${sealed.detail}; restore it from a copy`);
}

function unopened(path: string, code: "MISSING" | "UNREADABLE" | "EXPOSED", detail: string): [KeyCode, string] {
  if (code === "MISSING") return ["KEY_MISSING", `there is no key at ${path}; restore it from a copy, or create one for a new home`];
  if (code === "EXPOSED") return ["KEY_EXPOSED", `others can get at ${detail}`];
  return ["KEY_UNREADABLE", `${path} can't be read (${detail}); it must be a file that this user may read`];
}

/** A key from its 32 bytes. */
export function agentKey(secret: Uint8Array): AgentKey {
  assert(isSecret(secret), "a secret is a number between 0 and the curve's order");
  const kept = Uint8Array.from(secret);
  return { address: addressOf(publicKeyOf(kept)), reveal: () => kept };
}

/** The seed of the home's libp2p key: derived, so that a home has one secret to keep; one-way, so that the peer key never tells the agent key. */
export function peerSeed(key: AgentKey): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key.reveal(), "", "commonwatt/libp2p-peer/v1", 32));
}

function publicKeyOf(secret: Uint8Array): Uint8Array {
  const ecdh = createECDH("secp256k1");
  ecdh.setPrivateKey(secret);
  return Uint8Array.from(ecdh.getPublicKey());
}

function isSecret(secret: Uint8Array): boolean {
  if (secret.length !== 32) return false;
  try {
    createECDH("secp256k1").setPrivateKey(secret);
    return true;
  } catch {
    return false;
  }
}

function drawSecret(): Uint8Array {
  for (;;) {
    const secret = Uint8Array.from(randomBytes(32));
    if (isSecret(secret)) return secret;
  }
}
