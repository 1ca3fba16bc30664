import { afterEach, describe, expect, test } from "@jest/globals";
import { multiaddr } from "@multiformats/multiaddr";
import type { StreetGossip } from "../../../adapters/libp2p/index.ts";
import { Writer } from "../../../engine/messages/index.ts";
import type { Door, PeerName } from "../../../src/ports/index.ts";
import { rawPeer, TOPIC } from "../../support/raw-peer.ts";
import { bytesOf, collect, FAST_LIMITS, Street, secretOf, textOf, until, withAddresses } from "../../support/street-gossip.ts";

const street = new Street();

afterEach(() => street.closeAll());

const soon = (): AbortSignal => AbortSignal.timeout(5_000);

/** A door with a list; who is met gets on it when the peer answers with the password. */
function door(
  home: StreetGossip,
  members: Set<PeerName> = new Set(),
): Door & { readonly members: Set<PeerName>; readonly met: PeerName[] } {
  const met: PeerName[] = [];
  return {
    members,
    met,
    isMember: (peer) => members.has(peer),
    meet: async (peer, signal) => {
      met.push(peer);
      const answer = await home.request(peer, "hello", bytesOf("who are you?"), signal);
      if (!answer.ok || textOf(answer.value) !== "friend") return false;
      members.add(peer);
      return true;
    },
  };
}

/** One message as a frame of gossip: what gossipsub writes into its stream. */
function publication(topic: keyof typeof TOPIC, text: string): Uint8Array {
  const message = new Writer().bytes(2, bytesOf(text)).bytes(4, bytesOf(TOPIC[topic])).finish();
  const rpc = new Writer().item(2, message).finish();
  return Uint8Array.from([rpc.length, ...rpc]);
}

describe("a private network", () => {
  const key = secretOf(9);

  test("who has the key is in", async () => {
    const first = await street.home({ seed: 1, networkKey: key });
    const second = await street.home({ seed: 2, networkKey: key, peers: [withAddresses(first)] });
    await until("both hear each other", () => first.peers().length === 1 && second.peers().length === 1);
    const raw = street.keep(await rawPeer(key));
    await raw.join(first, [TOPIC.market]);
    await until("the raw peer is there", () => raw.connections().length === 1);
  });

  test.each([
    ["without a key", undefined],
    ["with another key", secretOf(8)],
  ])("a peer %s gets no connection, neither way", async (_what, other) => {
    const home = await street.home({ seed: 1, networkKey: key });
    const raw = street.keep(await rawPeer(other));
    await expect(raw.join(home)).rejects.toThrow();
    home.setPeers([{ name: raw.self, addresses: raw.addresses() }]);
    await expect(raw.node.dial(home.addresses().map((address) => multiaddr(address)))).rejects.toThrow();
    expect([raw.connections(), home.peers()]).toEqual([[], []]);
  });

  test("a key of another length is a fault of the caller", async () => {
    await expect(street.home({ seed: 1, networkKey: new Uint8Array(31) })).rejects.toThrow("32 bytes");
  });
});

describe("the door", () => {
  test("strangers who prove themselves hear and are heard, without a new connection", async () => {
    const first = await street.home({ seed: 1 });
    const second = await street.home({ seed: 2, peers: [withAddresses(first)] });
    for (const home of [first, second]) {
      home.onRequest("hello", () => bytesOf("friend"));
      home.guard(door(home));
    }
    await until("both know each other", () => first.peers().length === 1 && second.peers().length === 1);
    const heard = collect(first);
    await second.publish("market", bytesOf("order"));
    await until("the order", () => heard.length === 1);
  });

  test("a stranger is told nothing, heard by nobody, answered a hello alone, and hung up when its time is over", async () => {
    const home = await street.home({ seed: 1 });
    home.guard(door(home));
    const heard = collect(home);
    for (const kind of ["hello", "fetch", "blocks", "time"] as const) home.onRequest(kind, () => bytesOf("a secret"));
    const stranger = await street.home({ seed: 2, peers: [withAddresses(home)] });
    const overheard = collect(stranger);
    const ask = async (kind: "hello" | "fetch" | "blocks" | "time") => (await stranger.request(home.self, kind, bytesOf("x"), soon())).ok;
    const connected = async () => (await ask("hello")) === true;
    while (!(await connected())) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([await ask("hello"), await ask("fetch"), await ask("blocks"), await ask("time")]).toEqual([true, false, false, false]);
    await home.publish("market", bytesOf("for members"));
    await stranger.publish("market", bytesOf("from outside"));
    while (await connected()) await new Promise((resolve) => setTimeout(resolve, 20));
    // It dials again and again, and the gater says no before anything can be asked.
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await connected()).toBe(false);
    }
    expect([heard, overheard, home.peers()]).toEqual([[], [], []]);
  });

  test("a raw stranger gets no gossip stream beside a member that has one, and what it writes into its own reaches nobody", async () => {
    const limits = { ...FAST_LIMITS, door: { ...FAST_LIMITS.door, probationMs: 4_000 } };
    const home = await street.home({ seed: 1, limits });
    const friend = await street.home({ seed: 2, peers: [withAddresses(home)] });
    home.guard(door(home, new Set([friend.self])));
    const heard = collect(home);
    const raw = street.keep(await rawPeer());
    const overheard: string[] = [];
    raw.pubsub.addEventListener("message", (event) => void overheard.push(textOf(event.detail.data)));
    await raw.join(home, [TOPIC.market]);
    const stream = await raw.connections()[0]!.newStream("/meshsub/1.1.0");
    await until("the friend is there", () => home.peers().length === 1 && friend.peers().length === 1);
    stream.send(publication("market", "from outside"));
    await home.publish("market", bytesOf("for members"));
    await friend.publish("market", bytesOf("a member's"));
    await until("the member is heard", () => heard.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard.map(({ text }) => text)).toEqual(["a member's"]);
    expect([raw.connections().length, raw.inboundGossip(), overheard]).toEqual([1, [], []]);
  });

  test("a raw stranger can't stay by doing nothing, and comes back in vain until the door opens again", async () => {
    const home = await street.home({ seed: 1 });
    const guard = door(home);
    home.guard(guard);
    const raw = street.keep(await rawPeer());
    await raw.join(home, [TOPIC.market, TOPIC.agreement]);
    await until("it is hung up", () => raw.connections().length === 0);
    const asked = guard.met.length;
    await raw.join(home).catch(() => undefined);
    await until("it is refused", () => raw.connections().length === 0);
    expect(guard.met.length).toBe(asked);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await raw.join(home);
    await until("it is asked again", () => guard.met.length > asked);
  });

  test("who is a member no more is hung up at once, and the others stay", async () => {
    const [a, b, c] = (await street.homes(3)) as [StreetGossip, StreetGossip, StreetGossip];
    const guard = door(a, new Set([b.self, c.self]));
    a.guard(guard);
    expect([...a.peers()].sort()).toEqual([b.self, c.self].sort());
    guard.members.delete(c.self);
    a.guard(guard);
    await until("c is gone", () => !c.peers().includes(a.self) && !a.peers().includes(c.self));
    const heard = collect(b);
    await a.publish("market", bytesOf("after"));
    await until("b hears it", () => heard.length === 1);
  });

  test("a member needs no meeting", async () => {
    const first = await street.home({ seed: 1 });
    const second = await street.home({ seed: 2 });
    const guards = [door(first, new Set([second.self])), door(second, new Set([first.self]))];
    first.guard(guards[0]!);
    second.guard(guards[1]!);
    second.setPeers([withAddresses(first)]);
    await until("both hear each other", () => first.peers().length === 1 && second.peers().length === 1);
    expect(guards.map(({ met }) => met)).toEqual([[], []]);
  });

  test("a door that throws lets nobody in", async () => {
    const home = await street.home({ seed: 1 });
    home.guard({ isMember: () => false, meet: () => Promise.reject(new Error("our own bug")) });
    const raw = street.keep(await rawPeer());
    await raw.join(home, [TOPIC.market]);
    await until("it is hung up", () => raw.connections().length === 0);
  });
});

test("five junk answers close the door, three don't", async () => {
  const [a, b] = (await street.homes(2)) as [StreetGossip, StreetGossip];
  for (let times = 0; times < 3; times++) a.report(b.self, "junk-answer");
  await until("b's score falls", () => a.score(b.self) < -290);
  expect(a.peers()).toEqual([b.self]);
  for (let times = 0; times < 2; times++) a.report(b.self, "junk-answer");
  await until("b is out", () => a.peers().length === 0 && b.peers().length === 0);
});

test("two forged chains close the door, one doesn't", async () => {
  const [a, b] = (await street.homes(2)) as [StreetGossip, StreetGossip];
  a.report(b.self, "forged-chain");
  await until("b's score falls", () => a.score(b.self) < -200);
  expect(a.peers()).toEqual([b.self]);
  a.report(b.self, "forged-chain");
  await until("b is out", () => a.peers().length === 0 && b.peers().length === 0);
});
