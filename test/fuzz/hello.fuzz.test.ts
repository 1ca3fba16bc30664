import { afterEach, describe, expect, test } from "@jest/globals";
import type { Stream } from "@libp2p/interface";
import fc from "fast-check";
import { homeId, toHex } from "../../engine/kernel/index.ts";
import { decodePeerStatement, encodePeerStatement, peerDigestOf } from "../../engine/messages/index.ts";
import { decodeTime } from "../../src/node/peer-clocks.ts";
import { Peers } from "../../src/node/peers.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../support/cheap-signer.ts";
import { DOMAIN } from "../support/messages.ts";
import { QUIET } from "../support/quiet.ts";
import { type RawPeer, rawPeer } from "../support/raw-peer.ts";
import { bytesOf, collect, Street, until, withAddresses } from "../support/street-gossip.ts";

const street = new Street();
afterEach(() => street.closeAll());

const digestOf = peerDigestOf(DOMAIN);
const statementOf = (home: number, peer: string): Uint8Array => {
  const body = { home: homeId(home), peer, seq: 0 };
  const id = digestOf(body);
  return encodePeerStatement({ body, id, signature: cheapSigner(home).sign(id) });
};

describe("foreign bytes", () => {
  test("are a statement or null, and a statement is its one encoding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const statement = decodePeerStatement(bytes, digestOf);
        if (statement !== null) expect(encodePeerStatement(statement)).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are a time or null", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const time = decodeTime(bytes);
        expect(time === null || Number.isSafeInteger(time.streetMs)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a statement with one bit turned binds nobody", async () => {
    const peer = (await street.home({ seed: 1 })).self;
    const good = statementOf(1, peer);
    let answer = good;
    const fresh = () =>
      new Peers({
        domain: DOMAIN,
        gossip: { self: "me", request: async () => ({ ok: true, value: answer }), onRequest: () => {}, guard: () => {} },
        store: { getMeta: () => null, setMeta: () => {} },
        signer: null,
        self: null,
        recover: cheapRecover,
        keysOf: (home) => [agentAddressOf(home)],
        observers: [],
        log: QUIET,
      });
    const signal = new AbortController().signal;
    expect(await fresh().meet(peer, signal)).toBe(true);
    for (let bit = 0; bit < 8 * good.length; bit++) {
      answer = Uint8Array.from(good);
      answer[bit >> 3]! ^= 1 << (bit & 7);
      // The cheap signature doesn't cover its own last 13 bytes.
      if (bit >> 3 >= good.length - 13) continue;
      expect([bit, toHex(answer), await fresh().meet(peer, signal)]).toEqual([bit, toHex(answer), false]);
    }
  });
});

/** What a stranger may do with the question who it is. */
const answers: readonly (readonly [string, (stream: Stream) => void])[] = [
  ["is silent", () => {}],
  ["hangs up", (stream) => stream.abort(new Error("no"))],
  ["sends bytes without a length", (stream) => void stream.send(Uint8Array.from({ length: 64 }, () => 0xff))],
  ["promises a gigabyte", (stream) => void stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04))],
  ["sends half of what it promised", (stream) => void stream.send(Uint8Array.of(200, 1, 1, 2, 3))],
  ["sends 200 kB of nothing", (stream) => void stream.send(new Uint8Array(200_000))],
  ["sends an empty answer", (stream) => void stream.send(Uint8Array.of(0))],
];

describe("a stranger that, asked who it is,", () => {
  test.each(answers)("%s is out when its time is over, and the others don't notice", async (_what, answer) => {
    const home = await street.home({ seed: 1 });
    const friend = await street.home({ seed: 2, peers: [withAddresses(home)] });
    const met = { times: 0 };
    home.guard({
      isMember: (peer) => peer === friend.self,
      meet: async (peer, signal) => {
        met.times++;
        const said = await home.request(peer, "hello", new Uint8Array(0), signal);
        return said.ok && said.value.length > 0;
      },
    });
    const heard = collect(home);
    const raw: RawPeer = street.keep(await rawPeer());
    await raw.node.handle("/commonwatt/test-street/hello/1", answer);
    await raw.join(home, ["/commonwatt/test-street/market/1"]);
    await until("it is asked", () => met.times > 0);
    await until("it is out", () => raw.connections().length === 0);
    await until("the friend is there", () => friend.peers().length === 1 && home.peers().length === 1);
    await friend.publish("market", bytesOf("still here"));
    await until("the friend is heard", () => heard.length === 1);
  });
});
