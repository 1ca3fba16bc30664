import { expect, test } from "@jest/globals";
import type { MessageStream } from "@libp2p/interface";
import { preSharedKey } from "@libp2p/pnet";
import { multiaddrConnectionPair } from "@libp2p/utils";
import fc from "fast-check";
import { KeyStream, ProtectedConnection, privateNetwork } from "../../../adapters/libp2p/protector.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const KEY = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
const NONCE = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");

test("the key stream is that of Bernstein, Cryptography in NaCl, section 8", () => {
  const stream = new KeyStream(KEY, NONCE).over(new Uint8Array(32));
  expect(stream).toEqual(hex("eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880"));
});

test("cut anywhere it is the same stream", () => {
  const whole = new KeyStream(KEY, NONCE).over(new Uint8Array(1_000));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 12 }), (lengths) => {
      const stream = new KeyStream(KEY, NONCE);
      const parts = lengths.map((length) => stream.over(new Uint8Array(length)));
      const joined = Buffer.concat(parts).subarray(0, 1_000);
      expect(joined).toEqual(Buffer.from(whole.subarray(0, joined.length)));
    }),
  );
});

test("a stream that is used up is refused before it repeats itself", () => {
  const stream = new KeyStream(KEY, NONCE, 2 ** 32 - 2);
  stream.over(new Uint8Array(64));
  expect(() => stream.over(new Uint8Array(1))).toThrow("a connection of 256 GiB needs a new nonce");
});

const libraryFile = Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(KEY).toString("hex")}`);
const ours = privateNetwork(KEY)();
const theirs = preSharedKey({ psk: libraryFile })();

async function connected(near = ours, far = ours): Promise<readonly [MessageStream, MessageStream]> {
  const [outbound, inbound] = multiaddrConnectionPair();
  return Promise.all([near.protect(outbound), far.protect(inbound)]);
}

const heardBy = (stream: MessageStream): Promise<Uint8Array> =>
  new Promise((resolve) => stream.addEventListener("message", ({ data }) => resolve(data.subarray()), { once: true }));

const said = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test.each([
  ["the library's", ours, theirs],
  ["ours", theirs, ours],
])("it is libp2p's private network: %s understands it", async (_, near, far) => {
  const [one, other] = await connected(near, far);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const heard = heardBy(to);
    from.send(said("an order"));
    expect(await heard).toEqual(said("an order"));
  }
});

test("another key understands nothing", async () => {
  const [one, other] = await connected(ours, privateNetwork(hex("00".repeat(32)))());
  const heard = heardBy(other);
  one.send(said("an order"));
  expect(await heard).not.toEqual(said("an order"));
});

test("a side that says no nonce is not waited for longer than told", async () => {
  const [outbound] = multiaddrConnectionPair();
  await expect(ours.protect(outbound, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
});

// The library's XSalsa20 keeps each stream's state in one memory of fixed size, never gives it back and dies when it is full.
test("no number of connections, open or gone, wears it out", async () => {
  const first = await connected();
  for (let i = 0; i < 6_000; i++) await connected();
  const [one, other] = first;
  for (let i = 0; i < 1_000; i++) {
    const heard = heardBy(other);
    one.send(said("an order"));
    expect(await heard).toEqual(said("an order"));
  }
});

test.each([
  ["closed", (stream: MessageStream) => stream.close(), "closed"],
  ["broken", (stream: MessageStream) => Promise.resolve(stream.abort(new Error("broken"))), "reset"],
])("a connection that is %s is so at the other side", async (_, end, status) => {
  const [one, other] = await connected();
  const ended = new Promise((resolve) => other.addEventListener("close", resolve));
  await end(one);
  await ended;
  expect(other.status).toBe(status);
});

test("a stream that is used up ends its connection, at either side, and nothing else", async () => {
  for (const usedUp of ["said", "heard"] as const) {
    const [under, far] = multiaddrConnectionPair();
    const block = (side: string) => (side === usedUp ? 2 ** 32 - 1 : 0);
    const one = new ProtectedConnection(
      under,
      under.log,
      new KeyStream(KEY, NONCE, block("said")),
      new KeyStream(KEY, NONCE, block("heard")),
    );
    const ended = new Promise<Error | undefined>((resolve) => one.addEventListener("close", ({ error }) => resolve(error)));
    if (usedUp === "said") expect(() => one.send(said("an order"))).toThrow("needs a new nonce");
    else far.send(said("an order"));
    expect((await ended)?.message).toContain("needs a new nonce");
    expect({ one: one.status, under: under.status }).toEqual({ one: "aborted", under: "aborted" });
  }
});
