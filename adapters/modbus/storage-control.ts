import type { PowerWindow, SimulatedHouse } from "../../src/ports/index.ts";
import type { ExceptionCode } from "./server.ts";

/** Points of model 124 that can be written, raw. Rates are hundredths of a percent of WChaMax, in both directions. */
export interface StorageRegisters {
  StorCtl_Mod: number;
  OutWRte: number;
  InWRte: number;
  InOutWRte_RvrtTms: number;
}

const FULL = 10_000;
const LIMIT_CHARGE = 1;
const LIMIT_DISCHARGE = 2;
const REST: Readonly<StorageRegisters> = { StorCtl_Mod: 0, OutWRte: FULL, InWRte: FULL, InOutWRte_RvrtTms: 0 };
const VALUE_REFUSED: ExceptionCode = { exception: 3 };

/**
 * The inverter's command registers: two limits of the battery's power, of which a negative one forces the other direction,
 * and the seconds after which the inverter drops both. Each write starts those seconds anew.
 */
export class StorageControl {
  readonly referenceW: number;
  private readonly house: SimulatedHouse;
  private registers: StorageRegisters;

  constructor(house: SimulatedHouse, referenceW: number) {
    this.house = house;
    this.referenceW = referenceW;
    this.registers = ofWindow(house.window(), referenceW);
  }

  /** What the registers say now; a command whose time ran out reads as none. */
  current(): Readonly<StorageRegisters> {
    return this.house.window() === null ? { ...this.registers, StorCtl_Mod: 0 } : this.registers;
  }

  /** All of it or none. */
  write(changes: Partial<StorageRegisters>, now: number): ExceptionCode | null {
    const next = { ...this.current(), ...changes };
    if (next.StorCtl_Mod > (LIMIT_CHARGE | LIMIT_DISCHARGE) || Math.abs(next.OutWRte) > FULL || Math.abs(next.InWRte) > FULL)
      return VALUE_REFUSED;
    this.registers = next;
    this.house.setWindow(next.StorCtl_Mod === 0 ? null : this.windowOf(next, now));
    return null;
  }

  private windowOf({ StorCtl_Mod, OutWRte, InWRte, InOutWRte_RvrtTms }: StorageRegisters, now: number): PowerWindow {
    const watts = (rate: number) => Math.round((rate * this.referenceW) / FULL);
    const maxW = (StorCtl_Mod & LIMIT_DISCHARGE) === 0 ? this.referenceW : watts(OutWRte);
    const minW = (StorCtl_Mod & LIMIT_CHARGE) === 0 ? -this.referenceW : -watts(InWRte);
    const until = InOutWRte_RvrtTms === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(now) + InOutWRte_RvrtTms * 1000;
    // Limits that exclude each other: do nothing rather than guess.
    return minW > maxW ? { minW: 0, maxW: 0, until } : { minW, maxW, until };
  }
}

/** After a restart of the simulator the command goes on, so its registers must. */
function ofWindow(window: PowerWindow | null, referenceW: number): StorageRegisters {
  if (window === null) return { ...REST };
  const rate = (watts: number) => Math.round((watts / referenceW) * FULL);
  return { ...REST, StorCtl_Mod: LIMIT_CHARGE | LIMIT_DISCHARGE, OutWRte: rate(window.maxW), InWRte: rate(-window.minW) };
}
