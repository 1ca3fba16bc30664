import { peerNameOf } from "../../adapters/libp2p/index.ts";
import { bytesOf, FAST_LIMITS, Street, secretOf, textOf } from "./street-gossip.ts";

/**
 * A process: one home's gossip on whatever network it is started in, with no address of anybody. Arguments: its number, the number
 * of its network key, and those of homes that it lets in. It says its number each 100 ms and prints the first that it hears of each.
 */
const [own, key, ...friends] = process.argv.slice(2).map(Number) as [number, number, ...number[]];

const members = new Set(friends.map((friend) => peerNameOf(secretOf(friend))));
const heard = new Set<string>();

const home = await new Street().home({
  seed: own,
  networkKey: secretOf(key),
  listen: ["/ip4/0.0.0.0/tcp/0"],
  discover: true,
  limits: { ...FAST_LIMITS, discovery: { ...FAST_LIMITS.discovery, everyMs: 1_000, firstMs: 200 } },
});
home.guard({ isMember: (peer) => members.has(peer), meet: async () => false });
home.onMessage((_topic, bytes) => {
  const [who] = textOf(bytes).split(" ");
  if (!heard.has(who!)) process.stdout.write(`heard ${who}\n`);
  heard.add(who!);
  return "accept";
});
setInterval(() => void home.publish("market", bytesOf(`${own} ${performance.now()}`)), 100);
process.stdout.write(`up ${own}\n`);
