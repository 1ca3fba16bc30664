import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { encodeBytes32String, ZeroHash } from "ethers";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import {
  DELAY,
  FIRST_RULES,
  GRACE,
  LEAST,
  MOST,
  type Numbers,
  rules,
  TestCommunity,
  type TestRules,
  VOTING,
} from "../../support/test-community.ts";
import { agentOf, OPERATOR, ownerOf, STRANGER, TestVault } from "../../support/test-vault.ts";

/** One period is settled: of the ten homes nine are in the street, home 9 left before; the next interval is this one. */
const NEXT = 48_096;
const LATER = NEXT + 5_000;
const WANTED = rules(1, LATER, { communityPercent: 25 });

let chain: TestChain;
let street: TestVault;
let community: TestCommunity;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain);
  expect(await street.send(ownerOf(9), "leaveStreet", 9, 48_010)).toBe("ok");
  community = await TestCommunity.deploy(street);
  expect(await street.settle(await street.batch([]))).toBe("ok");
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

/** The motion is brought, these homes vote yes, and so many seconds pass. */
async function moved(yes: readonly number[], seconds = 0, wanted: TestRules = WANTED): Promise<void> {
  expect(await community.move(0, wanted)).toBe("ok");
  for (const home of yes) expect(await community.vote(0, home)).toBe("ok");
  if (seconds > 0) await chain.pass(seconds);
}

describe("construction", () => {
  const first = (change: Partial<Numbers>) => ({ rules: rules(0, 40_000, change) });
  test.each<[string, object, string]>([
    ["a delay as long as the vault's escape", { delaySeconds: 86_400 }, "DelayTooShort(86400, 86400)"],
    ["no delay", { delaySeconds: 0 }, "DelayTooShort(0, 86400)"],
    ["no time to vote", { votingSeconds: 0 }, "NoTime()"],
    ["no time to execute", { graceSeconds: 0 }, "NoTime()"],
    ["bounds that leave nothing", { least: { ...MOST, kPermille: 751 } }, "BadBounds(kPermille, 751, 750)"],
    ["a first percentage beyond its bounds", first({ communityPercent: 51 }), "OutOfBounds(communityPercent, 51, 0, 50)"],
    ["a first k below its bounds", first({ kPermille: 249 }), "OutOfBounds(kPermille, 249, 250, 750)"],
    ["first rules without a hash", { rules: { ...FIRST_RULES, hash: ZeroHash } }, "NoHash()"],
    ["one number that is fixed for ever", { least: { ...LEAST, kPermille: 500 }, most: { ...MOST, kPermille: 500 } }, "ok"],
  ])("%s", async (_, change, expected) => expect(await TestCommunity.refusal(street, change)).toBe(expected));

  test("first rules count from their first interval on, and say their numbers", async () => {
    expect(await chain.viewError(community.contract, "rulesAt", 39_999)).toBe("NoRules(39999)");
    expect(await community.hashesAt(40_000, 2 ** 47)).toEqual([FIRST_RULES.hash, FIRST_RULES.hash]);
    const kept = (await community.view("rulesAt", 40_000)) as { since: bigint; numbers: bigint[] };
    expect([kept.since, [...kept.numbers]]).toEqual([40_000n, [10n, 500n, 50_000n, 1_000_000n]]);
    const [least, most] = (await community.view("bounds")) as [bigint[], bigint[]];
    expect([[...least], [...most]]).toEqual([Object.values(LEAST).map(BigInt), Object.values(MOST).map(BigInt)]);
  });
});

describe("bringing a motion", () => {
  const edges = (change: Partial<Numbers>): TestRules => rules(1, LATER, change);
  test.each<[string, number, number, TestRules, string]>([
    ["a home's owner", 0, ownerOf(0), WANTED, "ok"],
    ["its agent key", 0, agentOf(0), WANTED, "NotOwner()"],
    ["a neighbour for it", 0, ownerOf(1), WANTED, "NotOwner()"],
    ["whoever registers homes", 0, OPERATOR, WANTED, "NotOwner()"],
    ["a home that has left", 9, ownerOf(9), WANTED, "NotMember(9)"],
    ["no home", 10, STRANGER, WANTED, "NotMember(10)"],
    ["rules without a hash", 0, ownerOf(0), { ...WANTED, hash: ZeroHash }, "NoHash()"],
    ["for what is settled", 0, ownerOf(0), rules(1, NEXT - 1), `TooEarly(${NEXT - 1}, ${NEXT + 1})`],
    ["for what is settled next", 0, ownerOf(0), rules(1, NEXT), `TooEarly(${NEXT}, ${NEXT + 1})`],
    ["for the interval after", 0, ownerOf(0), rules(1, NEXT + 1), "ok"],
    ["as far ahead as may be", 0, ownerOf(0), rules(1, NEXT + 200_000), "ok"],
    ["further ahead", 0, ownerOf(0), rules(1, NEXT + 200_001), `TooLate(${NEXT + 200_001}, ${NEXT + 200_000})`],
    ["the least of everything", 0, ownerOf(0), edges(LEAST), "ok"],
    ["the most of everything", 0, ownerOf(0), edges(MOST), "ok"],
    ["more percent", 0, ownerOf(0), edges({ communityPercent: 51 }), "OutOfBounds(communityPercent, 51, 0, 50)"],
    ["less k", 0, ownerOf(0), edges({ kPermille: 249 }), "OutOfBounds(kPermille, 249, 250, 750)"],
    ["more k", 0, ownerOf(0), edges({ kPermille: 751 }), "OutOfBounds(kPermille, 751, 250, 750)"],
    ["more charge", 0, ownerOf(0), edges({ withheldCharge: 1_000_001 }), "OutOfBounds(withheldCharge, 1000001, 0, 1000000)"],
    ["a lower price", 0, ownerOf(0), edges({ maxPrice: 499_999 }), "OutOfBounds(maxPrice, 499999, 500000, 2000000)"],
    ["a higher price", 0, ownerOf(0), edges({ maxPrice: 2_000_001 }), "OutOfBounds(maxPrice, 2000001, 500000, 2000000)"],
  ])("%s", async (_, home, by, wanted, expected) => {
    expect(await community.move(home, wanted, by)).toBe(expected);
    expect(await community.view("motionCount")).toBe(expected === "ok" ? 1n : 0n);
  });

  test("before the vault's first period nobody can say who is a home", async () => {
    const young = await TestCommunity.deploy(await TestVault.deploy(chain, { homes: 0 }));
    expect(await young.move(0, WANTED, STRANGER)).toBe("NotMember(0)");
    const unsettled = await TestVault.deploy(chain, { homes: 4 });
    const waiting = await TestCommunity.deploy(unsettled);
    expect(await waiting.move(0, WANTED)).toBe("NothingSettled()");
    // Proposed is not settled: a first period that is dropped leaves the vault without a next interval.
    expect(await unsettled.propose(await unsettled.batch([]))).toBe("ok");
    expect(await waiting.move(0, WANTED)).toBe("NothingSettled()");
  }, 60_000);

  test("one at a time for each home, however it ends", async () => {
    await moved([]);
    expect(await community.move(0, rules(2, LATER))).toBe("MotionOpen(0)");
    expect(await community.move(1, rules(2, LATER))).toBe("ok");
    await chain.pass(VOTING);
    expect(await community.move(0, rules(3, LATER))).toBe("ok");
    expect([await community.view("motionsOf", 0), await community.view("motionsOf", 1), await community.view("motionCount")]).toEqual([
      2n,
      1n,
      3n,
    ]);
  });

  test("anyone may hand in what the owner signed, once", async () => {
    const fields = { home: 3, hash: WANTED.hash, since: WANTED.since, ...WANTED.numbers, nonce: 0 };
    const signature = await community.sign(ownerOf(3), "Motion", fields);
    const hand = (home: number, wanted: TestRules, bytes = signature) => community.send(STRANGER, "moveRulesFor", home, wanted, bytes);
    expect(await hand(4, WANTED)).toBe("BadSignature()");
    expect(await hand(3, { ...WANTED, hash: rules(2, 0).hash })).toBe("BadSignature()");
    expect(await hand(3, { ...WANTED, since: LATER + 1 })).toBe("BadSignature()");
    for (const name of Object.keys(LEAST) as (keyof Numbers)[])
      expect(await hand(3, { ...WANTED, numbers: { ...WANTED.numbers, [name]: WANTED.numbers[name] + 1 } })).toBe("BadSignature()");
    expect(await hand(3, WANTED, await community.sign(agentOf(3), "Motion", fields))).toBe("BadSignature()");
    expect(await hand(3, WANTED, await community.sign(ownerOf(3), "Motion", fields, { chainId: 1 }))).toBe("BadSignature()");
    expect(await hand(3, WANTED)).toBe("ok");
    await chain.pass(VOTING);
    expect(await hand(3, WANTED)).toBe("BadSignature()");
    expect(await hand(3, WANTED, await community.sign(ownerOf(3), "Motion", { ...fields, nonce: 1 }))).toBe("ok");
  });
});

describe("voting", () => {
  test.each<[string, number, number, number, string]>([
    ["a home's owner", 0, 1, ownerOf(1), "ok"],
    ["its agent key", 0, 1, agentOf(1), "NotOwner()"],
    ["a neighbour for it", 0, 1, ownerOf(2), "NotOwner()"],
    ["whoever registers homes", 0, 1, OPERATOR, "NotOwner()"],
    ["a home that had left", 0, 9, ownerOf(9), "NotMember(9)"],
    ["no home", 0, 10, STRANGER, "NotMember(10)"],
    ["on no motion", 1, 1, ownerOf(1), "UnknownMotion(1)"],
  ])("%s", async (_, motion, home, by, expected) => {
    await moved([]);
    expect(await community.vote(motion, home, true, by)).toBe(expected);
    expect((await community.motion(0)).yes).toBe(expected === "ok" ? 1 : 0);
  });

  test("a home that came after the motion did has no vote, whatever interval its membership is dated to", async () => {
    await moved([]);
    expect(await street.register(10)).toBe("ok");
    expect(await community.vote(0, 10)).toBe("NotMember(10)");
    expect(await community.send(STRANGER, "count", 0, 100)).toBe("ok");
    expect((await community.motion(0)).members).toBe(9);
  });

  test("who is a home is asked of the first interval that isn't settled, and of no other", async () => {
    for (const [home, since] of [
      [10, NEXT],
      [11, NEXT + 1],
    ] as const)
      expect(
        await street.send(OPERATOR, "register", addressOf(ownerOf(home)), addressOf(agentOf(home)), encodeBytes32String("x"), since),
      ).toBe("ok");
    expect(await street.send(ownerOf(8), "leaveStreet", 8, NEXT + 1)).toBe("ok");
    await moved([10, 8]);
    expect(await community.vote(0, 11)).toBe("NotMember(11)");
    expect(await community.send(STRANGER, "count", 0, 100)).toBe("ok");
    expect((await community.motion(0)).members).toBe(10);
  });

  test("a home that leaves after the motion came keeps its vote: it was a member", async () => {
    await moved([]);
    expect(await street.send(ownerOf(8), "leaveStreet", 8, NEXT + 1)).toBe("ok");
    expect(await community.vote(0, 8)).toBe("ok");
    expect(await community.move(8, rules(2, LATER))).toBe("ok");
  });

  test("once, and for good", async () => {
    await moved([1]);
    expect(await community.vote(0, 2, false)).toBe("ok");
    for (const yes of [true, false]) {
      expect(await community.vote(0, 1, yes)).toBe("AlreadyVoted(1)");
      expect(await community.vote(0, 2, yes)).toBe("AlreadyVoted(2)");
    }
    expect(await community.motion(0)).toMatchObject({ yes: 1, no: 1 });
    expect([await community.view("hasVoted", 0, 1), await community.view("hasVoted", 0, 3)]).toEqual([true, false]);
  });

  test("until the end, to the second", async () => {
    await moved([1]);
    const { closesAt } = (await community.view("motionOf", 0)) as { closesAt: bigint };
    const at = async (time: number): Promise<string> => {
      await chain.provider.send("evm_setNextBlockTimestamp", [time]);
      return "";
    };
    await at(Number(closesAt) - 1);
    await chain.provider.send("evm_mine", []);
    expect(await chain.viewError(community.contract, "vote", 0, 2, true)).toBe("NotOwner()");
    await at(Number(closesAt));
    await chain.provider.send("evm_mine", []);
    expect(await community.vote(0, 2)).toBe(`VotingClosed(${closesAt})`);
  });

  test("anyone may hand in what the owner signed", async () => {
    await moved([]);
    expect(await community.move(1, rules(2, LATER))).toBe("ok");
    const signature = await community.sign(ownerOf(2), "Vote", { motion: 0, home: 2, yes: true });
    const hand = (motion: number, home: number, yes: boolean, bytes = signature) =>
      community.send(STRANGER, "voteFor", motion, home, yes, bytes);
    expect(await hand(0, 3, true)).toBe("BadSignature()");
    expect(await hand(1, 2, true)).toBe("BadSignature()");
    expect(await hand(0, 2, false)).toBe("BadSignature()");
    expect(await hand(0, 2, true, "0x")).toBe("BadSignature()");
    const vote = { motion: 0, home: 2, yes: true };
    expect(await hand(0, 2, true, await community.sign(agentOf(2), "Vote", vote))).toBe("BadSignature()");
    expect(await hand(0, 2, true, await community.sign(ownerOf(2), "Vote", vote, { name: "GridVault" }))).toBe("BadSignature()");
    expect(await hand(0, 2, true)).toBe("ok");
    expect(await hand(0, 2, true)).toBe("AlreadyVoted(2)");
    expect(await community.motion(0)).toMatchObject({ yes: 1, no: 0 });
  });
});

describe("executing", () => {
  /** Five of nine are more than half. */
  const HALF = [0, 1, 2, 3];
  const MOST_OF = [...HALF, 4];

  test.each<[string, readonly number[], number, RegExp]>([
    ["while homes vote", MOST_OF, 0, /^VotingOpen\(\d+\)$/],
    ["nobody wanted it", [], VOTING + DELAY, /^NotCarried\(0, 5\)$/],
    ["less than half wanted it", HALF, VOTING + DELAY, /^NotCarried\(4, 5\)$/],
    ["right after the vote", MOST_OF, VOTING, /^TimelockRunning\(\d+\)$/],
    ["shortly before anybody could have left", MOST_OF, VOTING + DELAY - 20, /^TimelockRunning\(\d+\)$/],
    ["after the delay", MOST_OF, VOTING + DELAY, /^ok$/],
    ["shortly before it is gone", MOST_OF, VOTING + DELAY + GRACE - 60, /^ok$/],
    ["when it is gone", MOST_OF, VOTING + DELAY + GRACE, /^MotionLapsed\(\d+\)$/],
  ])("%s", async (_, yes, seconds, expected) => {
    await moved(yes, seconds);
    const said = await community.execute(0);
    expect(said).toMatch(expected);
    expect(await community.hashesAt(NEXT, LATER - 1, LATER)).toEqual([
      FIRST_RULES.hash,
      FIRST_RULES.hash,
      said === "ok" ? WANTED.hash : FIRST_RULES.hash,
    ]);
  });

  test("half of all is not more than half, and silence is no yes", async () => {
    expect(await street.send(ownerOf(8), "leaveStreet", 8, NEXT + 1)).toBe("ok");
    expect(await street.settle(await street.batch([]))).toBe("ok");
    await moved(HALF, VOTING + DELAY, rules(1, LATER));
    expect(await community.execute(0)).toBe("NotCarried(4, 5)");
    expect((await community.motion(0)).counted).toBe(0);
  });

  test("once", async () => {
    await moved(MOST_OF, VOTING + DELAY);
    expect(await community.execute(0)).toBe("ok");
    expect(await chain.events(community.contract)).toEqual([
      `RulesDecided(0, ${[WANTED.hash, LATER, 25, 500, 50_000, 1_000_000].join(",")})`,
    ]);
    expect(await community.execute(0)).toBe("AlreadyExecuted()");
    expect(await community.execute(1)).toBe("UnknownMotion(1)");
    expect(((await community.view("rulesHistory")) as unknown[]).length).toBe(2);
  });

  test("what came too late: its intervals are settled, and they keep their rules", async () => {
    await moved(MOST_OF, VOTING + DELAY, rules(1, NEXT + 50));
    expect(await street.settle(await street.batch([]))).toBe("ok");
    expect(await community.execute(0)).toBe(`TooEarly(${NEXT + 50}, ${NEXT + 97})`);
    expect(await community.hashesAt(NEXT + 50, NEXT + 5_000)).toEqual([FIRST_RULES.hash, FIRST_RULES.hash]);
  });

  test("no rules overtake later ones; of two for one interval the later decision counts", async () => {
    const all = [rules(1, LATER), rules(2, LATER - 1), rules(3, LATER)];
    for (const [home, wanted] of all.entries()) expect(await community.move(home, wanted)).toBe("ok");
    for (const motion of [0, 1, 2]) for (const home of MOST_OF) expect(await community.vote(motion, home)).toBe("ok");
    await chain.pass(VOTING + DELAY);
    expect(await community.execute(0)).toBe("ok");
    expect(await community.execute(1)).toBe(`TooEarly(${LATER - 1}, ${LATER})`);
    expect(await community.execute(2)).toBe("ok");
    expect(await community.hashesAt(LATER - 1, LATER)).toEqual([FIRST_RULES.hash, all[2]!.hash]);
    const history = (await community.view("rulesHistory")) as { hash: string }[];
    expect(history.map(({ hash }) => hash)).toEqual([FIRST_RULES.hash, all[0]!.hash, all[2]!.hash]);
  });

  test("members are counted in as many steps as it takes", async () => {
    await moved(MOST_OF);
    expect(await community.send(STRANGER, "count", 0, 4)).toBe("ok");
    expect(await community.motion(0)).toMatchObject({ counted: 4, members: 4 });
    expect(await community.send(STRANGER, "count", 0, 0)).toBe("ok");
    await chain.pass(VOTING + DELAY);
    expect(await community.send(STRANGER, "count", 0, 5)).toBe("ok");
    expect(await community.motion(0)).toMatchObject({ counted: 9, members: 9 });
    expect(await community.execute(0)).toBe("ok");
    expect(await community.motion(0)).toMatchObject({ counted: 10, members: 9, homes: 10, isExecuted: true });
    expect(await community.send(STRANGER, "count", 0, 100)).toBe("ok");
    expect(await community.motion(0)).toMatchObject({ counted: 10, members: 9 });
    expect(await community.send(STRANGER, "count", 3, 1)).toBe("UnknownMotion(3)");
  });
});
