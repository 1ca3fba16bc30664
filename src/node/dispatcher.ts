import type { Interval } from "../../engine/kernel/index.ts";
import { deliveryEnd, type MarketRules } from "../../engine/messages/index.ts";
import { type Hold, type Preferences, setpoint } from "../agent/index.ts";
import type { Clock, Device, Nameplate, Telemetry } from "../ports/index.ts";
import { delivering } from "./schedule.ts";

/** Real milliseconds between looks at the devices. */
export const POLL_MS = 1_000;
/** What a device may take that doesn't say how long. */
const READ_MS = 900;

export const patienceMsOf = (device: Device): number => device.patienceMs ?? READ_MS;

/** Ends after so many times what a device may take. */
export const patience = (device: Device, times = 1): AbortSignal => AbortSignal.timeout(times * patienceMsOf(device));

export interface DispatcherModules {
  readonly rules: MarketRules;
  readonly preferences: Pick<Preferences, "backupPercent">;
  readonly clock: Clock;
  readonly device: Device;
  readonly failed: (what: string, code: string, detail: string) => void;
}

/** Keeps this home's battery at what was traded, and releases it. */
export class Dispatcher {
  readonly #modules: DispatcherModules;
  /** W over an interval, + bought. */
  readonly #contracts = new Map<Interval, number>();
  #commanded: number | null = null;
  #isTakenOver = false;

  constructor(modules: DispatcherModules) {
    this.#modules = modules;
  }

  traded(interval: Interval, contract: number): void {
    this.#contracts.set(interval, contract);
  }

  /** An earlier life may have left a command behind: before that is undone the battery is told nothing. */
  async takeOver(): Promise<void> {
    if (this.#isTakenOver) return;
    const { device, failed } = this.#modules;
    const done = await device.release(patience(device));
    this.#isTakenOver = done.ok;
    if (!done.ok) failed("release", done.code, done.detail);
  }

  async dispatch(telemetry: Telemetry, battery: NonNullable<Nameplate["battery"]>): Promise<void> {
    if (!this.#isTakenOver) return;
    const { rules, clock, device, preferences, failed } = this.#modules;
    const interval = delivering(rules, clock.now());
    const contract = this.#contracts.get(interval);
    for (const old of this.#contracts.keys()) if (old < interval) this.#contracts.delete(old);
    const hold = { ...this.#leaseIn(interval, battery.leastLeaseSeconds ?? 0), commandedW: this.#commanded };
    const wanted = contract === undefined ? null : setpoint(telemetry, battery, contract, preferences.backupPercent, hold);
    if (wanted === null) return this.#release();
    const done = await device.dispatch(wanted, hold.leaseSeconds, patience(device));
    if (!done.ok) return failed("dispatch", done.code, done.detail);
    this.#commanded = wanted;
  }

  /** Before the home goes silent. */
  async stop(): Promise<void> {
    const { device } = this.#modules;
    if (this.#isTakenOver) await device.release(patience(device, 5));
  }

  /** Seconds of the market's clock, which a simulated street's devices follow. */
  #leaseIn(interval: Interval, least: number): Pick<Hold, "leaseSeconds" | "writeSeconds"> {
    const { rules, clock, device } = this.#modules;
    const lease = Math.ceil(Math.max(60, (3 * POLL_MS * clock.speed) / 1000));
    const left = Math.max(1, deliveryEnd(rules, interval) - Math.floor(clock.now() / 1000));
    return { leaseSeconds: Math.max(Math.min(lease, left), least), writeSeconds: (2 * patienceMsOf(device) * clock.speed) / 1000 };
  }

  async #release(): Promise<void> {
    if (this.#commanded === null) return;
    const { device, failed } = this.#modules;
    const done = await device.release(patience(device));
    if (done.ok) this.#commanded = null;
    else failed("release", done.code, done.detail);
  }
}
