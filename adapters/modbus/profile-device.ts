import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Clock, Device, DeviceCode, MeterOrigin, Nameplate, Telemetry } from "../../src/ports/index.ts";
import { Driver, type DriverOptions, registersOf } from "./control/index.ts";
import { HomeCounters } from "./counters.ts";
import { type LinkOptions, ModbusLink } from "./link.ts";
import type { Quantity } from "./points.ts";
import { type NamedValue, notTheDevice, type Profile, ProfileReader, type RegisterSource } from "./profile/index.ts";
import { telemetryOf } from "./telemetry.ts";

export type ProfileDeviceOptions = LinkOptions & {
  readonly profile: Profile;
  /** Unit ids that differ from the profile's, by role. */
  readonly units: Readonly<Record<string, number>>;
  /** Default 100 kW. */
  readonly maxW?: number;
  readonly clock: Pick<Clock, "after" | "monotonicMs" | "now">;
  /** How its battery is commanded; null: it is only read. */
  readonly control: Pick<DriverOptions, "keeper" | "life" | "isGuarded"> | null;
};

const MAX_W = 100_000;

/** A command is read, written, left for a moment and read back. */
const LEAST_PATIENCE_MS = 2_000;
/** Until a watchdog has undone what has no lease. */
const GUARDED_SECONDS = 60;

/** What a home is told, by the names that profiles have for it. */
const TELEMETRY: Readonly<Partial<Record<Quantity, string>>> = {
  gridW: "grid.power",
  inverterW: "pv.power",
  batteryW: "battery.power",
  socPercent: "battery.soc",
  importWh: "grid.importEnergy",
  exportWh: "grid.exportEnergy",
};

/** What a home's reading rests on. */
const METERED: readonly string[] = ["grid.power", "grid.importEnergy", "grid.exportEnergy"];

/** The registers of whatever a link leads to. */
export const linkSource = (link: ModbusLink): RegisterSource => ({
  read: (table, unit, address, count, signal) =>
    table === "input" ? link.readInput(unit, address, count, signal) : link.read(unit, address, count, signal),
});

/** A home's device that is read and commanded by its profile, once it has shown to be one of its kind. */
export function openProfileDevice(options: ProfileDeviceOptions): Device {
  return new ProfileDevice(options);
}

class ProfileDevice implements Device {
  readonly patienceMs: number;
  private readonly options: ProfileDeviceOptions;
  private readonly link: ModbusLink;
  private readonly reader: ProfileReader;
  private readonly counters: HomeCounters;
  private isKnown = false;
  private serial: string | null = null;
  private readonly driver: Driver | null;
  private said: readonly NamedValue[] = [];
  private commands: Promise<unknown> = Promise.resolve();
  private isClaimed = false;

  constructor(options: ProfileDeviceOptions) {
    this.options = options;
    this.patienceMs = Math.max(LEAST_PATIENCE_MS, 2 * options.timeoutMs);
    this.link = new ModbusLink(options);
    this.reader = new ProfileReader(options.profile, linkSource(this.link), options.units);
    this.counters = new HomeCounters(options.maxW ?? MAX_W);
    this.driver = driverOf(options, this.link);
  }

  async nameplate(signal: AbortSignal): Promise<Result<Nameplate, DeviceCode>> {
    const values = await this.values(signal);
    if (!values.ok) return values;
    return ok({
      ...identityOf(values.value, this.options.profile),
      ratedPvW: positive(values.value, "inverter.ratedPower"),
      battery: batteryOf(values.value, this.driver),
    });
  }

  async read(signal: AbortSignal): Promise<Result<Telemetry, DeviceCode>> {
    const values = await this.values(signal);
    if (!values.ok) return values;
    await this.oneByOne(async () => this.driver?.saw(this.told, signal));
    const named = new Map(values.value.map((each) => [each.name, each]));
    const grid = named.get("grid.power");
    if (grid?.value === null || grid === undefined) {
      return fail(
        "DEVICE_MALFORMED",
        `no power at the grid's meter: ${grid?.silence ?? "the profile has no such point"} (${grid?.source ?? ""})`,
      );
    }
    const quantities = Object.entries(TELEMETRY).map(([quantity, name]) => [quantity as Quantity, named.get(name)?.value ?? null] as const);
    const telemetry = telemetryOf(new Map(quantities), { meterSign: "import", inverterPower: "pv", maxW: this.options.maxW ?? MAX_W });
    if (!telemetry.ok) return telemetry;
    return this.counters.checked({ ...telemetry.value, origin: this.origin(values.value) }, this.options.clock.now());
  }

  /** The meter's own registers, and whose they are. */
  private origin(values: readonly NamedValue[]): MeterOrigin {
    const { manufacturer, model, serial } = identityOf(values, this.options.profile);
    return { source: "modbus", manufacturer, model, serial, raw: this.reader.rawOf(METERED) };
  }

  dispatch(batteryW: number, leaseSeconds: number, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    const { driver } = this;
    if (driver === null) return this.refuse();
    if (!Number.isFinite(batteryW) || !(leaseSeconds >= 1))
      return Promise.resolve(fail("DEVICE_REFUSED", `${batteryW} W for ${leaseSeconds} s is no command`));
    return this.oneByOne(() => driver.command(batteryW, leaseSeconds, this.told, signal));
  }

  /** The first one also undoes what an earlier life left. */
  release(signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    const { driver } = this;
    if (driver === null) return Promise.resolve(ok(undefined));
    return this.oneByOne(async () => {
      const released = await (this.isClaimed ? driver.release(signal) : driver.claim(signal));
      this.isClaimed ||= released.ok;
      return released;
    });
  }

  async close(): Promise<void> {
    this.link.close();
  }

  private async refuse(): Promise<Result<void, DeviceCode>> {
    return fail("DEVICE_REFUSED", `the device is only read: "control" in its configuration lets the home command it`);
  }

  /** What the device said last, numbers alone. */
  private readonly told = (name: string): number | null => {
    const value = valueNamed(this.said, name);
    return typeof value === "number" ? value : null;
  };

  private oneByOne<T>(run: () => Promise<T>): Promise<T> {
    const result = this.commands.then(run);
    this.commands = result.catch(() => undefined);
    return result;
  }

  private async values(signal: AbortSignal): Promise<Result<readonly NamedValue[], DeviceCode>> {
    if (!this.isKnown) {
      const wrong = await this.reader.mismatch(signal);
      if (!wrong.ok) return wrong;
      if (wrong.value !== null) return notTheDevice(this.options.profile, wrong.value);
      this.isKnown = true;
    }
    const values = await this.reader.read(signal);
    // Another device may answer once this one has been away.
    if (!values.ok) this.isKnown = false;
    this.said = values.ok ? values.value : [];
    return values.ok ? this.sameDevice(values.value) : values;
  }

  private sameDevice(values: readonly NamedValue[]): Result<readonly NamedValue[], DeviceCode> {
    const serial = textOf(values, "device.serial");
    if (serial === "") return ok(values);
    this.serial ??= serial;
    return serial === this.serial
      ? ok(values)
      : fail("DEVICE_IMPLAUSIBLE", `its serial number is ${serial}, was ${this.serial}: restart to accept another device`);
  }
}

const valueNamed = (values: readonly NamedValue[], name: string): NamedValue["value"] =>
  values.find((each) => each.name === name)?.value ?? null;

const textOf = (values: readonly NamedValue[], name: string): string => {
  const value = valueNamed(values, name);
  return value === null ? "" : String(value);
};

const identityOf = (values: readonly NamedValue[], profile: Profile) => ({
  manufacturer: textOf(values, "device.manufacturer") || (profile.vendors[0] ?? ""),
  model: textOf(values, "device.model") || profile.name,
  serial: textOf(values, "device.serial"),
});

function positive(values: readonly NamedValue[], name: string): number | null {
  const value = valueNamed(values, name);
  return typeof value === "number" && value > 0 ? value : null;
}

function driverOf({ profile, units, control, clock }: ProfileDeviceOptions, link: ModbusLink): Driver | null {
  if (control === null || Object.keys(profile.commands).length === 0) return null;
  const unit = units.inverter ?? profile.link.units.inverter ?? 1;
  return new Driver({ ...control, profile, unit, registers: registersOf(link), clock });
}

function batteryOf(values: readonly NamedValue[], driver: Driver | null): Nameplate["battery"] {
  const capacityWh = positive(values, "battery.capacity");
  const maxChargeW = positive(values, "battery.maxChargePower");
  const maxDischargeW = positive(values, "battery.maxDischargePower");
  if (capacityWh === null || maxChargeW === null || maxDischargeW === null) return null;
  return { capacityWh, maxChargeW, maxDischargeW, reservePercent: positive(values, "battery.reserve") ?? 0, ...leaseOf(driver) };
}

function leaseOf(driver: Driver | null): { readonly leastLeaseSeconds?: number } {
  if (driver === null) return {};
  const held = Math.max(driver.holds(1, 1), driver.holds(-1, 1));
  return { leastLeaseSeconds: Number.isFinite(held) ? held : GUARDED_SECONDS };
}
