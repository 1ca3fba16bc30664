import { describe, expect, test } from "@jest/globals";
import { realKeys } from "../../../src/main/sim/keys.ts";
import { CHEAP_KEYS, type StreetKeys, scenarioOf } from "../../../src/sim/index.ts";
import { differsUnder } from "../../../src/sim/swarm/signatures.ts";

const SCENARIO = scenarioOf(4, { homes: 4, intervals: 2, hasChanges: false });

describe("real signatures beside cheap ones", () => {
  test("the same is decided at the same moments", async () => {
    expect(await differsUnder(await realKeys(), SCENARIO)).toBeNull();
  });

  test("where the real ones are the cheap ones nothing is compared", async () => {
    expect(await differsUnder(CHEAP_KEYS, SCENARIO)).toBe("real and cheap signatures are the same bytes");
  });

  test("where one home's signatures are none, it shows", async () => {
    const { signer, recover } = await realKeys();
    const spoiled: StreetKeys = {
      recover,
      signer: (number) => (number === 2 ? { ...signer(2), sign: () => new Uint8Array(65) } : signer(number)),
    };
    expect(await differsUnder(spoiled, SCENARIO)).toContain("with cheap signatures otherwise");
  });
});

test("a cheap signature has one form", () => {
  const digest = `0x${"5a".repeat(32)}` as Parameters<typeof CHEAP_KEYS.recover>[0];
  const { address, sign } = CHEAP_KEYS.signer(3);
  const signature = sign(digest);
  expect(CHEAP_KEYS.recover(digest, signature)).toBe(address);
  for (const at of [20, 51, 52, 63, 64])
    expect(
      CHEAP_KEYS.recover(
        digest,
        signature.map((byte, place) => (place === at ? byte ^ 1 : byte)),
      ),
    ).toBeNull();
});
