import { readFields, Writer } from "../../engine/messages/index.ts";
import type { Cancel, Clock, Gauge, Gossip, Log, Metrics, PeerName } from "../ports/index.ts";
import { type MeterState, meterIn, meterNumbers } from "./meter-state.ts";
import { type Pause, pauseIn, pauseNumbers } from "./pause.ts";

/** warn: look after it. bad: more than neighbours forgive one another (security.md 3.3). */
export type ClockStatus = "ok" | "warn" | "bad";

/** A home's clock beside those of its neighbours. */
export interface ClockView {
  /** What the median of the neighbours' clocks is ahead of this one, real milliseconds; null: none answered lately. */
  readonly offsetMs: number | null;
  /** How many neighbours that was taken from. */
  readonly peers: number;
  readonly status: ClockStatus;
}

export interface PeerClocksModules {
  readonly clock: Clock;
  readonly gossip: Pick<Gossip, "peers" | "request" | "onRequest">;
  /** Whose clocks count: less than a third of the validators lie, so their median lies between two honest clocks. */
  readonly isValidator: (peer: PeerName) => boolean;
  /** Who watches over the street asks every peer, and more often: a home that signs nothing says so in its answer. */
  readonly isObserver?: boolean;
  /** Why this home signs nothing now; null: it signs. */
  readonly pause?: () => Pause | null;
  /** How this home's meter is read; null: it hasn't been asked yet. */
  readonly meter?: () => MeterState | null;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The log's word for a clock that is off. */
export const CLOCK_SKEWED = "CLOCK_SKEWED";

const WARN_MS = 250;
const BAD_MS = 500;

/** Real milliseconds. */
const FIRST_MS = 2_000;
const EVERY_MS = 30_000;
const OBSERVER_EVERY_MS = 5_000;
/** An answer says nothing to half of its way there and back; what took longer says too little. */
const PATIENCE_MS = WARN_MS;
/** A neighbour's last answer counts so long. */
const AGE_MS = 3 * EVERY_MS;

interface Sample {
  readonly offsetMs: number;
  readonly at: number;
  readonly pause: Pause | null;
  readonly meter: MeterState | null;
}

const QUESTION = new Uint8Array(0);

/** Compares this home's clock with its neighbours', tells them ours, and warns of a clock that is off. */
export class PeerClocks {
  readonly #modules: PeerClocksModules;
  readonly #offset: Gauge<never>;
  #samples = new Map<PeerName, Sample>();
  #status: ClockStatus = "ok";
  #cancel: Cancel = () => undefined;

  constructor(modules: PeerClocksModules) {
    this.#modules = modules;
    this.#offset = modules.metrics.gauge("commonwatt_clock_offset_ms", "What neighbours' clocks are ahead of this one, median", []);
    modules.gossip.onRequest("time", () => encodeTime(modules.clock.now(), modules.pause?.() ?? null, modules.meter?.() ?? null));
  }

  start(): void {
    this.#cancel = this.#modules.clock.after(FIRST_MS, () => void this.#round());
  }

  stop(): void {
    this.#cancel();
  }

  get view(): ClockView {
    const offsets = this.#offsets();
    const offsetMs = median(offsets);
    return { offsetMs: offsetMs === null ? null : Math.round(offsetMs), peers: offsets.length, status: statusOf(offsetMs) };
  }

  /** What a neighbour's clock is ahead of the street's median, real ms; null: unknown. For who watches over homes. */
  offsetOf(peer: PeerName): number | null {
    const all = median(this.#offsets());
    const own = this.#fresh().get(peer)?.offsetMs;
    return all === null || own === undefined ? null : Math.round(own - all);
  }

  /** Why a neighbour signs nothing, as it says itself; null: it signs, or nothing is known. */
  pauseOf(peer: PeerName): Pause | null {
    return this.#fresh().get(peer)?.pause ?? null;
  }

  /** How a neighbour's meter is read, as it says itself; null: nothing is known. */
  meterOf(peer: PeerName): MeterState | null {
    return this.#fresh().get(peer)?.meter ?? null;
  }

  async #round(): Promise<void> {
    const { gossip, clock, isValidator, isObserver } = this.#modules;
    this.#cancel = clock.after(isObserver === true ? OBSERVER_EVERY_MS : EVERY_MS, () => void this.#round());
    await Promise.all(
      gossip
        .peers()
        .filter((peer) => isObserver === true || isValidator(peer))
        .map((peer) => this.#ask(peer)),
    );
    this.#samples = this.#fresh();
    this.#judge();
  }

  async #ask(peer: PeerName): Promise<void> {
    const { gossip, clock } = this.#modules;
    const deadline = new AbortController();
    const cancel = clock.after(2 * PATIENCE_MS, () => deadline.abort());
    const asked = clock.monotonicMs();
    const answer = await gossip.request(peer, "time", QUESTION, deadline.signal);
    const at = clock.monotonicMs();
    const own = clock.now();
    cancel();
    const theirs = answer.ok ? decodeTime(answer.value) : null;
    const halfWay = (at - asked) / 2;
    if (theirs === null || halfWay > PATIENCE_MS) return;
    const { streetMs, pause, meter } = theirs;
    this.#samples.set(peer, { offsetMs: (streetMs - own) / clock.speed + halfWay, at, pause, meter });
  }

  #judge(): void {
    const { offsetMs, peers, status } = this.view;
    if (offsetMs !== null) this.#offset.set({}, offsetMs);
    if (status === this.#status) return;
    this.#status = status;
    const { log } = this.#modules;
    if (status === "ok") log.info("clock.agrees", { offsetMs, peers });
    else log.warn("clock.skewed", { code: CLOCK_SKEWED, status, offsetMs, peers });
  }

  #offsets(): readonly number[] {
    return [...this.#fresh()].flatMap(([peer, { offsetMs }]) => (this.#modules.isValidator(peer) ? [offsetMs] : []));
  }

  #fresh(): Map<PeerName, Sample> {
    const since = this.#modules.clock.monotonicMs() - AGE_MS;
    return new Map([...this.#samples].filter(([, { at }]) => at >= since));
  }
}

/** What a home answers: its street's time, milliseconds since 1970, why it signs nothing, if so, and how its meter is read. */
export interface TimeAnswer {
  readonly streetMs: number;
  readonly pause: Pause | null;
  readonly meter: MeterState | null;
}

export function encodeTime(streetMs: number, pause: Pause | null = null, meter: MeterState | null = null): Uint8Array {
  const writer = new Writer().uint(1, Math.max(0, Math.round(streetMs)));
  for (const [place, value] of [...pauseNumbers(pause), ...meterNumbers(meter)].entries()) writer.uint(place + 2, value);
  return writer.finish();
}

const TIME_FIELDS = 7;

/** Foreign bytes as an answer; null when they are none. */
export function decodeTime(bytes: Uint8Array): TimeAnswer | null {
  const fields = readFields(bytes) ?? [];
  const numbers: number[] = Array.from({ length: TIME_FIELDS }, () => 0);
  let before = 0;
  for (const { number, value } of fields) {
    if (number <= before || number > TIME_FIELDS || typeof value !== "number") return null;
    numbers[number - 1] = value;
    before = number;
  }
  const [streetMs = 0, kind = 0, detail = 0, ...meter] = numbers;
  const [source = 0, quality = 0, age = 0, alarms = 0] = meter;
  const isOdd = (kind === 0 && detail > 0) || (source === 0 && quality + age + alarms > 0);
  if (streetMs === 0 || isOdd) return null;
  return { streetMs, pause: pauseIn(kind, detail), meter: meterIn(source, quality, age, alarms) };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

function statusOf(offsetMs: number | null): ClockStatus {
  const off = Math.abs(offsetMs ?? 0);
  if (off <= WARN_MS) return "ok";
  return off <= BAD_MS ? "warn" : "bad";
}
