import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BatteryPlate } from "../../../src/ports/index.ts";
import { type HomeProfile, House, type HouseState } from "../../../src/sim/index.ts";

const T0 = 1_764_000_000_000;
const STEPS = 8;

const energies = fc.array(fc.option(fc.record({ loadWh: fc.nat(3000), pvWh: fc.nat(3000) }), { freq: 8 }), {
  minLength: STEPS,
  maxLength: STEPS,
});
const battery: fc.Arbitrary<BatteryPlate> = fc.record({
  capacityWh: fc.integer({ min: 500, max: 20_000 }),
  maxChargeW: fc.integer({ min: 100, max: 12_000 }),
  maxDischargeW: fc.integer({ min: 100, max: 12_000 }),
  reservePercent: fc.integer({ min: 0, max: 40 }),
  efficiencyPermille: fc.integer({ min: 700, max: 1000 }),
});
const world = fc.record({
  energies,
  kind: fc.constantFrom<HomeProfile["kind"]>("gross", "net"),
  stepSeconds: fc.constantFrom(300, 900, 1800, 3600),
  intervalSeconds: fc.constantFrom(300, 900, 1800),
  battery: fc.option(battery, { freq: 5 }),
  chargePercent: fc.integer({ min: 0, max: 100 }),
  windows: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      low: fc.integer({ min: -15_000, max: 15_000 }),
      width: fc.nat(9000),
      ms: fc.nat(3_000_000),
    }),
    { maxLength: 4 },
  ),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 }),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function build({ energies: steps, kind, stepSeconds, intervalSeconds, battery: plate, chargePercent }: World): House {
  const first = T0 / 1000 / stepSeconds;
  const profile: HomeProfile = { stepSeconds, kind, energyAt: (step) => steps[Math.floor(step - first)] ?? null };
  return new House({ profile, plate: { serial: "S", ratedPvW: 5000, battery: plate }, intervalSeconds, from: { at: T0, chargePercent } });
}

/** Runs through time, stopping at each cut, each command in its place. */
function live(it: World, cuts: readonly number[], look: (house: House) => void = () => undefined): House {
  const house = build(it);
  const span = it.stepSeconds * 1000 * STEPS;
  const commands = it.windows.map(({ at, low, width, ms }) => ({ at: Math.floor(at * span), low, width, ms })).sort((a, b) => a.at - b.at);
  const stops = [
    ...cuts.map((cut) => ({ at: Math.floor(cut * span), command: null })),
    ...commands.map((command) => ({ at: command.at, command })),
  ];
  for (const { at, command } of stops.sort((a, b) => a.at - b.at)) {
    house.advance(T0 + at);
    look(house);
    if (command !== null) house.setWindow({ minW: command.low, maxW: command.low + command.width, until: T0 + at + command.ms });
  }
  house.advance(T0 + span);
  return house;
}

const wattMs = ({ wh, rest }: HouseState["imported"]): number => wh * 3_600_000 + rest;

test("many small looks and one large one end in the same house, to the last microjoule", () => {
  fc.assert(
    fc.property(world, (it) => {
      expect(live(it, it.cuts).state()).toEqual(live(it, []).state());
    }),
    { numRuns: 400 },
  );
});

test("energy is conserved exactly: what came in went out or is stored, and nothing was lost between two Wh", () => {
  fc.assert(
    fc.property(world, (it) => {
      const before = build(it).state();
      const state = live(it, it.cuts).state();
      const known = it.energies.filter((each) => each !== null);
      const load = known.reduce((sum, { loadWh }) => sum + loadWh, 0) * 3_600_000;
      const pv = known.reduce((sum, { pvWh }) => sum + pvWh, 0) * 3_600_000;
      const factory = wattMs(before.imported);
      expect(wattMs(state.harvested)).toBe(pv);
      expect(wattMs(state.imported) - factory + pv + wattMs(state.discharged)).toBe(load + wattMs(state.exported) + wattMs(state.charged));
      if (it.battery !== null) {
        const { efficiencyPermille } = it.battery;
        const change = wattMs(state.charged) * efficiencyPermille - wattMs(state.discharged) * Math.ceil(1_000_000 / efficiencyPermille);
        expect(state.charge - before.charge).toBe(change);
      }
    }),
    { numRuns: 400 },
  );
});

test("the battery keeps its limits, its floor and its roof at every look", () => {
  fc.assert(
    fc.property(world, (it) => {
      const plate = it.battery;
      if (plate === null) return;
      let last = build(it).reading().charge ?? 0;
      live(it, it.cuts, (house) => {
        const { live: now, charge } = house.reading();
        const watts = now?.batteryW ?? 0;
        expect(watts).toBeGreaterThanOrEqual(-plate.maxChargeW);
        expect(watts).toBeLessThanOrEqual(plate.maxDischargeW);
        expect(charge).toBeLessThanOrEqual(10_000);
        // Below the floor only if it began there, and never falling.
        expect(charge ?? 0).toBeGreaterThanOrEqual(Math.min(last, plate.reservePercent * 100));
        last = charge ?? 0;
      });
    }),
    { numRuns: 400 },
  );
});

test("without a battery and gaps, each step's counters are the profile's difference to the Wh", () => {
  fc.assert(
    fc.property(world, (it) => {
      const known = it.energies.map((each) => each ?? { loadWh: 0, pvWh: 0 });
      const house = build({ ...it, battery: null, energies: known });
      let imported = 1000;
      let exported = 0;
      known.forEach(({ loadWh, pvWh }, i) => {
        house.advance(T0 + (i + 1) * it.stepSeconds * 1000);
        imported += it.kind === "net" ? loadWh : Math.max(loadWh - pvWh, 0);
        exported += it.kind === "net" ? pvWh : Math.max(pvWh - loadWh, 0);
        const { imported: ins, exported: outs } = house.state();
        expect([ins, outs]).toEqual([
          { wh: imported, rest: 0 },
          { wh: exported, rest: 0 },
        ]);
      });
    }),
  );
});
