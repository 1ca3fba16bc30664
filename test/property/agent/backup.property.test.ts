import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { setpoint } from "../../../src/agent/index.ts";
import { House } from "../../../src/sim/index.ts";

const START = 1_800_000_000_000;
/** A house that uses and harvests nothing: its battery moves only where it is commanded to. */
const IDLE = { kind: "gross", stepSeconds: 60, energyAt: () => ({ loadWh: 0, pvWh: 0 }) } as const;

const battery = fc.record({
  capacityWh: fc.integer({ min: 1_000, max: 30_000 }),
  maxChargeW: fc.integer({ min: 500, max: 10_000 }),
  maxDischargeW: fc.integer({ min: 500, max: 20_000 }),
  efficiencyPermille: fc.integer({ min: 870, max: 1_000 }),
});

const look = fc.record({
  /** Since the look before: seconds apart, or away for an hour. */
  pauseMs: fc.oneof(fc.integer({ min: 200, max: 3_000 }), fc.integer({ min: 3_000, max: 3_600_000 })),
  contractW: fc.integer({ min: -20_000, max: 20_000 }),
  loadW: fc.integer({ min: 0, max: 15_000 }),
  leaseSeconds: fc.integer({ min: 1, max: 900 }),
  /** How long it takes until the command is written, and what becomes of it. */
  writeMs: fc.integer({ min: 0, max: 1_800 }),
  fate: fc.constantFrom("written", "written", "written", "answer lost", "not written", "home killed"),
});

test("no sequence of trades, faults and restarts takes a battery below the backup by a command of ours", () => {
  const life = fc.record({
    plate: battery,
    backupPercent: fc.integer({ min: 0, max: 90 }),
    abovePercent: fc.integer({ min: 0, max: 5 }),
    wholePercents: fc.boolean(),
    looks: fc.array(look, { maxLength: 60 }),
  });
  let leastAbove = Number.POSITIVE_INFINITY;
  fc.assert(
    fc.property(life, ({ plate, backupPercent, abovePercent, wholePercents, looks }) => {
      const chargePercent = backupPercent + abovePercent;
      const house = new House({
        profile: IDLE,
        plate: { serial: "S", battery: { ...plate, reservePercent: 0 }, ratedPvW: null },
        intervalSeconds: 900,
        from: { at: START, chargePercent },
      });
      let now = START;
      let commandedW: number | null = null;
      const until = (ms: number): void => {
        now += ms;
        house.advance(now);
        const above = (house.reading().charge ?? 0) / 100 - backupPercent;
        leastAbove = Math.min(leastAbove, above);
        expect(above).toBeGreaterThanOrEqual(0);
      };
      for (const { pauseMs, contractW, loadW, leaseSeconds, writeMs, fate } of looks) {
        until(pauseMs);
        const { live, charge } = house.reading();
        const batteryW = live?.batteryW ?? 0;
        const socPercent = wholePercents ? Math.round((charge ?? 0) / 100) : (charge ?? 0) / 100;
        const seen = { gridW: loadW - batteryW, pvW: 0, batteryW, socPercent, importWh: null, exportWh: null, latched: null };
        const hold = { leaseSeconds, writeSeconds: 1.8, commandedW };
        const wanted = setpoint(seen, { ...plate, reservePercent: 0 }, contractW, backupPercent, hold);
        expect(wanted).not.toBeNull();
        until(writeMs);
        if (fate !== "not written") house.setWindow({ minW: wanted ?? 0, maxW: wanted ?? 0, until: now + leaseSeconds * 1000 });
        if (fate === "written") commandedW = wanted;
        if (fate === "home killed") commandedW = null;
      }
      until(3_600_000);
    }),
    { numRuns: 300 },
  );
  // The floor was come close to: a rule that never discharges would not.
  expect(leastAbove).toBeLessThan(1.2);
});
