import { connect } from "node:net";
import type { Cancel, Clock } from "../../src/ports/index.ts";

/** What a source of bytes tells whoever opened it. `lost` comes once, and nothing after it. */
export interface Listener {
  readonly bytes: (chunk: Uint8Array) => void;
  readonly lost: (why: string) => void;
}

/** Opens a line to a meter; what is returned closes it, without a word more. */
export type OpenSource = (listener: Listener) => () => void;

/** A dongle that passes the meter's bytes on over TCP. One that says nothing for `silenceMs` is taken for lost. */
export function tcpSource({
  host,
  port,
  silenceMs,
}: {
  readonly host: string;
  readonly port: number;
  readonly silenceMs: number;
}): OpenSource {
  return ({ bytes, lost }) => {
    const socket = connect({ host, port });
    let why = "the dongle closed the connection";
    socket.setKeepAlive(true, 10_000);
    socket.setTimeout(silenceMs, () => {
      why = `the dongle said nothing for ${silenceMs} ms`;
      socket.destroy();
    });
    socket.on("data", bytes);
    socket.on("error", (error) => {
      why = error.message;
    });
    socket.on("close", () => lost(why));
    return () => {
      socket.removeAllListeners("close");
      socket.destroy();
    };
  };
}

export interface KeptModules {
  readonly clock: Pick<Clock, "after">;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onBytes: (chunk: Uint8Array) => void;
}

const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 30_000;

/** A source that is opened again and again: after half a second first, then twice as long each time, up to half a minute. */
export class KeptSource {
  private readonly open: OpenSource;
  private readonly modules: KeptModules;
  private backOffMs = FIRST_BACK_OFF_MS;
  private stop: Cancel = () => undefined;
  private isClosed = false;
  /** Why there is no line now; null: there is one, as far as is known. */
  trouble: string | null = null;

  constructor(open: OpenSource, modules: KeptModules) {
    this.open = open;
    this.modules = modules;
    this.begin();
  }

  close(): void {
    this.isClosed = true;
    this.stop();
  }

  private begin(): void {
    if (this.isClosed) return;
    this.stop = this.open({
      bytes: (chunk) => {
        this.backOffMs = FIRST_BACK_OFF_MS;
        this.trouble = null;
        this.modules.onBytes(chunk);
      },
      lost: (why) => this.again(why),
    });
  }

  private again(why: string): void {
    const { clock, random } = this.modules;
    this.trouble = why;
    this.stop = clock.after(this.backOffMs * (0.5 + random() / 2), () => this.begin());
    this.backOffMs = Math.min(MAX_BACK_OFF_MS, 2 * this.backOffMs);
  }
}
