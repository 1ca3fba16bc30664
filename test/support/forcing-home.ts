import { systemClock } from "../../adapters/system/index.ts";
import { openHomeDevice } from "../../src/main/home-device.ts";

/** A home's device, opened as the home opens it, that discharges 1 kW until it is told to stop or is killed. */
const [data = "", port = "", profile = ""] = process.argv.slice(2);
const { device } = await openHomeDevice(
  {
    name: "home-1",
    data,
    device: {
      place: { transport: "tcp", host: "127.0.0.1", port: Number(port) },
      units: { inverter: 1, meter: 1, storage: 1 },
      profile: { written: profile, units: {} },
      control: true,
      timeoutMs: 1_000,
      gapMs: 0,
      proxy: null,
      meterSign: "import",
    },
  },
  systemClock(),
);
const patience = () => AbortSignal.timeout(5_000);
const say = (what: string, done: object): void => void process.stdout.write(`${what} ${JSON.stringify(done)}\n`);
let isOver = false;
process.once("SIGTERM", () => {
  isOver = true;
});
say("nameplate", await device.nameplate(patience()));
say("released", await device.release(patience()));
while (!isOver) {
  const seen = await device.read(patience());
  const done = seen.ok ? await device.dispatch(1_000, 60, patience()) : seen;
  say(done.ok ? "forcing" : "not forcing", done);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
say("released at the end", await device.release(patience()));
await device.close();
process.exit(0);
