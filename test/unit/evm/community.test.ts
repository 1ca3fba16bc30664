import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Contract, SigningKey } from "ethers";
import {
  communityDigests,
  deployCommunity,
  deployStreet,
  openChain,
  openCommunity,
  openCommunityRelay,
  openRelay,
} from "../../../adapters/evm/index.ts";
import {
  type Address,
  address,
  assert,
  type Digest,
  fromHex,
  homeId,
  interval,
  period,
  ZERO_DIGEST,
} from "../../../engine/kernel/index.ts";
import type { Community, DecidedRules } from "../../../src/ports/index.ts";
import { addressOf, CHAIN_ID, keyOf, TestChain } from "../../support/test-chain.ts";
import { DELAY, FIRST_RULES, GRACE, LEAST, MOST, rules, TestCommunity, VOTING } from "../../support/test-community.ts";
import { newHome } from "../../support/test-street.ts";
import { OPERATOR, ownerOf, TestVault } from "../../support/test-vault.ts";

let chain: TestChain;
let street: TestVault;
let vault: Address;

beforeAll(async () => {
  chain = await TestChain.start(45);
  street = await TestVault.deploy(chain, { homes: 5 });
  vault = address((await street.vault.getAddress()).toLowerCase());
  expect(await street.settle(await street.batch([]))).toBe("ok");
});
afterAll(() => chain.stop());

const ALL = () => Number.MAX_SAFE_INTEGER;
const decided = ({ hash, since, numbers }: typeof FIRST_RULES): DecidedRules => ({
  hash: hash as Digest,
  since: interval(since),
  numbers,
});
const PLAN = { rules: decided(FIRST_RULES), least: LEAST, most: MOST, votingSeconds: VOTING, delaySeconds: DELAY, graceSeconds: GRACE };
const deploy = (change: object = {}) => deployCommunity({ rpc: chain.rpc, chainId: CHAIN_ID, key: keyOf(1), vault, ...PLAN, ...change });

/** Asks a community's rules once. */
async function read(community: Address, change: object = {}): ReturnType<Community["rules"]> {
  const reader = openCommunity({ rpc: chain.rpc, chainId: CHAIN_ID, vault, community, finality: 0, ...change });
  try {
    return await reader.rules();
  } finally {
    await reader.close();
  }
}

test("what was deployed is read, and what homes decide on comes behind it", async () => {
  const deployed = await deploy();
  expect(await read(deployed.ok ? deployed.value : vault)).toEqual({ ok: true, value: [decided(FIRST_RULES)] });

  const community = await TestCommunity.deploy(street);
  const at = address((await community.contract.getAddress()).toLowerCase());
  const wanted = rules(1, 60_000, { communityPercent: 30, maxPrice: 2_000_000 });
  expect(await community.move(0, wanted)).toBe("ok");
  for (const home of [0, 1, 2]) expect(await community.vote(0, home)).toBe("ok");
  await chain.pass(VOTING + DELAY);
  expect(await read(at)).toEqual({ ok: true, value: [decided(FIRST_RULES)] });

  const registry = openChain({ rpc: chain.rpc, chainId: CHAIN_ID, vault, community: at, finality: 0 });
  const reads = [await registry.registry(), await registry.registry()].map((read) => (read.ok ? read.value : null));
  expect(await community.execute(0)).toBe("ok");
  expect(await read(at)).toEqual({ ok: true, value: [decided(FIRST_RULES), decided(wanted)] });
  const after = await registry.registry();
  expect([reads[0] === reads[1], reads[0]?.rules]).toEqual([true, [decided(FIRST_RULES)]]);
  expect(after).toEqual({ ok: true, value: { ...reads[0], rules: [decided(FIRST_RULES), decided(wanted)] } });
  await registry.close();
});

test("without a community the registry tells of no rules; one that doesn't answer makes it unread", async () => {
  const [none, nowhere] = [{}, { community: vault }].map((change) =>
    openChain({ rpc: chain.rpc, chainId: CHAIN_ID, vault, finality: 0, ...change }),
  );
  const read = await none!.registry();
  expect([read.ok, read.ok && "rules" in read.value]).toEqual([true, false]);
  expect(await nowhere!.registry()).toMatchObject({ ok: false });
  for (const each of [none, nowhere]) await each!.close();
});

test("a street's judge knows where its homes vote before that stands", async () => {
  const member = (home: number) => ({ ...newHome(home), deposit: 0 });
  const street = await deployStreet({
    rpc: chain.rpc,
    chainId: CHAIN_ID,
    key: keyOf(1),
    validators: [member(0), member(1)],
    residualDeposit: 0,
    firstPeriod: period(500),
    prevPeriod: ZERO_DIGEST,
    aheadSeconds: 1_000_000,
    rulesHash: FIRST_RULES.hash as Digest,
    community: { rules: decided(FIRST_RULES), least: LEAST, most: MOST },
  });
  assert(street.ok, street.ok ? "" : street.detail);
  const ask = (at: string, method: string): Promise<string> =>
    new Contract(at, [`function ${method}() view returns (address)`], chain.provider).getFunction(method)();
  const judge = await ask(street.value.vault, "disputes");
  expect((await ask(judge, "community")).toLowerCase()).toBe(street.value.community);
  expect((await ask(street.value.community!, "vault")).toLowerCase()).toBe(street.value.vault);
  expect(await read(street.value.community!, { vault: street.value.vault })).toEqual({ ok: true, value: [decided(FIRST_RULES)] });
});

test("a relay carries what owners signed: a motion, votes, and what follows; what is done already is success", async () => {
  const contract = await TestCommunity.deploy(street);
  const community = address((await contract.contract.getAddress()).toLowerCase());
  const relay = openCommunityRelay({ rpc: chain.rpc, chainId: CHAIN_ID, vault, community, key: keyOf(1), finality: 0 });
  const digests = communityDigests({ chainId: CHAIN_ID, community });
  const sign = (home: number, digest: Digest): Uint8Array => fromHex(new SigningKey(keyOf(ownerOf(home))).sign(digest).serialized);
  try {
    const wish = { home: homeId(2), rules: decided(rules(1, 60_000)), nonce: 0 };
    const signed = { kind: "motion", ...wish, signature: sign(2, digests.motion(wish)) } as const;
    expect(await relay.nonceOf(homeId(2))).toEqual({ ok: true, value: 0 });
    expect(await relay.carry({ ...signed, home: homeId(3) })).toMatchObject({ code: "CHAIN_REFUSED", detail: "BadSignature()" });
    expect(await relay.carry(signed)).toEqual({ ok: true, value: 0 });
    expect(await relay.carry(signed)).toEqual({ ok: true, value: 0 });
    expect(await relay.carry({ ...signed, rules: decided(rules(2, 60_000)) })).toMatchObject({
      code: "CHAIN_REFUSED",
      detail: expect.stringContaining("home 2 has brought 1 motions already"),
    });

    const ballot = (home: number, yes: boolean) => ({ kind: "vote", motion: 0, home: homeId(home), yes }) as const;
    for (const home of [0, 1, 2]) {
      const vote = { ...ballot(home, true), signature: sign(home, digests.vote(ballot(home, true))) };
      expect(await relay.carry(vote)).toEqual({ ok: true, value: 0 });
      expect(await relay.carry(vote)).toEqual({ ok: true, value: 0 });
    }
    expect(await relay.carry({ ...ballot(3, false), signature: sign(3, digests.vote(ballot(3, true))) })).toMatchObject({
      detail: "BadSignature()",
    });
    expect(await relay.carry({ ...ballot(3, false), signature: sign(3, digests.vote(ballot(3, false))) })).toMatchObject({ ok: true });
    expect(await relay.execute(0)).toMatchObject({ code: "CHAIN_REFUSED", detail: expect.stringMatching(/^VotingOpen\(until=\d+\)$/) });
    expect(await relay.execute(1)).toMatchObject({ code: "CHAIN_REFUSED", detail: "UnknownMotion(motion=1)" });
    await chain.pass(VOTING + DELAY);
    for (let times = 0; times < 2; times++) expect(await relay.execute(0)).toEqual({ ok: true, value: undefined });

    const motions = await relay.motions();
    const [{ closesAt } = { closesAt: 0 }] = motions.ok ? motions.value.motions : [];
    const facts = { motion: 0, home: 2, wants: { rules: wish.rules }, interval: 48_096, homes: 5, yes: 3, no: 1, isExecuted: true };
    const times = { broughtAt: closesAt - VOTING, closesAt, executableAt: closesAt + DELAY, lapsesAt: closesAt + DELAY + GRACE };
    expect(motions).toEqual({ ok: true, value: { now: await chain.now(), motions: [{ ...facts, ...times }] } });
    expect(await relay.nonceOf(homeId(2))).toEqual({ ok: true, value: 1 });
  } finally {
    await relay.close();
  }
});

test("a relay carries a payment that homes decide on, to the last unit; what is done already is success", async () => {
  const contract = await TestCommunity.deploy(street);
  const community = address((await contract.contract.getAddress()).toLowerCase());
  expect(await street.send(OPERATOR, "setPayee", 2, community)).toBe("ok");
  expect(await street.send(OPERATOR, "depositWide", 2, 10_000)).toBe("ok");
  const options = { rpc: chain.rpc, chainId: CHAIN_ID, vault, key: keyOf(1), finality: 0 } as const;
  const [relay, till] = [openCommunityRelay({ ...options, community }), openRelay(options)];
  const digests = communityDigests({ chainId: CHAIN_ID, community });
  const sign = (home: number, digest: Digest): Uint8Array => fromHex(new SigningKey(keyOf(ownerOf(home))).sign(digest).serialized);
  const to = address(addressOf(99).toLowerCase());
  const wishOf = (micro: number) => ({ home: homeId(1), payment: { to, micro }, nonce: 0 });
  try {
    const signed = { kind: "payment", ...wishOf(4_200), signature: sign(1, digests.payment(wishOf(4_200))) } as const;
    expect(await relay.carry({ ...signed, payment: { to, micro: 100 } })).toMatchObject({ detail: "BadSignature()" });
    expect(await relay.carry({ kind: "payment", ...wishOf(5_100), signature: sign(1, digests.payment(wishOf(5_100))) })).toMatchObject({
      code: "CHAIN_REFUSED",
      detail: "PaymentTooLarge(ticks=51, most=50)",
    });
    expect(await relay.carry({ kind: "payment", ...wishOf(0), signature: sign(1, digests.payment(wishOf(0))) })).toMatchObject({
      detail: "NothingWaits()",
    });
    expect(await relay.carry(signed)).toEqual({ ok: true, value: 0 });
    expect(await relay.carry(signed)).toEqual({ ok: true, value: 0 });
    expect(await relay.motions()).toMatchObject({ value: { motions: [{ wants: { payment: { to, micro: 4_200 } }, isExecuted: false }] } });
    for (const home of [0, 1, 2]) expect(await contract.vote(0, home)).toBe("ok");
    await chain.pass(VOTING + DELAY);
    expect(await till.payWide(ALL)).toEqual({ ok: true, value: [] });
    for (let times = 0; times < 2; times++) expect(await relay.execute(0)).toEqual({ ok: true, value: undefined });
    expect(await till.payWide(ALL)).toEqual({ ok: true, value: [] });
    await chain.pass(86_400);
    expect(await till.payWide(ALL)).toEqual({ ok: true, value: [{ kind: "paid", account: "community" }] });
    expect(await till.payWide(ALL)).toEqual({ ok: true, value: [] });
    expect(await chain.view(street.token, "balanceOf", to)).toBe(4_200n);
    expect(await street.view("wideBalance", 2)).toBe(58n);
  } finally {
    await relay.close();
    await till.close();
  }
});

test("what the contract refuses at its construction is told with its fields", async () => {
  expect(await deploy({ delaySeconds: 86_400 })).toEqual({
    ok: false,
    code: "CHAIN_REFUSED",
    detail: "DelayTooShort(delay=86400, escape=86400)",
  });
});

test("another chain, contract or street, and nobody at all", async () => {
  const deployed = await deploy();
  const community = deployed.ok ? deployed.value : vault;
  const somewhere = address(addressOf(99).toLowerCase());
  const cases: readonly [Address, object, string, RegExp][] = [
    [community, { chainId: 1 }, "CHAIN_WRONG", /serves chain 7713; this street lives on chain 1$/],
    [somewhere, {}, "CHAIN_WRONG", /there is no Commonwatt community at 0x/],
    [vault, {}, "CHAIN_WRONG", /stands "GridVault" version 1, no Community version 1$/],
    [community, { vault: somewhere }, "CHAIN_WRONG", new RegExp(`decides for the vault at .*, not for ${somewhere}$`)],
    [community, { rpc: "http://127.0.0.1:1" }, "CHAIN_UNREACHABLE", /127\.0\.0\.1:1/],
    [community, { finality: 10_000 }, "CHAIN_UNREACHABLE", /too young/],
  ];
  for (const [at, change, code, detail] of cases)
    expect(await read(at, change)).toEqual({ ok: false, code, detail: expect.stringMatching(detail) });
});
