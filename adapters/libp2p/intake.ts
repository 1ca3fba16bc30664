import type { Judgement, Log, PeerName, Topic } from "../../src/ports/index.ts";
import { Gate, type Refusal } from "./gate.ts";
import { Lane, type Letter } from "./lane.ts";
import type { GossipLimits } from "./limits.ts";
import { TOPICS } from "./names.ts";

export type MessageHandler = (topic: Topic, bytes: Uint8Array, from: PeerName) => Judgement | Promise<Judgement>;

export interface IntakeModules {
  readonly log: Log;
  readonly now: () => number;
  readonly isMember: (peer: PeerName) => boolean;
  readonly onRefused: (topic: Topic, from: PeerName, refusal: Refusal) => void;
  readonly onJudged: (topic: Topic, from: PeerName, judgement: Judgement) => void;
}

/** Takes messages in, lane by lane, and has them judged: nothing of the market's waits before agreement. */
export class Intake {
  private readonly gates: Readonly<Record<Topic, Gate>>;
  private readonly lanes: Readonly<Record<Topic, Lane>> = { market: new Lane(), agreement: new Lane() };
  private readonly limits: GossipLimits;
  private readonly modules: IntakeModules;
  private handler: MessageHandler | undefined;

  constructor(limits: GossipLimits, modules: IntakeModules) {
    this.limits = limits;
    this.modules = modules;
    this.gates = { market: new Gate(limits.lanes.market, modules.now), agreement: new Gate(limits.lanes.agreement, modules.now) };
  }

  /** May a message of this length come in? When it may, `leave` must follow. */
  enter(topic: Topic, from: PeerName, length: number): boolean {
    const refusal = this.modules.isMember(from) ? this.gates[topic].enter(from, length) : "stranger";
    if (refusal !== undefined) this.modules.onRefused(topic, from, refusal);
    return refusal === undefined;
  }

  leave(topic: Topic, from: PeerName): void {
    this.gates[topic].leave(from);
  }

  /** What comes before there is a handler waits for it. */
  submit(topic: Topic, bytes: Uint8Array, from: PeerName): Promise<Judgement> {
    return new Promise((settle) => this.lanes[topic].push({ bytes, from, settle }));
  }

  onMessage(handler: MessageHandler): void {
    const isFirst = this.handler === undefined;
    this.handler = handler;
    if (isFirst)
      for (const topic of TOPICS) void this.lanes[topic].run(this.limits.lanes[topic].perTick, (letter) => this.judge(topic, letter));
  }

  close(): void {
    for (const topic of TOPICS) this.lanes[topic].close();
  }

  private judge(topic: Topic, letter: Letter): void {
    const settle = (judgement: Judgement) => {
      this.modules.onJudged(topic, letter.from, judgement);
      letter.settle(judgement);
    };
    try {
      const judgement = this.handler!(topic, letter.bytes, letter.from);
      if (typeof judgement === "string") settle(judgement);
      else void this.inTime(topic, judgement).then(settle);
    } catch (error) {
      settle(this.failed(topic, error));
    }
  }

  private async inTime(topic: Topic, pending: Promise<Judgement>): Promise<Judgement> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Judgement>((resolve) => {
      timer = setTimeout(() => resolve(this.failed(topic, "no judgement in time")), this.limits.judgeMs);
    });
    try {
      return await Promise.race([pending, late]);
    } catch (error) {
      return this.failed(topic, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Our own trouble must not cost the sender anything. */
  private failed(topic: Topic, error: unknown): Judgement {
    this.modules.log.error("gossip.handler-failed", { topic, cause: String(error) });
    return "ignore";
  }
}
