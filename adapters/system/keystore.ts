import { createCipheriv, createDecipheriv, randomBytes, randomUUID, type ScryptOptions, scrypt } from "node:crypto";
import { concat, equal, fail, fromHex, keccak, ok, type Result, toHex } from "../../engine/kernel/index.ts";

/**
 * Web3 secret storage, version 3: a secret under a password as JSON, in the form that ethers and geth read and write.
 * https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
 */
export interface KeystoreJson {
  readonly address: string;
  readonly id: string;
  readonly version: 3;
  readonly crypto: {
    readonly cipher: "aes-128-ctr";
    readonly cipherparams: { readonly iv: string };
    readonly ciphertext: string;
    readonly kdf: "scrypt";
    readonly kdfparams: { readonly dklen: 32; readonly n: number; readonly p: number; readonly r: number; readonly salt: string };
    readonly mac: string;
  };
}

/** Work of one guess at the password: 2^15 costs 0.12 s and 32 MiB on the machine of the README, four times that at 2^17. */
export const DEFAULT_SCRYPT_N = 32_768;

// A foreign file must not make us take all memory: scrypt needs 128 * n * r bytes. geth's own default needs 256 MiB.
const MAX_SCRYPT_BYTES = 256 * 2 ** 20;

export interface ScryptWork {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

export async function encryptSecret(secret: Uint8Array, address: string, password: string, n: number): Promise<KeystoreJson> {
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const key = await derive(password, salt, { n, r: 8, p: 1 });
  const cipher = createCipheriv("aes-128-ctr", key.subarray(0, 16), iv);
  const ciphertext = concat([cipher.update(secret), cipher.final()]);
  return {
    address: address.slice(2),
    id: randomUUID(),
    version: 3,
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: bare(iv) },
      ciphertext: bare(ciphertext),
      kdf: "scrypt",
      kdfparams: { dklen: 32, n, p: 1, r: 8, salt: bare(salt) },
      mac: bare(macOf(key, ciphertext)),
    },
  };
}

export type DecryptCode = "KEY_MALFORMED" | "KEY_PASSWORD_WRONG";

/** What a keystore's text says, checked before any work is spent on it. */
export interface Sealed {
  /** 0x and 40 small hex digits. The MAC doesn't cover the iv: without an address a damaged file would open as another key. */
  readonly address: string;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly salt: Uint8Array;
  readonly mac: Uint8Array;
  readonly work: ScryptWork;
}

export async function decryptSecret(sealed: Sealed, password: string): Promise<Result<Uint8Array, DecryptCode>> {
  const key = await derive(password, sealed.salt, sealed.work);
  if (!equal(macOf(key, sealed.ciphertext), sealed.mac)) return fail("KEY_PASSWORD_WRONG");
  const cipher = createDecipheriv("aes-128-ctr", key.subarray(0, 16), sealed.iv);
  return ok(concat([cipher.update(sealed.ciphertext), cipher.final()]));
}

/** Total: any text gives a Sealed or says which field is wrong. Details never repeat the file's values. */
export function parseKeystore(text: string): Result<Sealed, "KEY_MALFORMED"> {
  const root = parseJson(text);
  if (root === null) return malformed("it is no whole JSON: cut off, or damaged");
  const box = part(root, "crypto");
  const kdf = part(box, "kdfparams");
  const work = { n: Number(kdf.n), r: Number(kdf.r), p: Number(kdf.p) };
  const iv = hexField(part(box, "cipherparams").iv, 16);
  const ciphertext = hexField(box.ciphertext, 32);
  const mac = hexField(box.mac, 32);
  const salt = hexField(kdf.salt, null);
  const address = hexField(root.address, 20);
  if (root.version !== 3) return malformed(`it ${versionText(root.version)}, and this program reads version 3`);
  if (box.cipher !== "aes-128-ctr") return malformed("crypto.cipher must be aes-128-ctr");
  if (box.kdf !== "scrypt") return malformed("crypto.kdf must be scrypt");
  if (!isAffordable(work)) return malformed("crypto.kdfparams n, r and p aren't scrypt's, or ask for more than 256 MiB");
  if (iv === null) return malformed("crypto.cipherparams.iv must be 16 bytes of hex");
  if (ciphertext === null) return malformed("crypto.ciphertext must be 32 bytes of hex");
  if (mac === null) return malformed("crypto.mac must be 32 bytes of hex");
  if (salt === null) return malformed("crypto.kdfparams.salt must be hex");
  if (address === null) return malformed("address must be 20 bytes of hex");
  return ok({ address: toHex(address), iv, ciphertext, salt, mac, work });
}

const versionText = (version: unknown): string => (Number.isSafeInteger(version) ? `has version ${version}` : "names no version");

type Json = { readonly [key: string]: unknown };

function parseJson(text: string): Json | null {
  try {
    return object(JSON.parse(text));
  } catch {
    return null;
  }
}

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? lowerKeys(value) : {});
const part = (whole: Json, key: string): Json => object(whole[key]);
const malformed = (detail: string) => fail("KEY_MALFORMED", detail);

// ethers writes "Crypto", geth "crypto"; the standard says keys are read without regard to case.
const lowerKeys = (value: object): Json => Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]));

function hexField(value: unknown, length: number | null): Uint8Array | null {
  if (typeof value !== "string" || !/^(0x)?([0-9a-f]{2})+$/i.test(value)) return null;
  const bytes = fromHex(`0x${value.replace(/^0x/, "")}`);
  return length === null || bytes.length === length ? bytes : null;
}

function isAffordable({ n, r, p }: ScryptWork): boolean {
  const whole = [n, r, p].every((each) => Number.isSafeInteger(each) && each > 0);
  // n < 2^(16 r) is RFC 7914's; OpenSSL refuses more, also the scrypt vector of the storage definition (n 2^18, r 1).
  return whole && n > 1 && Number.isInteger(Math.log2(n)) && n < 2 ** (16 * r) && 128 * n * r <= MAX_SCRYPT_BYTES && p <= 16;
}

// Each derivation holds its memory while it runs, so a process with many homes opens them two at a time: enough for the
// two cores of a small machine, and 64 MiB at most where libuv's four threads would take 128.
const MAX_AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Uint8Array, { n, r, p }: ScryptWork): Promise<Buffer> {
  if (running === MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await scryptAsync(password.normalize("NFKC"), salt, { N: n, r, p, maxmem: 2 * MAX_SCRYPT_BYTES });
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

const scryptAsync = (password: string, salt: Uint8Array, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => scrypt(password, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key))));

const macOf = (key: Uint8Array, ciphertext: Uint8Array): Uint8Array => keccak(concat([key.subarray(16, 32), ciphertext]));
const bare = (bytes: Uint8Array): string => toHex(bytes).slice(2);
