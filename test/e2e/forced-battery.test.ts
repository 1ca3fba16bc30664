import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ForcedBattery, RELEASED } from "../support/forced-battery.ts";
import { pymodbusMissing } from "../support/pymodbus.ts";

const suite = pymodbusMissing === null ? describe : describe.skip;
if (pymodbusMissing !== null) test.skip(pymodbusMissing, () => undefined);

suite("a battery that is forced", () => {
  let battery: ForcedBattery;

  beforeEach(async () => {
    battery = await ForcedBattery.open();
  });

  afterEach(() => battery.close());

  test("is released when its home is killed, and again when the next life is", async () => {
    for (let life = 0; life < 2; life += 1) {
      const { process: home } = await battery.force();
      expect(await battery.registers()).toEqual([1_000, 2]);
      const ended = new Promise((resolve) => home.once("close", resolve));
      home.kill("SIGKILL");
      await ended;
      await battery.isReleased(15_000);
    }
    expect(readFileSync(join(battery.folder.path, "watchdog.log"), "utf8")).toMatch(/battery.released/);
  });

  test("is released when its home hangs", async () => {
    const { process: home } = await battery.force();
    home.kill("SIGSTOP");
    await battery.isReleased(30_000);
    home.kill("SIGCONT");
  });

  test("is released by a home that stops, and its watchdog ends with it", async () => {
    const { process: home, out } = await battery.force();
    const ended = new Promise((resolve) => home.once("close", resolve));
    home.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(out()).toMatch(/^released at the end {"ok":true}/m);
    expect(await battery.registers()).toEqual(RELEASED);
  });

  test("that is away keeps no home from stopping; its watchdog goes on", async () => {
    const { process: home } = await battery.force();
    await battery.goAway();
    const ended = new Promise((resolve) => home.once("close", resolve));
    home.kill("SIGTERM");
    expect(await ended).toBe(0);
    const log = join(battery.folder.path, "watchdog.log");
    while (!(existsSync(log) && /battery.unreleased/.test(readFileSync(log, "utf8"))))
      await new Promise((resolve) => setTimeout(resolve, 100));
  });
});
