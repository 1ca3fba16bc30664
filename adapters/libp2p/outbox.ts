import type { Topic } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";

export type SendResult = "sent" | "nobody";

interface Waiting {
  readonly topic: Topic;
  readonly bytes: Uint8Array;
  readonly since: number;
}

/** Keeps what nobody could hear yet and sends it again: bounded in number and age, oldest dropped first. */
export class Outbox {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending = false;
  private readonly limits: GossipLimits["outbox"];
  private readonly send: (topic: Topic, bytes: Uint8Array) => Promise<SendResult>;
  private readonly modules: { readonly now: () => number; readonly onDrop: (topic: Topic) => void };

  constructor(
    limits: GossipLimits["outbox"],
    send: (topic: Topic, bytes: Uint8Array) => Promise<SendResult>,
    modules: { readonly now: () => number; readonly onDrop: (topic: Topic) => void },
  ) {
    this.limits = limits;
    this.send = send;
    this.modules = modules;
  }

  async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
    if ((await this.send(topic, bytes)) === "sent") return;
    this.waiting.push({ topic, bytes, since: this.modules.now() });
    while (this.waiting.length > this.limits.messages) this.drop(this.waiting.shift()!);
    this.timer ??= setInterval(() => void this.retry(), this.limits.retryMs).unref();
  }

  /** Somebody may have come in reach. */
  async retry(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    const due = this.waiting;
    this.waiting = [];
    const left: Waiting[] = [];
    for (const message of due) if (!(await this.settle(message))) left.push(message);
    this.waiting = [...left, ...this.waiting];
    this.sending = false;
    if (this.waiting.length === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async settle(message: Waiting): Promise<boolean> {
    if (this.modules.now() - message.since <= this.limits.ageMs) return (await this.send(message.topic, message.bytes)) === "sent";
    this.drop(message);
    return true;
  }

  private drop(message: Waiting): void {
    this.modules.onDrop(message.topic);
  }
}
