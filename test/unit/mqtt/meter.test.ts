import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Aedes } from "aedes";
import { MqttMeter, type MqttOptions } from "../../../adapters/mqtt/meter.ts";
import { numberIn, type Point } from "../../../adapters/mqtt/point.ts";
import { QUIET } from "../../support/quiet.ts";
import { realTime } from "../../support/real-time.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const point = (topic: string, path: string | null = null, gain = 1): Point => ({ topic, path, gain });
const POINTS = { gridW: point("meter/power"), importWh: point("meter/in", "total", 1_000), exportWh: point("meter/in", "out.0", 1_000) };

/** A broker of aedes, on a port of its own. */
async function broker(secure?: { readonly key: string; readonly cert: string }, port = 0) {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    aedes.handle(socket);
  };
  const server: Server = secure === undefined ? createServer(take) : createTlsServer(secure, take);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const end = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
  };
  ends.push(end);
  const say = (topic: string, payload: string, retain = false): Promise<void> =>
    new Promise((resolve, reject) =>
      aedes.publish({ cmd: "publish", qos: 0, dup: false, topic, payload, retain }, (error) => (error ? reject(error) : resolve())),
    );
  const listened = new Promise<void>((resolve) => void aedes.once("subscribe", () => resolve()));
  return { aedes, port: (server.address() as { readonly port: number }).port, say, listened, end };
}

function meterOf(port: number, changes: Partial<MqttOptions> = {}) {
  let ahead = 0;
  const clock = { ...realTime(), monotonicMs: () => performance.now() + ahead };
  const meter = new MqttMeter({
    broker: `mqtt://127.0.0.1:${port}`,
    user: null,
    password: null,
    ca: null,
    points: POINTS,
    identity: { manufacturer: "Shelly", model: "3EM", serial: "X1" },
    maxAgeMs: 60_000,
    clock,
    random: () => 0,
    log: QUIET,
    ...changes,
  });
  ends.push(() => meter.close());
  const pass = (ms: number): void => {
    ahead += ms;
  };
  return { meter, pass };
}

async function until(meter: MqttMeter, isDone: (read: ReturnType<MqttMeter["read"]>) => boolean) {
  for (let i = 0; i < 300 && !isDone(meter.read()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return meter.read();
}
const isOk = (read: ReturnType<MqttMeter["read"]>): boolean => read.ok;

describe("a meter behind a broker", () => {
  test("is what its topics tell, with the messages", async () => {
    const it = await broker();
    const { meter } = meterOf(it.port);
    await it.listened;
    expect(await until(meter, (read) => !read.ok && read.code === "DEVICE_TIMEOUT")).toMatchObject({ code: "DEVICE_TIMEOUT" });
    await it.say("meter/power", "-1250.5");
    await it.say("meter/in", '{"total":1581.123,"out":[0.5]}');
    await it.say("other", "7");
    expect(await until(meter, (read) => read.ok && read.value.importWh !== null && read.value.gridW !== null)).toMatchObject({
      ok: true,
      value: { gridW: -1_250.5, importWh: 1_581_123, exportWh: 500, latched: null, origin: { source: "mqtt", serial: "X1" } },
    });
    const read = meter.read();
    expect(read.ok && read.value.origin.raw.map(({ place, bytes }) => [place, Buffer.from(bytes).toString()])).toEqual([
      ["topic meter/power", "-1250.5"],
      ["topic meter/in", '{"total":1581.123,"out":[0.5]}'],
    ]);
  });

  test("says nothing by what the broker kept, until it is told again", async () => {
    const it = await broker();
    await it.say("meter/power", "42", true);
    const { meter } = meterOf(it.port);
    await it.listened;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(meter.read()).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
    await it.say("meter/power", "43", true);
    expect(await until(meter, isOk)).toMatchObject({ ok: true, value: { gridW: 43, importWh: null } });
  });

  test("forgets what is too old, each quantity by itself, and what was taken back", async () => {
    const it = await broker();
    const { meter, pass } = meterOf(it.port, { maxAgeMs: 50_000 });
    await it.listened;
    await it.say("meter/in", '{"total":1,"out":[2]}');
    await until(meter, isOk);
    pass(40_000);
    await it.say("meter/power", "7");
    await until(meter, (read) => read.ok && read.value.gridW === 7);
    pass(20_000);
    expect(meter.read()).toMatchObject({ ok: true, value: { gridW: 7, importWh: null, exportWh: null } });
    await it.say("meter/power", "unavailable");
    expect(await until(meter, (read) => !read.ok)).toMatchObject({ code: "DEVICE_TIMEOUT" });
  });

  test("comes back when the broker does", async () => {
    const first = await broker();
    const { meter } = meterOf(first.port);
    await first.listened;
    await first.end();
    expect(await until(meter, (read) => !read.ok && read.code === "DEVICE_OFFLINE")).toMatchObject({ code: "DEVICE_OFFLINE" });
    const second = await broker(undefined, first.port);
    await second.listened;
    await second.say("meter/power", "9");
    expect(await until(meter, isOk)).toMatchObject({ ok: true, value: { gridW: 9 } });
  });

  test("needs the password that the broker wants", async () => {
    const it = await broker();
    it.aedes.authenticate = (_client, user, password, done) => done(null, user === "home" && password?.toString() === "secret");
    const { meter: stranger } = meterOf(it.port, { user: "home", password: "guess" });
    expect(await until(stranger, (read) => !read.ok && /not authori[sz]ed/i.test(read.detail))).toMatchObject({ code: "DEVICE_OFFLINE" });
    const { meter } = meterOf(it.port, { user: "home", password: "secret" });
    await it.listened;
    await it.say("meter/power", "5");
    expect(await until(meter, isOk)).toMatchObject({ ok: true });
  });

  test("over TLS believes only whom it is told to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mqtt-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    const args = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ];
    execFileSync("openssl", args, { stdio: "ignore" });
    const ca = readFileSync(cert, "utf8");
    const it = await broker({ key: readFileSync(key, "utf8"), cert: ca });
    const address = `mqtts://127.0.0.1:${it.port}`;
    const { meter: wary } = meterOf(it.port, { broker: address });
    expect(await until(wary, (read) => !read.ok && /self-signed/.test(read.detail))).toMatchObject({ code: "DEVICE_OFFLINE" });
    const { meter } = meterOf(it.port, { broker: address, ca });
    await it.listened;
    await it.say("meter/power", "6");
    expect(await until(meter, isOk)).toMatchObject({ ok: true, value: { gridW: 6 } });
  });
});

describe("a message", () => {
  test.each<[string, string, string | null, number, number | null]>([
    ["a number", "12.5", null, 1, 12.5],
    ["with spaces around it", " -3 \n", null, 1, -3],
    ["in kWh", "1581.123", null, 1_000, 1_581_123],
    ["of a meter that calls export positive", "250", null, -1, -250],
    ["zero stays zero", "0", null, -1, 0],
    ["in JSON", '{"a":{"b":[1,{"c":7}]}}', "a.b.1.c", 1, 7],
    ["as text in JSON", '{"a":"7.25"}', "a", 1, 7.25],
    ["empty", "", null, 1, null],
    ["empty in JSON", '{"a":""}', "a", 1, null],
    ["null", '{"a":null}', "a", 1, null],
    ["true", '{"a":true}', "a", 1, null],
    ["not there", '{"a":1}', "b", 1, null],
    ["no key of its own", "{}", "constructor.length", 1, null],
    ["no JSON", "{a", "a", 1, null],
    ["hex", "0x10", null, 1, null],
    ["Infinity", "Infinity", null, 1, null],
    ["beyond any home", "1e13", null, 1, null],
    ["with a unit", "12 W", null, 1, null],
  ])("%s", (_, message, path, gain, value) => expect(numberIn(Buffer.from(message), point("t", path, gain))).toBe(value));
  test("that is no UTF-8", () => expect(numberIn(Uint8Array.of(0xff, 0x31), point("t"))).toBeNull());
});
