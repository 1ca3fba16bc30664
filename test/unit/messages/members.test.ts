import { describe, expect, test } from "@jest/globals";
import { keccak256 } from "ethers";
import fc from "fast-check";
import { address, homeId, toHex } from "../../../engine/kernel/index.ts";
import {
  decodeMembers,
  decodeMessage,
  encodeMembers,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  type Members,
  membersDigest,
  stakedDigest,
  unstakedDigest,
  Writer,
} from "../../../engine/messages/index.ts";
import { packed } from "../../../engine/messages/protobuf.ts";
import { anyMembers, DIGESTS } from "../../support/messages.ts";

const AGENT = "11".repeat(20);
const SET: Members = {
  stakes: null,
  version: 3,
  homes: [
    { home: homeId(0), agent: address(`0x${AGENT}`) },
    { home: homeId(300), agent: address(`0x${"22".repeat(20)}`) },
  ],
  validators: [
    { home: homeId(0), class: "home" },
    { home: homeId(5), class: "utility" },
  ],
  minimums: { home: 1, operator: 0, utility: 2 },
};

describe("bytes", () => {
  test("a set, written out: defaults are left out, so home 0 and the class of homes have no byte", () => {
    const homes = `0a161214${AGENT}0a1908ac021214${"22".repeat(20)}`;
    const validators = "1200120408051002";
    expect(toHex(encodeMembers(SET))).toBe(`0x${homes}${validators}${"1801"}${"2802"}${"3003"}`);
  });

  test("its name is keccak-256 of them", () => expect(membersDigest(SET)).toBe(keccak256(encodeMembers(SET))));

  test("stakes stand at its end: 1, -1, 0 and 20,000,000 ticks; its name is keccak-256 of the name without them and of their bytes", () => {
    const staked: Members = { ...SET, stakes: [1, -1, 0, 20_000_000] };
    const bytes = "02010080b48913";
    expect(toHex(encodeMembers(staked))).toBe(`${toHex(encodeMembers(SET))}4207${bytes}`);
    expect(membersDigest(staked)).toBe(keccak256(`${membersDigest(SET)}${bytes}`));
    expect(unstakedDigest(staked)).toBe(membersDigest(SET));
    expect(stakedDigest(membersDigest(SET), staked.stakes)).toBe(membersDigest(staked));
  });

  test("what is written is read again; one set has one name, another set another", () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, (one, other) => {
        expect(decodeMembers(encodeMembers(one))).toEqual(one);
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(membersDigest(one) === membersDigest(other)).toBe(isSame);
      }),
      { numRuns: 200 },
    );
  });

  test.each<[string, Members]>([
    ["version", { ...SET, version: 4 }],
    ["key", { ...SET, homes: [SET.homes[0]!, { home: homeId(300), agent: address(`0x${AGENT}`) }] }],
    ["home", { ...SET, homes: SET.homes.slice(1) }],
    ["validator", { ...SET, validators: SET.validators.slice(1) }],
    ["class", { ...SET, validators: [SET.validators[0]!, { home: homeId(5), class: "operator" }] }],
    ["least number of homes", { ...SET, minimums: { ...SET.minimums, home: 2 } }],
    ["least number of operators", { ...SET, minimums: { ...SET.minimums, operator: 1 } }],
    ["stake", { ...SET, stakes: [0] }],
    ["least number of utilities", { ...SET, minimums: { ...SET.minimums, utility: 1 } }],
  ])("another %s is another set", (_, other) => expect(membersDigest(other)).not.toBe(membersDigest(SET)));
});

describe("what is no set", () => {
  const home = (id: number, agent: Uint8Array = new Uint8Array(20).fill(1)) => new Writer().uint(1, id).bytes(2, agent).finish();
  const validator = (id: number, kind = 0) => new Writer().uint(1, id).uint(2, kind).finish();
  const written = (homes: readonly Uint8Array[], validators: readonly Uint8Array[], version = 1): Uint8Array => {
    const writer = new Writer();
    for (const each of homes) writer.item(1, each);
    for (const each of validators) writer.item(2, each);
    return writer.uint(6, version).finish();
  };
  const staked = (stakes: Uint8Array): Uint8Array =>
    Uint8Array.from([...written([home(1)], [validator(1)]), ...new Writer().bytes(8, stakes).finish()]);
  const many = (count: number) => Array.from({ length: count }, (_, id) => home(id));

  test.each<[string, boolean, Uint8Array]>([
    ["homes and validators by rising number", true, written([home(1), home(2)], [validator(1), validator(2)])],
    ["a validator that has left", true, written([home(1)], [validator(7)])],
    ["no homes at all", true, written([], [validator(1)])],
    ["no validators", false, written([home(1)], [])],
    ["homes in another order", false, written([home(2), home(1)], [validator(1)])],
    ["a home twice", false, written([home(1), home(1)], [validator(1)])],
    ["validators in another order", false, written([home(1)], [validator(2), validator(1)])],
    ["a validator twice", false, written([home(1)], [validator(1), validator(1, 1)])],
    ["a third class", true, written([home(1)], [validator(1, 2)])],
    ["a fourth class", false, written([home(1)], [validator(1, 3)])],
    ["a key of 19 bytes", false, written([home(1, new Uint8Array(19))], [validator(1)])],
    ["a key of 21 bytes", false, written([home(1, new Uint8Array(21))], [validator(1)])],
    ["a home beyond the unit", false, written([home(homeId.max + 1)], [validator(1)])],
    ["the highest version", true, written([home(1)], [validator(1)], 2 ** 32 - 1)],
    ["a version beyond 32 bits", false, written([home(1)], [validator(1)], 2 ** 32)],
    ["as many homes as there may be", true, written(many(4_096), [validator(1)])],
    ["one more", false, written(many(4_097), [validator(1)])],
    ["a stake at the bound", true, staked(packed([2 ** 35]))],
    ["a stake beyond it", false, staked(packed([2 ** 35 + 1]))],
    ["a debt beyond it", false, staked(packed([-(2 ** 35) - 1]))],
    ["a stake for each home id", true, staked(new Uint8Array(65_536))],
    ["one more stake", false, staked(new Uint8Array(65_537))],
    ["a stake that is cut", false, staked(Uint8Array.of(0x80))],
    ["a stake of nine bytes", false, staked(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1))],
    ["a cut", false, written([home(1)], [validator(1)]).subarray(0, 9)],
  ])("%s: %s", (_, isSet, bytes) => expect(decodeMembers(bytes) !== null).toBe(isSet));

  test("as a message it has one encoding only", () => {
    const good = written([home(1)], [validator(1)]);
    const codeOf = (body: Uint8Array): string => {
      const decoded = decodeMessage(new Writer().bytes(10, body).finish(), DIGESTS);
      return decoded.ok ? "ok" : decoded.code;
    };
    expect(codeOf(good)).toBe("ok");
    expect(codeOf(Uint8Array.from([...good, 0x30, 1]))).toBe("MESSAGE_MALFORMED");
    expect(codeOf(Uint8Array.from([...good, 0x38, 1]))).toBe("MESSAGE_MALFORMED");
  });

  test("the largest set fits into a message, each home with 13,421.7727 of the currency staked", () => {
    const set: Members = {
      stakes: Array.from({ length: 4_096 }, () => 2 ** 27 - 1),
      version: 2 ** 32 - 1,
      homes: Array.from({ length: 4_096 }, (_, id) => ({ home: homeId(id), agent: address(`0x${"ff".repeat(20)}`) })),
      validators: Array.from({ length: 128 }, (_, id) => ({ home: homeId(id), class: "utility" })),
      minimums: { home: 128, operator: 128, utility: 128 },
    };
    const bytes = encodeMessage({ kind: "members", members: set, id: membersDigest(set) });
    expect(bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(decodeMessage(bytes, DIGESTS)).toEqual({ ok: true, value: { kind: "members", members: set, id: membersDigest(set) } });
  });
});
