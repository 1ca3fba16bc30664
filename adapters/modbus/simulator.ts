import type { SimulatedHouse } from "../../src/ports/index.ts";
import type { Fault } from "./fault.ts";
import { type ModbusServer, startModbusServer } from "./server.ts";
import { INVERTER_UNIT, inverterUnit, METER_UNIT, meterUnit } from "./units.ts";

export interface SimulatorOptions {
  /** `port` 0: any free one. */
  readonly homes: readonly { readonly name: string; readonly port: number; readonly house: SimulatedHouse }[];
  /** The street's time in unix milliseconds. */
  readonly now: () => number;
  readonly intervalSeconds: number;
  readonly host?: string;
}

export interface DeviceSimulator {
  readonly ports: Readonly<Record<string, number>>;
  setFault(name: string, fault: Fault | null): void;
  /** Plain JSON of each house as of now, from which it can go on. */
  snapshot(): Record<string, object>;
  close(): Promise<void>;
}

/** Inverters, batteries and meters of a whole street on real Modbus TCP, one listener per home. Rejects when a port is taken. */
export async function startDeviceSimulator({
  homes,
  now,
  intervalSeconds,
  host = "127.0.0.1",
}: SimulatorOptions): Promise<DeviceSimulator> {
  const faults = new Map<string, Fault | null>();
  const servers = new Map<string, ModbusServer>();
  const close = async () => {
    await Promise.all([...servers.values()].map((server) => server.close()));
  };
  try {
    for (const { name, port, house } of homes) {
      const units = new Map([
        [INVERTER_UNIT, inverterUnit(house, now)],
        [METER_UNIT, meterUnit(house, intervalSeconds, now)],
      ]);
      servers.set(name, await startModbusServer({ host, port, unit: (id) => units.get(id), fault: () => faults.get(name) ?? null }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports: Object.fromEntries([...servers].map(([name, server]) => [name, server.port])),
    setFault: (name, fault) => void faults.set(name, fault),
    snapshot: () => Object.fromEntries(homes.map(({ name, house }) => [name, snapshotOf(house, now())])),
    close,
  };
}

function snapshotOf(house: SimulatedHouse, now: number): object {
  house.advance(now);
  return house.state();
}
