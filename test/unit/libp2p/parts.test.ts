import { describe, expect, test } from "@jest/globals";
import { peerIdFromString } from "@libp2p/peer-id";
import fc from "fast-check";
import { Bans } from "../../../adapters/libp2p/bans.ts";
import { Buckets } from "../../../adapters/libp2p/buckets.ts";
import { Conduct } from "../../../adapters/libp2p/conduct.ts";
import { Gate } from "../../../adapters/libp2p/gate.ts";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { Intake } from "../../../adapters/libp2p/intake.ts";
import { Lane, type Letter } from "../../../adapters/libp2p/lane.ts";
import { dialAddress, messageId, protocolName, topicName } from "../../../adapters/libp2p/names.ts";
import type { GossipStream } from "../../../adapters/libp2p/node.ts";
import { Outbox, type SendResult } from "../../../adapters/libp2p/outbox.ts";
import { Recent } from "../../../adapters/libp2p/recent.ts";
import { type HangUpReason, Watchdog } from "../../../adapters/libp2p/watchdog.ts";
import { bytesOf, FAST_LIMITS, QUIET, secretOf, textOf, until } from "../../support/street-gossip.ts";

const LANE = { maxBytes: 100, burst: 3, perSecond: 2, queue: 5, queuePerPeer: 2, perTick: 4 };

function raise(): never {
  throw new Error("our own bug");
}

/** A clock that tests set. */
function clock() {
  const time = { at: 0, now: () => time.at };
  return time;
}

describe("names", () => {
  // RFC 8032, 7.1, test 1: the seed and its public key; the peer id is 0x0024 0801 1220 and the key, in base58btc.
  const seed = Uint8Array.from(Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex"));
  const publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

  test("a peer is named after its public key", () => {
    const id = peerIdFromString(peerNameOf(seed));
    expect(Buffer.from(id.toMultihash().bytes).toString("hex")).toBe(`002408011220${publicKey}`);
    expect(() => peerNameOf(new Uint8Array(31))).toThrow("32 bytes");
  });

  test("topics and protocols carry the street", () => {
    expect(topicName("a1", "market")).toBe("/commonwatt/a1/market/1");
    expect(protocolName("a1", "fetch")).toBe("/commonwatt/a1/fetch/1");
  });

  test("a message's id depends on its topic and every byte of it", () => {
    const data = new Uint8Array(300).fill(1);
    const id = (topic: string, bytes: Uint8Array) => Buffer.from(messageId({ topic, data: bytes })).toString("hex");
    for (const place of [0, 1, 19, 20, 150, 299]) {
      const other = Uint8Array.from(data);
      other[place] = 2;
      expect(id("t", other)).not.toBe(id("t", data));
    }
    expect(id("u", data)).not.toBe(id("t", data));
    expect(id("ab", bytesOf("c"))).not.toBe(id("a", bytesOf("bc")));
  });

  const name = peerNameOf(seed);
  const other = peerNameOf(secretOf(1));
  test.each([
    ["/ip4/127.0.0.1/tcp/4001", `/ip4/127.0.0.1/tcp/4001/p2p/${name}`],
    [`/ip4/127.0.0.1/tcp/4001/p2p/${name}`, `/ip4/127.0.0.1/tcp/4001/p2p/${name}`],
    [`/ip4/127.0.0.1/tcp/4001/p2p/${other}`, undefined],
    ["127.0.0.1:4001", undefined],
    ["", undefined],
  ])("dialling %s", (address, expected) => {
    expect(dialAddress(name, address)?.toString()).toBe(expected);
  });

  test("a peer whose name is no name has no address", () => {
    expect(dialAddress("garbage", "/ip4/127.0.0.1/tcp/4001")).toBeUndefined();
  });
});

describe("buckets", () => {
  test("a burst, then so many a second, each peer for itself", () => {
    const time = clock();
    const buckets = new Buckets({ burst: 3, perSecond: 2 }, time.now);
    const take = (count: number) => Array.from({ length: count }, () => buckets.take("a"));
    expect(take(4)).toEqual([true, true, true, false]);
    expect(buckets.take("b")).toBe(true);
    time.at = 500;
    expect(take(2)).toEqual([true, false]);
    time.at = 60_000;
    expect(take(4)).toEqual([true, true, true, false]);
  });

  test("in any stretch of time no more than burst and rate allow", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pauses) => {
        const time = clock();
        const buckets = new Buckets({ burst: 5, perSecond: 10 }, time.now);
        let taken = 0;
        for (const pause of pauses) {
          time.at += pause;
          if (buckets.take("a")) taken++;
        }
        return taken <= 5 + (time.at / 1_000) * 10;
      }),
    );
  });
});

test("many names don't fill the memory: what was set longest ago is forgotten", () => {
  const recent = new Recent<number>();
  for (let i = 0; i < 1_024; i++) recent.set(`peer ${i}`, i);
  recent.set("peer 0", 0);
  recent.set("one more", 1);
  expect([recent.size, recent.get("peer 0"), recent.get("peer 1"), recent.get("peer 2")]).toEqual([1_024, 0, undefined, 2]);
});

describe("conduct", () => {
  test("charges add up and halve in ten minutes", () => {
    const time = clock();
    const conduct = new Conduct(time.now);
    expect(conduct.charge("a", "rejected")).toBe(10);
    expect(conduct.charge("a", "oversized")).toBe(50);
    time.at = 600_000;
    expect(conduct.points("a")).toBeCloseTo(25, 9);
    expect(conduct.points("b")).toBe(0);
    time.at = 36_000_000;
    expect(conduct.points("a")).toBe(0);
  });

  test("a crowd of strangers is forgotten, oldest first", () => {
    const conduct = new Conduct(() => 0);
    for (let i = 0; i <= 1_024; i++) conduct.charge(`peer ${i}`, "flooding");
    expect(conduct.points("peer 0")).toBe(0);
    expect(conduct.points("peer 1")).toBe(2);
  });
});

test("a ban ends", () => {
  const time = clock();
  const bans = new Bans(1_000, time.now);
  bans.add("a");
  time.at = 999;
  expect([bans.has("a"), bans.has("b")]).toEqual([true, false]);
  time.at = 1_000;
  expect(bans.has("a")).toBe(false);
});

describe("gate", () => {
  test.each([
    [[["a", 101]], ["oversized"]],
    [[["a", 100]], ["in"]],
    [
      [
        ["a", 0],
        ["a", 0],
        ["a", 0],
        ["a", 0],
      ],
      ["in", "in", "full", "flooding"],
    ],
    [
      [
        ["a", 1],
        ["a", 1],
        ["b", 1],
        ["b", 1],
        ["c", 1],
        ["c", 1],
      ],
      ["in", "in", "in", "in", "in", "full"],
    ],
  ] as const)("%j", (messages, expected) => {
    const gate = new Gate(LANE, () => 0);
    expect(messages.map(([peer, length]) => gate.enter(peer, length) ?? "in")).toEqual(expected);
  });

  test("who leaves makes room", () => {
    const gate = new Gate({ ...LANE, burst: 100 }, () => 0);
    gate.enter("a", 1);
    gate.enter("a", 1);
    expect(gate.enter("a", 1)).toBe("full");
    gate.leave("a");
    expect(gate.enter("a", 1)).toBeUndefined();
    for (const peer of ["b", "b", "c"]) gate.enter(peer, 1);
    expect(gate.enter("d", 1)).toBe("full");
    gate.leave("c");
    expect(gate.enter("d", 1)).toBeUndefined();
  });
});

describe("lane", () => {
  const letter = (from: string, text: string, settle: Letter["settle"] = () => {}): Letter => ({ from, bytes: bytesOf(text), settle });

  test("peers take turns: a flood of one doesn't delay another", async () => {
    const lane = new Lane();
    for (let i = 0; i < 50; i++) lane.push(letter("flood", `f${i}`));
    lane.push(letter("honest", "h"));
    const order: string[] = [];
    const running = lane.run(4, (next) => order.push(textOf(next.bytes)));
    await until("all judged", () => order.length === 51);
    expect(order.slice(0, 4)).toEqual(["f0", "h", "f1", "f2"]);
    lane.close();
    await running;
  });

  test("the event loop gets its turn after so many letters", async () => {
    const lane = new Lane();
    const order: string[] = [];
    for (let i = 0; i < 10; i++) lane.push(letter("a", `${i}`));
    setImmediate(() => order.push("breath"));
    const running = lane.run(4, (next) => order.push(textOf(next.bytes)));
    await until("all judged", () => order.length === 11);
    expect(order.indexOf("breath")).toBe(4);
    lane.close();
    await running;
  });

  test("what waits when the lane closes, or comes after, is ignored", async () => {
    const lane = new Lane();
    const settled: string[] = [];
    lane.push(letter("a", "1", (judgement) => settled.push(judgement)));
    lane.close();
    lane.push(letter("a", "2", (judgement) => settled.push(judgement)));
    expect(settled).toEqual(["ignore", "ignore"]);
    await lane.run(4, () => settled.push("judged"));
    expect(settled).toHaveLength(2);
  });
});

describe("intake", () => {
  const limits = { ...FAST_LIMITS, judgeMs: 20, lanes: { market: LANE, agreement: LANE } };

  function intake() {
    const events: string[] = [];
    const made = new Intake(limits, {
      log: { ...QUIET, error: (event) => void events.push(event) },
      now: () => 0,
      isMember: () => true,
      onRefused: (topic, from, refusal) => void events.push(`${topic} ${from} ${refusal}`),
      onJudged: (topic, from, judgement) => void events.push(`${topic} ${from} ${judgement}`),
    });
    return { made, events };
  }

  test.each([
    ["says accept", () => "accept" as const, ["market a accept"]],
    ["says reject later", async () => "reject" as const, ["market a reject"]],
    ["throws", () => raise(), ["gossip.handler-failed", "market a ignore"]],
    ["throws later", async () => raise(), ["gossip.handler-failed", "market a ignore"]],
    ["never says anything", () => new Promise<never>(() => {}), ["gossip.handler-failed", "market a ignore"]],
  ])("a handler that %s", async (_name, handler, expected) => {
    const { made, events } = intake();
    const judgement = made.submit("market", bytesOf("early"), "a");
    made.onMessage(handler);
    expect(await judgement).toBe(expected.at(-1)!.split(" ")[2]);
    expect(events).toEqual(expected);
    made.close();
  });

  test("a market that is stuck doesn't hold agreement up", async () => {
    const { made } = intake();
    const judged: string[] = [];
    for (let i = 0; i < 40; i++) void made.submit("market", bytesOf("m"), `peer ${i % 3}`);
    const vote = made.submit("agreement", bytesOf("v"), "a").then(() => judged.length);
    made.onMessage((topic) => {
      judged.push(topic);
      return "accept";
    });
    // At most one turn of the market, and the letter that the pump holds ready, come before.
    expect(await vote).toBeLessThanOrEqual(LANE.perTick + 2);
    made.close();
  });

  test("the gate's refusals are told, each topic for itself", () => {
    const { made, events } = intake();
    expect(made.enter("market", "a", 101)).toBe(false);
    expect([1, 2, 3].map((length) => made.enter("agreement", "a", length))).toEqual([true, true, false]);
    expect(made.enter("market", "a", 1)).toBe(true);
    made.leave("agreement", "a");
    expect(made.enter("agreement", "a", 1)).toBe(false);
    expect(events).toEqual(["market a oversized", "agreement a full", "agreement a flooding"]);
  });
});

describe("outbox", () => {
  function outbox(limits = { messages: 3, ageMs: 1_000, retryMs: 3_600_000 }) {
    const time = clock();
    const state = { result: "nobody" as SendResult, sent: [] as string[], dropped: 0, time };
    const send = async (_topic: string, bytes: Uint8Array): Promise<SendResult> => {
      if (state.result === "sent") state.sent.push(textOf(bytes));
      return state.result;
    };
    const box = new Outbox(limits, send, { now: time.now, onDrop: () => state.dropped++ });
    return { box, state };
  }

  test("what nobody heard is sent when somebody can, in order and once", async () => {
    const { box, state } = outbox();
    await box.publish("market", bytesOf("1"));
    await box.publish("market", bytesOf("2"));
    await box.retry();
    expect(state.sent).toEqual([]);
    state.result = "sent";
    await Promise.all([box.retry(), box.retry()]);
    await box.retry();
    expect(state.sent).toEqual(["1", "2"]);
    box.stop();
  });

  test("the oldest goes when there are too many, and all go when they are too old", async () => {
    const { box, state } = outbox();
    for (const text of ["1", "2", "3", "4"]) await box.publish("agreement", bytesOf(text));
    expect(state.dropped).toBe(1);
    state.time.at = 1_001;
    state.result = "sent";
    await box.retry();
    expect([state.dropped, state.sent]).toEqual([4, []]);
    box.stop();
  });

  test("it tries again by itself", async () => {
    const { box, state } = outbox({ messages: 3, ageMs: 1_000, retryMs: 5 });
    await box.publish("market", bytesOf("1"));
    state.result = "sent";
    await until("sent", () => state.sent.length === 1);
    box.stop();
  });
});

describe("watchdog", () => {
  type Streams = Map<string, GossipStream>;
  const live: GossipStream = { rawStream: { writeStatus: "writable", remoteWriteStatus: "writable" } };
  const ended: GossipStream = { rawStream: { writeStatus: "writable", remoteWriteStatus: "closed" } };

  /** A peer with one connection and gossip both ways. */
  function watchdog() {
    const peer = peerIdFromString(peerNameOf(secretOf(1)));
    const name = peer.toString();
    const hungUp: [string, HangUpReason][] = [];
    const streams = { streamsOutbound: new Map([[name, live]]) as Streams, streamsInbound: new Map([[name, live]]) as Streams };
    const state = { ...streams, score: 0, hungUp, connections: ["first"] };
    const router = { getScore: () => state.score, ...streams };
    const links = { getPeers: () => [peer], getConnections: () => state.connections.map((id) => ({ id })) };
    const dog = new Watchdog(links, router, { everyMs: 100, graceMs: 300 }, (who, reason) => hungUp.push([who, reason]));
    const sweep = (times: number) => {
      for (let i = 0; i < times; i++) dog.sweep();
    };
    return { state, sweep, name };
  }

  test("a peer without a gossip stream is hung up on after a while, with doubling patience", () => {
    const { state, sweep, name } = watchdog();
    state.streamsOutbound.clear();
    sweep(2);
    expect(state.hungUp).toEqual([]);
    sweep(1);
    expect(state.hungUp).toEqual([[name, "deaf"]]);
    sweep(5);
    expect(state.hungUp).toHaveLength(1);
    sweep(1);
    expect(state.hungUp).toHaveLength(2);
  });

  test("gossip one way isn't enough: no inbound stream, or one that the peer has ended", () => {
    for (const inbound of [undefined, ended]) {
      const { state, sweep, name } = watchdog();
      sweep(3);
      expect(state.hungUp).toEqual([]);
      if (inbound === undefined) state.streamsInbound.clear();
      else state.streamsInbound.set(name, inbound);
      sweep(3);
      expect(state.hungUp).toEqual([[name, "deaf"]]);
    }
  });

  test("one that hears us in between starts afresh", () => {
    const { state, sweep, name } = watchdog();
    state.streamsOutbound.clear();
    sweep(2);
    state.streamsOutbound.set(name, live);
    sweep(1);
    state.streamsOutbound.clear();
    sweep(2);
    expect(state.hungUp).toEqual([]);
  });

  test("a new connection isn't to blame for the one before", () => {
    const { state, sweep } = watchdog();
    state.streamsOutbound.clear();
    sweep(2);
    state.connections = ["second"];
    sweep(2);
    expect(state.hungUp).toEqual([]);
    sweep(1);
    expect(state.hungUp).toHaveLength(1);
    // The patience of the second time holds for the new connection too.
    state.connections = ["third"];
    sweep(5);
    expect(state.hungUp).toHaveLength(1);
    sweep(1);
    expect(state.hungUp).toHaveLength(2);
  });

  test("a score below the graylist closes the door", () => {
    const { state, sweep, name } = watchdog();
    state.score = -400;
    sweep(1);
    expect(state.hungUp).toEqual([]);
    state.score = -401;
    sweep(1);
    expect(state.hungUp).toEqual([[name, "banned"]]);
  });
});
