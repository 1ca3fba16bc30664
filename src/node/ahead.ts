import type { Interval } from "../../engine/kernel/index.ts";
import { authorOf, intervalOf, type Message } from "../../engine/messages/index.ts";

/** What validators say to each other in an interval's round. */
export type Said = Extract<Message, { kind: "list" | "proposal" | "vote" }>;

/** Of each validator so many messages of intervals to come are kept: who is a little behind needs them, and no more. */
const MAX_AHEAD = 8;
const MAX_OF_ONE = 64;

export function isSaid(message: Message): message is Said {
  return message.kind === "list" || message.kind === "proposal" || message.kind === "vote";
}

/** What was said of intervals whose turn has not come. */
export class Ahead {
  #kept: readonly Said[] = [];

  /** Whether a message of an interval to come can be kept, seen from the one that is agreed on. */
  hasRoom(message: Said, current: Interval): boolean {
    const author = authorOf(message);
    return intervalOf(message) <= current + MAX_AHEAD && this.#kept.filter((kept) => authorOf(kept) === author).length < MAX_OF_ONE;
  }

  keep(message: Said): void {
    this.#kept = [...this.#kept, message];
  }

  /** What was said of an interval, which is forgotten here with all before it. */
  take(interval: Interval): readonly Said[] {
    const kept = this.#kept;
    this.#kept = kept.filter((message) => intervalOf(message) > interval);
    return kept.filter((message) => intervalOf(message) === interval);
  }
}
