import type { BatteryPlate, HouseReading, SimulatedHouse } from "../../src/ports/index.ts";
import { RegisterImage } from "./image.ts";
import type { Registers } from "./server.ts";
import { StorageControl, type StorageRegisters } from "./storage-control.ts";
import { INTERVAL_REGISTER } from "./sunspec/index.ts";

/** Unit ids as Fronius has them: the inverter with its battery, and the meter. */
export const INVERTER_UNIT = 1;
export const METER_UNIT = 200;

type Live = HouseReading["live"];
type Now = () => number;

const OUTSIDE: { readonly exception: 2 } = { exception: 2 };
const ACC32 = 2 ** 32;
const MPPT = 4;
const SLEEPING = 2;
const DER_PV = 4;
const DER_PV_STORAGE = 82;
const HUNDREDTHS = -2;
const VOLTS = { PhVphA: 2300, PhVphB: 2300, PhVphC: 2300, V_SF: -1, Hz: 5000, Hz_SF: HUNDREDTHS };

/** Like real inverters, the finest scale factor that the value fits: it changes while the sun rises. */
function scaledW(watts: number): { readonly W: number; readonly W_SF: number } {
  const scale = [-1, 0, 1, 2].find((sf) => Math.abs(watts) / 10 ** sf <= 32_767) ?? 3;
  return { W: Math.round(watts / 10 ** scale), W_SF: scale };
}

/** For points of a nameplate, unsigned. */
function scaledRating(watts: number): readonly [number, number] {
  const scale = watts <= 65_534 ? 0 : watts <= 655_340 ? 1 : 2;
  return [Math.round(watts / 10 ** scale), scale];
}

function amps(watts: number): {
  readonly A: number;
  readonly AphA: number;
  readonly AphB: number;
  readonly AphC: number;
  readonly A_SF: number;
} {
  const phase = Math.round((Math.abs(watts) / 690) * 10);
  return { A: 3 * phase, AphA: phase, AphB: phase, AphC: phase, A_SF: -1 };
}

function common(image: RegisterImage, model: string, serial: string, unit: number): void {
  image.setAll(1, { Mn: "Commonwatt", Md: model, Vr: "1.0", SN: serial, DA: unit });
}

/**
 * The inverter with what hangs on it. Model 103 is the panels alone, 802 and 124 are the battery; what the house lacks is
 * not in the chain. 802 follows 103 directly so that one request reads both.
 */
export function inverterUnit(house: SimulatedHouse, now: Now): Registers {
  const { serial, ratedPvW, battery } = house.plate;
  const image = new RegisterImage([1, ...(ratedPvW === null ? [] : [103]), ...(battery === null ? [] : [802, 124]), 120]);
  common(image, battery === null ? "Simulated inverter" : "Simulated hybrid", serial, INVERTER_UNIT);
  ratings(image, ratedPvW, battery);
  const control = battery && new StorageControl(house, Math.max(battery.maxChargeW, battery.maxDischargeW));
  if (battery !== null) batteryPlate(image, battery);
  const refresh = () => {
    house.advance(now());
    const { live, charge } = house.reading();
    if (ratedPvW !== null) inverterNow(image, live);
    if (control !== null) batteryNow(image, live, charge, control);
  };
  const writable = control === null ? new Map<number, keyof StorageRegisters>() : writableOf(image, control);
  return {
    read(address, count) {
      refresh();
      return image.read(address, count) ?? OUTSIDE;
    },
    write(address, values) {
      const changes: Partial<StorageRegisters> = {};
      for (const [i, value] of values.entries()) {
        const name = writable.get(address + i);
        if (name === undefined) return OUTSIDE;
        changes[name] = name.endsWith("WRte") && value > 0x7fff ? value - 0x1_0000 : value;
      }
      const at = now();
      house.advance(at);
      return control === null ? OUTSIDE : control.write(changes, at);
    },
  };
}

const writableOf = (image: RegisterImage, control: StorageControl): ReadonlyMap<number, keyof StorageRegisters> =>
  new Map((Object.keys(control.current()) as (keyof StorageRegisters)[]).map((name) => [image.address(124, name), name]));

function ratings(image: RegisterImage, ratedPvW: number | null, battery: BatteryPlate | null): void {
  const [WRtg, WRtg_SF] = scaledRating(ratedPvW ?? battery?.maxDischargeW ?? 0);
  image.setAll(120, { DERTyp: battery === null ? DER_PV : DER_PV_STORAGE, WRtg, WRtg_SF });
  if (battery === null) return;
  const [WHRtg, WHRtg_SF] = scaledRating(battery.capacityWh);
  const [MaxChaRte, MaxChaRte_SF] = scaledRating(battery.maxChargeW);
  const [MaxDisChaRte, MaxDisChaRte_SF] = scaledRating(battery.maxDischargeW);
  image.setAll(120, { WHRtg, WHRtg_SF, MaxChaRte, MaxChaRte_SF, MaxDisChaRte, MaxDisChaRte_SF });
}

function batteryPlate(image: RegisterImage, battery: BatteryPlate): void {
  const [WHRtg, WHRtg_SF] = scaledRating(battery.capacityWh);
  const WChaDisChaMax_SF = scaledRating(Math.max(battery.maxChargeW, battery.maxDischargeW))[1];
  const rate = (watts: number) => Math.round(watts / 10 ** WChaDisChaMax_SF);
  const reserve = Math.round(battery.reservePercent * 100);
  image.setAll(802, {
    WHRtg,
    WHRtg_SF,
    WChaRteMax: rate(battery.maxChargeW),
    WDisChaRteMax: rate(battery.maxDischargeW),
    WChaDisChaMax_SF,
    SoCMax: 10_000,
    SoCMin: reserve,
    SoCRsvMin: reserve,
    SoC_SF: HUNDREDTHS,
    LocRemCtl: 0,
    Typ: 4,
    State: 3,
  });
  const [WChaMax, WChaMax_SF] = scaledRating(Math.max(battery.maxChargeW, battery.maxDischargeW));
  image.setAll(124, { WChaMax, WChaMax_SF, MinRsvPct: reserve, MinRsvPct_SF: HUNDREDTHS, ChaState_SF: HUNDREDTHS });
  image.setAll(124, { InOutWRte_WinTms: 0, InOutWRte_RmpTms: 0, InOutWRte_SF: HUNDREDTHS, ChaGriSet: 1 });
}

function inverterNow(image: RegisterImage, live: Live): void {
  image.setAll(103, { W: null, W_SF: null, A: null, St: null, WH: null, ...VOLTS });
  if (live === null) return;
  image.setAll(103, { ...amps(live.pvW), ...scaledW(live.pvW), WH: live.pvWh % ACC32, WH_SF: 0, St: live.pvW > 0 ? MPPT : SLEEPING });
}

function batteryNow(image: RegisterImage, live: Live, charge: number | null, control: StorageControl): void {
  const known = live === null ? null : charge;
  const state = live === null ? null : live.batteryW > 0 ? 3 : live.batteryW < 0 ? 4 : 6;
  image.setAll(802, { W: null, W_SF: null, SoC: known, ChaSt: state, ...(live && scaledW(live.batteryW)) });
  image.setAll(124, { ChaState: known, ChaSt: state, ...control.current() });
}

/** The meter at the street's side of the house; its W is positive while it imports. */
export function meterUnit(house: SimulatedHouse, intervalSeconds: number, now: Now): Registers {
  const image = new RegisterImage([1, 203, INTERVAL_REGISTER]);
  common(image, "Simulated meter", `${house.plate.serial}-M`, METER_UNIT);
  image.set(INTERVAL_REGISTER, "Sec", intervalSeconds);
  return {
    read(address, count) {
      house.advance(now());
      const { live, latched } = house.reading();
      meterNow(image, live);
      const { at: End, importWh: TotWhImp, exportWh: TotWhExp } = latched ?? { at: null, importWh: null, exportWh: null };
      image.setAll(INTERVAL_REGISTER, { End, TotWhImp, TotWhExp });
      return image.read(address, count) ?? OUTSIDE;
    },
    write: () => OUTSIDE,
  };
}

function meterNow(image: RegisterImage, live: Live): void {
  const volts = { PhV: 2300, PPV: 3984, PhVphAB: 3984, PhVphBC: 3984, PhVphCA: 3984 };
  image.setAll(203, { W: null, W_SF: null, A: null, TotWhImp: null, TotWhExp: null, ...VOLTS, ...volts });
  if (live === null) return;
  image.setAll(203, {
    ...amps(live.gridW),
    ...scaledW(live.gridW),
    TotWhImp: live.importWh % ACC32,
    TotWhExp: live.exportWh % ACC32,
    TotWh_SF: 0,
  });
}
