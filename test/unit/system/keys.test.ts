import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { encryptKeystoreJson, Wallet } from "ethers";
import { agentKey, createKeystore, openKeystore, peerSeed, readPassword } from "../../../adapters/system/index.ts";
import { temporaryFolder } from "../../support/folder.ts";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const SECRET_HEX = `0x${Buffer.from(SECRET).toString("hex")}`;
// Little work: these tests are about files, not about guessing.
const quick = { scryptN: 1024, secret: SECRET };
const isRoot = process.getuid?.() === 0;

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "keys", "agent.json");
});
afterEach(() => folder.remove());

describe("a keystore", () => {
  test("is made for its owner alone, without leftovers, and opens again", async () => {
    const made = await createKeystore(path, "correct horse", { scryptN: 1024 });
    expect(made.ok).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.path, "keys")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder.path, "keys"))).toEqual(["agent.json"]);
    const opened = await openKeystore(path, "correct horse");
    expect(opened.ok && made.ok && opened.value.address === made.value.address).toBe(true);
    expect(opened.ok && made.ok && Buffer.compare(opened.value.reveal(), made.value.reveal())).toBe(0);
  });

  test("two new keys differ", async () => {
    const [a, b] = await Promise.all([createKeystore(path, "x", { scryptN: 2 }), createKeystore(`${path}2`, "x", { scryptN: 2 })]);
    expect(a.ok && b.ok && a.value.address !== b.value.address).toBe(true);
  });

  test.each(["correct horse", "größe ﬁ Å", "  spaces  ", "ключ 🔑"])("that we made under %p is opened by ethers", async (password) => {
    await createKeystore(path, password, quick);
    const wallet = await Wallet.fromEncryptedJson(readFileSync(path, "utf8"), password);
    expect((wallet as Wallet).privateKey).toBe(SECRET_HEX);
  });

  test.each(["correct horse", "größe ﬁ Å", "ключ 🔑"])("that ethers made under %p is opened by us", async (password) => {
    mkdirSync(join(folder.path, "keys"), { mode: 0o700 });
    const wallet = new Wallet(SECRET_HEX);
    writeFileSync(path, await encryptKeystoreJson(wallet, password, { scrypt: { N: 2048, r: 8, p: 1 } }), { mode: 0o600 });
    const opened = await openKeystore(path, password);
    expect(opened.ok && opened.value.address).toBe(wallet.address.toLowerCase());
    expect(opened.ok && Buffer.from(opened.value.reveal()).toString("hex")).toBe(SECRET_HEX.slice(2));
  });

  test("the vector of the Web3 secret storage definition asks for work outside RFC 7914: refused, not thrown", async () => {
    mkdirSync(join(folder.path, "keys"), { mode: 0o700 });
    writeFileSync(path, JSON.stringify(PUBLISHED), { mode: 0o600 });
    expect(await openKeystore(path, "testpassword")).toMatchObject({ ok: false, code: "KEY_MALFORMED" });
  });

  test("is never written over another file, even by two makers at once", async () => {
    const both = await Promise.all([createKeystore(path, "a", quick), createKeystore(path, "b", quick)]);
    expect(both.map((made) => (made.ok ? "OK" : made.code)).sort()).toEqual(["KEY_EXISTS", "OK"]);
    expect(await createKeystore(path, "c", quick)).toMatchObject({ code: "KEY_EXISTS" });
    expect(readdirSync(join(folder.path, "keys"))).toEqual(["agent.json"]);
  });

  test("that can't be written is told", async () => {
    writeFileSync(join(folder.path, "keys"), "a file where the folder should be");
    const made = await createKeystore(path, "a", quick);
    expect(made).toMatchObject({ ok: false, code: "KEY_UNWRITABLE" });
    expect(made.ok ? "" : made.detail).toContain(path);
  });

  test("the default work is neither weak nor more than a small machine has", async () => {
    await createKeystore(path, "x", { secret: SECRET });
    expect(JSON.parse(readFileSync(path, "utf8")).crypto.kdfparams).toMatchObject({ n: 32_768, r: 8, p: 1, dklen: 32 });
  });

  test("twelve open at once", async () => {
    const paths = Array.from({ length: 12 }, (_, i) => `${path}-${i}`);
    await Promise.all(paths.map((each) => createKeystore(each, "x", { scryptN: 4096 })));
    const opened = await Promise.all(paths.map((each) => openKeystore(each, "x")));
    expect(opened.every(({ ok }) => ok)).toBe(true);
    expect(new Set(opened.map((each) => each.ok && each.value.address)).size).toBe(12);
  });
});

describe("a keystore that doesn't open says why, names the file and the way out, and no secret", () => {
  const refusal = async (password = "right") => {
    const opened = await openKeystore(path, password);
    expect(opened.ok).toBe(false);
    const detail = opened.ok ? "" : opened.detail;
    expect(detail).toContain(path);
    expect(detail).not.toContain(password);
    expect(detail).not.toContain(SECRET_HEX.slice(2));
    return opened.ok ? "" : opened.code;
  };

  test("wrong password", async () => {
    await createKeystore(path, "right", quick);
    expect(await refusal("wrong-pass")).toBe("KEY_PASSWORD_WRONG");
    expect(await refusal("Right")).toBe("KEY_PASSWORD_WRONG");
  });

  test("missing", async () => {
    expect(await refusal()).toBe("KEY_MISSING");
  });

  test("unreadable", async () => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    expect(await refusal()).toBe("KEY_UNREADABLE");
  });

  (isRoot ? test.skip : test)("unreadable by mode (skipped for root, who may read everything)", async () => {
    await createKeystore(path, "right", quick);
    chmodSync(path, 0);
    expect(await refusal()).toBe("KEY_UNREADABLE");
  });

  test.each([0o640, 0o604, 0o602, 0o666, 0o644])("others may use the file: mode %o", async (mode) => {
    await createKeystore(path, "right", quick);
    chmodSync(path, mode);
    expect(await refusal()).toBe("KEY_EXPOSED");
    const told = await openKeystore(path, "right");
    expect(told.ok ? "" : told.detail).toContain(`chmod 600 ${path}`);
  });

  test("others may swap the file: the folder is open to write", async () => {
    await createKeystore(path, "right", quick);
    chmodSync(join(folder.path, "keys"), 0o775);
    const told = await openKeystore(path, "right");
    expect(told).toMatchObject({ ok: false, code: "KEY_EXPOSED" });
    chmodSync(join(folder.path, "keys"), 0o755);
    expect((await openKeystore(path, "right")).ok).toBe(true);
  });

  const good = () => JSON.parse(readFileSync(path, "utf8"));
  test.each<[string, () => unknown]>([
    ["no JSON", () => "{"],
    ["empty", () => ""],
    ["null", () => null],
    ["an array", () => []],
    ["version 1", () => ({ ...good(), version: 1 })],
    ["no crypto", () => ({ ...good(), crypto: undefined })],
    ["crypto a text", () => ({ ...good(), crypto: "x" })],
    ["another cipher", () => withCrypto({ cipher: "aes-256-cbc" })],
    ["another kdf", () => withCrypto({ kdf: "pbkdf2" })],
    ["a short iv", () => withCrypto({ cipherparams: { iv: "00" } })],
    ["an odd mac", () => withCrypto({ mac: "abc" })],
    ["a short ciphertext", () => withCrypto({ ciphertext: "00" })],
    ["no salt", () => withKdf({ salt: "" })],
    ["n no power of two", () => withKdf({ n: 1000 })],
    ["n 1", () => withKdf({ n: 1 })],
    ["n that takes all memory", () => withKdf({ n: 2 ** 30 })],
    ["r that takes all memory", () => withKdf({ r: 2 ** 20 })],
    ["p that takes for ever", () => withKdf({ p: 10_000 })],
    ["another home's address", () => ({ ...good(), address: "00".repeat(20) })],
  ])("malformed: %s", async (_, spoil) => {
    await createKeystore(path, "right", quick);
    const spoiled = spoil();
    writeFileSync(path, typeof spoiled === "string" ? spoiled : JSON.stringify(spoiled));
    expect(await refusal()).toBe("KEY_MALFORMED");
  });

  const withCrypto = (fields: object) => ({ ...good(), crypto: { ...good().crypto, ...fields } });
  const withKdf = (fields: object) => withCrypto({ kdfparams: { ...good().crypto.kdfparams, ...fields } });
});

describe("the agent key", () => {
  test("shows its secret to nobody who doesn't ask for it", () => {
    const key = agentKey(SECRET);
    for (const text of [JSON.stringify(key), inspect(key, { depth: 9, showHidden: true }), String(key)]) {
      expect(text).not.toContain(SECRET_HEX.slice(2, 20));
      expect(text).not.toContain("1, 2, 3");
    }
  });

  test("is not the caller's array", () => {
    const mine = Uint8Array.from(SECRET);
    const key = agentKey(mine);
    mine.fill(0);
    expect([...key.reveal()]).toEqual([...SECRET]);
  });

  // Computed with python3: hmac-sha256 by hand after RFC 5869, empty salt, one block.
  test("gives the peer seed by HKDF-SHA256 under its own label", () => {
    expect(Buffer.from(peerSeed(agentKey(SECRET))).toString("hex")).toBe(
      "9eaf2ae31a2ff4336d12b6760ac3b2b621b0604fcd7bb3a759c5b96fdde5cd27",
    );
    expect(peerSeed(agentKey(SECRET.map((byte) => byte ^ 1)))).not.toEqual(peerSeed(agentKey(SECRET)));
  });
});

describe("the password", () => {
  const world = {
    env: { HOME_PASSWORD: "from env", EMPTY: "" },
    ask: async (question: string) => (question.includes("key") ? "typed" : null),
  };
  const file = (text: string, mode = 0o600) => {
    const at = join(folder.path, "password");
    writeFileSync(at, text, { mode });
    chmodSync(at, mode);
    return { file: at };
  };

  test.each([
    ["one line end is the editor's", "secret word\n", "secret word"],
    ["also that of Windows", "secret word\r\n", "secret word"],
    ["spaces are the password's", " a \n", " a "],
    ["only one", "a\n\n", "a\n"],
  ])("from a file: %s", async (_, text, password) => {
    expect(await readPassword(file(text), world)).toEqual({ ok: true, value: password });
  });

  test("from a variable, from a person", async () => {
    expect(await readPassword({ env: "HOME_PASSWORD" }, world)).toEqual({ ok: true, value: "from env" });
    expect(await readPassword("prompt", world)).toEqual({ ok: true, value: "typed" });
  });

  test.each<[string, () => Promise<unknown>]>([
    ["PASSWORD_EXPOSED", () => readPassword(file("x", 0o644), world)],
    ["PASSWORD_EMPTY", () => readPassword(file("\n"), world)],
    ["PASSWORD_MISSING", () => readPassword({ file: join(folder.path, "none") }, world)],
    ["PASSWORD_UNREADABLE", () => readPassword({ file: folder.path }, world)],
    ["PASSWORD_MISSING", () => readPassword({ env: "NOT_SET" }, world)],
    ["PASSWORD_EMPTY", () => readPassword({ env: "EMPTY" }, world)],
    ["PASSWORD_MISSING", () => readPassword("prompt", { ...world, ask: async () => null })],
    ["PASSWORD_EMPTY", () => readPassword("prompt", { ...world, ask: async () => "" })],
  ])("%s", async (code, read) => {
    chmodSync(folder.path, 0o700);
    expect(await read()).toMatchObject({ ok: false, code });
    expect(existsSync(folder.path)).toBe(true);
  });
});

/** https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/ (scrypt vector). */
const PUBLISHED = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
    ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
    kdf: "scrypt",
    kdfparams: { dklen: 32, n: 262144, p: 8, r: 1, salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19" },
    mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
