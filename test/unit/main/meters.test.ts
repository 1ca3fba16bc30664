import { createServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/main/config/index.ts";
import { openMeters } from "../../../src/main/meters.ts";
import { SMARTY } from "../../support/p1-telegrams.ts";
import { QUIET } from "../../support/quiet.ts";
import { never, realTime } from "../../support/real-time.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  delete process.env.TEST_P1_KEY;
});

function open(device: string) {
  const config = parseConfig(`name: h\ndata: d\nstreet: card.json\npassword: {file: p}\ndevice: ${device}\n`, "conf/home.yaml", "home");
  if (!config.ok) throw new Error(config.detail);
  return openMeters(config.value, { clock: realTime(), log: QUIET, intervalSeconds: 900 });
}

test("a home with nothing but an encrypted meter reads as its file says", async () => {
  const server = createServer((socket) => socket.write(Buffer.from(SMARTY.frame, "hex")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  process.env.TEST_P1_KEY = ` ${SMARTY.key}\n`;
  const { port } = server.address() as { readonly port: number };
  // Luxembourg's second key needn't be told.
  const { device, source } = await open(`{meter: {p1: {host: 127.0.0.1, port: ${port}, key: {env: TEST_P1_KEY}}}}`);
  ends.push(() => device.close());
  let read = await device.read(never);
  for (let i = 0; i < 200 && !read.ok; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    read = await device.read(never);
  }
  expect(source).toBe("p1");
  expect(read).toMatchObject({ ok: true, value: { gridW: 286, pvW: null, importWh: 6_545_766, exportWh: 58 } });
  expect(await device.nameplate(never)).toMatchObject({ ok: true, value: { manufacturer: "EST", battery: null } });
});

test.each([
  ["that isn't there", undefined, /the meter's key isn't in the variable TEST_P1_KEY/],
  ["that is none", "hunter2", /the meter's key isn't 32 hex digits/],
])("a key %s is told, and never shown", async (_, key, message) => {
  if (key !== undefined) process.env.TEST_P1_KEY = key;
  const opened = open("{meter: {p1: {host: 127.0.0.1, key: {env: TEST_P1_KEY}}}}");
  await expect(opened).rejects.toThrow(message);
  await expect(opened).rejects.not.toThrow(/hunter2/);
});

test("the inverter's meter settles where it is told to, and where there is no other", async () => {
  for (const meter of ["", ", meter: {settles: inverter, p1: {serial: /dev/no-such-port}}"]) {
    const { device, source } = await open(`{host: 127.0.0.1, port: 1${meter}}`);
    await device.close();
    expect(source).toBe("modbus");
  }
});
