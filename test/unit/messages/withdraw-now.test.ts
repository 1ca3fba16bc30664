import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import protobuf from "protobufjs";
import { ownerDigests } from "../../../adapters/evm/index.ts";
import { address, fromHex, homeId, period, toHex } from "../../../engine/kernel/index.ts";
import { decodeWithdrawNow, encodeWithdrawNow, MAX_WITHDRAW_NOW_BYTES, TYPES, type WithdrawNow } from "../../../engine/messages/index.ts";
import { DIGESTS, DOMAIN } from "../../support/messages.ts";

const schema = protobuf.parse(readFileSync(new URL("../../../config/schema/commonwatt.proto", import.meta.url), "utf8")).root;

const anyWish: fc.Arbitrary<WithdrawNow> = fc.record({
  home: fc.nat(65_535).map(homeId),
  to: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => address(toHex(bytes))),
  ticks: fc.nat(2 ** 31 - 1),
  nonce: fc.nat(2 ** 31 - 1),
  period: fc.nat(2 ** 31 - 1).map(period),
  deadline: fc.nat(2 ** 31 - 1),
});
const signed = (body: WithdrawNow) => ({ body, id: DIGESTS.withdrawNow(body), signature: new Uint8Array(65).fill(7) });

describe("what an owner wants at once", () => {
  test("has the digest that ethers, the owner's own signer and the vault have", () => {
    const fields = ["uint32 home", "address to", "uint64 ticks", "uint256 nonce", "uint64 period", "uint256 deadline"];
    const types = { WithdrawNow: fields.map((field) => ({ type: field.split(" ")[0]!, name: field.split(" ")[1]! })) };
    expect(TYPES.WithdrawNow).toBe(TypedDataEncoder.from(types).encodeType("WithdrawNow"));
    const vault = { name: "GridVault", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault };
    fc.assert(
      fc.property(anyWish, (wish) => {
        expect(DIGESTS.withdrawNow(wish)).toBe(TypedDataEncoder.hash(vault, types, wish));
        expect(ownerDigests(DOMAIN).withdrawNow({ ...wish, micro: wish.ticks * 100 })).toBe(DIGESTS.withdrawNow(wish));
      }),
      { numRuns: 60 },
    );
  });

  test("is written as the schema says, and read again", () => {
    const type = schema.lookupType("WithdrawNow");
    fc.assert(
      fc.property(anyWish, (wish) => {
        const bytes = encodeWithdrawNow(signed(wish));
        expect(decodeWithdrawNow(bytes, DIGESTS.withdrawNow)).toEqual(signed(wish));
        expect(bytes.length).toBeLessThanOrEqual(MAX_WITHDRAW_NOW_BYTES / 2);
        const read = type.decode(bytes) as unknown as Record<string, { toString(): string }>;
        const { home, ticks, nonce, period: settles, deadline } = wish;
        expect(["home", "ticks", "nonce", "period", "deadline"].map((name) => Number(read[name]!.toString()))).toEqual([
          home,
          ticks,
          nonce,
          settles,
          deadline,
        ]);
      }),
      { numRuns: 60 },
    );
  });

  const GOOD: WithdrawNow = { home: homeId(1), to: address(`0x${"22".repeat(20)}`), ticks: 5, nonce: 0, period: period(9), deadline: 10 };
  test("by hand", () => {
    const start = [0x08, 1, 0x12, 20, ...Array<number>(20).fill(0x22), 0x18, 5, 0x28, 9, 0x30, 10, 0x3a, 65];
    expect([...encodeWithdrawNow(signed(GOOD))]).toEqual([...start, ...Array<number>(65).fill(7)]);
  });

  const bytes = encodeWithdrawNow(signed(GOOD));
  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["cut short", bytes.subarray(0, -1)],
    ["with a byte more", Uint8Array.of(...bytes, 0)],
    ["with a default written out", Uint8Array.of(...bytes.subarray(0, 26), 0x20, 0, ...bytes.subarray(26))],
    ["to 19 bytes", encodeWithdrawNow(signed({ ...GOOD, to: toHex(fromHex(GOOD.to).subarray(1)) as typeof GOOD.to }))],
    ["longer than any", new Uint8Array(MAX_WITHDRAW_NOW_BYTES + 1)],
  ])("%s is none", (_, given) => expect(decodeWithdrawNow(given, DIGESTS.withdrawNow)).toBeNull());

  test("whatever the bytes, a wish in its one encoding or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(110), fc.nat(255), (junk, at, value) => {
        const turned = bytes.slice();
        turned[at % turned.length] = value;
        for (const given of [junk, turned]) {
          const wish = decodeWithdrawNow(given, DIGESTS.withdrawNow);
          if (wish !== null) expect(encodeWithdrawNow(wish)).toEqual(given);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
