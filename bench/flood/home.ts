import { monitorEventLoopDelay } from "node:perf_hooks";
import { DEFAULT_LIMITS, type GossipLimits, openGossip, peerNameOf } from "../../adapters/libp2p/index.ts";
import { systemClock } from "../../adapters/system/index.ts";
import { interval, type Period } from "../../engine/kernel/index.ts";
import type { Message } from "../../engine/messages/index.ts";
import { Convictions } from "../../src/node/convictions.ts";
import { Inbox } from "../../src/node/inbox.ts";
import { Membership } from "../../src/node/membership.ts";
import { Pool } from "../../src/node/pool.ts";
import type { Judgement } from "../../src/ports/index.ts";
import { memoryStore } from "../../src/sim/index.ts";
import {
  digests,
  FLOODER,
  HOME,
  HONEST,
  NETWORK_KEY,
  openInterval,
  peerSecretOf,
  QUIET,
  REGISTRY,
  RULES,
  recover,
  STREET,
  UNCOUNTED,
  wallMs,
} from "./market.ts";

/** The home that is flooded: the real adapter and the real admission, in a process of its own. */
const isLimited = process.argv[2] !== "unlimited";

/** Nothing counts and nobody is ever cut: what a home would be without its limits. */
const ENDLESS = { burst: 1e9, perSecond: 1e9, queue: 1e9, queuePerPeer: 1e9, perTick: 1e9 };
const UNLIMITED: GossipLimits = {
  ...DEFAULT_LIMITS,
  lanes: { market: { ...DEFAULT_LIMITS.lanes.market, ...ENDLESS }, agreement: { ...DEFAULT_LIMITS.lanes.agreement, ...ENDLESS } },
};

const admitted = new Map<string, number>();
const counts = { checks: 0, judged: 0 };
let cutAt: number | null = null;

const clock = systemClock();
const membership = new Membership({ rules: RULES, first: interval(0), store: memoryStore() }, REGISTRY);
membership.enter(membership.digest, openInterval());
const gossip = await openGossip({
  secret: peerSecretOf(HOME),
  listen: ["/ip4/127.0.0.1/tcp/0"],
  street: STREET,
  peers: [],
  networkKey: NETWORK_KEY,
  limits: isLimited ? DEFAULT_LIMITS : UNLIMITED,
  metrics: UNCOUNTED,
  log: {
    ...QUIET,
    warn: (event, data) => {
      if (event === "gossip.hung-up" && (data as { reason?: string }).reason === "banned") cutAt ??= wallMs();
    },
  },
});
if (!gossip.ok) throw new Error(gossip.detail);
const members = new Set([HONEST, FLOODER].map((home) => peerNameOf(peerSecretOf(home))));
gossip.value.guard({ isMember: (peer) => members.has(peer), meet: async () => false });

const checked: typeof recover = (id, signature) => {
  counts.checks++;
  return recover(id, signature);
};
const inbox = new Inbox({
  rules: RULES,
  digests,
  clock,
  pool: new Pool(),
  membership,
  convictions: new Convictions({
    digests,
    membership,
    recover: checked,
    store: memoryStore(),
    gossip: gossip.value,
    log: QUIET,
  }),
  recover: checked,
  metrics: UNCOUNTED,
  current: openInterval,
  hasRoom: () => true,
  hasClosed: () => false,
  nextPeriod: () => 0 as Period,
  inReach: () => false,
  deliver: (message) => note(message),
});

function note(message: Message): void {
  const signed = message.kind === "order" ? message.order : message.kind === "vote" ? message.vote : null;
  if (signed !== null && ("home" in signed.body ? signed.body.home : signed.body.validator) === HONEST) admitted.set(signed.id, wallMs());
}

gossip.value.onMessage((_topic, bytes): Judgement => {
  counts.judged++;
  const judgement = inbox.receive(bytes);
  return isLimited || judgement !== "reject" ? judgement : "ignore";
});

const delay = monitorEventLoopDelay({ resolution: 5 });
const rss = (): number => process.memoryUsage().rss / 1e6;
let most = 0;
let atStart = { rss: 0, cpu: process.cpuUsage(), at: wallMs() };
setInterval(() => {
  most = Math.max(most, rss());
}, 100);

process.on("message", (word) => {
  if (word === "begin") {
    delay.enable();
    most = rss();
    atStart = { rss: rss(), cpu: process.cpuUsage(), at: wallMs() };
    counts.checks = counts.judged = 0;
  }
  if (word === "end") {
    const { user, system } = process.cpuUsage(atStart.cpu);
    process.send!({
      kind: "figures",
      admitted: [...admitted],
      ...counts,
      cutAt,
      stallMs: delay.max / 1e6,
      rssMb: { start: atStart.rss, most, end: rss() },
      cpuShare: (user + system) / 1000 / (wallMs() - atStart.at),
    });
  }
});
process.on("disconnect", () => process.exit());
process.send!({ kind: "ready", addresses: gossip.value.addresses() });
