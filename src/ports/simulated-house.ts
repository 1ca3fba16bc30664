/** What the battery of a simulated home can do. Powers at its AC side. */
export interface BatteryPlate {
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Discharge stops here, whoever asks. */
  readonly reservePercent: number;
  /** Of each direction, so a round trip loses twice. */
  readonly efficiencyPermille: number;
}

export interface HousePlate {
  readonly serial: string;
  /** null: no panels. */
  readonly ratedPvW: number | null;
  readonly battery: BatteryPlate | null;
}

/** What inverter, battery and meter would show at one instant. Signs as in `Telemetry`. */
export interface HouseReading {
  /** null: the readings behind this home say nothing about this instant. */
  readonly live: {
    readonly gridW: number;
    readonly pvW: number;
    readonly batteryW: number;
    readonly importWh: number;
    readonly exportWh: number;
    readonly pvWh: number;
  } | null;
  /** Hundredths of a percent; null without a battery. */
  readonly charge: number | null;
  /** Counters at the last interval's end, `at` in unix seconds; null when that interval lacks data. */
  readonly latched: { readonly at: number; readonly importWh: number; readonly exportWh: number } | null;
}

/** The battery's power must stay between these (+ discharge) until then, in unix milliseconds; equal bounds force it. */
export interface PowerWindow {
  readonly minW: number;
  readonly maxW: number;
  readonly until: number;
}

/** The physics behind one home's simulated devices. Times are unix milliseconds of the street. */
export interface SimulatedHouse {
  readonly plate: HousePlate;
  /** Lets time pass; the past stays as it is. */
  advance(to: number): void;
  reading(): HouseReading;
  /** What holds now; null: the battery follows its own rules. */
  window(): PowerWindow | null;
  setWindow(window: PowerWindow | null): void;
  /** Plain JSON, from which the same house goes on. */
  state(): object;
}
