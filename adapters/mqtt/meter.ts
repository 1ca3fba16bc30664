import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { fail, ok, type Result, type Wh, wh } from "../../engine/kernel/index.ts";
import type { RawBytes } from "../../engine/messages/index.ts";
import type { Cancel, Clock, DeviceCode, Log, Meter, MeterOrigin, MeterReading } from "../../src/ports/index.ts";
import { MAX_MESSAGE_BYTES, numberIn, type Point } from "./point.ts";

export type MqttQuantity = "gridW" | "importWh" | "exportWh";

export interface MqttOptions {
  /** mqtt:// or mqtts:// */
  readonly broker: string;
  readonly user: string | null;
  readonly password: string | null;
  /** PEM of who vouches for the broker; null: whom Node trusts. */
  readonly ca: string | null;
  readonly points: Readonly<Partial<Record<MqttQuantity, Point>>>;
  readonly identity: Pick<MeterOrigin, "manufacturer" | "model" | "serial">;
  readonly maxAgeMs: number;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
}

interface Heard {
  readonly value: number;
  readonly raw: RawBytes;
  readonly at: number;
}

const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 30_000;
const CONNECT_MS = 10_000;
const QUANTITIES = ["gridW", "importWh", "exportWh"] as const;

/** A meter as somebody else's program tells of it. Each quantity is known for `maxAgeMs`, and not before it was told while we listened. */
export class MqttMeter implements Meter {
  private readonly options: MqttOptions;
  private readonly client: MqttClient;
  private readonly heard = new Map<MqttQuantity, Heard>();
  private backOffMs = FIRST_BACK_OFF_MS;
  private cancel: Cancel = () => undefined;
  private isClosed = false;
  /** Why nobody tells us anything; null: we are listening. */
  private trouble: string | null = "the broker hasn't answered yet";

  constructor(options: MqttOptions) {
    this.options = options;
    this.client = mqtt.connect(options.broker, clientOptions(options));
    this.client.on("connect", () => this.listen());
    this.client.on("message", (topic, message, packet) => this.take(topic, message, packet));
    this.client.on("error", (error) => {
      this.trouble = error.message === "" ? "no connection to the broker" : error.message;
    });
    this.client.on("close", () => this.again());
  }

  read(): Result<MeterReading, DeviceCode> {
    const { identity, clock } = this.options;
    const fresh = QUANTITIES.flatMap((quantity) => {
      const heard = this.freshOf(quantity);
      return heard === null ? [] : [heard];
    });
    if (fresh.length === 0) {
      return this.trouble === null
        ? fail("DEVICE_TIMEOUT", "no fresh message of the meter has come")
        : fail("DEVICE_OFFLINE", this.trouble);
    }
    const raw = fresh.map((each) => each.raw).filter((each, place, all) => all.findIndex(({ place: at }) => at === each.place) === place);
    const oldest = Math.min(...fresh.map(({ at }) => at));
    return ok({
      gridW: this.freshOf("gridW")?.value ?? null,
      importWh: this.counter("importWh"),
      exportWh: this.counter("exportWh"),
      latched: null,
      origin: { source: "mqtt", ...identity, raw },
      ageMs: clock.monotonicMs() - oldest,
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.cancel();
    await this.client.endAsync(true);
  }

  private freshOf(quantity: MqttQuantity): Heard | null {
    const heard = this.heard.get(quantity);
    return heard !== undefined && this.options.clock.monotonicMs() - heard.at <= this.options.maxAgeMs ? heard : null;
  }

  private counter(quantity: "importWh" | "exportWh"): Wh | null {
    const value = Math.floor(this.freshOf(quantity)?.value ?? -1);
    return wh.is(value) ? wh(value) : null;
  }

  private listen(): void {
    const topics = [...new Set(QUANTITIES.flatMap((quantity) => this.options.points[quantity]?.topic ?? []))];
    this.backOffMs = FIRST_BACK_OFF_MS;
    this.client.subscribe(topics, { qos: 0 }, (error, granted) => {
      const refused = (granted ?? []).filter(({ qos }) => qos === 128).map(({ topic }) => topic);
      this.trouble = error !== null ? error.message : refused.length > 0 ? `the broker doesn't let us read ${refused.join(", ")}` : null;
      if (this.trouble !== null) this.options.log.warn("mqtt.refused", { detail: this.trouble });
    });
  }

  /** What a broker kept is of unknown age, and so says nothing. */
  private take(topic: string, message: Uint8Array, { retain }: IPublishPacket): void {
    if (retain || message.length > MAX_MESSAGE_BYTES) return;
    const at = this.options.clock.monotonicMs();
    const raw = { place: `topic ${topic}`, bytes: Uint8Array.from(message) };
    for (const quantity of QUANTITIES) {
      const point = this.options.points[quantity];
      if (point?.topic !== topic) continue;
      const value = numberIn(message, point);
      // What is no number says that the meter doesn't know: the last one isn't true any more.
      if (value === null) this.heard.delete(quantity);
      else this.heard.set(quantity, { value, raw, at });
    }
  }

  private again(): void {
    if (this.isClosed) return;
    const { clock, random } = this.options;
    this.trouble ??= "the broker closed the connection";
    this.cancel();
    this.cancel = clock.after(this.backOffMs * (0.5 + random() / 2), () => this.client.reconnect());
    this.backOffMs = Math.min(MAX_BACK_OFF_MS, 2 * this.backOffMs);
  }
}

/** When to connect again is ours to say. */
function clientOptions({ user, password, ca }: MqttOptions): IClientOptions {
  return {
    clean: true,
    connectTimeout: CONNECT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    rejectUnauthorized: true,
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password }),
    ...(ca === null ? {} : { ca }),
  };
}
