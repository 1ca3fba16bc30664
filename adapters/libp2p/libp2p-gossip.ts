import type { PeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Result } from "../../engine/kernel/index.ts";
import type {
  Answerer,
  Door,
  Gossip,
  Judgement,
  Log,
  Metrics,
  Misconduct,
  PeerName,
  RequestCode,
  RequestKind,
  Topic,
} from "../../src/ports/index.ts";
import type { Bans } from "./bans.ts";
import { CHARGES, type Charge, type Conduct } from "./conduct.ts";
import { Dialler, type PeerAddresses } from "./dialler.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import type { Refusal } from "./gate.ts";
import { guardIntake } from "./guard-intake.ts";
import { Intake, type MessageHandler } from "./intake.ts";
import type { GossipLimits } from "./limits.ts";
import { messageId, TOPICS, topicName } from "./names.ts";
import { connectedPeers, guardStreams, type Node, openStream, type Router, routerOf, stopNode } from "./node.ts";
import { Outbox, type SendResult } from "./outbox.ts";
import { Requests } from "./requests.ts";
import { GRAYLIST_SCORE } from "./settings.ts";
import { type Telemetry, telemetryOf } from "./telemetry.ts";
import { type HangUpReason, Watchdog } from "./watchdog.ts";

export interface GossipModules {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: GossipLimits;
  readonly conduct: Conduct;
  readonly bans: Bans;
  readonly strangers: Bans;
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

const REFUSAL_CHARGES: Readonly<Record<Refusal, Charge | undefined>> = {
  stranger: undefined,
  oversized: "oversized",
  flooding: "flooding",
  full: undefined,
};

/** The gossip port over one libp2p node. */
export class Libp2pGossip implements Gossip {
  readonly self: PeerName;
  private readonly node: Node;
  private readonly router: Router;
  private readonly street: string;
  private readonly modules: GossipModules;
  private readonly telemetry: Telemetry;
  private readonly doorkeeper: Doorkeeper;
  private readonly intake: Intake;
  private readonly outbox: Outbox;
  private readonly dialler: Dialler;
  private readonly watchdog: Watchdog;
  private readonly requests: Requests;
  private readonly unheard = new Set<Topic>();
  private isStarted = false;
  private closing: Promise<void> | undefined;

  constructor(node: Node, street: string, modules: GossipModules) {
    const { limits, log, now, strangers } = modules;
    this.node = node;
    this.self = node.peerId.toString();
    this.router = routerOf(node);
    this.street = street;
    this.modules = modules;
    this.telemetry = telemetryOf(modules.metrics);
    this.doorkeeper = new Doorkeeper(limits.door, {
      now,
      strangers,
      onMember: (peer) => this.admit(peer),
      onStranger: (peer) => this.hangUp(peer, "stranger"),
    });
    const isMember = (peer: PeerName): boolean => this.doorkeeper.isMember(peer);
    this.intake = new Intake(limits, {
      log,
      now,
      isMember,
      onRefused: (topic, from, refusal) => this.onRefused(topic, from, refusal),
      onJudged: (topic, from, judgement) => this.onJudged(topic, from, judgement),
    });
    this.outbox = new Outbox(limits.outbox, (topic, bytes) => this.send(topic, bytes), {
      now,
      onDrop: (topic) => this.onUnheard(topic),
    });
    this.dialler = new Dialler(node, limits, { log, now });
    const links = {
      getPeers: () => connectedPeers(node).filter((peer) => isMember(peer.toString())),
      getConnections: (peer: PeerId) => node.getConnections(peer),
    };
    this.watchdog = new Watchdog(links, this.router, limits.watchdog, (peer, reason) => this.hangUp(peer, reason));
    this.requests = new Requests(node, street, limits.request, {
      log,
      now,
      isMember,
      onBadRequest: (from) => this.charge(from, "badRequest"),
      onServed: (kind, code) => this.telemetry.requests.add({ kind, side: "served", code }),
    });
  }

  async start(peers: readonly PeerAddresses[]): Promise<void> {
    guardIntake(this.router, this.street, this.intake);
    guardStreams(this.router, (peer) => this.doorkeeper.isMember(peer));
    await this.node.start();
    await this.requests.start();
    this.isStarted = true;
    for (const topic of TOPICS) this.follow(topic, !this.unheard.has(topic));
    this.router.addEventListener("subscription-change", this.onReach);
    this.node.addEventListener("peer:connect", this.onConnect);
    this.node.addEventListener("peer:disconnect", this.onDisconnect);
    this.dialler.setPeers(peers);
    this.dialler.start();
    this.watchdog.start();
  }

  async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
    if (this.closing !== undefined) return;
    const { maxBytes } = this.modules.limits.lanes[topic];
    if (bytes.length <= maxBytes) await this.outbox.publish(topic, bytes);
    else this.modules.log.error("gossip.message-too-long", { topic, bytes: bytes.length, maxBytes });
  }

  onMessage(handler: MessageHandler): void {
    this.intake.onMessage(handler);
  }

  follow(topic: Topic, hears: boolean): void {
    if (hears) this.unheard.delete(topic);
    else this.unheard.add(topic);
    const name = topicName(this.street, topic);
    if (!this.isStarted || this.closing !== undefined || this.router.getTopics().includes(name) === hears) return;
    if (hears) this.router.subscribe(name);
    else this.router.unsubscribe(name);
  }

  peers(): readonly PeerName[] {
    const agreeing = new Set(this.listeners("agreement"));
    return this.listeners("market").filter((peer) => agreeing.has(peer));
  }

  async request(peer: PeerName, kind: RequestKind, body: Uint8Array, signal: AbortSignal): Promise<Result<Uint8Array, RequestCode>> {
    const answer = await this.requests.ask(peer, kind, body, signal);
    this.telemetry.requests.add({ kind, side: "asked", code: answer.ok ? "answered" : answer.code });
    return answer;
  }

  onRequest(kind: RequestKind, handler: Answerer): void {
    this.requests.handle(kind, handler);
  }

  guard(door: Door): void {
    if (this.closing !== undefined) return;
    this.doorkeeper.guard(door);
    const left = connectedPeers(this.node).filter((peer) => this.doorkeeper.isOut(peer.toString()));
    for (const peer of left) this.hangUp(peer.toString(), "stranger");
  }

  report(peer: PeerName, misconduct: Misconduct): void {
    this.charge(peer, misconduct);
  }

  addresses(): string[] {
    return this.node.getMultiaddrs().map((address) => address.toString());
  }

  /** Somebody on the local network says to be of this street. */
  found(peer: PeerName, addresses: readonly Multiaddr[]): void {
    if (this.closing === undefined) this.dialler.propose(peer, addresses);
  }

  setPeers(peers: readonly PeerAddresses[]): void {
    if (this.closing === undefined) this.dialler.setPeers(peers);
  }

  /** What this node thinks of a peer; falls from 0 with every charge. */
  score(peer: PeerName): number {
    return this.router.getScore(peer);
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.dialler.stop();
    this.doorkeeper.close();
    this.watchdog.stop();
    this.outbox.stop();
    this.intake.close();
    this.router.removeEventListener("subscription-change", this.onReach);
    this.node.removeEventListener("peer:connect", this.onConnect);
    this.node.removeEventListener("peer:disconnect", this.onDisconnect);
    await stopNode(this.node, this.modules.limits.closeMs, this.modules.log);
  }

  private async send(topic: Topic, bytes: Uint8Array): Promise<SendResult> {
    const result = await this.trySend(topic, bytes);
    this.telemetry.published.add({ topic, result });
    return result;
  }

  private async trySend(topic: Topic, bytes: Uint8Array): Promise<SendResult> {
    if (this.listeners(topic).length === 0) return "nobody";
    const name = topicName(this.street, topic);
    try {
      const { recipients } = await this.router.publish(name, bytes);
      if (recipients.length > 0) return "sent";
      // Nobody got it, but gossipsub counts it as seen and would never send it again.
      this.router.seenCache.entries.delete(this.router.msgIdToStrFn(messageId({ topic: name, data: bytes })));
      return "nobody";
    } catch (error) {
      const cause = String(error);
      if (cause.includes("PublishError.Duplicate")) return "sent";
      this.modules.log.debug("gossip.publish-failed", { topic, cause });
      return "nobody";
    }
  }

  /** Subscribers that gossip has a stream to: a subscriber without one would miss what we send. */
  private listeners(topic: Topic): PeerName[] {
    const subscribers = this.router.getSubscribers(topicName(this.street, topic)).map((peer) => peer.toString());
    return subscribers.filter((peer) => this.router.streamsOutbound.has(peer) && this.doorkeeper.isMember(peer));
  }

  private readonly onConnect = (event: CustomEvent<PeerId>): void => this.doorkeeper.connected(event.detail.toString());

  private readonly onDisconnect = (event: CustomEvent<PeerId>): void => {
    this.doorkeeper.disconnected(event.detail.toString());
    this.onReach();
  };

  /** A stranger has become a member: from now on it hears us. */
  private admit(peer: PeerName): void {
    openStream(this.node, this.router, peer);
  }

  private readonly onReach = (): void => {
    this.telemetry.peers.set({}, this.peers().length);
    void this.outbox.retry();
  };

  private onUnheard(topic: Topic): void {
    this.telemetry.published.add({ topic, result: "unheard" });
    this.modules.log.warn("gossip.unheard", { topic });
  }

  private onRefused(topic: Topic, from: PeerName, refusal: Refusal): void {
    this.telemetry.refused.add({ topic, reason: refusal });
    const charge = REFUSAL_CHARGES[refusal];
    if (charge !== undefined) this.charge(from, charge);
  }

  private onJudged(topic: Topic, from: PeerName, judgement: Judgement): void {
    this.telemetry.messages.add({ topic, verdict: judgement });
    if (judgement === "reject") this.charge(from, "rejected");
  }

  private charge(peer: PeerName, charge: Charge): void {
    const points = this.modules.conduct.charge(peer, charge);
    this.modules.log.debug("gossip.charged", { peer, charge, points: CHARGES[charge] });
    if (points > -GRAYLIST_SCORE) this.hangUp(peer, "banned");
  }

  private hangUp(peer: PeerName, reason: HangUpReason): void {
    if (reason === "banned") {
      if (this.modules.bans.has(peer)) return;
      this.modules.bans.add(peer);
    }
    this.telemetry.hangUps.add({ reason });
    this.modules.log.warn("gossip.hung-up", { peer, reason });
    for (const connection of this.node.getConnections(peerIdFromString(peer))) connection.abort(new Error(reason));
  }
}
