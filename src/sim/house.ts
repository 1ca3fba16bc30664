import { assert } from "../../engine/kernel/index.ts";
import type { HousePlate, HouseReading, PowerWindow, SimulatedHouse } from "../ports/index.ts";
import { type Cell, cellOf, chargeRate, lastsFor, MICROJOULE_PER_WH, wantedPower } from "./battery.ts";
import type { HomeProfile } from "./series.ts";

export interface HouseOptions {
  readonly profile: HomeProfile;
  readonly plate: HousePlate;
  /** Length of the interval at whose ends the meter latches its counters. */
  readonly intervalSeconds: number;
  /** A state saved earlier, or the beginning of a life. */
  readonly from: HouseState | HouseStart;
}

export interface HouseStart {
  /** Unix milliseconds. */
  readonly at: number;
  /** 0 to 100. */
  readonly chargePercent: number;
}

/** Watt-milliseconds that don't make a watt-hour yet are kept, so that nothing is lost between two looks. */
interface Counter {
  wh: number;
  rest: number;
}

/** Everything a house is, as plain JSON. `charge` in microjoules, times in unix milliseconds, `latched.at` in unix seconds. */
export interface HouseState {
  readonly version: 1;
  readonly at: number;
  readonly charge: number;
  readonly imported: Readonly<Counter>;
  readonly exported: Readonly<Counter>;
  readonly harvested: Readonly<Counter>;
  readonly charged: Readonly<Counter>;
  readonly discharged: Readonly<Counter>;
  readonly window: PowerWindow | null;
  readonly latched: HouseReading["latched"];
  /** Data were missing since the last interval's end. */
  readonly gap: boolean;
}

interface Flow {
  readonly loadW: number;
  readonly pvW: number;
}

const WMS_PER_WH = 3_600_000;
/** A meter leaves its factory with some energy counted; a SunSpec accumulator of 0 would mean "doesn't count". */
const FACTORY_WH = 1_000;

/** One home's physics: what it uses, harvests, stores and exchanges with the street, integrated exactly in integers. */
export class House implements SimulatedHouse {
  readonly plate: HousePlate;
  private readonly profile: HomeProfile;
  private readonly stepMs: number;
  private readonly intervalMs: number;
  private readonly cell: Cell | null;
  private at: number;
  private charge: number;
  private readonly imported: Counter;
  private readonly exported: Counter;
  private readonly harvested: Counter;
  private readonly charged: Counter;
  private readonly discharged: Counter;
  private held: PowerWindow | null;
  private latched: HouseReading["latched"];
  private gap: boolean;
  private flowUntil = Number.NEGATIVE_INFINITY;
  private flow: Flow | null = null;

  constructor({ profile, plate, intervalSeconds, from }: HouseOptions) {
    assert(
      Number.isSafeInteger(profile.stepSeconds) && 3600 % profile.stepSeconds === 0,
      "a profile's step divides the hour: watts stay whole",
    );
    assert(Number.isSafeInteger(intervalSeconds) && intervalSeconds > 0, "an interval is whole seconds");
    this.profile = profile;
    this.plate = plate;
    this.stepMs = profile.stepSeconds * 1000;
    this.intervalMs = intervalSeconds * 1000;
    this.cell = plate.battery === null ? null : cellOf(plate.battery);
    const state = "version" in from ? from : this.born(from);
    this.at = state.at;
    this.charge = state.charge;
    this.imported = { ...state.imported };
    this.exported = { ...state.exported };
    this.harvested = { ...state.harvested };
    this.charged = { ...state.charged };
    this.discharged = { ...state.discharged };
    this.held = state.window;
    this.latched = state.latched;
    this.gap = state.gap;
  }

  advance(to: number): void {
    const end = Math.floor(to);
    while (this.at < end) this.span(end);
  }

  reading(): HouseReading {
    const flow = this.flowNow();
    const batteryW = flow === null ? 0 : this.batteryNow(flow);
    return {
      live: flow && {
        gridW: flow.loadW - flow.pvW - batteryW,
        pvW: flow.pvW,
        batteryW,
        importWh: this.imported.wh,
        exportWh: this.exported.wh,
        pvWh: this.harvested.wh,
      },
      charge: this.cell && Math.round((this.charge / this.cell.full) * 10_000),
      latched: this.latched,
    };
  }

  window(): PowerWindow | null {
    return this.held !== null && this.held.until > this.at ? this.held : null;
  }

  setWindow(window: PowerWindow | null): void {
    assert(window === null || (Number.isSafeInteger(window.until) && window.minW <= window.maxW), "a window has an end and an inside");
    this.held = window;
  }

  state(): HouseState {
    return {
      version: 1,
      at: this.at,
      charge: this.charge,
      imported: { ...this.imported },
      exported: { ...this.exported },
      harvested: { ...this.harvested },
      charged: { ...this.charged },
      discharged: { ...this.discharged },
      window: this.window(),
      latched: this.latched,
      gap: this.gap,
    };
  }

  private born({ at, chargePercent }: HouseStart): HouseState {
    assert(Number.isSafeInteger(at), "a life begins at a whole millisecond");
    const zero = { wh: 0, rest: 0 };
    const imported = { wh: FACTORY_WH, rest: 0 };
    const capacity = this.plate.battery?.capacityWh ?? 0;
    return {
      version: 1,
      at,
      charge: Math.round((capacity * MICROJOULE_PER_WH * chargePercent) / 100),
      imported,
      exported: zero,
      harvested: zero,
      charged: zero,
      discharged: zero,
      window: null,
      latched: at % this.intervalMs === 0 ? { at: at / 1000, importWh: imported.wh, exportWh: 0 } : null,
      gap: false,
    };
  }

  /** As far as all powers stay as they are: to the end of a step, an interval or a window, or until the battery is full or empty. */
  private span(to: number): void {
    if (this.held !== null && this.held.until <= this.at) this.held = null;
    const flow = this.flowNow();
    const intervalEnd = (Math.floor(this.at / this.intervalMs) + 1) * this.intervalMs;
    const end = Math.min(to, this.flowUntil, intervalEnd, this.held?.until ?? Number.POSITIVE_INFINITY);
    if (flow === null) {
      this.gap = true;
      this.at = end;
    } else {
      this.flowOn(flow, end);
    }
    if (this.at % this.intervalMs === 0) this.latch();
  }

  private flowOn(flow: Flow, end: number): void {
    const batteryW = this.batteryNow(flow);
    const lasts = this.cell === null ? Number.POSITIVE_INFINITY : lastsFor(this.cell, this.charge, batteryW);
    const ms = Math.min(end - this.at, lasts);
    const gridW = flow.loadW - flow.pvW - batteryW;
    count(this.imported, Math.max(gridW, 0) * ms);
    count(this.exported, Math.max(-gridW, 0) * ms);
    count(this.harvested, flow.pvW * ms);
    count(this.charged, Math.max(-batteryW, 0) * ms);
    count(this.discharged, Math.max(batteryW, 0) * ms);
    if (this.cell !== null) this.charge += chargeRate(this.cell, batteryW) * ms;
    this.at += ms;
  }

  private batteryNow({ loadW, pvW }: Flow): number {
    if (this.cell === null) return 0;
    const wanted = wantedPower(this.cell, loadW, pvW, this.window());
    // Less than a millisecond of room left: full, or at the floor.
    return lastsFor(this.cell, this.charge, wanted) === 0 ? 0 : wanted;
  }

  private flowNow(): Flow | null {
    if (this.at < this.flowUntil) return this.flow;
    const step = Math.floor(this.at / this.stepMs);
    const energy = this.profile.energyAt(step);
    const start = step * this.stepMs;
    const half = start + this.stepMs / 2;
    const perWh = 3600 / this.profile.stepSeconds;
    if (energy !== null) assert(isEnergy(energy.loadWh) && isEnergy(energy.pvWh), `a step's energy is whole watt-hours: step ${step}`);
    if (energy === null || this.profile.kind === "gross") {
      this.flowUntil = start + this.stepMs;
      this.flow = energy && { loadW: energy.loadWh * perWh, pvW: energy.pvWh * perWh };
    } else if (this.at < half) {
      this.flowUntil = half;
      this.flow = { loadW: energy.loadWh * perWh * 2, pvW: 0 };
    } else {
      this.flowUntil = start + this.stepMs;
      this.flow = { loadW: 0, pvW: energy.pvWh * perWh * 2 };
    }
    return this.flow;
  }

  /** After a gap the counters are too low: a latch would pass the missing energy off as zero. */
  private latch(): void {
    this.latched = this.gap ? null : { at: this.at / 1000, importWh: this.imported.wh, exportWh: this.exported.wh };
    this.gap = false;
  }
}

const isEnergy = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function count(counter: Counter, wattMs: number): void {
  const sum = counter.rest + wattMs;
  const whole = Math.floor(sum / WMS_PER_WH);
  counter.wh += whole;
  counter.rest = sum - whole * WMS_PER_WH;
}
