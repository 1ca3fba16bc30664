import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/main/config/index.ts";

const load = (device: string) =>
  parseConfig(`name: h\ndata: d\nstreet: card.json\npassword: {file: p}\ndevice: ${device}\n`, "conf/home.yaml", "home");

const FILES = "{key: k.pem, cert: c.pem, ca: a.pem}";
const PATHS = { key: resolve("conf/k.pem"), cert: resolve("conf/c.pem"), ca: resolve("conf/a.pem") };

describe("where a home's device is", () => {
  test.each<[string, string, object]>([
    ["on TCP", "{host: h}", { transport: "tcp", host: "h", port: 502 }],
    ["on TLS", `{transport: tls, host: h, tls: ${FILES}}`, { transport: "tls", host: "h", port: 802, tls: PATHS }],
    [
      "on TLS, under another name",
      `{transport: tls, host: 10.0.0.2, port: 8802, tls: {key: k.pem, cert: c.pem, ca: a.pem, name: inverter.lan}}`,
      { transport: "tls", host: "10.0.0.2", port: 8802, tls: { ...PATHS, name: "inverter.lan" } },
    ],
    [
      "on a serial line",
      "{transport: rtu, serial: {path: /dev/ttyUSB0}}",
      { transport: "rtu", serial: { path: "/dev/ttyUSB0", baudRate: 9600, parity: "none", stopBits: 1 }, echo: false },
    ],
    [
      "on a serial line of its own manner",
      "{transport: rtu, echo: true, serial: {path: /dev/ttyUSB0, baudRate: 19200, parity: even, stopBits: 2}}",
      { transport: "rtu", serial: { path: "/dev/ttyUSB0", baudRate: 19_200, parity: "even", stopBits: 2 }, echo: true },
    ],
    [
      "behind a gateway",
      "{transport: rtu-over-tcp, host: h, port: 4196}",
      { transport: "rtu-over-tcp", host: "h", port: 4196, echo: false },
    ],
  ])("%s", (_, device, place) => {
    const loaded = load(device);
    expect(loaded.ok ? loaded.value.device.modbus?.place : loaded).toEqual(place);
  });

  test.each<[string, string, string, string]>([
    ["no host", "{port: 502}", "CONFIG_KEY_MISSING device.host", "with transport tcp"],
    ["no certificates", "{transport: tls, host: h}", "CONFIG_KEY_MISSING device.tls", "key, cert and ca"],
    ["half of the certificates", "{transport: tls, host: h, tls: {key: k}}", "CONFIG_KEY_MISSING device.tls.cert", "is missing"],
    ["no line", "{transport: rtu}", "CONFIG_KEY_MISSING device.serial", "/dev/ttyUSB0"],
    ["no port of a gateway", "{transport: rtu-over-tcp, host: h}", "CONFIG_KEY_MISSING device.port", "4196"],
    ["a host beside a line", "{transport: rtu, host: h, serial: {path: x}}", "CONFIG_CONFLICT device.host", "another transport"],
    ["certificates without TLS", `{host: h, tls: ${FILES}}`, "CONFIG_CONFLICT device.tls", "says nothing with transport tcp"],
    ["an echo on TCP", "{host: h, echo: true}", "CONFIG_CONFLICT device.echo", "says nothing"],
    ["another transport", "{transport: udp, host: h}", "CONFIG_VALUE device.transport", "rtu-over-tcp"],
    ["a speed of none", "{transport: rtu, serial: {path: x, baudRate: 300}}", "CONFIG_VALUE device.serial.baudRate", "less than 1200"],
  ])("%s is refused", (_, device, problem, words) => {
    const loaded = load(device);
    const [first] = loaded.ok ? [] : (loaded.problems ?? []);
    expect(`${first?.code} ${first?.key}`).toBe(problem);
    expect(`${first?.what}; ${first?.wayOut}`).toContain(words);
  });
});

describe("where it is served to others", () => {
  const proxy = (text: string) => load(`{host: h, proxy: ${text}}`);

  test("nowhere, then to programs of this machine that only read, then as it is told", () => {
    const [none, least, most] = [
      load("{host: h}"),
      proxy("{port: 1502}"),
      proxy(
        `{port: 1802, listen: 0.0.0.0, clients: 2, units: [7], writable: [{unit: 1, from: 9, to: 9}], tls: {key: k.pem, cert: c.pem, ca: a.pem, writers: [Gardener]}}`,
      ),
    ].map((loaded) => (loaded.ok ? loaded.value.device.modbus?.proxy : loaded));
    expect(none).toBeNull();
    expect(least).toEqual({ listen: "127.0.0.1", port: 1502, clients: 4, units: [], writable: [], tls: null });
    expect(most).toEqual({
      listen: "0.0.0.0",
      port: 1802,
      clients: 2,
      units: [7],
      writable: [{ unit: 1, from: 9, to: 9 }],
      tls: { ...PATHS, readers: ["ReadOnlySunSpec"], writers: ["Gardener"] },
    });
  });

  test.each<[string, string, string, string]>([
    ["no port", "{listen: 127.0.0.1}", "CONFIG_KEY_MISSING device.proxy.port", "1502"],
    [
      "a range backwards",
      "{port: 1502, writable: [{unit: 1, from: 9, to: 8}]}",
      "CONFIG_CONFLICT device.proxy.writable[0]",
      "lower address first",
    ],
    [
      "writing for everyone",
      "{port: 1502, listen: 0.0.0.0, writable: [{unit: 1, from: 8, to: 9}]}",
      "CONFIG_CONFLICT device.proxy.writable",
      "open to the whole network",
    ],
  ])("%s is refused", (_, text, problem, words) => {
    const loaded = proxy(text);
    const [first] = loaded.ok ? [] : (loaded.problems ?? []);
    expect(`${first?.code} ${first?.key}`).toBe(problem);
    expect(`${first?.what}; ${first?.wayOut}`).toContain(words);
  });
});
