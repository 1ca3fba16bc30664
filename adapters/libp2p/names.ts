import { createPrivateKey, createPublicKey, hash } from "node:crypto";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { assert } from "../../engine/kernel/index.ts";
import type { PeerName, RequestKind, Topic } from "../../src/ports/index.ts";

export const TOPICS: readonly Topic[] = ["market", "agreement"];
export const REQUEST_KINDS: readonly RequestKind[] = ["fetch", "blocks", "hello", "time", "pledge"];

// Ed25519 private key in PKCS #8 (RFC 8410, section 7): this header, then the 32 bytes of the seed.
const PKCS8_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_BYTES = 32;

/** Names that peers know each other and their topics by. */
export function peerKeyOf(secret: Uint8Array): PrivateKey {
  assert(secret.length === 32, "a peer secret has 32 bytes");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, secret]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return privateKeyFromRaw(Buffer.concat([secret, spki.subarray(-PUBLIC_BYTES)]));
}

/** The peer's name from its secret, without starting a node. */
export function peerNameOf(secret: Uint8Array): PeerName {
  return peerIdFromPrivateKey(peerKeyOf(secret)).toString();
}

/** The street's name is part of every topic: homes under other rules share no topic with us. */
export const topicName = (street: string, topic: Topic): string => `/commonwatt/${street}/${topic}/1`;

export const protocolName = (street: string, kind: RequestKind): string => `/commonwatt/${street}/${kind}/1`;

/** One hash over topic and all bytes. From a prefix, a fake message would silence the real one: ids count as seen before anyone judges. */
export function messageId(message: { readonly topic: string; readonly data: Uint8Array }): Uint8Array {
  return hash("sha256", Buffer.concat([Buffer.from(`${message.topic}\0`), message.data]), "buffer").subarray(0, 20);
}

/** A text that says where on TCP; undefined when it doesn't. */
export function tcpAddress(text: string): Multiaddr | undefined {
  try {
    const parsed = multiaddr(text);
    return parsed.getComponents().some((part) => part.name === "tcp") ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** An address to dial that also says who must answer there; undefined when the text makes no sense or names someone else. */
export function dialAddress(name: PeerName, address: string): Multiaddr | undefined {
  try {
    const peer = peerIdFromString(name).toString();
    const parsed = tcpAddress(address);
    const named = parsed?.getComponents().find((part) => part.name === "p2p")?.value;
    if (named !== undefined) return named === peer ? parsed : undefined;
    return parsed?.encapsulate(`/p2p/${peer}`);
  } catch {
    return undefined;
  }
}
