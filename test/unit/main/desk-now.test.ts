import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { SigningKey } from "ethers/crypto";
import { openPurse, ownerDigests, type Purse } from "../../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { loadCurve, recoverWith, systemClock } from "../../../adapters/system/index.ts";
import {
  type Address,
  address,
  assert,
  fromHex,
  type HomeId,
  homeId,
  interval,
  period,
  toHex,
  wh,
  ZERO_DIGEST,
} from "../../../engine/kernel/index.ts";
import { type Digests, digestsOf } from "../../../engine/messages/index.ts";
import { genesis } from "../../../engine/settlement/index.ts";
import { Allowance } from "../../../src/main/street/allowance.ts";
import { Desk } from "../../../src/main/street/desk.ts";
import { vouch } from "../../../src/main/street/voucher.ts";
import { Membership } from "../../../src/node/membership.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import { collectPledges } from "../../../src/node/pledge-collector.ts";
import { Pledges } from "../../../src/node/pledges.ts";
import type { Clock, Gossip, RecoverSigner, Registry, Signer } from "../../../src/ports/index.ts";
import { memoryStore, SeededNetwork } from "../../../src/sim/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";
import { addressOf, CHAIN_ID, keyOf } from "../../support/test-chain.ts";
import { agentAddress, FIRST_PERIOD, ownerAddress, TestStreet } from "../../support/test-street.ts";

jest.setTimeout(60_000);

const HOME = homeId(2);
const ELSEWHERE = address(addressOf(9));
const VALIDATORS = [0, 1, 2, 3, 4].map(homeId);
/**
 * Each home holds 1.00; in the two intervals that aren't settled it can take in 200 Wh at 0.30. No gate closes for ten minutes; in the next
 * interval, whose lists are the first to tell of a payment, it can buy 100 Wh at 1.00, take in as much, and withhold an order for 0.05.
 */
const SMALL = { ...RULES, maxOrderWh: wh(100), maxOrdersPerHome: 1 };
const SPARE = 760_000;
const LAST = interval(48_100);
const NEXT = period(FIRST_PERIOD + 1);

let street: TestStreet;
let rpc: Rpc;
let purse: Purse;
let registry: Registry;
let recover: RecoverSigner;
let digests: Digests;
const clock: Clock = systemClock({ streetMs: (LAST * 900 + 100) * 1000, wallMs: Date.now(), speed: 1 });

beforeAll(async () => {
  street = await TestStreet.start();
  rpc = connect({ rpc: street.rpc });
  purse = openPurse({ rpc: street.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
  const known = await street.chain.registry();
  assert(known.ok, "the chain answers");
  registry = known.value;
  recover = recoverWith(await loadCurve());
  digests = digestsOf({ chainId: CHAIN_ID, vault: street.vault, rulesHash: ZERO_DIGEST });
});
let snapshot: unknown;
beforeEach(async () => {
  if (snapshot !== undefined) await rpc.ask("evm_revert", [snapshot]);
  const answer = await rpc.ask("evm_snapshot", []);
  snapshot = answer.ok && answer.value;
});
afterAll(async () => {
  purse.close();
  rpc.close();
  await street.close();
});

const agentSigner = (home: number): Signer => ({
  address: agentAddress(home),
  sign: (digest) => fromHex(new SigningKey(keyOf(10 + home)).sign(digest).serialized),
});

/** A validator with its own chain, books and store; `isLost`: of a store that was. */
function plugIn(gossip: Gossip, self: HomeId): void {
  const store = memoryStore();
  const membership = new Membership({ rules: SMALL, first: interval(48_000), store }, registry);
  const state = genesis(SMALL, interval(LAST + 1), membership.digest);
  new Pledges({
    rules: SMALL,
    digests,
    clock,
    store,
    gossip,
    chain: street.chain,
    membership,
    signing: { maySign: () => true },
    outbox: new Outbox({ signer: agentSigner(self), membership, store, gossip, digests }),
    self,
    recover,
    log: QUIET,
    state: () => ({ ...state, carried: { ...state.carried, period: NEXT } }),
    open: () => [],
  });
}

type Liar = (gossip: Gossip) => void;

/** The operator's desk in a street of five validators, some of whom are away or lie. */
function openDesk({ away = [], liars = new Map() }: { away?: readonly number[]; liars?: ReadonlyMap<number, Liar> } = {}): Desk {
  const network = new SeededNetwork(clock, () => 0.5);
  for (const home of VALIDATORS) {
    if (away.includes(home)) continue;
    const gossip = network.open(`peer-${home}`);
    const lie = liars.get(home);
    if (lie === undefined) plugIn(gossip, home);
    else lie(gossip);
  }
  const membership = new Membership({ rules: SMALL, first: interval(48_000), store: memoryStore() }, registry);
  const asking = { gossip: network.open("operator"), clock, membership, recover, peersOf: (home: HomeId) => [`peer-${home}`] };
  const collect = (wish: Parameters<typeof collectPledges>[1]) => collectPledges(asking, wish);
  const modules = { chain: street.chain, digests, recover, registry: () => registry, collect };
  const meta = new Map<string, string>();
  const store = { getMeta: (key: string) => meta.get(key) ?? null, setMeta: (key: string, value: string) => void meta.set(key, value) };
  return new Desk({
    relay: street.relay,
    registrar: { rotateAgent: () => assert(false, "not asked"), leave: () => assert(false, "not asked") } as never,
    registry: () => registry,
    allowance: new Allowance(
      { clock: { now: () => 0 }, store },
      { deposits: 4, withdrawals: 4, payments: 4, keyChanges: 3, departures: 3, motions: 2, votes: 10, gas: 1_500_000 },
    ),
    vouch: (home, request) => vouch(modules, home, request),
    log: QUIET,
  });
}

const look = async () => {
  const money = await purse.look(HOME, ownerAddress(HOME));
  assert(money.ok, money.ok ? "" : money.detail);
  return money.value;
};
const standing = async () => {
  const answer = await street.chain.standing(HOME);
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
};
const settle = async (after: number, ...deltas: readonly number[]) => {
  const receipt = await street.relay.settle(street.batch(after, deltas));
  assert(receipt.ok, receipt.ok ? "" : receipt.detail);
};

interface Wish {
  readonly micro?: number;
  readonly by?: number;
  readonly seconds?: number;
  readonly nonce?: number;
  readonly settles?: number;
  readonly chainId?: number;
  readonly to?: Address;
}

/** As the owner of home `by` signs it. */
async function wishFor({
  micro = SPARE,
  by = HOME,
  seconds = 60,
  settles = NEXT,
  chainId = CHAIN_ID,
  to = ELSEWHERE,
  ...given
}: Wish = {}) {
  const { now, nonce } = await standing();
  const wish = { micro, nonce: given.nonce ?? nonce, period: settles, deadline: now + seconds };
  const digest = ownerDigests({ chainId, vault: street.vault }).withdrawNow({ home: HOME, to, ...wish, period: period(settles) });
  const signature = new SigningKey(keyOf(60 + by)).sign(digest).serialized;
  return { to, ...wish, signature };
}

async function requestFor(micro: number) {
  const { withdrawalNonce: nonce, now } = await look();
  const wish = { to: ELSEWHERE, micro, feeMicro: 0, deadline: now + 600 };
  return { ...wish, signature: toHex(street.signedByOwner(HOME, (own) => own.withdraw({ home: HOME, ...wish, nonce }))) };
}

const PAID = { ok: true, value: { home: HOME, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) } };
const refusedFor = (detail: string) => ({ ok: false, code: "NOT_AT_ONCE", detail: expect.stringContaining(detail) });

describe("money at once", () => {
  beforeEach(() => settle(0));

  test("is paid by signatures alone, all that can be spared, once; and the worst that can come still settles", async () => {
    const [desk, wish] = [openDesk(), await wishFor()];
    expect(await desk.withdrawNow(HOME, wish)).toEqual(PAID);
    expect(await look()).toMatchObject({ escrow: 1_000_000 - SPARE, withdrawal: null });
    expect(await desk.withdrawNow(HOME, wish)).toEqual(refusedFor("isn't signed by the home's owner, or was carried before"));
    expect(await rpc.ask("eth_getTransactionCount", [ownerAddress(HOME), "latest"])).toMatchObject({ value: "0x0" });
    await settle(1, 0, 0, -2400, 2400);
    expect(await look()).toMatchObject({ escrow: 0 });
  });

  test("a tick more would have kept that period from settling, and is refused by everybody in one sentence", async () => {
    expect(await openDesk().withdrawNow(HOME, await wishFor({ micro: SPARE + 100 }))).toEqual(
      refusedFor("home-0, home-1, home-2 and 2 more: the home can spare no more than 0.76, whatever it trades and uses until then"),
    );
    expect(await look()).toMatchObject({ escrow: 1_000_000, withdrawalNonce: 0n });
  });

  test("needs four of five: one may be away, two may not; and with the same number the money is asked for as ever", async () => {
    expect(await openDesk({ away: [0] }).withdrawNow(HOME, await wishFor({ micro: 100 }))).toEqual(PAID);
    const desk = openDesk({ away: [0, 3] });
    const [wish, usual] = [await wishFor({ micro: 200 }), await requestFor(300)];
    expect(await desk.withdrawNow(HOME, wish)).toEqual(refusedFor("home-0, home-3: doesn't answer"));
    expect(await desk.withdraw(HOME, usual)).toEqual(PAID);
    expect(await look()).toMatchObject({ escrow: 999_900, withdrawal: { micro: 300 }, withdrawalNonce: 2n });
    expect(await openDesk().withdrawNow(HOME, wish)).toEqual(refusedFor("another withdrawal was signed before and taken"));
  });

  test("of two wishes the first is paid; a request under the same number is worth nothing then", async () => {
    const desk = openDesk();
    const [first, second, usual] = [await wishFor({ micro: 700 }), await wishFor({ micro: 800 }), await requestFor(900)];
    expect(await Promise.all([desk.withdrawNow(HOME, first), desk.withdrawNow(HOME, second)])).toEqual([
      PAID,
      refusedFor("another withdrawal was signed before and taken"),
    ]);
    expect(await desk.withdraw(HOME, usual)).toMatchObject({ ok: false, code: "CHANGE_REFUSED" });
    expect(await look()).toMatchObject({ escrow: 999_300, withdrawal: null });
  });

  const says =
    (bytes: Uint8Array): Liar =>
    (gossip) =>
      gossip.onRequest("pledge", () => bytes);
  /** Another validator's signature under it. */
  const stolen: Liar = (gossip) => plugIn(gossip, homeId(1));

  test("liars are no quorum and spoil none", async () => {
    const oneLiar = { liars: new Map([[3, says(Uint8Array.of(1, 2, 3))]]) };
    expect(await openDesk(oneLiar).withdrawNow(HOME, await wishFor({ micro: 100 }))).toEqual(PAID);
    const liars = new Map([
      [3, stolen],
      [4, says(new Uint8Array(900))],
    ]);
    expect(await openDesk({ liars }).withdrawNow(HOME, await wishFor({ micro: 100 }))).toEqual(
      refusedFor("home-3, home-4: answers with what is no signature of its own"),
    );
  });

  test.each<[string, Wish, string]>([
    ["signed by another home's owner", { by: 3 }, "it isn't signed with the key of the home's owner"],
    ["signed for another chain", { chainId: CHAIN_ID + 1 }, "it isn't signed with the key of the home's owner"],
    ["with a number that isn't next", { nonce: 7 }, "another withdrawal was signed before and taken"],
    ["for another period", { settles: NEXT + 1 }, `the vault settles period ${NEXT} next`],
    ["that is too late", { seconds: -1 }, "the deadline has passed or lies too far ahead"],
    ["for longer than anybody vouches", { seconds: 130 }, "the deadline has passed or lies too far ahead"],
    ["into the vault", { to: address(`0x${"00".repeat(20)}`) }, "money can't go to nobody or back into the vault"],
  ])("%s is not paid", async (_, change, detail) => {
    expect(await openDesk().withdrawNow(HOME, await wishFor(change))).toEqual(refusedFor(detail));
    expect(await look()).toMatchObject({ escrow: 1_000_000, withdrawal: null, withdrawalNonce: 0n });
  });

  test("four a day", async () => {
    const desk = openDesk();
    for (let i = 0; i < 4; i++) expect(await desk.withdrawNow(HOME, await wishFor({ micro: 100 }))).toEqual(PAID);
    expect(await desk.withdrawNow(HOME, await wishFor({ micro: 100 }))).toMatchObject({
      code: "LIMIT_REACHED",
      detail: expect.stringContaining("its 4 withdrawals at once of this day"),
    });
  });
});

test("before the first period nobody is asked", async () => {
  const wish = await wishFor({ settles: FIRST_PERIOD });
  expect(await standing()).toMatchObject({ isOpen: false, nextPeriod: FIRST_PERIOD });
  expect(await openDesk({ away: VALIDATORS }).withdrawNow(HOME, wish)).toEqual(refusedFor("the vault pays nothing at once before"));
});
