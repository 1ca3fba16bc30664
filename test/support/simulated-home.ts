import { type DeviceOptions, type DeviceSimulator, openDevice, startDeviceSimulator } from "../../adapters/modbus/index.ts";
import type { BatteryPlate, Device } from "../../src/ports/index.ts";
import { type HomeProfile, House, type StepEnergy } from "../../src/sim/index.ts";
import { realTime } from "./real-time.ts";

export const INTERVAL = 900;
export const T0 = 1_764_000_000_000;
export const BATTERY: BatteryPlate = {
  capacityWh: 10_000,
  maxChargeW: 5_000,
  maxDischargeW: 4_600,
  reservePercent: 10,
  efficiencyPermille: 950,
};

export interface SimulatedHome {
  readonly device: Device;
  readonly simulator: DeviceSimulator;
  readonly port: number;
  /** Moves the street's time, which otherwise stands still. */
  pass(seconds: number): void;
  open(changes?: Partial<DeviceOptions & { readonly transport?: "tcp" }>): Device;
  close(): Promise<void>;
}

/** One home on real Modbus TCP whose time stands still until a test lets it pass. */
export async function simulatedHome(options: {
  readonly energyAt: (step: number) => StepEnergy | null;
  readonly battery?: BatteryPlate | null;
  readonly ratedPvW?: number | null;
  readonly kind?: HomeProfile["kind"];
}): Promise<SimulatedHome> {
  let time = T0;
  const first = T0 / 1000 / INTERVAL;
  const profile: HomeProfile = { stepSeconds: INTERVAL, kind: options.kind ?? "gross", energyAt: (step) => options.energyAt(step - first) };
  const plate = { serial: "SIM-7", ratedPvW: options.ratedPvW === undefined ? 6_000 : options.ratedPvW, battery: options.battery ?? null };
  const house = new House({ profile, plate, intervalSeconds: INTERVAL, from: { at: T0, chargePercent: 50 } });
  const simulator = await startDeviceSimulator({ homes: [{ name: "home", port: 0, house }], now: () => time, intervalSeconds: INTERVAL });
  const port = simulator.ports.home ?? 0;
  const devices: Device[] = [];
  const open = (changes: Partial<DeviceOptions & { readonly transport?: "tcp" }> = {}) => {
    const device = openDevice({
      host: "127.0.0.1",
      port,
      units: { inverter: 1, meter: 200, battery: 1 },
      timeoutMs: 400,
      maxBackOffMs: 0,
      meterSign: "import",
      clock: realTime(() => time),
      random: () => 0.5,
      ...changes,
    });
    devices.push(device);
    return device;
  };
  return {
    device: open(),
    simulator,
    port,
    open,
    pass: (seconds) => {
      time += seconds * 1000;
    },
    close: async () => {
      await Promise.all(devices.map((device) => device.close()));
      await simulator.close();
    },
  };
}
