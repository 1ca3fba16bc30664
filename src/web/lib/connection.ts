/** How the page hears of the street: it says honestly whether it does, and comes back by itself. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `attempt` counts from 1. */
  | { readonly kind: "reconnecting"; readonly attempt: number };

export interface Wire {
  close(): void;
}

export interface WireEvents {
  open(): void;
  message(text: string): void;
  closed(): void;
}

export interface ConnectionModules {
  readonly connect: (events: WireEvents) => Wire;
  readonly after: (ms: number, task: () => void) => () => void;
  readonly chance: () => number;
  readonly onLink: (link: Link) => void;
  readonly onState: (state: unknown) => void;
}

/** The server speaks at least every 5 s; a wire silent for this long is dead, whatever the browser thinks of it. */
export const SILENCE_MS = 15_000;

/** 0.5 s, 1 s, 2 s ... at most 10 s, spread so that all pages of a street don't come back at once. */
export const backoffMs = (attempt: number, chance: number): number => Math.min(10_000, 500 * 2 ** (attempt - 1)) * (0.75 + chance / 2);

export class Connection {
  private readonly modules: ConnectionModules;
  private wire: Wire | undefined;
  private cancel: () => void = () => undefined;
  private attempt = 0;
  private ended = false;

  constructor(modules: ConnectionModules) {
    this.modules = modules;
    modules.onLink({ kind: "connecting" });
    this.open();
  }

  /** Doesn't wait for the back-off. */
  now(): void {
    if (!this.ended && this.wire === undefined) this.open();
  }

  end(): void {
    this.ended = true;
    this.cancel();
    this.wire?.close();
    this.wire = undefined;
  }

  private open(): void {
    this.cancel();
    // Events of a wire that was given up come late; they no longer count.
    let current = true;
    const lose = () => {
      if (!current) return;
      current = false;
      this.lost();
    };
    const listen = () => {
      this.cancel();
      this.cancel = this.modules.after(SILENCE_MS, () => {
        wire.close();
        lose();
      });
    };
    const wire = this.modules.connect({
      open: () => current && listen(),
      message: (text) => {
        if (!current) return;
        listen();
        this.hear(text);
      },
      closed: lose,
    });
    this.wire = wire;
    listen();
  }

  private hear(text: string): void {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || !("kind" in message)) return;
    if (message.kind !== "state" || !("state" in message)) return;
    this.attempt = 0;
    this.modules.onLink({ kind: "live" });
    this.modules.onState(message.state);
  }

  private lost(): void {
    this.cancel();
    this.wire = undefined;
    if (this.ended) return;
    this.attempt += 1;
    this.modules.onLink({ kind: "reconnecting", attempt: this.attempt });
    this.cancel = this.modules.after(backoffMs(this.attempt, this.modules.chance()), () => this.open());
  }
}
