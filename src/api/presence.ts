import type { HomeId } from "../../engine/kernel/index.ts";
import { authorOf, hasAuthor, type MarketRules, type Message } from "../../engine/messages/index.ts";
import type { Clock } from "../ports/index.ts";

/** A home that said nothing for that long, in intervals and in real ms at least, is offline. */
const SILENT_INTERVALS = 1.5;
const SILENT_MS = 4_000;

/** Which homes have said something lately. */
export class Presence {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #heardAt = new Map<HomeId, number>();

  constructor({ intervalMinutes }: Pick<MarketRules, "intervalMinutes">, clock: Clock) {
    this.#clock = clock;
    this.#patienceMs = Math.max(SILENT_MS, (SILENT_INTERVALS * intervalMinutes * 60_000) / clock.speed);
  }

  heard(message: Message): void {
    if (hasAuthor(message)) this.#heardAt.set(authorOf(message), this.#clock.monotonicMs());
  }

  isOnline(home: HomeId): boolean {
    const at = this.#heardAt.get(home);
    return at !== undefined && this.#clock.monotonicMs() - at <= this.#patienceMs;
  }
}
