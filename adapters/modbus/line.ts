import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Clock, DeviceCode } from "../../src/ports/index.ts";
import { BackOff } from "./back-off.ts";
import { type Answer, Connection } from "./connection.ts";
import type { Ask } from "./frame.ts";
import { type Framing, rtuFraming, tcpFraming } from "./framing.ts";
import { isSerial, openWire, type Place } from "./wire.ts";

export interface Timing {
  /** For the connection and for each answer. */
  readonly timeoutMs: number;
  /** Silence between two requests; some devices want 50 ms. A serial line keeps 3.5 characters at least. */
  readonly gapMs?: number | undefined;
  /** Silence between the connection and the first request; some gateways want a second. */
  readonly connectDelayMs?: number | undefined;
  readonly maxBackOffMs?: number | undefined;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** 0 to 1: keeps the homes of a street from knocking at the same moment. */
  readonly random: () => number;
}

export type LineOptions = Place & Timing;

/** Who asks over a line; a guest is served when none of the line's own waits. */
export interface User {
  readonly rank: "own" | "guest";
  readonly timeoutMs: number;
  gone: boolean;
}

interface Job {
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;
  readonly user: User;
  readonly settle: (answer: Answer) => void;
}

const MAX_WAITING = 32;
const MIN_QUIET_MS = 500;
const MAX_DOUBTS = 64;
/** Exceptions that say "not now", and how often such a request is repeated. */
const RETRIES: Readonly<Record<number, number>> = { 5: 2, 6: 2, 10: 1, 11: 1 };
const RETRY_MS = 100;
const CLOSED: Answer = fail("DEVICE_OFFLINE", "the link was closed");

/**
 * One physical connection to one or more units, with one request in flight, in order. It is dropped after each time-out or
 * wrong frame, so that a late answer can never be taken for the next one. On a serial line, where dropping doesn't keep
 * it away, silence follows, and then a question that no late answer fits. Who is silent is backed off from alone; trouble
 * with the connection, or nonsense on it, backs off from all.
 */
export class Line {
  private readonly options: LineOptions;
  private readonly waiting: Readonly<Record<User["rank"], Job[]>> = { own: [], guest: [] };
  private readonly backOff: BackOff;
  private readonly unitBackOffs = new Map<number, BackOff>();
  /** By unit: of how many registers answers may still be under way. */
  private readonly doubts = new Map<number, Set<number>>();
  private readonly serial: boolean;
  private readonly gapMs: number;
  private connection: Connection | null = null;
  private freed: Promise<void> = Promise.resolve();
  private quietUntil = Number.NEGATIVE_INFINITY;
  private hasHeard = false;
  private working = false;
  private closed = false;

  constructor(options: LineOptions) {
    this.options = options;
    this.backOff = new BackOff(options);
    this.serial = isSerial(options);
    this.gapMs = Math.max(options.gapMs ?? 0, characterGapMs(options));
  }

  ask(ask: Ask, user: User, signal: AbortSignal | undefined): Promise<Answer> {
    const waiting = this.waiting[user.rank];
    if (waiting.length >= MAX_WAITING) return Promise.resolve(fail("DEVICE_REFUSED", `busy: ${MAX_WAITING} requests wait`));
    return new Promise((settle) => {
      waiting.push({ ask, signal, user, settle });
      if (!this.working) void this.work();
    });
  }

  close(): void {
    this.closed = true;
    this.connection?.end("DEVICE_OFFLINE", "the link was closed");
    this.connection = null;
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let job = this.next(); job !== undefined; job = this.next()) job.settle(await this.serve(job));
    this.working = false;
  }

  private next(): Job | undefined {
    return this.waiting.own.shift() ?? this.waiting.guest.shift();
  }

  private async serve(job: Job): Promise<Answer> {
    for (let tried = 0; ; tried += 1) {
      const answer = await this.attempt(job);
      const retries = answer.exception === undefined ? 0 : (RETRIES[answer.exception] ?? 0);
      if (tried >= retries) return answer;
      await this.pause(RETRY_MS * 2 ** tried);
    }
  }

  private async attempt({ ask, user, signal }: Job): Promise<Answer> {
    if (this.closed || user.gone) return CLOSED;
    if (signal?.aborted) return fail("DEVICE_TIMEOUT", "the caller waits no longer");
    const wait = this.backOffOf(ask.unit).waitMs;
    if (wait > 0) return fail("DEVICE_OFFLINE", `next try in ${wait} ms`);
    return (await this.resync(ask, user.timeoutMs, signal)) ?? this.exchange(ask, user.timeoutMs, signal);
  }

  /**
   * Asks for as many registers as no answer that may be under way has: null once the device has answered that, and so
   * everything before it. A line that hasn't been heard yet might echo a written register, which looks like its answer.
   */
  private async resync({ unit, address, kind }: Ask, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answer | null> {
    const doubts = this.doubts.get(unit);
    const isUnheard = this.serial && !this.hasHeard && kind === "write-single";
    if (doubts === undefined && !isUnheard) return null;
    let count = 1;
    while (doubts?.has(count)) count += 1;
    const probe: Ask = { kind: "read", unit, address: Math.min(address, 0x1_0000 - count), count };
    const answer = await this.exchange(probe, timeoutMs, signal);
    if (!answer.ok && answer.code !== "DEVICE_EXCEPTION") return answer;
    // An exception has no length of its own and may be a late one: then what the probe is answered comes later.
    if (!answer.ok && doubts !== undefined && !(await this.staysQuiet(timeoutMs))) return fail("DEVICE_MALFORMED", "a late answer");
    this.doubts.delete(unit);
    return null;
  }

  private async staysQuiet(timeoutMs: number): Promise<boolean> {
    this.quietFor(timeoutMs + 2 * MIN_QUIET_MS);
    await this.quiet();
    return this.connection?.isOpen === true;
  }

  private async exchange(ask: Ask, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answer> {
    await this.quiet();
    const connection = await this.connected();
    if (!connection.ok) return connection;
    const answer = await connection.value.exchange(ask, timeoutMs, signal);
    this.quietFor(this.gapMs);
    if (answer.ok || answer.code === "DEVICE_EXCEPTION") {
      this.hasHeard = true;
      this.backOff.succeeded();
      this.backOffOf(ask.unit).succeeded();
    } else {
      (answer.code === "DEVICE_TIMEOUT" ? this.backOffOf(ask.unit) : this.backOff).failed();
      if (this.serial) this.doubt(ask);
    }
    return answer;
  }

  private doubt(ask: Ask): void {
    const doubts = this.doubts.get(ask.unit) ?? new Set();
    if (doubts.size >= MAX_DOUBTS) doubts.clear();
    if (ask.kind === "read") doubts.add(ask.count);
    this.doubts.set(ask.unit, doubts);
  }

  private async connected(): Promise<Result<Connection, DeviceCode>> {
    if (this.closed) return fail("DEVICE_OFFLINE", "the link was closed");
    if (this.connection?.isOpen) return ok(this.connection);
    const wait = this.backOff.waitMs;
    if (wait > 0) return fail("DEVICE_OFFLINE", `next try in ${wait} ms`);
    await this.freed;
    const wire = await openWire(this.options, this.options.timeoutMs, this.options.clock);
    if (!wire.ok) {
      this.backOff.failed();
      return wire;
    }
    const connection = new Connection(wire.value, framingOf(this.options), this.options.clock, (code, freed) => this.onEnd(code, freed));
    this.connection = connection;
    const { connectDelayMs = 0 } = this.options;
    if (connectDelayMs > 0) await this.pause(connectDelayMs);
    if (this.closed) this.close();
    return this.closed ? fail("DEVICE_OFFLINE", "the link was closed") : ok(connection);
  }

  private onEnd(code: DeviceCode, freed: Promise<void>): void {
    this.freed = freed;
    if (this.serial && code !== "DEVICE_OFFLINE") this.quietFor(Math.max(this.options.timeoutMs, MIN_QUIET_MS));
  }

  private backOffOf(unit: number): BackOff {
    const known = this.unitBackOffs.get(unit) ?? new BackOff(this.options);
    this.unitBackOffs.set(unit, known);
    return known;
  }

  private quietFor(ms: number): void {
    if (ms > 0) this.quietUntil = Math.max(this.quietUntil, this.options.clock.monotonicMs() + ms);
  }

  private async quiet(): Promise<void> {
    const wait = this.quietUntil - this.options.clock.monotonicMs();
    if (wait > 0) await this.pause(wait);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }
}

function framingOf(place: Place): Framing {
  return place.transport === "rtu" || place.transport === "rtu-over-tcp" ? rtuFraming(place.echo ?? false) : tcpFraming();
}

/** 3.5 characters, and 1.75 ms where they would be shorter: Modbus over Serial Line 1.02, section 2.5.1.1. */
function characterGapMs(place: Place): number {
  if (place.transport !== "rtu") return 0;
  const { baudRate, parity, stopBits } = place.serial;
  const bits = 9 + stopBits + (parity === "none" ? 0 : 1);
  return Math.max((3_500 * bits) / baudRate, 1.75);
}
