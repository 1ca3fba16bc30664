import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { signEntry } from "../../support/batch-bytes.ts";
import { addressOf, keyOf, TestChain } from "../../support/test-chain.ts";
import {
  agentOf,
  CLASS,
  deployVault,
  OPERATOR,
  ownerOf,
  SET_SINCE,
  STRANGER,
  TestVault,
  type Validator,
  voters,
} from "../../support/test-vault.ts";

/** The first period of a test street begins here, the next one 96 intervals later. */
const FIRST = 48_000;
const NEXT = FIRST + 96;
const [H, O, U] = [CLASS.home, CLASS.operator, CLASS.utility];

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

/** Homes 0, 1, 2... with these classes. */
const of = (...classes: readonly number[]): Validator[] => classes.map((each, home) => [home, each]);
/** What a period that these certify is told. */
async function certified(...places: readonly number[]): Promise<string> {
  const batch = await street.batch([]);
  return street.propose(batch, await street.entries(batch, places));
}

describe("who may be named", () => {
  test("the governor alone names them", async () => {
    expect(await street.send(STRANGER, "setValidators", 20, voters(0, 1), [0, 0, 0])).toBe(
      `AccessManagedUnauthorized(${addressOf(STRANGER)})`,
    );
    expect(await street.send(ownerOf(0), "setValidators", 20, voters(0, 1), [0, 0, 0])).toBe(
      `AccessManagedUnauthorized(${addressOf(ownerOf(0))})`,
    );
  });

  test.each([
    ["nobody", [], "BadValidatorSet(0)"],
    ["one twice", voters(0, 1, 1), "BadValidatorSet(2)"],
    ["out of order", voters(1, 0), "BadValidatorSet(1)"],
    ["no home", voters(8, 9, 10), "BadValidatorSet(2)"],
    ["any two", voters(0, 9), "ok"],
    ["one alone", voters(7), "ok"],
  ])("%s", async (_, validators, expected) => {
    expect(await street.setValidators(20, validators)).toBe(expected);
  });

  test("a home before it is in the street, or after", async () => {
    await street.send(OPERATOR, "register", addressOf(5), addressOf(6), `0x${"00".repeat(32)}`, 21);
    expect(await street.setValidators(20, voters(0, 10))).toBe("BadValidatorSet(1)");
    await street.send(ownerOf(4), "leaveStreet", 4, 21);
    expect(await street.setValidators(21, voters(4, 10))).toBe("BadValidatorSet(0)");
    expect(await street.setValidators(20, voters(4))).toBe("ok");
  });

  test("64 of them, and not 65", async () => {
    const { vault } = await deployVault(chain, street.token);
    for (let i = 1; i <= 65; i++) {
      const agent = `0x${i.toString(16).padStart(40, "0")}`;
      expect(await chain.send(vault, OPERATOR, "register", addressOf(5), agent, `0x${"00".repeat(32)}`, 1)).toBe("ok");
    }
    const set = (count: number) => chain.send(vault, OPERATOR, "setValidators", 1, voters(...Array(count).keys()), [0, 0, 0]);
    expect(await set(65)).toBe("BadValidatorSet(65)");
    expect(await set(64)).toBe("ok");
  });

  test("sets follow one another; of two for one interval the later one counts", async () => {
    expect(await street.setValidators(20, voters(0, 1), [1, 0, 0])).toBe("ok");
    expect(await chain.events(street.vault)).toEqual(["ValidatorsSet(20, 0,0,1,0, 1,0,0)"]);
    expect(await street.setValidators(19, voters(0, 1))).toBe("TooEarly(19, 20)");
    expect(await street.setValidators(20, voters(5))).toBe("ok");
    const sets = (await street.view("validatorSets")) as { since: bigint; validators: bigint[][]; minimums: bigint[] }[];
    expect(sets.map(({ since, validators }) => [Number(since), validators.map(([home]) => Number(home))])).toEqual([
      [SET_SINCE, [0, 1, 2, 3]],
      [20, [0, 1]],
      [20, [5]],
    ]);
    expect([...sets[1]!.minimums]).toEqual([1n, 0n, 0n]);
    const batch = await street.batch([]);
    expect(await street.propose(batch, [signEntry(0, keyOf(agentOf(5)), (await street.view("digest", batch.period)) as string)])).toBe(
      "ok",
    );
  });
});

describe("the class rule: no class certifies alone, nor operator and utility together", () => {
  test.each<[string, Validator[], number[], string]>([
    ["homes among themselves", of(H, H, H, H), [0, 0, 0], "ok"],
    ["more than there are", of(H, H, H, O), [4, 1, 0], "BadMinimum(0, 4, 3)"],
    ["of a class that nobody has", of(H, H, H, H), [0, 0, 1], "BadMinimum(2, 1, 0)"],
    ["an operator alone", of(O), [0, 1, 0], "ClassTooStrong(1, 1)"],
    ["a utility alone", of(U, U, U), [0, 0, 3], "ClassTooStrong(3, 3)"],
    ["operator and utility that need no home", of(O, O, U, U, H), [0, 1, 1], "ClassTooStrong(4, 4)"],
    ["operator and utility that need one", of(O, O, U, U, H), [1, 1, 1], "ok"],
    ["operator and utility that are too few", of(O, U, H, H), [0, 1, 0], "ok"],
    ["homes that need nobody else", of(H, H, H, O), [0, 0, 0], "ClassTooStrong(3, 3)"],
    ["homes that need the operator", of(H, H, H, O), [0, 1, 0], "ok"],
    ["homes that need the utility", of(H, H, H, H, U), [0, 0, 1], "ok"],
    ["homes that are too few alone", of(H, H, O, U), [0, 0, 0], "ok"],
    ["the street of the book", of(O, U, H, H, H, H, H), [3, 0, 1], "ok"],
  ])("%s", async (_, validators, minimums, expected) => {
    expect(await street.setValidators(20, validators, minimums)).toBe(expected);
  });

  test("a certificate has the minimum of each class, whatever else it has", async () => {
    expect(await street.setValidators(20, of(O, U, H, H, H, H, H), [3, 0, 1])).toBe("ok");
    const street7 = (places: readonly number[]) => certified(...places);
    expect(await street7([2, 3, 4, 5, 6])).toBe("QuorumClassMissing(2, 0, 1)");
    expect(await street7([0, 2, 3, 4, 5, 6])).toBe("QuorumClassMissing(2, 0, 1)");
    expect(await street7([0, 1, 2, 3])).toBe("QuorumNotReached(4, 5)");
    expect(await street7([1, 2, 3, 4])).toBe("QuorumNotReached(4, 5)");
    expect(await street7([0, 1, 2, 3, 6])).toBe("ok");
  });

  test("operator and utility without enough homes certify nothing", async () => {
    expect(await street.setValidators(20, of(O, O, U, U, H, H), [2, 0, 0])).toBe("ok");
    expect(await certified(0, 1, 2, 3, 4)).toBe("QuorumClassMissing(0, 1, 2)");
    expect(await certified(0, 1, 2, 4, 5)).toBe("ok");
  });
});

describe("a period has the validators of its first interval", () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 4],
    [6, 5],
    [7, 5],
    [9, 7],
    [10, 7],
  ])("of %i validators %i certify", async (count, quorum) => {
    expect(await street.setValidators(20, voters(...Array(count).keys()))).toBe("ok");
    expect(await certified(...Array(quorum - 1).keys())).toBe(`QuorumNotReached(${quorum - 1}, ${quorum})`);
    expect(await certified(...Array(quorum).keys())).toBe("ok");
  });

  test("nobody certifies before the first set", async () => {
    const batch = await street.batch([], [], { fromInterval: SET_SINCE - 1, toInterval: FIRST });
    expect(await street.propose(batch)).toBe(`NoValidators(${SET_SINCE - 1})`);
  });

  test("another set counts from the period on that begins with its interval or after it", async () => {
    // In the middle of the first period: the second is the first that it certifies.
    expect(await street.setValidators(FIRST + 1, voters(5, 6, 7))).toBe("ok");
    expect(await street.settle(await street.batch([]))).toBe("ok");
    const batch = await street.batch([]);
    const digest = (await street.view("digest", batch.period)) as string;
    const by = (...homes: readonly number[]) => homes.map((home, place) => signEntry(place, keyOf(agentOf(home)), digest));
    expect(await street.propose(batch, by(0, 1, 2))).toBe("BadCertificate(0)");
    expect(await street.propose(batch, by(5, 6, 3))).toBe("BadCertificate(2)");
    expect(await street.propose(batch, by(5, 6, 7))).toBe("ok");
  });

  test("a key signs for the periods that begin while it is the home's", async () => {
    await street.send(ownerOf(0), "rotateAgent", 0, addressOf(6), NEXT);
    const propose = async (key: number): Promise<string> => {
      const batch = await street.batch([]);
      const digest = (await street.view("digest", batch.period)) as string;
      return street.propose(batch, [signEntry(0, keyOf(key), digest), ...(await street.entries(batch, [1, 2]))]);
    };
    expect(await propose(6)).toBe("BadCertificate(0)");
    expect(await street.settle(await street.batch([]))).toBe("ok");
    expect(await propose(agentOf(0))).toBe("BadCertificate(0)");
    expect(await propose(6)).toBe("ok");
  });

  test("who has left signs no more, and still counts among all", async () => {
    await street.send(OPERATOR, "leaveStreet", 0, FIRST);
    expect(await certified(0, 1, 2)).toBe("BadCertificate(0)");
    expect(await certified(1, 2)).toBe("QuorumNotReached(2, 3)");
    expect(await certified(1, 2, 3)).toBe("ok");
  });
});
