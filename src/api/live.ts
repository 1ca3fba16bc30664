import type { Clock } from "../ports/index.ts";
import type { StreetQueries } from "./queries.ts";

/** What the feed needs of a WebSocket. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  terminate(): void;
  on(event: "close" | "pong", listener: () => void): unknown;
}

export const LIVE_LIMITS = {
  clients: 64,
  /** At most four states a second. */
  gapMs: 250,
  beatMs: 5000,
  /** What may wait for a slow client before it is dropped; it comes back by itself and starts afresh. */
  bufferedBytes: 2_000_000,
  /** Beats without an answer after which a client is gone. */
  missedBeats: 2,
} as const;

export type LiveLimits = { readonly [K in keyof typeof LIVE_LIMITS]: number };

/** Tells every open page how the street is: at once when it comes, then after changes, never faster than it can read. */
export class LiveFeed {
  private readonly clients = new Map<LiveSocket, { missed: number }>();
  private readonly queries: Pick<StreetQueries, "state" | "onChange">;
  private readonly clock: Pick<Clock, "after" | "monotonicMs">;
  private readonly limits: LiveLimits;
  private readonly cancelChange: () => void;
  private cancelBeat: (() => void) | undefined;
  private cancelSend: (() => void) | undefined;
  private sentAt = Number.NEGATIVE_INFINITY;

  constructor(
    modules: { queries: Pick<StreetQueries, "state" | "onChange">; clock: Pick<Clock, "after" | "monotonicMs"> },
    limits: LiveLimits = LIVE_LIMITS,
  ) {
    this.queries = modules.queries;
    this.clock = modules.clock;
    this.limits = limits;
    this.cancelChange = this.queries.onChange(() => this.changed());
  }

  get size(): number {
    return this.clients.size;
  }

  get full(): boolean {
    return this.clients.size >= this.limits.clients;
  }

  join(socket: LiveSocket): void {
    const client = { missed: 0 };
    socket.on("close", () => this.leave(socket));
    socket.on("pong", () => {
      client.missed = 0;
    });
    this.clients.set(socket, client);
    this.send(socket, this.stateText());
    this.cancelBeat ??= this.clock.after(this.limits.beatMs, () => this.beat());
  }

  close(): void {
    this.cancelChange();
    this.rest();
    for (const socket of this.clients.keys()) socket.terminate();
    this.clients.clear();
  }

  private leave(socket: LiveSocket): void {
    this.clients.delete(socket);
    if (this.clients.size === 0) this.rest();
  }

  private rest(): void {
    this.cancelBeat?.();
    this.cancelSend?.();
    this.cancelBeat = undefined;
    this.cancelSend = undefined;
  }

  // The last change of a burst is always told: it waits for the end of the gap instead of being dropped.
  private changed(): void {
    if (this.clients.size === 0 || this.cancelSend !== undefined) return;
    const wait = this.sentAt + this.limits.gapMs - this.clock.monotonicMs();
    if (wait <= 0) this.sendAll();
    else this.cancelSend = this.clock.after(wait, () => this.sendAll());
  }

  private sendAll(): void {
    this.cancelSend = undefined;
    this.sentAt = this.clock.monotonicMs();
    const text = this.stateText();
    for (const socket of [...this.clients.keys()]) this.send(socket, text);
  }

  private stateText(): string {
    return JSON.stringify({ kind: "state", state: this.queries.state() });
  }

  private send(socket: LiveSocket, text: string): void {
    if (socket.bufferedAmount > this.limits.bufferedBytes) this.drop(socket);
    else socket.send(text);
  }

  private beat(): void {
    this.cancelBeat = this.clock.after(this.limits.beatMs, () => this.beat());
    for (const [socket, client] of [...this.clients]) {
      if (client.missed >= this.limits.missedBeats) {
        this.drop(socket);
        continue;
      }
      client.missed += 1;
      socket.ping();
      this.send(socket, '{"kind":"beat"}');
    }
  }

  private drop(socket: LiveSocket): void {
    socket.terminate();
    this.leave(socket);
  }
}
