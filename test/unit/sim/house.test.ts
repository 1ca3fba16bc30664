import { describe, expect, test } from "@jest/globals";
import type { BatteryPlate } from "../../../src/ports/index.ts";
import { type HomeProfile, House, type StepEnergy } from "../../../src/sim/index.ts";

const STEP = 900;
const MS = STEP * 1000;
const T0 = 1_764_000_000_000;
const BATTERY: BatteryPlate = { capacityWh: 10_000, maxChargeW: 5_000, maxDischargeW: 4_000, reservePercent: 10, efficiencyPermille: 950 };

const flat = (energy: StepEnergy | null, kind: HomeProfile["kind"] = "gross"): HomeProfile => ({
  stepSeconds: STEP,
  kind,
  energyAt: () => energy,
});

function house(profile: HomeProfile, battery: BatteryPlate | null = null, chargePercent = 50): House {
  return new House({ profile, plate: { serial: "S", ratedPvW: 5000, battery }, intervalSeconds: STEP, from: { at: T0, chargePercent } });
}

const lived = (it: House, ms: number) => {
  it.advance(T0 + ms);
  return it.reading();
};

describe("without a battery", () => {
  test.each([
    ["load alone", { loadWh: 123, pvWh: 0 }, 123, 0, 492],
    ["panels alone", { loadWh: 0, pvWh: 77 }, 0, 77, -308],
    ["more load than sun", { loadWh: 500, pvWh: 180 }, 320, 0, 1280],
    ["more sun than load", { loadWh: 180, pvWh: 500 }, 0, 320, -1280],
    ["nothing", { loadWh: 0, pvWh: 0 }, 0, 0, 0],
  ])("%s is counted to the Wh at the step's end", (_, energy, importWh, exportWh, gridW) => {
    const it = house(flat(energy));
    expect(it.reading().live?.gridW).toBe(gridW);
    const { live, latched } = lived(it, MS);
    expect(live).toMatchObject({ importWh: 1000 + importWh, exportWh, pvWh: energy.pvWh, batteryW: 0 });
    expect(latched).toEqual({ at: (T0 + MS) / 1000, importWh: 1000 + importWh, exportWh });
  });

  test("a meter's import and export of one step come one after the other, both to the Wh", () => {
    const it = house(flat({ loadWh: 301, pvWh: 97 }, "net"));
    expect(lived(it, 1).live).toMatchObject({ gridW: 2408, pvW: 0 });
    expect(lived(it, MS / 2 - 1).live).toMatchObject({ gridW: 2408, importWh: 1300, exportWh: 0 });
    expect(lived(it, MS / 2).live).toMatchObject({ gridW: -776, pvW: 776, importWh: 1301, exportWh: 0 });
    expect(lived(it, MS).live).toMatchObject({ importWh: 1301, exportWh: 97, pvWh: 97 });
  });

  test("what is less than a Wh waits, and counts later", () => {
    const it = house(flat({ loadWh: 1, pvWh: 0 }));
    expect(lived(it, MS - 1).live?.importWh).toBe(1000);
    expect(lived(it, MS).live?.importWh).toBe(1001);
  });
});

describe("the meter's latch", () => {
  test("holds the counters of the interval's end until the next one", () => {
    const it = house(flat({ loadWh: 100, pvWh: 0 }));
    expect(it.reading().latched).toEqual({ at: T0 / 1000, importWh: 1000, exportWh: 0 });
    expect(lived(it, MS - 1).latched?.importWh).toBe(1000);
    expect(lived(it, MS + MS / 2).latched).toEqual({ at: T0 / 1000 + STEP, importWh: 1100, exportWh: 0 });
    expect(lived(it, 5 * MS).latched).toEqual({ at: T0 / 1000 + 5 * STEP, importWh: 1500, exportWh: 0 });
  });

  test("is taken at an interval's end within a step, also when nobody looked", () => {
    const plate = { serial: "S", ratedPvW: null, battery: null };
    const it = new House({ profile: flat({ loadWh: 90, pvWh: 0 }), plate, intervalSeconds: 300, from: { at: T0, chargePercent: 0 } });
    expect(lived(it, 700_000).latched).toEqual({ at: T0 / 1000 + 600, importWh: 1060, exportWh: 0 });
  });

  test("a life that begins between two ends has latched nothing yet", () => {
    const it = new House({
      profile: flat({ loadWh: 9, pvWh: 0 }),
      plate: { serial: "S", ratedPvW: null, battery: null },
      intervalSeconds: STEP,
      from: { at: T0 + 1, chargePercent: 0 },
    });
    expect(it.reading().latched).toBeNull();
  });
});

describe("where the readings end", () => {
  const first = T0 / MS;
  const gapped: HomeProfile = {
    stepSeconds: STEP,
    kind: "gross",
    energyAt: (step) => (step - first === 1 ? null : { loadWh: 100, pvWh: 0 }),
  };

  test("nothing is known, not even 0 W, but the interval that was whole stays latched", () => {
    const { live, latched } = lived(house(gapped), MS);
    expect(live).toBeNull();
    expect(latched).toEqual({ at: (T0 + MS) / 1000, importWh: 1100, exportWh: 0 });
  });

  test("no latch passes the gap off as energy that wasn't used", () => {
    const it = house(gapped);
    expect(lived(it, 2 * MS).latched).toBeNull();
    expect(lived(it, 2 * MS).live?.importWh).toBe(1100);
    expect(lived(it, 3 * MS).latched).toEqual({ at: (T0 + 3 * MS) / 1000, importWh: 1200, exportWh: 0 });
  });
});

describe("the battery on its own", () => {
  test.each([
    ["soaks up the surplus", { loadWh: 100, pvWh: 600 }, 50, { batteryW: -2000, gridW: 0 }],
    ["covers the load", { loadWh: 600, pvWh: 100 }, 50, { batteryW: 2000, gridW: 0 }],
    ["takes no more than it can", { loadWh: 0, pvWh: 2000 }, 50, { batteryW: -5000, gridW: -3000 }],
    ["gives no more than it can", { loadWh: 2000, pvWh: 0 }, 50, { batteryW: 4000, gridW: 4000 }],
    ["is full", { loadWh: 0, pvWh: 500 }, 100, { batteryW: 0, gridW: -2000 }],
    ["is at its reserve", { loadWh: 500, pvWh: 0 }, 10, { batteryW: 0, gridW: 2000 }],
    ["is below its reserve", { loadWh: 500, pvWh: 0 }, 5, { batteryW: 0, gridW: 2000 }],
  ])("%s", (_, energy, charge, live) => {
    expect(house(flat(energy), BATTERY, charge).reading().live).toMatchObject(live);
  });

  test("loses energy both ways", () => {
    const charging = lived(house(flat({ loadWh: 0, pvWh: 500 }), BATTERY), MS);
    expect(charging.charge).toBe(5475);
    const discharging = lived(house(flat({ loadWh: 500, pvWh: 0 }), BATTERY), MS);
    // 500 Wh given are 526.5 Wh drawn.
    expect(discharging.charge).toBe(4474);
  });

  test("full within a step: the rest goes to the street, to the millisecond", () => {
    // Room of 95 Wh takes 100 Wh at 95 %: 180 s at 2 kW, and 400 Wh are left.
    const it = house(flat({ loadWh: 0, pvWh: 500 }), { ...BATTERY, capacityWh: 9_500, maxChargeW: 5_000 }, 99);
    expect(lived(it, 179_999).live).toMatchObject({ batteryW: -2000 });
    expect(lived(it, 180_000).live).toMatchObject({ batteryW: 0, gridW: -2000, exportWh: 0 });
    expect(lived(it, MS)).toMatchObject({ live: { exportWh: 400 }, charge: 10_000 });
  });
});

describe("the battery under command", () => {
  const it = () => house(flat({ loadWh: 100, pvWh: 0 }), BATTERY);
  const force = (watts: number, ms: number) => ({ minW: watts, maxW: watts, until: T0 + ms });

  test.each([
    ["discharges into the street", 3000, 3000, -2600],
    ["charges from the street", -3000, -3000, 3400],
    ["rests", 0, 0, 400],
    ["keeps its limits", 9000, 4000, -3600],
    ["keeps its limits, charging", -9000, -5000, 5400],
  ])("%s", (_, watts, batteryW, gridW) => {
    const home = it();
    home.setWindow(force(watts, MS));
    expect(home.reading().live).toMatchObject({ batteryW, gridW });
  });

  test("a limit is no command: own rules go on below it", () => {
    const home = it();
    home.setWindow({ minW: -5000, maxW: 150, until: T0 + MS });
    expect(home.reading().live).toMatchObject({ batteryW: 150, gridW: 250 });
    home.setWindow({ minW: -5000, maxW: 3000, until: T0 + MS });
    expect(home.reading().live).toMatchObject({ batteryW: 400, gridW: 0 });
  });

  test("when the lease ends, own rules hold from that millisecond", () => {
    const home = it();
    home.setWindow(force(4000, 90_000));
    expect(lived(home, 89_999).live?.batteryW).toBe(4000);
    expect(home.window()).not.toBeNull();
    // 90 s at 3.6 kW exported are 90 Wh.
    expect(lived(home, 90_000).live).toMatchObject({ batteryW: 400, gridW: 0, exportWh: 90 });
    expect(home.window()).toBeNull();
    expect(lived(home, MS).live).toMatchObject({ importWh: 1000, exportWh: 90 });
  });

  test("never goes below the reserve, whoever asks", () => {
    const home = house(flat({ loadWh: 0, pvWh: 0 }), BATTERY, 12);
    home.setWindow(force(4000, 10 * MS));
    expect(lived(home, MS)).toMatchObject({ charge: 1000, live: { batteryW: 0 } });
  });
});

test("a house goes on from its state as if nothing had been", () => {
  const profile: HomeProfile = { stepSeconds: STEP, kind: "gross", energyAt: (step) => ({ loadWh: step % 400, pvWh: (step * 7) % 500 }) };
  const one = house(profile, BATTERY);
  one.setWindow({ minW: 700, maxW: 700, until: T0 + 5_000_000 });
  one.advance(T0 + 1_234_567);
  const other = new House({ profile, plate: one.plate, intervalSeconds: STEP, from: JSON.parse(JSON.stringify(one.state())) });
  one.advance(T0 + 9_999_999);
  other.advance(T0 + 9_999_999);
  expect(other.state()).toEqual(one.state());
});

test("time does not run backwards", () => {
  const it = house(flat({ loadWh: 100, pvWh: 0 }));
  it.advance(T0 + MS);
  it.advance(T0);
  expect(it.reading().live?.importWh).toBe(1100);
});

test.each([7200, 700, 0])("a step of %i s would break watts", (stepSeconds) => {
  expect(() => house({ ...flat(null), stepSeconds })).toThrow("divides the hour");
});

test("energy in parts of a Wh is our own mistake", () => {
  expect(() => house(flat({ loadWh: 0.5, pvWh: 0 })).reading()).toThrow("whole watt-hours");
});
