import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { SigningKey } from "ethers";
import { communityDigests } from "../../../adapters/evm/index.ts";
import { agentKey } from "../../../adapters/system/keys.ts";
import { type Address, address, type Digest, fromHex, homeId, type Interval, interval } from "../../../engine/kernel/index.ts";
import { hashRules, type MarketRules, withNumbers } from "../../../engine/messages/index.ts";
import type { StreetCard } from "../../../src/api/index.ts";
import { Allowance } from "../../../src/main/street/allowance.ts";
import { MotionDesk } from "../../../src/main/street/motion-desk.ts";
import type { RegisteredHome } from "../../../src/ports/index.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";
import { addressOf, CHAIN_ID, keyOf, TestChain } from "../../support/test-chain.ts";
import { FIRST_RULES, TestCommunity, VOTING } from "../../support/test-community.ts";
import { agentOf, OPERATOR, ownerOf, TestVault } from "../../support/test-vault.ts";

jest.setTimeout(60_000);

const LIMITS = { deposits: 0, withdrawals: 0, payments: 0, keyChanges: 0, departures: 0, motions: 2, votes: 3, gas: 1_500_000 };
const HOMES = 5;
const DAY_MS = 86_400_000;

let chain: TestChain;
let street: TestVault;
let community: TestCommunity;
let desk: MotionDesk;
let now = 0;
const meta = new Map<string, string>();
const closing: (() => Promise<unknown>)[] = [];
let digests: ReturnType<typeof communityDigests>;

beforeAll(async () => {
  chain = await TestChain.start(46);
  street = await TestVault.deploy(chain, { homes: HOMES });
  expect(await street.settle(await street.batch([]))).toBe("ok");
  community = await TestCommunity.deploy(street);
  digests = communityDigests({ chainId: CHAIN_ID, community: address(await at()) });
  await chain.save();
});
beforeEach(async () => {
  await chain.restore();
  meta.clear();
  now = 0;
  desk = await openDesk();
});
afterAll(async () => {
  await desk.close();
  for (const close of closing) await close();
  await chain.stop();
});

const at = async (): Promise<string> => (await community.contract.getAddress()).toLowerCase();

/** The homes as the vault has them. */
const homes = Array.from({ length: HOMES }, (_, home): RegisteredHome => {
  const [agent, owner] = [agentOf(home), ownerOf(home)].map((person) => address(addressOf(person).toLowerCase())) as [Address, Address];
  const since = home as Interval;
  return { home: homeId(home), name: `home-${home}`, agent, owner, since, until: null, keys: [{ agent, since }] };
});

async function openDesk(limits = LIMITS, rpc = chain.rpc): Promise<MotionDesk> {
  await desk?.close();
  const vault = (await street.vault.getAddress()).toLowerCase();
  const card = { rules: RULES, rulesHash: hashRules(RULES), chain: { rpc, id: CHAIN_ID, vault, community: await at() } };
  const store = { getMeta: (key: string) => meta.get(key) ?? null, setMeta: (key: string, value: string) => void meta.set(key, value) };
  return new MotionDesk({
    card: card as unknown as StreetCard,
    operator: agentKey(fromHex(keyOf(OPERATOR))),
    clock: { monotonicMs: () => 0 },
    log: QUIET,
    allowance: new Allowance({ clock: { now: () => now }, store }, limits),
    registry: () => ({ homes }),
  });
}

const sign = (home: number, digest: Digest): string => new SigningKey(keyOf(ownerOf(home))).sign(digest).serialized;

/** A wish for other rules, as every home works them out. */
function motion(home: number, nonce: number, { kPermille = 600, by = home } = {}) {
  const numbers = { ...FIRST_RULES.numbers, kPermille };
  const rules = { hash: hashRules(withNumbers(RULES as MarketRules, numbers)), since: interval(60_000), numbers };
  return { home, rules, nonce, signature: sign(by, digests.motion({ home: homeId(home), rules, nonce })) };
}

const ballot = (home: number, motion: number, by = home) => ({
  home,
  yes: true,
  signature: sign(by, digests.vote({ motion, home: homeId(home), yes: true })),
});

const paid = (): Promise<number> => chain.provider.getTransactionCount(addressOf(OPERATOR));

test("a home brings as many motions a day as the street's file says, also by an operator that was started again", async () => {
  expect(await desk.move(motion(1, 0))).toEqual({ ok: true, value: { motion: 0 } });
  await chain.pass(VOTING);
  expect(await desk.move(motion(1, 1))).toEqual({ ok: true, value: { motion: 1 } });
  await chain.pass(VOTING);
  desk = await openDesk();
  const before = await paid();
  expect(await desk.move(motion(1, 2))).toEqual({
    ok: false,
    code: "LIMIT_REACHED",
    detail: "home 1 has had its 2 motions of this day; it is carried again from 1970-01-02T00:00:00.000Z on",
  });
  expect(await paid()).toBe(before);
  expect(await desk.move(motion(2, 0))).toEqual({ ok: true, value: { motion: 2 } });
  now += DAY_MS;
  expect(await desk.move(motion(1, 2))).toEqual({ ok: true, value: { motion: 3 } });
});

test("a payment counts as a motion, and what is carried already costs nothing", async () => {
  expect(await street.send(OPERATOR, "setPayee", 2, await at())).toBe("ok");
  expect(await street.send(OPERATOR, "depositWide", 2, 10_000)).toBe("ok");
  const to = address(addressOf(99).toLowerCase());
  const payment = (nonce: number) => {
    const wish = { home: homeId(1), payment: { to, micro: 4_200 }, nonce };
    return { home: 1, to, micro: 4_200, nonce, signature: sign(1, digests.payment(wish)) };
  };
  const first = motion(1, 0);
  for (let i = 0; i < 4; i++) expect(await desk.move(first)).toEqual({ ok: true, value: { motion: 0 } });
  await chain.pass(VOTING);
  for (let i = 0; i < 4; i++) expect(await desk.movePayment(payment(1))).toEqual({ ok: true, value: { motion: 1 } });
  // Its votes are another matter.
  expect(await desk.vote(1, ballot(1, 1))).toEqual({ ok: true, value: { motion: 1 } });
  await chain.pass(VOTING);
  expect(await desk.movePayment(payment(2))).toMatchObject({ code: "LIMIT_REACHED" });
  expect(await desk.move(motion(1, 2))).toMatchObject({ code: "LIMIT_REACHED" });
});

test("a home votes as often a day as the file says; another home's vote is carried still", async () => {
  for (const home of [0, 1, 2, 3]) expect(await desk.move(motion(home, 0))).toEqual({ ok: true, value: { motion: home } });
  for (const each of [0, 1, 1, 1, 2]) expect(await desk.vote(each, ballot(4, each))).toEqual({ ok: true, value: { motion: each } });
  const before = await paid();
  expect(await desk.vote(3, ballot(4, 3))).toMatchObject({
    code: "LIMIT_REACHED",
    detail: expect.stringContaining("its 3 votes of this day"),
  });
  expect(await paid()).toBe(before);
  expect(await desk.vote(3, ballot(0, 3))).toEqual({ ok: true, value: { motion: 3 } });
});

test("what somebody else signed costs the operator nothing and the home none of its allowance", async () => {
  const before = await paid();
  for (let i = 0; i < 4; i++) {
    expect(await desk.move(motion(1, 0, { by: 2 }))).toMatchObject({ code: "CHANGE_REFUSED", detail: expect.stringContaining("signed") });
    expect(await desk.vote(0, ballot(1, 0, 2))).toMatchObject({ code: "CHANGE_REFUSED" });
  }
  expect(await desk.move({ ...motion(1, 0), home: 77 })).toMatchObject({ code: "HOME_UNKNOWN" });
  expect(await desk.vote(0, { ...ballot(1, 0), home: 2 ** 40 })).toMatchObject({ code: "HOME_UNKNOWN" });
  expect(await paid()).toBe(before);
  expect(await desk.move(motion(1, 0))).toMatchObject({ ok: true });
  await chain.pass(VOTING);
  expect(await desk.move(motion(1, 1))).toMatchObject({ ok: true });
});

test("a home's flood waits for itself, and no more of it than has a place", async () => {
  const flood = Array.from({ length: 9 }, () => desk.vote(7, ballot(3, 7)));
  const codes = (await Promise.all([...flood, desk.move(motion(1, 0))])).map((each) => (each.ok ? "ok" : each.code));
  expect(codes.filter((code) => code === "TOO_MANY_REQUESTS")).toHaveLength(4);
  expect(codes.at(-1)).toBe("ok");
});

test("a street that carries no motions says so; one whose chain is away books nothing", async () => {
  desk = await openDesk({ ...LIMITS, motions: 0 });
  expect(await desk.move(motion(1, 0))).toMatchObject({
    code: "LIMIT_REACHED",
    detail: "this street's operator carries no motions; the owner sends them to the chain itself",
  });
  // A node that fails when it is asked for gas, and would send.
  let isAsked = false;
  const node = await RpcDouble.before(chain.rpc, (method) => {
    const fails = method === "eth_estimateGas" && !isAsked;
    isAsked ||= fails;
    return fails ? "nothing that makes sense" : undefined;
  });
  closing.push(() => node.close());
  const before = await paid();
  desk = await openDesk(LIMITS, node.rpc);
  expect(await desk.move(motion(1, 0))).toMatchObject({ code: "CHAIN_AWAY" });
  expect([await paid(), [...meta]]).toEqual([before, []]);
  expect(await desk.move(motion(1, 0))).toMatchObject({ ok: true });
});

test("a motion fits into the least gas that a file may say, which motions and votes share with all else", async () => {
  desk = await openDesk({ ...LIMITS, gas: 500_000 });
  expect(await desk.move(motion(1, 0))).toMatchObject({ ok: true });
  const used = JSON.parse(meta.get("allowance")!).homes[1].gas as number;
  expect([used > 100_000, used < 500_000]).toEqual([true, true]);
  desk = await openDesk({ ...LIMITS, gas: used });
  expect(await desk.vote(0, ballot(1, 0))).toMatchObject({
    code: "LIMIT_REACHED",
    detail: expect.stringContaining("gas of this day but 0"),
  });
});
