import { afterEach, describe, expect, test } from "@jest/globals";
import type { Stream } from "@libp2p/interface";
import fc from "fast-check";
import type { GossipLimits, StreetGossip } from "../../adapters/libp2p/index.ts";
import { type RawPeer, rawPeer, TOPIC } from "../support/raw-peer.ts";
import { bytesOf, collect, FAST_LIMITS, Street, textOf, until, withAddresses } from "../support/street-gossip.ts";

const street = new Street();

afterEach(() => street.closeAll());

async function rawAt(home: StreetGossip): Promise<RawPeer> {
  const peer = street.keep(await rawPeer());
  await peer.join(home, Object.values(TOPIC));
  const hearsUs = () => Object.values(TOPIC).every((topic) => peer.pubsub.getSubscribers(topic).length > 0);
  await until("they hear each other", () => home.peers().includes(peer.self) && hearsUs());
  return peer;
}

/** Two homes and a peer that means harm to the first. The first takes only messages that begin with "ok". */
async function attack(request: Partial<GossipLimits["request"]> = {}) {
  const limits = { ...FAST_LIMITS, request: { ...FAST_LIMITS.request, timeoutMs: 1_000, ...request } };
  const home = await street.home({ seed: 1, limits });
  const friend = await street.home({ seed: 2, peers: [withAddresses(home)] });
  const heard = collect(home, (text) => (text.startsWith("ok") ? "accept" : "reject"));
  await until("the friend is there", () => home.peers().includes(friend.self) && friend.peers().includes(home.self));
  return { home, friend, heard, bad: await rawAt(home) };
}

const drawn = (seed: number, count: number, maxLength: number): Uint8Array[] =>
  fc.sample(fc.uint8Array({ minLength: 1, maxLength }), { numRuns: count, seed });

const varint = (value: number): Uint8Array => {
  const bytes = [];
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(value < 128 ? value : Math.floor(value / 128 ** bytes.length));
  return Uint8Array.from(bytes);
};

const framed = (bytes: Uint8Array): Uint8Array => Buffer.concat([varint(bytes.length), bytes]);

async function open(peer: RawPeer, protocol: string): Promise<Stream | undefined> {
  return peer
    .connections()[0]
    ?.newStream(protocol, { signal: AbortSignal.timeout(5_000) })
    .catch(() => undefined);
}

function send(stream: Stream | undefined, bytes: Uint8Array): void {
  try {
    stream?.send(bytes);
  } catch {
    // The other side may have had enough already.
  }
}

async function stillHears(home: { heard: readonly { text: string }[] }, friend: StreetGossip, text: string): Promise<void> {
  for (const topic of ["market", "agreement"] as const) await friend.publish(topic, bytesOf(`ok ${text} ${topic}`));
  await until(text, () => ["market", "agreement"].every((topic) => home.heard.some((message) => message.text === `ok ${text} ${topic}`)));
}

describe("garbage from a peer changes nothing and costs it its score", () => {
  test("on the topics", async () => {
    const { home, friend, heard, bad } = await attack();
    const garbage = drawn(1, 12, 300);
    for (const [i, bytes] of garbage.entries())
      await bad.pubsub.publish(i % 2 === 0 ? TOPIC.market : TOPIC.agreement, bytes).catch(() => undefined);
    await bad.pubsub.publish(TOPIC.market, new Uint8Array(FAST_LIMITS.lanes.market.maxBytes + 1)).catch(() => undefined);
    await until("the score falls", () => home.score(bad.self) < -100);
    await stillHears({ heard }, friend, "after garbage");
    expect(heard.some((message) => message.text.length > FAST_LIMITS.lanes.market.maxBytes)).toBe(false);
    expect(home.score(friend.self)).toBeGreaterThanOrEqual(0);
  });

  test("on gossip streams: frames that are no frames", async () => {
    const { home, friend, heard, bad } = await attack();
    const before = heard.length;
    for (const [i, bytes] of drawn(2, 60, 200).entries()) {
      const stream = await open(bad, "/meshsub/1.2.0");
      send(stream, i % 2 === 0 ? bytes : framed(bytes));
      if (stream === undefined) await bad.join(home).catch(() => undefined);
    }
    await stillHears({ heard }, friend, "after frames");
    expect(heard.slice(before).every((message) => message.text.startsWith("ok"))).toBe(true);
  });

  test("on the request protocols", async () => {
    const { home, friend, heard, bad } = await attack();
    const asked: string[] = [];
    home.onRequest("fetch", (body) => {
      asked.push(textOf(body));
      return body;
    });
    const hostile = [
      framed(new Uint8Array(16_385)),
      varint(2 ** 31),
      new Uint8Array(64).fill(0xff),
      new Uint8Array(0),
      varint(10),
      Uint8Array.from([5, 1, 2]),
      new Uint8Array(40_000).fill(0x80),
    ];
    for (const bytes of hostile) {
      const stream = await open(bad, "/commonwatt/test-street/fetch/1");
      send(stream, bytes);
      void stream?.close().catch(() => undefined);
    }
    await until("the score falls", () => home.score(bad.self) <= -50);
    expect(asked).toEqual([]);
    const answer = await friend.request(home.self, "fetch", bytesOf("honest"), AbortSignal.timeout(10_000));
    expect(answer).toEqual({ ok: true, value: bytesOf("honest") });
    await stillHears({ heard }, friend, "after requests");
  });

  test("answers that are no answers are PEER_MALFORMED or PEER_TIMEOUT, and bounded", async () => {
    const { home, bad } = await attack();
    const answers = [
      new Uint8Array(0),
      varint(2 ** 31),
      framed(new Uint8Array(1_048_577)),
      Uint8Array.from([9, 1]),
      new Uint8Array(3_000_000).fill(0xff),
    ];
    let next = 0;
    await bad.node.handle("/commonwatt/test-street/blocks/1", (stream) => {
      send(stream, answers[next++]!);
      void stream.close().catch(() => undefined);
    });
    for (const _ of answers) {
      const answer = await home.request(bad.self, "blocks", bytesOf("x"), AbortSignal.timeout(10_000));
      expect(answer).toMatchObject({ ok: false, code: expect.stringMatching(/^PEER_(MALFORMED|TIMEOUT)$/) });
    }
    const started = performance.now();
    await bad.node.handle("/commonwatt/test-street/fetch/1", () => undefined);
    expect(await home.request(bad.self, "fetch", bytesOf("x"), AbortSignal.timeout(10_000))).toMatchObject({
      ok: false,
      code: "PEER_TIMEOUT",
    });
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe("a flood", () => {
  test.each(["market", "agreement"] as const)("on %s doesn't delay an honest message, and ends with the door closed", async (topic) => {
    const { home, friend, heard, bad } = await attack();
    let flooding = true;
    const flood = (async () => {
      for (let i = 0; flooding && i < 20_000; i++) {
        await bad.pubsub.publish(TOPIC[topic], bytesOf(`junk ${i} ${"x".repeat(200)}`)).catch(() => undefined);
        if (i % 50 === 49) await new Promise(setImmediate);
      }
    })();
    await until("the flood is on", () => heard.some((message) => message.text.startsWith("junk")));
    const started = performance.now();
    await stillHears({ heard }, friend, "in the flood");
    expect(performance.now() - started).toBeLessThan(3_000);
    await until("the door closes", () => !home.peers().includes(bad.self));
    flooding = false;
    await flood;
    expect(home.peers()).toEqual([friend.self]);
  });

  test("of requests leaves answers for others and costs score", async () => {
    const { home, friend, bad } = await attack({ burst: 5, perSecond: 0 });
    home.onRequest("fetch", (body) => body);
    let answered = 0;
    for (let i = 0; i < 15; i++) {
      const stream = await open(bad, "/commonwatt/test-street/fetch/1");
      stream?.addEventListener("message", () => answered++);
      send(stream, framed(bytesOf(`${i}`)));
    }
    const answer = await friend.request(home.self, "fetch", bytesOf("honest"), AbortSignal.timeout(10_000));
    expect(answer.ok).toBe(true);
    await until("the score falls", () => home.score(bad.self) < -80);
    expect(answered).toBe(5);
  });
});
