import { randomBytes } from "node:crypto";
import { gossipsub } from "@chainsafe/libp2p-gossipsub";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Connection, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { preSharedKey } from "@libp2p/pnet";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { peerNameOf } from "../../adapters/libp2p/index.ts";
import { concat, utf8, wh } from "../../engine/kernel/index.ts";
import { Writer } from "../../engine/messages/index.ts";
import { FLOODER, NETWORK_KEY, openInterval, orderOf, peerSecretOf, STREET, signerFor, voteOf, wallMs } from "./market.ts";

/** A registered home that floods: ten thousand messages a second, written straight into a gossip stream; dials again when it is cut. */
export type Kind = "unsigned" | "replay" | "garbage" | "orders" | "votes";

const [kind, rate, ...addresses] = process.argv.slice(2) as [Kind, string, ...string[]];
const TICK_MS = 10;
const PREPARED = 20_000;
const MOST_BUFFERED = 8_000_000;

const signer = signerFor(FLOODER);
const topic = kind === "votes" ? "agreement" : "market";
const junk = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Messages of the kind, the next at each call. */
function source(): () => Uint8Array {
  let next = 0;
  if (kind === "garbage") return () => junk(200);
  if (kind === "unsigned") {
    const { bytes } = orderOf(FLOODER, signer);
    // The signature is the end of the bytes; its last byte stays 27 or 28.
    return () => concat([bytes.subarray(0, -65), junk(31), Uint8Array.of(1), Uint8Array.of(1), junk(31), Uint8Array.of(27 + (next++ % 2))]);
  }
  const at = openInterval();
  const make = (i: number): Uint8Array =>
    kind === "votes"
      ? voteOf(FLOODER, signer, at, 1 + (i % 900), i).bytes
      : orderOf(FLOODER, signer, { interval: at, seq: i % 10_000, energy: wh(1 + i) }).bytes;
  const prepared = Array.from({ length: kind === "replay" ? 1 : PREPARED }, (_, i) => make(i));
  return () => prepared[next++ % prepared.length]!;
}

const frame = (messages: readonly Uint8Array[]): Uint8Array => {
  const name = utf8(`/commonwatt/${STREET}/${topic}/1`);
  const rpc = concat(messages.map((data) => new Writer().item(2, new Writer().bytes(2, data).bytes(4, name).finish()).finish()));
  const length: number[] = [];
  for (let rest = rpc.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest > 127 ? (rest % 128) + 128 : rest);
    if (rest <= 127) return concat([Uint8Array.from(length), rpc]);
  }
};

// The peer key in the form that libp2p reads: the seed, then the public key, which the peer's name holds.
const seed = peerSecretOf(FLOODER);
const { peerIdFromString } = await import("@libp2p/peer-id");
const publicKey = peerIdFromString(peerNameOf(seed)).publicKey!.raw;
const node = await createLibp2p({
  privateKey: privateKeyFromRaw(concat([seed, publicKey])),
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionProtector: preSharedKey({ psk: utf8(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(NETWORK_KEY).toString("hex")}`) }),
  connectionGater: { denyDialMultiaddr: () => false },
  services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: "StrictNoSign" }) },
});

let stream: Stream | undefined;
let connection: Connection | undefined;
const counts = { sent: 0, offered: 0, dials: 0, firstAt: null as number | null };

async function connect(): Promise<void> {
  for (;;) {
    try {
      counts.dials++;
      connection = await node.dial(addresses.map((address) => multiaddr(address)));
      stream = await connection.newStream(["/meshsub/1.2.0", "/meshsub/1.1.0"]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

await connect();
const next = source();
let connecting = false;

function flood(): void {
  const count = Math.round((Number(rate) * TICK_MS) / 1000);
  counts.offered += count;
  if (connection?.status !== "open" || stream?.status !== "open") {
    if (!connecting) {
      connecting = true;
      void connect().finally(() => {
        connecting = false;
      });
    }
    return;
  }
  if (stream.writeBufferLength > MOST_BUFFERED) return;
  counts.firstAt ??= wallMs();
  counts.sent += count;
  stream.send(frame(Array.from({ length: count }, next)));
}

let timer: NodeJS.Timeout | undefined;
process.on("message", (word) => {
  if (word === "begin") timer = setInterval(flood, TICK_MS);
  if (word === "end") {
    clearInterval(timer);
    process.send!({ kind: "flooded", ...counts });
  }
});
process.on("disconnect", () => process.exit());
process.send!({ kind: "ready" });
