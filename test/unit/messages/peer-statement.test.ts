import { describe, expect, test } from "@jest/globals";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { concat, homeId, utf8 } from "../../../engine/kernel/index.ts";
import {
  decodePeerStatement,
  encodePeerStatement,
  PEER_TYPES,
  type PeerStatement,
  peerDigestOf,
  type SignedPeerStatement,
  Writer,
} from "../../../engine/messages/index.ts";
import { DOMAIN } from "../../support/messages.ts";

const digestOf = peerDigestOf(DOMAIN);
const domain = { name: "Commonwatt", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault, salt: DOMAIN.rulesHash };
const fields = [
  { name: "home", type: "uint32" },
  { name: "peer", type: "string" },
  { name: "seq", type: "uint32" },
];

const anyPeer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerNameOf);
const anyStatement = fc.record({ home: fc.nat(65_535).map(homeId), peer: anyPeer, seq: fc.nat(0xffff_ffff) });
const signature = fc.uint8Array({ minLength: 65, maxLength: 65 });
const signed = (body: PeerStatement, bytes: Uint8Array): SignedPeerStatement => ({ body, id: digestOf(body), signature: bytes });

test("the digest is the one that ethers works out", () => {
  expect(PEER_TYPES.PeerStatement).toBe(TypedDataEncoder.from({ PeerStatement: fields }).encodeType("PeerStatement"));
  fc.assert(
    fc.property(anyStatement, (body) => {
      expect(digestOf(body)).toBe(TypedDataEncoder.hash(domain, { PeerStatement: fields }, body));
    }),
    { numRuns: 50 },
  );
});

test("another market, another digest", () => {
  const body = { home: homeId(1), peer: peerNameOf(new Uint8Array(32)), seq: 0 };
  expect(peerDigestOf({ ...DOMAIN, chainId: 1 })(body)).not.toBe(digestOf(body));
});

describe("bytes", () => {
  test("come back as they went", () => {
    fc.assert(
      fc.property(anyStatement, signature, (body, bytes) => {
        const encoded = encodePeerStatement(signed(body, bytes));
        expect(decodePeerStatement(encoded, digestOf)).toEqual(signed(body, bytes));
      }),
      { numRuns: 50 },
    );
  });

  const peer = peerNameOf(new Uint8Array(32).fill(3));
  const sign = new Uint8Array(65).fill(1);
  const write = (home: number, name: Uint8Array, seq: number, sig: Uint8Array): Uint8Array =>
    new Writer().uint(1, home).bytes(2, name).uint(3, seq).bytes(4, sig).finish();

  test.each([
    ["nothing", new Uint8Array(0)],
    ["a home beyond the registry's ids", write(65_536, utf8(peer), 0, sign)],
    ["no peer", write(1, new Uint8Array(0), 0, sign)],
    ["a peer of other letters", write(1, utf8(`${peer}0`), 0, sign)],
    ["a peer in two lines", write(1, utf8(`${peer}\n`), 0, sign)],
    ["a peer of 129 letters", write(1, utf8("1".repeat(129)), 0, sign)],
    ["a seq of 33 bits", write(1, utf8(peer), 2 ** 32, sign)],
    ["a signature of 64 bytes", write(1, utf8(peer), 0, sign.subarray(1))],
    ["a field more", concat([write(1, utf8(peer), 0, sign), Uint8Array.of(0x28, 1)])],
    ["a default written out", concat([Uint8Array.of(8, 0), write(0, utf8(peer), 0, sign)])],
    ["more than 256 bytes", concat([write(1, utf8(peer), 0, sign), new Uint8Array(200)])],
  ])("%s is no statement", (_what, bytes) => {
    expect(decodePeerStatement(bytes, digestOf)).toBeNull();
  });
});
