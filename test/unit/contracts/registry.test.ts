import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { encodeBytes32String, ZeroAddress, ZeroHash } from "ethers";
import { GRID_VAULT_SLOTS } from "../../../contracts/abi/grid-vault.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { agentOf, OPERATOR, ownerOf, SET_SINCE, STRANGER, TestVault, voters } from "../../support/test-vault.ts";

const NAME = encodeBytes32String("home");
const STAYS = 2n ** 48n - 1n;
/** The first period of a test street begins here, the next one 96 intervals later. */
const FIRST = 48_000;
const NEXT = FIRST + 96;

let chain: TestChain;
let street: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain);
  await chain.save();
});
beforeEach(() => chain.restore());
afterAll(() => chain.stop());

const head = async (): Promise<string> => (await street.view("registryHead")) as string;
const agentAt = async (home: number, interval: number | bigint): Promise<unknown> => street.view("agentAt", home, interval);
const rotate = (by: number, home: number, agent: number | string, since: number): Promise<string> =>
  street.send(by, "rotateAgent", home, typeof agent === "number" ? addressOf(agent) : agent, since);
/** What the owner of a home signs for whoever carries it to the chain. */
async function signed(by: number, type: string, fields: object): Promise<string> {
  const domain = { name: "GridVault", version: "1", chainId: (await chain.provider.getNetwork()).chainId };
  const types = {
    RotateAgent: [
      { name: "home", type: "uint32" },
      { name: "agent", type: "address" },
      { name: "since", type: "uint48" },
    ],
    Leave: [
      { name: "home", type: "uint32" },
      { name: "until", type: "uint48" },
    ],
  };
  const only = { [type]: types[type as keyof typeof types] };
  return chain.person(by).signTypedData({ ...domain, verifyingContract: await street.vault.getAddress() }, only, fields);
}

describe("homes", () => {
  test.each([
    ["a stranger", STRANGER, addressOf(5), addressOf(6), `AccessManagedUnauthorized(${addressOf(STRANGER)})`],
    ["no owner", OPERATOR, ZeroAddress, addressOf(6), "ZeroAddress()"],
    ["no agent", OPERATOR, addressOf(5), ZeroAddress, "ZeroAddress()"],
    ["one key for both", OPERATOR, addressOf(5), addressOf(5), "OwnerIsAgent()"],
    ["an agent of another home", OPERATOR, addressOf(5), addressOf(agentOf(3)), `AgentTaken(${addressOf(agentOf(3))})`],
    ["a new home", OPERATOR, addressOf(5), addressOf(6), "ok"],
  ])("register: %s", async (_, by, owner, agent, expected) => {
    const before = await head();
    expect(await street.send(by, "register", owner, agent, NAME, 7)).toBe(expected);
    expect(await street.view("homeCount")).toBe(expected === "ok" ? 11n : 10n);
    expect((await head()) === before).toBe(expected !== "ok");
  });

  test("many at once are the same as one after the other, or none", async () => {
    const many = [5, 6, 7].map((n) => [addressOf(n), addressOf(n + 100), NAME, n]);
    for (const each of many) expect(await street.send(OPERATOR, "register", ...each)).toBe("ok");
    const [one, homes] = [await head(), await street.view("homes", 10, 3)];
    await chain.restore();
    expect(await street.refusal(() => street.send(STRANGER, "registerMany", many))).toBe(
      `AccessManagedUnauthorized(${addressOf(STRANGER)})`,
    );
    const taken = [...many, [addressOf(5), addressOf(agentOf(3)), NAME, 8]];
    expect(await street.refusal(() => street.send(OPERATOR, "registerMany", taken))).toBe(`AgentTaken(${addressOf(agentOf(3))})`);
    expect(await street.send(OPERATOR, "registerMany", many)).toBe("ok");
    expect((await chain.events(street.vault)).length).toBe(3);
    expect([await head(), await street.view("homes", 10, 3)]).toEqual([one, homes]);
  });

  test("one owner may have several homes", async () => {
    expect(await street.send(OPERATOR, "register", addressOf(ownerOf(0)), addressOf(6), NAME, 7)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`HomeRegistered(10, ${addressOf(ownerOf(0))}, ${addressOf(6)}, ${NAME}, 7)`]);
  });

  test("a street is full with 20,480 homes", async () => {
    const vault = await street.vault.getAddress();
    await chain.provider.send("anvil_setStorageAt", [
      vault,
      `0x${GRID_VAULT_SLOTS._homes.toString(16)}`,
      `0x${(20_480).toString(16).padStart(64, "0")}`,
    ]);
    expect(await street.view("homeCount")).toBe(20_480n);
    expect(await street.send(OPERATOR, "register", addressOf(5), addressOf(6), NAME, 7)).toBe("RegistryFull()");
  });

  test("are told one by one and by the page", async () => {
    const third = [addressOf(ownerOf(3)), 3n, addressOf(agentOf(3)), 3n, STAYS, encodeBytes32String("home-3")];
    expect([...((await street.view("home", 3)) as unknown[])]).toEqual(third);
    const [page, former] = (await street.view("homes", 3, 1)) as [unknown[][], unknown[][]];
    expect([page.map((each) => [...each]), former.map((each) => [...each])]).toEqual([[third], [[]]]);
    for (const [from, count] of [
      [8, 2],
      [10, 0],
    ])
      expect(((await street.view("homes", from, 10)) as unknown[][])[0]).toHaveLength(count!);
    expect(await chain.viewError(street.vault, "home", 10)).toBe("UnknownAccount(10)");
  });

  test("sign from their first interval on", async () => {
    expect(await Promise.all([2, 3, FIRST, 2n ** 48n - 2n].map((interval) => agentAt(3, interval)))).toEqual([
      ZeroAddress,
      addressOf(agentOf(3)),
      addressOf(agentOf(3)),
      addressOf(agentOf(3)),
    ]);
    expect(await agentAt(10, FIRST)).toBe(ZeroAddress);
  });
});

describe("another key", () => {
  test.each([
    ["by its agent", agentOf(3), 3, addressOf(6), FIRST, "NotOwner()"],
    ["by another owner", ownerOf(4), 3, addressOf(6), FIRST, "NotOwner()"],
    ["by the registrar", OPERATOR, 3, addressOf(6), FIRST, "NotOwner()"],
    ["of no home", ownerOf(3), 10, addressOf(6), FIRST, "UnknownAccount(10)"],
    ["nobody's", ownerOf(3), 3, ZeroAddress, FIRST, "ZeroAddress()"],
    ["the owner's own", ownerOf(3), 3, addressOf(ownerOf(3)), FIRST, "OwnerIsAgent()"],
    ["another home's", ownerOf(3), 3, addressOf(agentOf(4)), FIRST, `AgentTaken(${addressOf(agentOf(4))})`],
    ["the same as before", ownerOf(3), 3, addressOf(agentOf(3)), FIRST, `AgentTaken(${addressOf(agentOf(3))})`],
    ["before the home itself", ownerOf(3), 3, addressOf(6), 2, "TooEarly(2, 3)"],
    ["a fresh one", ownerOf(3), 3, addressOf(6), FIRST, "ok"],
  ])("%s", async (_, by, home, agent, since, expected) => {
    const before = await head();
    expect(await rotate(by, home, agent, since)).toBe(expected);
    expect((await head()) === before).toBe(expected !== "ok");
  });

  test("signs from its interval on, and what was before stays readable", async () => {
    expect(await rotate(ownerOf(3), 3, 6, FIRST)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`AgentRotated(3, ${addressOf(6)}, ${FIRST})`]);
    expect(await rotate(ownerOf(3), 3, 7, FIRST + 5)).toBe("ok");
    const keys = [2, 3, FIRST - 1, FIRST, FIRST + 4, FIRST + 5].map((interval) => agentAt(3, interval));
    const [old, second, third] = [addressOf(agentOf(3)), addressOf(6), addressOf(7)];
    expect(await Promise.all(keys)).toEqual([ZeroAddress, old, old, second, second, third]);
    const [[home], [former]] = (await street.view("homes", 3, 1)) as [unknown[][], unknown[][][]];
    expect([home![2], home![3]]).toEqual([third, BigInt(FIRST + 5)]);
    expect(former!.map((each) => [...each])).toEqual([
      [old, 3n],
      [second, BigInt(FIRST)],
    ]);
  });

  test("of two for one interval the later one signs; none may be overtaken, and none is used again", async () => {
    expect(await rotate(ownerOf(3), 3, 6, FIRST)).toBe("ok");
    expect(await rotate(ownerOf(3), 3, 7, FIRST - 1)).toBe(`TooEarly(${FIRST - 1}, ${FIRST})`);
    expect(await rotate(ownerOf(3), 3, 7, FIRST)).toBe("ok");
    expect(await agentAt(3, FIRST)).toBe(addressOf(7));
    for (const used of [6, 7, agentOf(3)]) {
      expect(await rotate(ownerOf(4), 4, used, FIRST)).toBe(`AgentTaken(${addressOf(used)})`);
      expect(await street.send(OPERATOR, "register", addressOf(5), addressOf(used), NAME, 7)).toBe(`AgentTaken(${addressOf(used)})`);
    }
  });

  test("is carried to the chain by anyone, as the owner signed it and not otherwise", async () => {
    const fields = { home: 3, agent: addressOf(6), since: FIRST };
    const signature = await signed(ownerOf(3), "RotateAgent", fields);
    const carry = (home: number, agent: number, since: number, by = signature) =>
      street.send(STRANGER, "rotateAgentFor", home, addressOf(agent), since, by);
    expect(await carry(3, 7, FIRST)).toBe("BadSignature()");
    expect(await carry(3, 6, FIRST + 1)).toBe("BadSignature()");
    expect(await carry(4, 6, FIRST)).toBe("BadSignature()");
    expect(await carry(10, 6, FIRST)).toBe("UnknownAccount(10)");
    expect(await carry(3, 6, FIRST, await signed(agentOf(3), "RotateAgent", fields))).toBe("BadSignature()");
    expect(await carry(3, 6, FIRST, "0x")).toBe("BadSignature()");
    expect(await carry(3, 6, FIRST)).toBe("ok");
    expect(await agentAt(3, FIRST)).toBe(addressOf(6));
    expect(await carry(3, 6, FIRST)).toBe(`AgentTaken(${addressOf(6)})`);
  });
});

describe("leaving", () => {
  const leave = (by: number, home: number, until: number): Promise<string> => street.send(by, "leaveStreet", home, until);

  test.each([
    ["by its agent", agentOf(3), 3, FIRST, `AccessManagedUnauthorized(${addressOf(agentOf(3))})`],
    ["by another owner", ownerOf(4), 3, FIRST, `AccessManagedUnauthorized(${addressOf(ownerOf(4))})`],
    ["of no home, by the registrar", OPERATOR, 10, FIRST, "UnknownAccount(10)"],
    ["of no home", ownerOf(3), 10, FIRST, "UnknownAccount(10)"],
    ["at the beginning of time", ownerOf(3), 3, 0, "TooEarly(0, 1)"],
    ["never", ownerOf(3), 3, Number(STAYS), `AlreadyLeft(${STAYS})`],
    ["by its owner", ownerOf(3), 3, FIRST, "ok"],
    ["by the registrar", OPERATOR, 3, FIRST, "ok"],
  ])("%s", async (_, by, home, until, expected) => {
    const before = await head();
    expect(await leave(by, home, until)).toBe(expected);
    expect((await head()) === before).toBe(expected !== "ok");
  });

  test("its key signs no more from then on, and its money stays its own", async () => {
    await street.fund(3, 500);
    expect(await leave(ownerOf(3), 3, FIRST)).toBe("ok");
    expect(await chain.events(street.vault)).toEqual([`HomeLeft(3, ${FIRST})`]);
    expect([await agentAt(3, FIRST - 1), await agentAt(3, FIRST)]).toEqual([addressOf(agentOf(3)), ZeroAddress]);
    expect(await street.send(ownerOf(3), "requestWithdraw", 3, addressOf(5), 500)).toBe("ok");
  });

  test("may be brought forward and never put off, nor taken back by another key", async () => {
    expect(await leave(ownerOf(3), 3, FIRST)).toBe("ok");
    expect(await leave(ownerOf(3), 3, FIRST)).toBe(`AlreadyLeft(${FIRST})`);
    expect(await leave(OPERATOR, 3, FIRST + 1)).toBe(`AlreadyLeft(${FIRST})`);
    expect(await rotate(ownerOf(3), 3, 6, FIRST)).toBe(`AlreadyLeft(${FIRST})`);
    expect(await rotate(ownerOf(3), 3, 6, FIRST - 1)).toBe("ok");
    expect(await leave(OPERATOR, 3, FIRST - 2)).toBe("ok");
    expect(await agentAt(3, FIRST - 1)).toBe(ZeroAddress);
    expect(await agentAt(3, FIRST - 3)).toBe(addressOf(agentOf(3)));
  });

  test("is carried to the chain by anyone, as the owner signed it and not otherwise", async () => {
    const signature = await signed(ownerOf(3), "Leave", { home: 3, until: FIRST });
    expect(await street.send(STRANGER, "leaveStreetFor", 3, FIRST + 1, signature)).toBe("BadSignature()");
    expect(await street.send(STRANGER, "leaveStreetFor", 4, FIRST, signature)).toBe("BadSignature()");
    expect(await street.send(STRANGER, "leaveStreetFor", 3, FIRST, signature)).toBe("ok");
    expect(await agentAt(3, FIRST)).toBe(ZeroAddress);
  });
});

describe("changes and settlement", () => {
  test("what is settled, and the period that comes next, keep who they have", async () => {
    expect(await street.settle(await street.batch([]))).toBe("ok");
    const soon = `TooEarly(${NEXT}, ${NEXT + 1})`;
    expect(await street.setValidators(NEXT, voters(0, 1, 2, 4))).toBe(soon);
    expect(await rotate(ownerOf(3), 3, 6, NEXT)).toBe(soon);
    expect(await street.send(ownerOf(3), "leaveStreet", 3, NEXT)).toBe(soon);
    expect(await street.setValidators(NEXT + 1, voters(0, 1, 2, 4))).toBe("ok");
    expect(await rotate(ownerOf(3), 3, 6, NEXT + 1)).toBe("ok");
    expect(await street.send(ownerOf(3), "leaveStreet", 3, NEXT + 2)).toBe("ok");
    // A home that joins certifies nothing yet, so it may have been there all along.
    expect(await street.register(10)).toBe("ok");
  });

  test("so does a period that is proposed, even the first", async () => {
    const slow = await TestVault.deploy(chain, { change: { challengeWindow: 600 } });
    const batch = await slow.batch([]);
    expect(await slow.propose(batch)).toBe("ok");
    for (const since of [FIRST - 1, FIRST])
      expect(await slow.setValidators(since, voters(0, 1, 2, 4))).toBe(`TooEarly(${since}, ${FIRST + 1})`);
    expect(await slow.send(OPERATOR, "leaveStreet", 3, FIRST)).toBe(`TooEarly(${FIRST}, ${FIRST + 1})`);
    expect(await slow.setValidators(FIRST + 1, voters(0, 1, 2, 4))).toBe("ok");
    await chain.pass(601);
    expect(await slow.finalize(batch)).toBe("ok");
  });

  test("the head of the registry stands for its whole history", async () => {
    const heads = [await head()];
    const changes = [
      () => street.register(10),
      () => rotate(ownerOf(3), 3, 6, FIRST),
      () => street.send(ownerOf(4), "leaveStreet", 4, FIRST),
      () => street.setValidators(SET_SINCE + 1, voters(0, 1, 2)),
    ];
    for (const change of changes) {
      expect(await change()).toBe("ok");
      heads.push(await head());
    }
    await street.fund(0, 5);
    expect(await head()).toBe(heads.at(-1));
    expect(new Set([ZeroHash, ...heads]).size).toBe(6);
    expect(((await street.view("status")) as { registryHead: string }).registryHead).toBe(heads.at(-1));
  });
});
