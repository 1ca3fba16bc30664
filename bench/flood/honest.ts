import { openGossip, peerNameOf } from "../../adapters/libp2p/index.ts";
import { interval } from "../../engine/kernel/index.ts";
import {
  HOME,
  HONEST,
  NETWORK_KEY,
  openInterval,
  orderOf,
  peerSecretOf,
  QUIET,
  STREET,
  signerFor,
  UNCOUNTED,
  voteOf,
  wallMs,
} from "./market.ts";

/** An honest home: ten orders and ten votes a second, each with the time at which it was handed to gossip. */
const addresses = process.argv.slice(2);
const EVERY_MS = 100;

const sent: { order: [string, number][]; vote: [string, number][] } = { order: [], vote: [] };
const signer = signerFor(HONEST);
const gossip = await openGossip({
  secret: peerSecretOf(HONEST),
  listen: [],
  street: STREET,
  peers: [{ name: peerNameOf(peerSecretOf(HOME)), addresses }],
  networkKey: NETWORK_KEY,
  log: QUIET,
  metrics: UNCOUNTED,
});
if (!gossip.ok) throw new Error(gossip.detail);
const street = gossip.value;
const at = openInterval();
let turn = 0;

function speak(): void {
  const order = orderOf(HONEST, signer, { interval: at, seq: turn });
  // A few of each interval and view, as a validator says them.
  const vote = voteOf(HONEST, signer, interval(at + (turn % 8)), 1 + Math.floor(turn / 8), 0);
  turn++;
  sent.order.push([order.id, wallMs()]);
  void street.publish("market", order.bytes);
  sent.vote.push([vote.id, wallMs()]);
  void street.publish("agreement", vote.bytes);
}

let timer: NodeJS.Timeout | undefined;
process.on("message", (word) => {
  if (word === "begin") timer = setInterval(speak, EVERY_MS);
  if (word === "end") {
    clearInterval(timer);
    process.send!({ kind: "sent", ...sent });
  }
});
process.on("disconnect", () => process.exit());
const connected = setInterval(() => {
  if (street.peers().length === 0) return;
  clearInterval(connected);
  process.send!({ kind: "ready" });
}, 20);
