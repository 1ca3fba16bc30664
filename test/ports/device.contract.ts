import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Device } from "../../src/ports/index.ts";

/** What stands behind a device under this contract: a home that uses 400 W, harvests 2 kW and has a 10 kWh battery, half full. */
export interface DeviceUnderTest {
  readonly device: Device;
  /** Lets the device's own time pass. */
  pass(seconds: number): void;
  setTrouble(trouble: "silent" | "nonsense" | null): void;
  close(): Promise<void>;
}

const signal = () => AbortSignal.timeout(5_000);

/** What every implementation of the `Device` port owes. */
export function deviceContract(name: string, open: () => Promise<DeviceUnderTest>): void {
  describe(`device contract: ${name}`, () => {
    let it: DeviceUnderTest;
    beforeEach(async () => {
      it = await open();
    });
    afterEach(() => it.close());

    const telemetry = async () => {
      const read = await it.device.read(signal());
      if (!read.ok) throw new Error(`${read.code} ${read.detail}`);
      return read.value;
    };

    test("tells what is screwed to the wall", async () => {
      const plate = await it.device.nameplate(signal());
      expect(plate).toMatchObject({ ok: true, value: { battery: { capacityWh: 10_000, reservePercent: 10 } } });
      if (plate.ok) expect([plate.value.manufacturer, plate.value.model, plate.value.serial].every((text) => text !== "")).toBe(true);
    });

    test("signs: grid + import, battery + discharge, pv >= 0; together they are the load", async () => {
      const { gridW, pvW, batteryW, socPercent } = await telemetry();
      expect(pvW).toBe(2000);
      expect((gridW ?? Number.NaN) + (pvW ?? Number.NaN) + (batteryW ?? Number.NaN)).toBe(400);
      expect(socPercent).toBe(50);
    });

    test("a dispatch is obeyed, both ways and standing still, and counters follow", async () => {
      const before = await telemetry();
      for (const watts of [3000, -3000, 0, 1]) {
        expect(await it.device.dispatch(watts, 3600, signal())).toEqual({ ok: true, value: undefined });
        expect(await telemetry()).toMatchObject({ batteryW: watts, gridW: 400 - 2000 - watts });
      }
      await it.device.dispatch(3000, 3600, signal());
      it.pass(360);
      const after = await telemetry();
      expect((after.exportWh ?? 0) - (before.exportWh ?? 0)).toBe(460);
      expect(after.importWh).toBe(before.importWh);
      expect(after.socPercent ?? 100).toBeLessThan(50);
    });

    test("a lease that runs out hands the battery back; a renewed one doesn't", async () => {
      const own = (await telemetry()).batteryW;
      await it.device.dispatch(2000, 60, signal());
      it.pass(50);
      await it.device.dispatch(2000, 60, signal());
      it.pass(50);
      expect((await telemetry()).batteryW).toBe(2000);
      it.pass(11);
      expect((await telemetry()).batteryW).toBe(own);
    });

    test("release hands it back at once, also twice", async () => {
      const own = (await telemetry()).batteryW;
      await it.device.dispatch(2000, 3600, signal());
      expect(await it.device.release(signal())).toEqual({ ok: true, value: undefined });
      expect((await telemetry()).batteryW).toBe(own);
      expect(await it.device.release(signal())).toEqual({ ok: true, value: undefined });
    });

    test.each([
      [Number.NaN, 60],
      [Number.POSITIVE_INFINITY, 60],
      [100, 0],
      [100, -5],
      [100, Number.NaN],
    ])("no command: %p W for %p s", async (watts, lease) => {
      expect(await it.device.dispatch(watts, lease, signal())).toMatchObject({ ok: false, code: "DEVICE_REFUSED" });
    });

    test.each(["silent", "nonsense"] as const)(
      "a device that is %s gives a code, never 0 W, and is back when it is well",
      async (trouble) => {
        await telemetry();
        it.setTrouble(trouble);
        for (const ask of [
          () => it.device.read(signal()),
          () => it.device.dispatch(100, 60, signal()),
          () => it.device.release(signal()),
          () => it.device.nameplate(signal()),
        ]) {
          expect(await ask()).toMatchObject({ ok: false, code: trouble === "silent" ? "DEVICE_TIMEOUT" : "DEVICE_MALFORMED" });
        }
        it.setTrouble(null);
        expect((await telemetry()).pvW).toBe(2000);
      },
    );

    test("a caller that waits no longer gets a code", async () => {
      it.setTrouble("silent");
      expect(await it.device.read(AbortSignal.timeout(20))).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
      expect(await it.device.read(AbortSignal.abort())).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
    });

    test("closed is offline", async () => {
      await it.device.close();
      expect(await it.device.read(signal())).toMatchObject({ ok: false, code: "DEVICE_OFFLINE" });
    });
  });
}
