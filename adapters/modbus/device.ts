import { assert, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Clock, Device, DeviceCode, Nameplate, Telemetry } from "../../src/ports/index.ts";
import { HomeCounters } from "./counters.ts";
import { type LinkOptions, ModbusLink } from "./link.ts";
import { INVERTER_MODELS, METER_MODELS, type Quantity, type Role, STORAGE_MODEL } from "./points.ts";
import { commandStorage, releaseStorage, type Storage } from "./storage.ts";
import type { Value } from "./sunspec/index.ts";
import { type Reading, telemetryOf } from "./telemetry.ts";
import { Unit, type UnitReading } from "./unit.ts";

export type DeviceOptions = LinkOptions & {
  /** Unit ids on that host; null: there is none. The battery's is usually the inverter's. */
  readonly units: { readonly inverter: number | null; readonly meter: number; readonly battery: number | null };
  readonly meterSign: Reading["meterSign"];
  /** Default "pv". */
  readonly inverterPower?: Reading["inverterPower"];
  /** Default 100 kW. */
  readonly maxW?: number;
  readonly clock: Pick<Clock, "now">;
};

const MAX_W = 100_000;
const MAX_LEASE_SECONDS = 65_534;

/** Inverter, battery and meter of one home, which speak SunSpec over one connection. Connects when first asked. */
export function openDevice(options: DeviceOptions): Device {
  return new ModbusDevice(options);
}

class ModbusDevice implements Device {
  private readonly options: DeviceOptions;
  private readonly link: ModbusLink;
  private readonly units: ReadonlyMap<Role, Unit>;
  private commands: Promise<unknown> = Promise.resolve();
  private readonly counters: HomeCounters;

  constructor(options: DeviceOptions) {
    this.options = options;
    this.link = new ModbusLink(options);
    this.units = unitsOf(this.link, options.units);
    this.counters = new HomeCounters(options.maxW ?? MAX_W);
  }

  async nameplate(signal: AbortSignal): Promise<Result<Nameplate, DeviceCode>> {
    const inverter = this.units.get("inverter") ?? this.meter();
    const plate = await inverter.nameplate(signal);
    if (!plate.ok) return plate;
    const panels = await inverter.block(INVERTER_MODELS, signal);
    if (!panels.ok) return panels;
    const battery = await this.units.get("battery")?.nameplate(signal);
    if (battery?.ok === false) return battery;
    return ok({
      manufacturer: String(plate.value.manufacturer ?? ""),
      model: String(plate.value.model ?? ""),
      serial: String(plate.value.serial ?? ""),
      ratedPvW: panels.value === null ? null : positive(plate.value.ratedPvW),
      battery: battery === undefined ? null : batteryOf(battery.value),
    });
  }

  /** The meter must answer, since it is what settles; an inverter that sleeps or is away leaves its part unknown. */
  async read(signal: AbortSignal): Promise<Result<Telemetry, DeviceCode>> {
    const values = new Map<Quantity, Value>();
    const wraps = new Map<Quantity, number>();
    const meter = this.meter();
    let origin: UnitReading["origin"] | null = null;
    for (const unit of new Set([meter, ...this.units.values()])) {
      const read = await unit.read(signal);
      if (!read.ok && (unit === meter || isNonsense(read.code))) return read;
      if (!read.ok) continue;
      if (unit === meter) origin = read.value.origin;
      for (const [quantity, value] of read.value.values) values.set(quantity, value);
      for (const [quantity, at] of read.value.wraps) wraps.set(quantity, at);
    }
    if (!values.has("gridW")) return fail("DEVICE_MALFORMED", `unit ${meter.id} has no meter model (${METER_MODELS.join(", ")})`);
    const telemetry = telemetryOf(values, { inverterPower: "pv", maxW: MAX_W, ...this.options });
    if (!telemetry.ok || origin === null) return telemetry;
    const ends = Object.fromEntries(wraps) as { readonly importWh?: number; readonly exportWh?: number };
    const told = { ...telemetry.value, origin: { source: "modbus", ...origin } } as const;
    return this.counters.checked(told, this.options.clock.now(), ends);
  }

  dispatch(batteryW: number, leaseSeconds: number, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    if (!Number.isFinite(batteryW) || !(leaseSeconds >= 1)) {
      return Promise.resolve(fail("DEVICE_REFUSED", `${batteryW} W for ${leaseSeconds} s is no command`));
    }
    const lease = Math.min(Math.floor(leaseSeconds), MAX_LEASE_SECONDS);
    return this.command((storage) => commandStorage(storage, batteryW, lease, signal), signal);
  }

  release(signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    return this.command((storage) => releaseStorage(storage, signal), signal);
  }

  async close(): Promise<void> {
    this.link.close();
  }

  private meter(): Unit {
    const meter = this.units.get("meter");
    assert(meter !== undefined, "a device has a meter");
    return meter;
  }

  /** One after the other: two commands at once could mix their registers. */
  private command(run: (storage: Storage) => Promise<Result<void, DeviceCode>>, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    const result = this.commands.then(async () => {
      const storage = await this.storage(signal);
      return storage.ok ? run(storage.value) : storage;
    });
    this.commands = result.catch(() => undefined);
    return result;
  }

  private async storage(signal: AbortSignal): Promise<Result<Storage, DeviceCode>> {
    const unit = this.units.get("battery");
    if (unit === undefined) return fail("DEVICE_REFUSED", "the home has no battery");
    const block = await unit.block([STORAGE_MODEL], signal);
    if (!block.ok) return block;
    return block.value === null
      ? fail("DEVICE_REFUSED", `unit ${unit.id} has no storage control (model ${STORAGE_MODEL})`)
      : ok({ link: this.link, unit: unit.id, block: block.value });
  }
}

/** One unit may play several roles: then it is read once. */
function unitsOf(link: ModbusLink, ids: DeviceOptions["units"]): ReadonlyMap<Role, Unit> {
  const roles: readonly Role[] = ["meter", "inverter", "battery"];
  const units = new Map<number, Unit>();
  const byRole = new Map<Role, Unit>();
  for (const role of roles) {
    const id = ids[role];
    if (id === null) continue;
    const unit =
      units.get(id) ??
      new Unit(
        link,
        id,
        roles.filter((each) => ids[each] === id),
      );
    units.set(id, unit);
    byRole.set(role, unit);
  }
  return byRole;
}

const isNonsense = (code: DeviceCode): boolean => code === "DEVICE_MALFORMED" || code === "DEVICE_IMPLAUSIBLE";

const positive = (value: Value): number | null => (typeof value === "number" && value > 0 ? value : null);

function batteryOf(plate: Readonly<Record<"capacityWh" | "maxChargeW" | "maxDischargeW" | "reservePercent", Value>>): Nameplate["battery"] {
  const capacityWh = positive(plate.capacityWh);
  const maxChargeW = positive(plate.maxChargeW);
  const maxDischargeW = positive(plate.maxDischargeW);
  if (capacityWh === null || maxChargeW === null || maxDischargeW === null) return null;
  return { capacityWh, maxChargeW, maxDischargeW, reservePercent: positive(plate.reservePercent) ?? 0 };
}
