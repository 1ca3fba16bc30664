import type { SignedEvent } from "../../engine/messages/index.ts";

/** The newest events of a venue, at hand without reading a file. */
export class Recent {
  readonly #most: number;
  #events: SignedEvent[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** In order, each number once. */
  add(event: SignedEvent): void {
    this.#events.push(event);
    if (this.#events.length > 2 * this.#most) this.#events = this.#events.slice(-this.#most);
  }

  /** Up to `count` events from this number on; none where it is still to come; null: the first of them is forgotten. */
  from(number: number, count: number): readonly SignedEvent[] | null {
    const first = this.#events[0]?.body.number ?? 0;
    return number < first ? null : this.#events.slice(number - first, number - first + count);
  }
}
