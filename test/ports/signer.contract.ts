import { describe, expect, test } from "@jest/globals";
import { computeAddress, Signature as EthersSignature, hexlify, recoverAddress, SigningKey } from "ethers";
import fc from "fast-check";
import { type Digest, digest, fromHex } from "../../engine/kernel/index.ts";
import type { RecoverSigner, Signer } from "../../src/ports/index.ts";

export interface Signers {
  signer(secret: Uint8Array): Signer;
  readonly recover: RecoverSigner;
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const anyBytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anySecret = anyBytes32.map((bytes) => {
  const secret = Uint8Array.from(bytes);
  secret[0] = secret[0]! & 0x7f;
  secret[31] = secret[31]! | 1;
  return secret;
});
const anyDigest = anyBytes32.map((bytes) => digest(Uint8Array.from(bytes)));

/** What every signer promises; ethers, another implementation of the curve, is the judge. */
export function signerContract(name: string, load: () => Promise<Signers>): void {
  describe(`signer contract: ${name}`, () => {
    test("signs as ethers does, byte for byte, and ethers recovers it", async () => {
      const { signer } = await load();
      fc.assert(
        fc.property(anySecret, anyDigest, (secret, hash) => {
          const ours = signer(secret);
          const theirs = new SigningKey(secret);
          const signature = ours.sign(hash);
          expect(ours.address).toBe(computeAddress(theirs.publicKey).toLowerCase());
          expect(hexlify(signature)).toBe(theirs.sign(hash).serialized);
          expect(recoverAddress(hash, hexlify(signature)).toLowerCase()).toBe(ours.address);
        }),
        { numRuns: 40 },
      );
    });

    test("65 bytes, v 27 or 28, both seen; s never in the upper half", async () => {
      const { signer } = await load();
      const ours = signer(secretOf(7));
      const seen = new Set<number>();
      for (let i = 0; i < 40; i++) {
        const signature = ours.sign(digestOf(i));
        expect(signature.length).toBe(65);
        expect(sOf(signature) <= ORDER / 2n).toBe(true);
        seen.add(signature[64]!);
      }
      expect([...seen].sort()).toEqual([27, 28]);
    });

    test("recovers who signed, and nobody else", async () => {
      const { signer, recover } = await load();
      fc.assert(
        fc.property(anySecret, anyDigest, anyDigest, (secret, hash, other) => {
          const ours = signer(secret);
          const signature = ours.sign(hash);
          expect(recover(hash, signature)).toBe(ours.address);
          if (other !== hash) expect(recover(other, signature)).not.toBe(ours.address);
        }),
        { numRuns: 40 },
      );
    });

    test("a published vector: the key 0x01..01 signs the hash of nothing", async () => {
      const { signer, recover } = await load();
      const hash = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470" as Digest;
      const ours = signer(new Uint8Array(32).fill(1));
      expect(ours.address).toBe("0x1a642f0e3c3af545e7acbd38b07251b3990914f1");
      expect(recover(hash, ours.sign(hash))).toBe("0x1a642f0e3c3af545e7acbd38b07251b3990914f1");
    });

    const hash = digestOf(1);
    const spoil: [string, (good: Uint8Array) => Uint8Array][] = [
      ["nothing", () => new Uint8Array()],
      ["64 bytes", (good) => good.slice(0, 64)],
      ["66 bytes", (good) => Uint8Array.from([...good, 0])],
      ["v 0", (good) => withV(good, 0)],
      ["v 1", (good) => withV(good, 1)],
      ["v 26", (good) => withV(good, 26)],
      ["v 29", (good) => withV(good, 29)],
      ["v 30", (good) => withV(good, 30)],
      ["v 37, of another chain's form", (good) => withV(good, 37)],
      ["the same signature with s in the upper half", (good) => mirrored(good)],
      ["s just above half of the order", (good) => withS(good, ORDER / 2n + 1n)],
      ["s beyond the order", (good) => withS(good, ORDER + 5n)],
      ["s zero", (good) => withS(good, 0n)],
      ["r zero", (good) => withR(good, 0n)],
      ["r beyond the order", (good) => withR(good, ORDER)],
      ["r all ones", (good) => withR(good, 2n ** 256n - 1n)],
      ["an r that is on no point", (good) => withR(good, 5n)],
      ["zeros", () => withV(new Uint8Array(65), 27)],
    ];
    test.each(spoil)("is null for %s", async (_, spoiled) => {
      const { signer, recover } = await load();
      expect(recover(hash, spoiled(signer(secretOf(3)).sign(hash)))).toBeNull();
    });

    test("s at exactly half of the order is low", async () => {
      const { signer, recover } = await load();
      expect(recover(hash, withS(signer(secretOf(3)).sign(hash), ORDER / 2n))).not.toBeNull();
    });

    test("any bytes give an address or null, the one that ethers gives", async () => {
      const { recover } = await load();
      const anyTail = fc.oneof(fc.constantFrom(27, 28), fc.nat(255));
      fc.assert(
        fc.property(anyDigest, anyBytes32, anyBytes32, anyTail, fc.boolean(), (hash, r, s, v, low) => {
          if (low) s[0] = s[0]! & 0x7f;
          expect(recover(hash, Uint8Array.from([...r, ...s, v]))).toBe(byEthers(hash, r, s, v));
        }),
        { numRuns: 150 },
      );
      fc.assert(
        fc.property(anyDigest, fc.uint8Array({ maxLength: 130 }), (hash, junk) => {
          const result = recover(hash, Uint8Array.from(junk));
          expect(result === null || /^0x[0-9a-f]{40}$/.test(result)).toBe(true);
        }),
      );
    });
  });
}

/** What a strict reader makes of it: ethers, with our two rules in front. */
function byEthers(hash: Digest, r: Uint8Array, s: Uint8Array, v: number): string | null {
  if ((v !== 27 && v !== 28) || BigInt(hexlify(s)) > ORDER / 2n) return null;
  try {
    return recoverAddress(hash, EthersSignature.from({ r: hexlify(r), s: hexlify(s), v })).toLowerCase();
  } catch {
    return null;
  }
}

const secretOf = (value: number) => new Uint8Array(32).fill(value);
function digestOf(value: number): Digest {
  return `0x${value.toString(16).padStart(64, "a")}` as Digest;
}
const word = (value: bigint) => fromHex(`0x${value.toString(16).padStart(64, "0")}`);
const sOf = (signature: Uint8Array) => BigInt(hexlify(signature.subarray(32, 64)));
const withR = (good: Uint8Array, r: bigint) => Uint8Array.from([...word(r), ...good.subarray(32)]);
const withS = (good: Uint8Array, s: bigint) => Uint8Array.from([...good.subarray(0, 32), ...word(s), good[64]!]);
const withV = (good: Uint8Array, v: number) => Uint8Array.from([...good.subarray(0, 64), v]);
/** Valid on the curve, and what a relay could make of any signature. */
const mirrored = (good: Uint8Array) => withV(withS(good, ORDER - sOf(good)), good[64] === 27 ? 28 : 27);
