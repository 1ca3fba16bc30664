import { describe, expect, test } from "@jest/globals";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { type Address, fail, type HomeId, homeId, ok, type Result } from "../../../engine/kernel/index.ts";
import { encodePeerStatement, peerDigestOf } from "../../../engine/messages/index.ts";
import { Peers } from "../../../src/node/peers.ts";
import type { Answerer, PeerName, RequestCode } from "../../../src/ports/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DOMAIN } from "../../support/messages.ts";
import { QUIET } from "../../support/quiet.ts";

const nameOf = (number: number): PeerName => peerNameOf(new Uint8Array(32).fill(number));
const digestOf = peerDigestOf(DOMAIN);
const soon = new AbortController().signal;

/** What a peer answers: a statement of `home` for `peer` under the key of `signer`. */
function statement(home: number, peer: PeerName, { signer = home, seq = 0, domain = digestOf } = {}): Uint8Array {
  const body = { home: homeId(home), peer, seq };
  const id = domain(body);
  return encodePeerStatement({ body, id, signature: cheapSigner(signer).sign(id) });
}

/** Home 0 of a street of four, and what its peers answer. */
function desk(store = new Map<string, string>(), observers: readonly PeerName[] = []) {
  const keys = new Map<number, readonly Address[]>([0, 1, 2, 3].map((home) => [home, [agentAddressOf(home)]]));
  const answers = new Map<PeerName, Uint8Array>();
  const guarded = { times: 0 };
  const own = { hello: undefined as (() => ReturnType<Answerer>) | undefined };
  const peers = new Peers({
    domain: DOMAIN,
    gossip: {
      self: nameOf(100),
      request: async (peer): Promise<Result<Uint8Array, RequestCode>> => {
        const answer = answers.get(peer);
        return answer === undefined ? fail("PEER_TIMEOUT") : ok(answer);
      },
      onRequest: (_kind, handler) => {
        own.hello = () => handler(new Uint8Array(0), "anybody");
      },
      guard: () => void guarded.times++,
    },
    store: { getMeta: (key) => store.get(key) ?? null, setMeta: (key, value) => void store.set(key, value) },
    signer: cheapSigner(0),
    self: homeId(0),
    recover: cheapRecover,
    keysOf: (home: HomeId) => keys.get(home) ?? [],
    observers,
    log: QUIET,
  });
  const meet = (peer: PeerName, answer?: Uint8Array) => {
    if (answer !== undefined) answers.set(peer, answer);
    return peers.meet(peer, soon);
  };
  return { peers, meet, keys, guarded, own };
}

describe("who shows a statement", () => {
  test("is bound to its home when it holds", async () => {
    const { peers, meet } = desk();
    expect([peers.isMember(nameOf(1)), peers.homeOf(nameOf(1))]).toEqual([false, null]);
    expect(await meet(nameOf(1), statement(1, nameOf(1)))).toBe(true);
    expect([peers.isMember(nameOf(1)), peers.homeOf(nameOf(1)), peers.isMember(nameOf(2))]).toEqual([true, 1, false]);
    expect(peers.bound).toEqual([{ home: 1, peer: nameOf(1) }]);
  });

  test.each([
    ["no answer", undefined],
    ["bytes that say nothing", Uint8Array.of(1, 2, 3)],
    ["another peer's statement", statement(1, nameOf(2))],
    ["a statement under another home's key", statement(1, nameOf(1), { signer: 2 })],
    ["a statement of a home that isn't registered", statement(9, nameOf(1))],
    ["a statement from another market", statement(1, nameOf(1), { domain: peerDigestOf({ ...DOMAIN, chainId: 5 }) })],
  ])("isn't a member for %s", async (_what, answer) => {
    const { peers, meet } = desk();
    expect(await meet(nameOf(1), answer)).toBe(false);
    expect(peers.isMember(nameOf(1))).toBe(false);
  });

  test("is one peer of its home: another takes its place by a higher number only, and then the first is out", async () => {
    const { peers, meet, guarded } = desk();
    await meet(nameOf(1), statement(1, nameOf(1)));
    expect(await meet(nameOf(11), statement(1, nameOf(11)))).toBe(false);
    const before = guarded.times;
    expect(await meet(nameOf(11), statement(1, nameOf(11), { seq: 1 }))).toBe(true);
    expect([peers.isMember(nameOf(1)), peers.homeOf(nameOf(11)), guarded.times]).toEqual([false, 1, before + 1]);
    expect(await meet(nameOf(1), statement(1, nameOf(1)))).toBe(false);
  });

  test("may have a peer for its old key and one for its new", async () => {
    const { peers, meet, keys } = desk();
    keys.set(1, [agentAddressOf(1), agentAddressOf(21)]);
    expect(await meet(nameOf(1), statement(1, nameOf(1)))).toBe(true);
    expect(await meet(nameOf(21), statement(1, nameOf(21), { signer: 21 }))).toBe(true);
    expect([peers.homeOf(nameOf(1)), peers.homeOf(nameOf(21))]).toEqual([1, 1]);
  });
});

test("an observer needs no key, and speaks for no home", () => {
  const { peers } = desk(new Map(), [nameOf(50)]);
  expect([peers.isMember(nameOf(50)), peers.homeOf(nameOf(50))]).toEqual([true, null]);
});

test("a home whose key is gone is out at the review, and the door is looked through again", async () => {
  const { peers, meet, keys, guarded } = desk();
  for (const home of [1, 2, 3]) await meet(nameOf(home), statement(home, nameOf(home)));
  keys.set(2, []);
  keys.set(3, [agentAddressOf(33)]);
  const before = guarded.times;
  peers.review();
  expect([1, 2, 3].map((home) => peers.isMember(nameOf(home)))).toEqual([true, false, false]);
  expect(guarded.times).toBe(before + 1);
  expect(await meet(nameOf(3), statement(3, nameOf(3), { signer: 33 }))).toBe(true);
});

test("what was known is known after a restart, but for those who have left", async () => {
  const store = new Map<string, string>();
  const first = desk(store);
  for (const home of [1, 2]) await first.meet(nameOf(home), statement(home, nameOf(home)));
  first.peers.review();
  const again = desk(store);
  expect([1, 2].map((home) => again.peers.homeOf(nameOf(home)))).toEqual([1, 2]);
  again.keys.set(1, []);
  again.peers.review();
  expect([1, 2].map((home) => desk(store).peers.homeOf(nameOf(home)))).toEqual([null, 2]);
});

test("a home tells its own statement to whoever asks", async () => {
  const { own } = desk();
  const other = desk();
  expect(await other.meet(nameOf(100), await own.hello!())).toBe(true);
  expect(other.peers.homeOf(nameOf(100))).toBe(0);
});
