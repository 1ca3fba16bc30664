import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import { deliveryEnd, deliveryStart, gateClosure, intervalSeconds, type MarketRules } from "../../engine/messages/index.ts";
import {
  type BatteryState,
  cautious,
  contractW,
  type DayMemory,
  forecast,
  meanPowers,
  type Powers,
  type Preferences,
  wishes,
} from "../agent/index.ts";
import type { Cancel, Clock, Counter, Device, LatchedCounters, Log, Metrics, Nameplate, Telemetry } from "../ports/index.ts";
import { Dispatcher, POLL_MS, patience } from "./dispatcher.ts";
import { type MeterLog, valuesOf } from "./meter-log.ts";
import type { MeterWatch } from "./meter-watch.ts";
import type { StreetNode } from "./node.ts";
import { delivering, nextGate } from "./schedule.ts";

export interface TraderModules {
  readonly rules: MarketRules;
  readonly preferences: Preferences;
  readonly clock: Clock;
  readonly device: Device;
  readonly node: StreetNode;
  readonly meterLog: MeterLog;
  readonly meterWatch: MeterWatch;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Before a meter is asked again for an interval's last reading. */
const EDGE_RETRY_MS = 150;
/** Orders go out that long before the gate, so that every home holds them when it closes: real ms at least, or a part of the interval. */
const ORDER_LEAD_MS = 500;
const ORDER_LEAD_SECONDS = 60;

/** This home's own mind at work: looks at its devices, orders for the next interval, reads its meter, and does what it traded. */
export class Trader {
  readonly #modules: TraderModules;
  readonly #failures: Counter<"code">;
  readonly #yesterday = new Map<number, Powers>();
  #samples: Powers[] = [];
  #last: Telemetry | null = null;
  #nameplate: Nameplate | null = null;
  readonly #dispatcher: Dispatcher;
  #lastError = "";
  #hasReading = false;
  /** Whose last counters haven't come yet. */
  #awaited: Interval | null = null;
  #cancels = new Map<string, Cancel>();
  #stopped = false;

  constructor(modules: TraderModules) {
    this.#modules = modules;
    this.#failures = modules.metrics.counter(
      "commonwatt_device_failures_total",
      "Reads and commands that a device did not answer rightly",
      ["code"],
    );
    this.#dispatcher = new Dispatcher({ ...modules, failed: (...trouble) => this.#failed(...trouble) });
    modules.node.onCertified(({ evaluation: { clearing } }) => {
      const fills = clearing.kind === "trade" ? clearing.fills : [];
      const contract = contractW(fills, this.#self, intervalSeconds(modules.rules));
      if (contract !== null) this.#dispatcher.traded(clearing.interval, contract);
    });
  }

  start(): void {
    const { clock, rules } = this.#modules;
    const now = delivering(rules, clock.now());
    void this.#watch();
    this.#waitForEdge(now);
    this.#waitToOrder(nextGate(rules, clock.now()));
  }

  /** Hands the battery back before the home goes silent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    await this.#dispatcher.stop();
    await this.#modules.device.close();
  }

  get #self(): HomeId {
    return this.#modules.node.self as HomeId;
  }

  #later(name: string, schedule: (task: () => void) => Cancel, task: () => void): void {
    if (!this.#stopped) this.#cancels.set(name, schedule(task));
  }

  /** Looks, and looks again a while after the last look has ended. */
  async #watch(): Promise<void> {
    const { clock } = this.#modules;
    await this.#look();
    this.#later(
      "look",
      (task) => clock.after(POLL_MS, task),
      () => void this.#watch(),
    );
  }

  /** Reads, remembers, and keeps the battery at what was traded. */
  async #look(): Promise<void> {
    const { device } = this.#modules;
    await this.#learnNameplate();
    const battery = this.#nameplate?.battery ?? null;
    if (battery !== null) await this.#dispatcher.takeOver();
    const telemetry = await device.read(patience(device));
    this.#last = telemetry.ok ? telemetry.value : null;
    this.#modules.meterWatch.look(this.#last);
    if (!telemetry.ok) return this.#failed("read", telemetry.code, telemetry.detail);
    this.#lastError = "";
    const powers = powersOf(telemetry.value);
    if (powers !== null) this.#samples.push(powers);
    if (battery !== null) await this.#dispatcher.dispatch(telemetry.value, battery);
  }

  async #learnNameplate(): Promise<void> {
    if (this.#nameplate !== null) return;
    const { device } = this.#modules;
    const nameplate = await device.nameplate(patience(device, 2));
    if (!nameplate.ok) return this.#failed("nameplate", nameplate.code, nameplate.detail);
    this.#nameplate = nameplate.value;
  }

  #waitForEdge(interval: Interval): void {
    const { clock, rules } = this.#modules;
    this.#later(
      "edge",
      (task) => clock.at(deliveryStart(rules, interval) * 1000, task),
      () => {
        this.#closeDay((interval - 1) as Interval);
        this.#miss((interval - 2) as Interval);
        void this.#readMeter((interval - 1) as Interval);
        // What was traded for this interval holds from now on.
        void this.#look();
        this.#waitForEdge(Math.max(interval + 1, delivering(rules, clock.now()) + 1) as Interval);
      },
    );
  }

  /**
   * Publishes the meter's counters of the interval's end, as the meter latched them. It holds them until the next end, so a device
   * that is slow to answer is asked again until then. A meter that latches nothing is read at once and its reading marked.
   */
  async #readMeter(interval: Interval): Promise<void> {
    const { device, node, rules, clock } = this.#modules;
    this.#awaited = interval;
    const telemetry = await device.read(patience(device));
    if (this.#stopped || node.self === null) return;
    const end = deliveryEnd(rules, interval);
    const { latched = null, importWh = null, exportWh = null } = telemetry.ok ? telemetry.value : {};
    if (telemetry.ok && latched?.at === end) this.#publish(interval, latched, "measured", telemetry.value);
    else if (telemetry.ok && latched === null && importWh !== null && exportWh !== null)
      this.#publish(interval, { importWh, exportWh }, "estimated", telemetry.value);
    else if ((latched?.at ?? 0) < end && clock.now() < deliveryEnd(rules, (interval + 1) as Interval) * 1000)
      this.#readMeterAgain(interval);
  }

  #readMeterAgain(interval: Interval): void {
    this.#later(
      "edge-again",
      (task) => this.#modules.clock.after(EDGE_RETRY_MS, task),
      () => void this.#readMeter(interval),
    );
  }

  /** What stands in the log is what is published, in each life. */
  #publish(
    interval: Interval,
    { importWh, exportWh, raw }: Pick<LatchedCounters, "importWh" | "exportWh" | "raw">,
    quality: "measured" | "estimated",
    telemetry: Telemetry,
  ): void {
    const { node, meterLog, meterWatch, clock } = this.#modules;
    const { origin = null } = telemetry;
    this.#awaited = null;
    const counters = { importWh, exportWh };
    const entry = meterLog.keep({
      home: this.#self,
      interval,
      quality,
      counters,
      readAt: clock.now(),
      origin: origin === null ? null : { ...origin, raw: raw ?? origin.raw },
      values: valuesOf(telemetry),
    });
    const stands = entry ?? { counters, quality };
    meterWatch.kept(stands.quality);
    if (stands.counters === null || stands.quality === "missing") return;
    this.#hasReading = true;
    node.reading({ home: this.#self, interval, ...stands.counters, quality: stands.quality });
  }

  /** The next end has come without the counters of this one's. A log begins with what is known. */
  #miss(interval: Interval): void {
    const { node, meterLog, meterWatch, clock } = this.#modules;
    if (this.#awaited !== interval || node.self === null || meterLog.last === null) return;
    this.#awaited = null;
    meterWatch.kept("missing");
    meterLog.keep({ home: this.#self, interval, quality: "missing", counters: null, readAt: clock.now(), origin: null, values: [] });
  }

  #waitToOrder(interval: Interval): void {
    const { clock, rules } = this.#modules;
    const leadMs = Math.max(ORDER_LEAD_SECONDS * 1000, ORDER_LEAD_MS * clock.speed);
    const at = gateClosure(rules, interval) * 1000 - Math.min(leadMs, intervalSeconds(rules) * 400);
    this.#later(
      "order",
      (task) => clock.at(at, task),
      () => {
        if (nextGate(rules, clock.now()) === interval) this.#order(interval);
        this.#waitToOrder(Math.max(interval + 1, nextGate(rules, clock.now())) as Interval);
      },
    );
  }

  #order(interval: Interval): void {
    const { rules, preferences, node, clock } = this.#modules;
    const present = meanPowers(this.#samples);
    const isMember = node.membership.agentAt(this.#self, interval) !== undefined;
    if (this.#last === null || present === null || !this.#hasReading || !isMember) return;
    const next = forecast(present, this.#yesterday as DayMemory, this.#placeInDay(delivering(rules, clock.now())), this.#intervalsPerDay);
    const hours = rules.intervalMinutes / 60;
    const inForce = node.membership.rulesAt(interval);
    const wanted = wishes(inForce, preferences, cautious((next.loadW - next.pvW) * hours), this.#battery(), hours);
    node.orderWithinCredit(wanted.map((wish, seq) => ({ home: this.#self, interval, ...wish, seq })));
  }

  /** null: none, or its charge is unknown. */
  #battery(): BatteryState | null {
    const battery = this.#nameplate?.battery ?? null;
    const soc = this.#last?.socPercent ?? null;
    return battery === null || soc === null ? null : { ...battery, storedWh: (battery.capacityWh * soc) / 100 };
  }

  #closeDay(interval: Interval): void {
    const mean = meanPowers(this.#samples);
    if (mean !== null) this.#yesterday.set(this.#placeInDay(interval), mean);
    this.#samples = this.#samples.slice(-1);
  }

  get #intervalsPerDay(): number {
    return (24 * 60) / this.#modules.rules.intervalMinutes;
  }

  #placeInDay(interval: Interval): number {
    return interval % this.#intervalsPerDay;
  }

  /** Once for each kind of trouble, until the device answers again. */
  #failed(what: string, code: string, detail: string): void {
    this.#failures.add({ code });
    const error = `${what}/${code}`;
    if (error !== this.#lastError) this.#modules.log.warn("device.failed", { what, code, detail });
    this.#lastError = error;
  }
}

function powersOf({ gridW, pvW, batteryW }: Telemetry): Powers | null {
  if (gridW === null) return null;
  const pv = Math.max(0, pvW ?? 0);
  return { pvW: pv, loadW: Math.max(0, gridW + pv + (batteryW ?? 0)) };
}
