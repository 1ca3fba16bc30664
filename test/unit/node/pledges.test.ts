import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { address, type Digest, fail, homeId, interval, ok, period, wh } from "../../../engine/kernel/index.ts";
import { digestsOf, encodeWithdrawNow, hashRules, numbersOf, type WithdrawNow, withNumbers } from "../../../engine/messages/index.ts";
import { encodeVector, genesis, type MarketState } from "../../../engine/settlement/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import type { OpenBatch } from "../../../src/node/periods.ts";
import { decodePledgeAnswer, encodePledgeAnswer, type PledgeAnswer } from "../../../src/node/pledge-answers.ts";
import { Pledges } from "../../../src/node/pledges.ts";
import type { Answerer, DecidedRules, Standing } from "../../../src/ports/index.ts";
import { type MemoryDisk, memoryDisk, memoryStore, SeededNetwork, VirtualClock } from "../../../src/sim/index.ts";
import { cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS, DOMAIN } from "../../support/messages.ts";
import { AT, membership, REGISTRY, REKEYED, someDigest } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";

/** 10 kWh in an interval; for two that aren't settled 6.00 of import, for each ahead 13.10. */
const SMALL = { ...RULES, periodIntervals: 1, maxOrderWh: wh(5_000), maxOrdersPerHome: 2 };
/** The rules of `membership`. */
const VOTED_ON = { ...RULES, periodIntervals: 1, orders: "open" } as const;
const HOME = homeId(3);
const [EUR, EUR_TICKS] = [1_000_000, 10_000];
/** The chain's clock; the street's is 100 s before the gate of interval 100, which is agreed on. */
const NOW = 1_000_000;
const START_MS = (100 * 900 - 60 - 100) * 1000;
const NEXT = period(AT);

const WISH: WithdrawNow = {
  home: HOME,
  to: address(`0x${"22".repeat(20)}`),
  // One interval is traded against it: that whose lists tell of it.
  ticks: 80.9 * EUR_TICKS,
  nonce: 4,
  period: NEXT,
  deadline: NOW + 60,
};

interface Given {
  readonly self?: number;
  readonly keys?: readonly number[];
  readonly disk?: MemoryDisk;
  readonly speed?: number;
  readonly state?: MarketState;
  readonly open?: readonly OpenBatch[];
  readonly standing?: Partial<Standing>;
  readonly registry?: typeof REGISTRY;
  readonly maySign?: boolean;
}

/** A validator, and the chain that it reads. */
function validator({ self = 1, keys = [self], disk = memoryDisk(), speed = 1, registry = REGISTRY, ...given }: Given = {}) {
  const standing = { escrow: 100 * EUR, requested: 0, nonce: 4, nextPeriod: NEXT, isOpen: true, finalAt: NOW, now: NOW };
  const chain = { isAway: false, standing: { ...standing, ...given.standing } as Standing, asked: 0, wait: Promise.resolve() };
  const members = membership(registry);
  const clock = new VirtualClock({ startMs: START_MS, speed });
  const store = memoryStore(disk);
  const gossip = new SeededNetwork(clock, () => 0).open("me");
  const own = { membership: members, store, gossip, digests: DIGESTS };
  let answer: Answerer = () => undefined;
  new Pledges({
    rules: SMALL,
    digests: DIGESTS,
    clock,
    store,
    gossip: {
      onRequest: (_kind, handler) => {
        answer = handler;
      },
    },
    chain: {
      standing: async () => {
        chain.asked++;
        await chain.wait;
        return chain.isAway ? fail("CHAIN_UNREACHABLE", "away") : ok(chain.standing);
      },
    },
    membership: members,
    signing: { maySign: () => given.maySign ?? true },
    outbox: new Outbox({ signer: cheapSigner(keys[0]!), earlier: keys.slice(1).map(cheapSigner), ...own }),
    self: homeId(self),
    recover: cheapRecover,
    log: QUIET,
    state: () => given.state ?? genesis(SMALL, AT, someDigest(1)),
    open: () => given.open ?? [],
  });
  const ask = async (bytes: Uint8Array): Promise<PledgeAnswer | null> => {
    const said = await answer(bytes, "operator");
    return said === undefined ? null : decodePledgeAnswer(said);
  };
  const wants = (change: Partial<WithdrawNow> = {}, by = 1_000 + (change.home ?? HOME), digests = DIGESTS) => {
    const body = { ...WISH, ...change };
    const id = digests.withdrawNow(body);
    return ask(encodeWithdrawNow({ body, id, signature: cheapSigner(by).sign(id) }));
  };
  return { ask, wants, chain, disk };
}

const signedBy = (key: number, change: Partial<WithdrawNow> = {}) => ({
  signature: cheapSigner(key).sign(DIGESTS.withdrawNow({ ...WISH, ...change })),
});
const batchOf = (number: number, eur: number): OpenBatch => {
  const vector = encodeVector([{ home: HOME, delta: eur * EUR_TICKS }]);
  return {
    batch: { result: { period: period(number) }, vector, wide: new Uint8Array(0) } as OpenBatch["batch"],
    digest: someDigest(number),
    votes: new Map(),
  };
};
/** After the closing of so many periods. */
const closed = (periods: number, ticks: number): MarketState => {
  const state = genesis(SMALL, AT, someDigest(1));
  return { ...state, carried: { ...state.carried, period: period(NEXT + periods), ticks: new Map([[HOME, ticks]]) } };
};

describe("a validator vouches for", () => {
  test("what the home can spare to the last tick, under the key that the vault takes", async () => {
    expect(await validator().wants()).toEqual(signedBy(1));
    expect(await validator().wants({ ticks: WISH.ticks + 1 })).toEqual({ why: "short", most: WISH.ticks });
    // Home 1 has key 77 from this period on, and holds both.
    expect(await validator({ registry: REKEYED, keys: [77, 1] }).wants()).toEqual(signedBy(77));
    expect(await validator({ registry: REKEYED, keys: [1] }).wants()).toBeNull();
  });

  test.each<[string, Given, Partial<WithdrawNow>, eur: number]>([
    // Its clock and a block may be 30 s off, and a validator looks at the chain every 5 s: 100 s from now the gate closes for one more interval.
    ["64 seconds", {}, { deadline: NOW + 64 }, 94 - 13.1],
    ["65 seconds", {}, { deadline: NOW + 65 }, 94 - 2 * 13.1],
    ["60 seconds where blocks are final after 2", { standing: { finalAt: NOW - 2 } }, {}, 94 - 13.1],
    ["60 seconds where blocks are final after 3", { standing: { finalAt: NOW - 3 } }, {}, 94 - 2 * 13.1],
    ["60 seconds where blocks are final after 8 min", { standing: { finalAt: NOW - 480 } }, {}, 94 - 3 * 13.1],
    ["3 seconds of a replay at ten times the speed", { speed: 10 }, { deadline: NOW + 3 }, 94 - 13.1],
    ["4 seconds of it", { speed: 10 }, { deadline: NOW + 4 }, 94 - 2 * 13.1],
    ["a home with 20 asked for", { standing: { requested: 20 * EUR } }, {}, 74 - 13.1],
    ["a home that owes 30 in a period that the vault lacks", { state: closed(1, -30 * EUR_TICKS), open: [batchOf(NEXT, -30)] }, {}, 70],
    [
      "a home whose period the vault has settled and this node still holds",
      { state: closed(2, -30 * EUR_TICKS), open: [batchOf(NEXT - 1, -50), batchOf(NEXT, 0), batchOf(NEXT + 1, -30)] },
      {},
      70,
    ],
  ])("%s", async (_, given, change, eur) => {
    const ticks = Math.round(eur * EUR_TICKS);
    expect(await validator(given).wants({ ...change, ticks: ticks + 1 })).toEqual({ why: "short", most: ticks });
    expect(await validator(given).wants({ ...change, ticks })).toEqual(signedBy(1, { ...change, ticks }));
  });

  test("less, when homes have voted on a higher price for an interval that the pledge reaches", async () => {
    const numbers = numbersOf(RULES);
    const decided = (since: number, maxPrice: number): DecidedRules => {
      const changed = { ...numbers, maxPrice };
      return { hash: hashRules(withNumbers(VOTED_ON, changed)), since: interval(since), numbers: changed };
    };
    const registry = { ...REGISTRY, rules: [decided(0, numbers.maxPrice), decided(AT + 1, 2 * numbers.maxPrice)] };
    const most = (eur: number) => ({ why: "short", most: Math.round(eur * EUR_TICKS) });
    // Two gates close before the end of the second, and for all three intervals the dearer rules are reckoned with.
    expect(await validator({ speed: 10 }).wants({ deadline: NOW + 94 })).toEqual(most(94 - 3 * 13.1));
    expect(await validator({ speed: 10, registry }).wants({ deadline: NOW + 3 })).toEqual(signedBy(1, { deadline: NOW + 3 }));
    expect(await validator({ speed: 10, registry }).wants({ deadline: NOW + 94 })).toEqual(most(94 - 3 * 23.1));
  });

  const OTHER_CHAIN = digestsOf({ ...DOMAIN, chainId: DOMAIN.chainId + 1 });
  const OTHER_VAULT = digestsOf({ ...DOMAIN, vault: address(`0x${"99".repeat(20)}`) });
  test.each<[string, Given, (of: ReturnType<typeof validator>) => Promise<PledgeAnswer | null>, PledgeAnswer | null]>([
    ["what the owner hasn't signed", {}, (of) => of.wants({}, 3), { why: "unsigned" }],
    ["what another home's owner has signed", {}, (of) => of.wants({}, 1_002), { why: "unsigned" }],
    ["what was signed for another chain", {}, (of) => of.wants({}, 1_003, OTHER_CHAIN), { why: "unsigned" }],
    ["what was signed for another vault", {}, (of) => of.wants({}, 1_003, OTHER_VAULT), { why: "unsigned" }],
    ["a home that nobody knows", {}, (of) => of.wants({ home: homeId(9) }), { why: "unsigned" }],
    ["a period that is settled", { standing: { nextPeriod: period(NEXT + 1) } }, (of) => of.wants(), { why: "period", next: NEXT + 1 }],
    ["a later period", {}, (of) => of.wants({ period: period(NEXT + 1) }), { why: "period", next: NEXT }],
    ["a number that was used", {}, (of) => of.wants({ nonce: 3 }), { why: "nonce", next: 4 }],
    ["a number that isn't next", {}, (of) => of.wants({ nonce: 5 }), { why: "nonce", next: 4 }],
    ["what is too late", {}, (of) => of.wants({ deadline: NOW - 1 }), { why: "deadline", now: NOW }],
    ["a word for longer than it gives one", {}, (of) => of.wants({ deadline: NOW + 121 }), { why: "deadline", now: NOW }],
    ["while it signs nothing", { maySign: false }, (of) => of.wants(), { why: "paused" }],
    ["while its books lack a period", { state: closed(1, 0) }, (of) => of.wants(), { why: "behind" }],
    [
      "while the vault is ahead of its books",
      { standing: { nextPeriod: period(NEXT + 1) } },
      (of) => of.wants({ period: period(NEXT + 1) }),
      { why: "behind" },
    ],
    ["as no validator", { self: 4 }, (of) => of.wants(), null],
  ])("and not for %s", async (_, given, ask, expected) => {
    expect(await ask(validator(given))).toEqual(expected);
  });

  test("not without the chain", async () => {
    const own = validator();
    own.chain.isAway = true;
    expect(await own.wants()).toEqual({ why: "behind" });
    own.chain.isAway = false;
    expect(await own.wants()).toEqual(signedBy(1));
  });
});

describe("a pledge stands", () => {
  const LESS = { ticks: 10 };
  test("against every other of its home, not of others, and is said again", async () => {
    const own = validator();
    expect(await own.wants()).toEqual(signedBy(1));
    expect(await own.wants(LESS)).toEqual({ why: "pledged", until: NOW + 60 });
    expect(await own.wants({ deadline: NOW + 61 })).toEqual({ why: "pledged", until: NOW + 60 });
    expect(await own.wants({ ...LESS, home: homeId(2) })).toEqual(signedBy(1, { ...LESS, home: homeId(2) }));
    expect(await own.wants()).toEqual(signedBy(1));
  });

  test("over a restart, as it was on disk before it went out", async () => {
    const { disk, wants } = validator();
    const asking = wants();
    expect(await asking).toEqual(signedBy(1));
    const again = validator({ disk });
    expect(await again.wants(LESS)).toEqual({ why: "pledged", until: NOW + 60 });
    expect(await again.wants()).toEqual(signedBy(1));
  });

  test("until the last final block is behind its deadline, though the chain's clock is", async () => {
    const { disk, wants } = validator();
    await wants();
    const later = { ...LESS, deadline: NOW + 130 };
    const stands = validator({ disk, standing: { now: NOW + 70, finalAt: NOW + 60 } });
    expect(await stands.wants(later)).toEqual({ why: "pledged", until: NOW + 60 });
    const over = validator({ disk, standing: { now: NOW + 70, finalAt: NOW + 61 } });
    expect(await over.wants(later)).toEqual(signedBy(1, later));
  });

  test("until the vault has taken a withdrawal or settled the period", async () => {
    const { disk, wants } = validator();
    await wants();
    const next = { ...LESS, nonce: 5 };
    expect(await validator({ disk, standing: { nonce: 5 } }).wants(next)).toEqual(signedBy(1, next));
    const other = validator();
    await other.wants();
    const settled = { ...LESS, period: period(NEXT + 1) };
    const given: Given = { disk: other.disk, standing: { nextPeriod: period(NEXT + 1) }, state: closed(1, 0) };
    expect(await validator(given).wants(settled)).toEqual(signedBy(1, settled));
  });

  test("alone, of two that are asked for while the chain answers", async () => {
    const own = validator();
    let go = (): void => undefined;
    own.chain.wait = new Promise((resolve) => {
      go = resolve;
    });
    const both = [own.wants(), own.wants(LESS), own.wants()];
    go();
    expect(await Promise.all(both)).toEqual([signedBy(1), { why: "pledged", until: NOW + 60 }, signedBy(1)]);
  });

  test("and no more than eight are looked at together", async () => {
    const own = validator();
    let go = (): void => undefined;
    own.chain.wait = new Promise((resolve) => {
      go = resolve;
    });
    const many = Array.from({ length: 9 }, () => own.wants());
    expect(await many[8]).toEqual({ why: "busy" });
    go();
    expect(await many[7]).toEqual(signedBy(1));
    expect(own.chain.asked).toBe(8);
  });
});

describe("answers as bytes", () => {
  const ANSWERS: readonly PledgeAnswer[] = [
    signedBy(1),
    { why: "unsigned" },
    { why: "short", most: 0 },
    { why: "short", most: 2 ** 31 },
    { why: "pledged", until: NOW },
    { why: "period", next: NEXT },
    { why: "deadline", now: NOW },
    { why: "nonce", next: 0 },
    { why: "paused" },
    { why: "behind" },
    { why: "busy" },
  ];
  test.each(ANSWERS)("%j", (answer) => {
    expect(decodePledgeAnswer(encodePledgeAnswer(answer))).toEqual(answer);
  });

  test("by hand: field 1 is the signature, 2 why not, 3 a number", () => {
    expect([...encodePledgeAnswer({ why: "short", most: 300 })]).toEqual([0x10, 2, 0x18, 0xac, 0x02]);
    expect([...encodePledgeAnswer(signedBy(1)).subarray(0, 2)]).toEqual([0x0a, 65]);
  });

  test("whatever the bytes, an answer or none; a question that isn't one is not answered and asks the chain nothing", async () => {
    const own = validator();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = decodePledgeAnswer(bytes);
        if (answer !== null && !("signature" in answer)) expect(typeof answer.why).toBe("string");
        expect(await own.ask(bytes)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
    expect(own.chain.asked).toBe(0);
  });

  test("a question with any one bit of what was signed turned is nobody's, or none", async () => {
    const own = validator();
    const id: Digest = DIGESTS.withdrawNow(WISH);
    const bytes = encodeWithdrawNow({ body: WISH, id, signature: cheapSigner(1_003).sign(id) });
    for (let bit = 0; bit < (bytes.length - 67) * 8; bit++) {
      const turned = bytes.slice();
      turned[bit >> 3]! ^= 1 << (bit & 7);
      const answer = await own.ask(turned);
      expect([null, { why: "unsigned" }]).toContainEqual(answer);
    }
  });
});
