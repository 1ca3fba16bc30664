import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { AbiCoder, type Contract, hexlify, TypedDataEncoder, ZeroHash } from "ethers";
import { PASSKEY_OWNER_ABI, PASSKEY_OWNER_BYTECODE } from "../../../contracts/abi/passkey-owner.ts";
import { PASSKEY_OWNERS_ABI, PASSKEY_OWNERS_BYTECODE } from "../../../contracts/abi/passkey-owners.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { OPERATOR, STRANGER, TestVault, typed, WITHDRAW } from "../../support/test-vault.ts";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const [UP, UV, BE, BS] = [1, 4, 8, 16];
const TO = addressOf(3);
const HOME = 10;

const passkey = (d: number): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("308141020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420", "hex"), scalar(d)]),
    format: "der",
    type: "pkcs8",
  });
const scalar = (d: number): Buffer => Buffer.from(d.toString(16).padStart(64, "0"), "hex");
const pointOf = (key: KeyObject): readonly [string, string] => {
  const { x, y } = key.export({ format: "jwk" }) as { x: string; y: string };
  return [hexlify(Buffer.from(x, "base64url")), hexlify(Buffer.from(y, "base64url"))];
};
const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

interface Assertion {
  readonly key: KeyObject;
  readonly flags?: number;
  readonly type?: string;
  readonly highS?: boolean;
}

/** What a browser's `navigator.credentials.get` answers for a challenge, as the contract reads it. */
function assertion(challenge: string, { key, flags = UP | UV, type = "webauthn.get", highS = false }: Assertion): string {
  const text = Buffer.from(challenge.slice(2), "hex").toString("base64url");
  const client = `{"type":"${type}","challenge":"${text}","origin":"https://street.example","crossOrigin":false}`;
  const authenticator = Buffer.concat([sha256(Buffer.from("street.example")), Buffer.from([flags, 0, 0, 0, 7])]);
  const raw = sign("sha256", Buffer.concat([authenticator, sha256(Buffer.from(client))]), { key, dsaEncoding: "ieee-p1363" });
  const s = BigInt(hexlify(raw.subarray(32)));
  const low = s > ORDER / 2n ? ORDER - s : s;
  const word = (highS ? ORDER - low : low).toString(16).padStart(64, "0");
  const fields = [
    hexlify(raw.subarray(0, 32)),
    `0x${word}`,
    client.indexOf('"challenge"'),
    client.indexOf('"type"'),
    authenticator,
    client,
  ];
  // The fields alone, without the word that says where a dynamic struct begins.
  return AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "uint256", "uint256", "bytes", "string"], fields);
}

const KEY = passkey(7_001);
const OTHER = passkey(7_002);
let chain: TestChain;
let street: TestVault;
let owners: Contract;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain);
  owners = await chain.deploy({ abi: PASSKEY_OWNERS_ABI, bytecode: PASSKEY_OWNERS_BYTECODE }, []);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

const ownerOf = async (key: KeyObject): Promise<string> => (await chain.view(owners, "ownerOf", ...pointOf(key))) as string;
async function made(key: KeyObject): Promise<Contract> {
  expect(await chain.send(owners, STRANGER, "make", ...pointOf(key))).toBe("ok");
  return owners.attach(await ownerOf(key)) as Contract;
}

describe("the owner that a passkey is", () => {
  test("has its address before it is made, is made by anybody, and once", async () => {
    const address = await ownerOf(KEY);
    expect(await chain.provider.getCode(address)).toBe("0x");
    await made(KEY);
    expect(await chain.events(owners)).toEqual([`PasskeyOwnerMade(${address}, ${pointOf(KEY).join(", ")})`]);
    const code = await chain.provider.getCode(address);
    expect(code.length).toBeGreaterThan(2);
    expect(await chain.send(owners, STRANGER, "make", ...pointOf(KEY))).toBe("ok");
    expect([await chain.events(owners), await chain.provider.getCode(address)]).toEqual([[], code]);
    expect(await ownerOf(OTHER)).not.toBe(address);
  });

  test("isn't made of what is no key", async () => {
    const attempt = chain.deploy({ abi: PASSKEY_OWNER_ABI, bytecode: PASSKEY_OWNER_BYTECODE }, [ZeroHash, ZeroHash]);
    await expect(attempt).rejects.toMatchObject({ code: "CALL_EXCEPTION" });
  });

  const CHALLENGE = `0x${"5a".repeat(32)}`;
  const [YES, NO] = ["0x1626ba7e", "0xffffffff"];
  test.each<[string, () => string, string]>([
    ["its own assertion, of a person that was verified", () => assertion(CHALLENGE, { key: KEY }), YES],
    ["of a passkey that is backed up", () => assertion(CHALLENGE, { key: KEY, flags: UP | UV | BE | BS }), YES],
    ["of another passkey", () => assertion(CHALLENGE, { key: OTHER }), NO],
    ["of another challenge", () => assertion(`0x${"5b".repeat(32)}`, { key: KEY }), NO],
    ["of nobody verified", () => assertion(CHALLENGE, { key: KEY, flags: UP }), NO],
    ["of nobody there", () => assertion(CHALLENGE, { key: KEY, flags: UV }), NO],
    ["of a backup that can't be", () => assertion(CHALLENGE, { key: KEY, flags: UP | UV | BS }), NO],
    ["made for a registration", () => assertion(CHALLENGE, { key: KEY, type: "webauthn.new" }), NO],
    ["with a high s", () => assertion(CHALLENGE, { key: KEY, highS: true }), NO],
    ["cut off", () => assertion(CHALLENGE, { key: KEY }).slice(0, 300), NO],
    ["nothing", () => "0x", NO],
  ])("%s", async (_, signature, expected) => {
    await made(KEY);
    const owner = await chain.deploy({ abi: PASSKEY_OWNER_ABI, bytecode: PASSKEY_OWNER_BYTECODE }, pointOf(KEY));
    expect(await chain.view(owner, "isValidSignature", CHALLENGE, signature())).toBe(expected);
  });
});

describe("a home whose owner is a passkey", () => {
  const TYPES = { Withdraw: WITHDRAW.split(",").map(typed) };

  async function withdraw(key: KeyObject, nonce: number): Promise<string> {
    const deadline = (await chain.now()) + 3_600;
    const asked = { home: HOME, to: TO, ticks: 400, feeTicks: 10, nonce, deadline };
    const signature = assertion(TypedDataEncoder.hash(await street.domain(), TYPES, asked), { key });
    return street.send(STRANGER, "requestWithdrawFor", HOME, TO, 400, 10, deadline, signature);
  }

  beforeEach(async () => {
    const args = [await ownerOf(KEY), addressOf(6), `0x${"61".repeat(32)}`, 48_000];
    expect(await street.send(OPERATOR, "register", ...args)).toBe("ok");
    await street.fund(HOME, 1_000);
  });

  test("gets its money with a phone and no coin", async () => {
    await made(KEY);
    expect(await withdraw(KEY, 0)).toBe("ok");
    await chain.pass(86_400);
    expect(await street.send(OPERATOR, "finalizeWithdraw", HOME)).toBe("ok");
    expect(await chain.view(street.token, "balanceOf", TO)).toBe(39_000n);
  });

  test("gives it to nobody else, not twice, and not before it is made", async () => {
    expect(await street.refusal(() => withdraw(KEY, 0))).toBe("BadSignature()");
    await made(KEY);
    await made(OTHER);
    expect(await street.refusal(() => withdraw(OTHER, 0))).toBe("BadSignature()");
    expect(await street.refusal(() => withdraw(KEY, 1))).toBe("BadSignature()");
    expect(await withdraw(KEY, 0)).toBe("ok");
  });

  test("leaves as it signs", async () => {
    await made(KEY);
    const types = { Leave: ["uint32 home", "uint48 until"].map(typed) };
    const signature = assertion(TypedDataEncoder.hash(await street.domain(), types, { home: HOME, until: 48_100 }), { key: KEY });
    expect(await street.refusal(() => street.send(STRANGER, "leaveStreetFor", HOME, 48_101, signature))).toBe("BadSignature()");
    expect(await street.send(STRANGER, "leaveStreetFor", HOME, 48_100, signature)).toBe("ok");
  });
});
