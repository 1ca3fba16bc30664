import { describe, expect, test } from "@jest/globals";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { type Address, homeId, type Interval, interval, ok } from "../../../engine/kernel/index.ts";
import { encodePeerStatement, peerDigestOf } from "../../../engine/messages/index.ts";
import { Membership } from "../../../src/node/membership.ts";
import { Neighbourhood } from "../../../src/node/neighbourhood.ts";
import type { PeerName, RegisteredHome, Registry } from "../../../src/ports/index.ts";
import { memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DOMAIN } from "../../support/messages.ts";
import { QUIET, UNCOUNTED } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";

/** Epochs of four intervals; the first begins at 100. */
const FIRST = interval(100);
const rules = { ...RULES, periodIntervals: 4 };
const digestOf = peerDigestOf(DOMAIN);
const nameOf = (number: number): PeerName => peerNameOf(new Uint8Array(32).fill(number));

interface Stay {
  readonly since?: number;
  readonly until?: number;
  /** Numbers of its keys, and from when on each signs. */
  readonly keys?: readonly (readonly [number, number])[];
}

function registryOf(stays: readonly Stay[]): Registry {
  const homes = stays.map(({ since = 90, until, keys }, home): RegisteredHome => {
    const registered = (keys ?? [[home, since]]).map(([key, from]) => ({ agent: agentAddressOf(key), since: interval(from) }));
    const agent: Address = registered.at(-1)!.agent;
    const stay = { since: interval(since), until: until === undefined ? null : interval(until) };
    return { home: homeId(home), name: `home-${home}`, agent, owner: agentAddressOf(1_000 + home), keys: registered, ...stay };
  });
  const validators = [0, 1, 2].map((home) => ({ home: homeId(home), class: "home" as const }));
  const minimums = { home: 0, operator: 0, utility: 0 };
  return {
    homes,
    validatorSets: [{ since: interval(90), validators, minimums }],
    validators: validators.map(({ home }) => home),
    quorum: 3,
  };
}

/** A node that is led from interval to interval; each key has a peer of the same number. */
function street(stays: readonly Stay[]) {
  const clock = new VirtualClock({ startMs: 1_000_000, speed: 1 });
  const store = memoryStore();
  const membership = new Membership({ rules, first: FIRST, store }, registryOf(stays));
  const rounds = { current: FIRST as Interval };
  const listeners: (() => void)[] = [];
  const homeOfKey = (key: number): number => {
    const home = stays.findIndex(({ keys }) => keys?.some(([each]) => each === key));
    return home < 0 ? key : home;
  };
  const neighbourhood = new Neighbourhood(
    { self: homeId(0), membership, rounds, pause: null, onCertified: (listener) => void listeners.push(listener as () => void) },
    {
      clock,
      store,
      domain: DOMAIN,
      gossip: {
        ...{ self: nameOf(0), follow: () => {}, peers: () => [], publish: async () => {}, onMessage: () => {}, onRequest: () => {} },
        ...{ guard: () => {}, report: () => {}, close: async () => {} },
        request: async (peer) => {
          const key = Array.from({ length: 60 }, (_, i) => i).find((number) => nameOf(number) === peer)!;
          const body = { home: homeId(homeOfKey(key)), peer, seq: 0 };
          const id = digestOf(body);
          return ok(encodePeerStatement({ body, id, signature: cheapSigner(key).sign(id) }));
        },
      },
      signer: cheapSigner(0),
      recover: cheapRecover,
      metrics: UNCOUNTED,
      log: QUIET,
      observers: [],
    },
  );
  neighbourhood.start();
  const meet = (key: number) => neighbourhood.peers.meet(nameOf(key), new AbortController().signal);
  return {
    membership,
    neighbourhood,
    meet,
    isIn: (key: number) => neighbourhood.peers.isMember(nameOf(key)),
    /** The next interval is certified, and the node enters the one after. */
    advance: async () => {
      const next = (rounds.current + 1) as Interval;
      const { digest } = membership.wanted(next);
      for (const listener of listeners) listener();
      rounds.current = next;
      membership.enter(digest, next);
      await clock.run(clock.monotonicMs() + 1);
    },
  };
}

describe("at an epoch's edge and not before", () => {
  test("a home that left is out, also when it left in the middle", async () => {
    const { meet, isIn, advance } = street([{}, { until: 102 }, { until: 104 }]);
    expect([await meet(1), await meet(2)]).toEqual([true, true]);
    for (const at of [101, 102, 103]) {
      await advance();
      expect([at, isIn(1), isIn(2)]).toEqual([at, true, true]);
    }
    await advance();
    expect([isIn(1), isIn(2), await meet(1), await meet(2)]).toEqual([false, false, false, false]);
  });

  test("a key that was replaced is out, and its successor was let in long before", async () => {
    const keys = [
      [1, 90],
      [31, 104],
    ] as const;
    const { meet, isIn, advance } = street([{}, { keys }, {}]);
    expect([await meet(1), await meet(31)]).toEqual([true, true]);
    for (let i = 0; i < 3; i++) await advance();
    expect([isIn(1), isIn(31)]).toEqual([true, true]);
    await advance();
    expect([isIn(1), isIn(31), await meet(1)]).toEqual([false, true, false]);
  });
});

test("a home that may trade later is let in at once: it has to catch up", async () => {
  const { meet, isIn, advance } = street([{}, {}, {}, { since: 108 }]);
  expect(await meet(3)).toBe(true);
  for (let i = 0; i < 9; i++) await advance();
  expect(isIn(3)).toBe(true);
});

test("a home that the registry learns of is let in without a restart", async () => {
  const { membership, meet } = street([{}, {}, {}]);
  expect(await meet(3)).toBe(false);
  membership.update(registryOf([{}, {}, {}, {}]));
  expect(await meet(3)).toBe(true);
});
