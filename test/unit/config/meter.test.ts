import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/main/config/index.ts";

const HOME = "name: h\ndata: d\nstreet: card.json\npassword: {file: p}\n";
const read = (device: string) => parseConfig(`${HOME}device: ${device}\n`, "conf/home.yaml", "home");
const TOPICS = "topics: {import: {topic: a, path: in.total, gain: 1000}, export: {topic: b}}";

describe("a meter of its own", () => {
  test("P1 over a dongle, alone: it settles", () => {
    expect(read("{meter: {p1: {host: dongle.lan}}}")).toMatchObject({
      ok: true,
      value: {
        device: {
          modbus: null,
          meter: {
            settles: "meter",
            source: { kind: "p1", line: { kind: "dongle", host: "dongle.lan", port: 23 }, zone: "CET", key: null, maxAgeMs: 30_000 },
          },
        },
      },
    });
  });

  test("P1 over a cable, encrypted, beside an inverter that settles", () => {
    const device =
      "{host: inv, meter: {settles: inverter, p1: {serial: /dev/ttyUSB0, baud: 9600, key: {env: P1_KEY}, authenticationKey: {file: gak}}}}";
    expect(read(device)).toMatchObject({
      ok: true,
      value: {
        device: {
          modbus: { place: { transport: "tcp", host: "inv", port: 502 } },
          meter: {
            settles: "inverter",
            source: {
              line: { kind: "serial", path: "/dev/ttyUSB0", baud: 9_600 },
              key: { kind: "env", name: "P1_KEY" },
              authenticationKey: { kind: "file", path: resolve("conf/gak") },
            },
          },
        },
      },
    });
  });

  test("MQTT", () => {
    const device = `{meter: {mqtt: {broker: "mqtts://b:8883", user: u, password: {env: PW}, caFile: ca.pem, ${TOPICS}, name: {serial: X}, maxAgeSeconds: 90}}}`;
    expect(read(device)).toMatchObject({
      ok: true,
      value: {
        device: {
          meter: {
            source: {
              kind: "mqtt",
              broker: "mqtts://b:8883",
              user: "u",
              password: { kind: "env", name: "PW" },
              caFile: resolve("conf/ca.pem"),
              points: { importWh: { topic: "a", path: "in.total", gain: 1_000 }, exportWh: { topic: "b", path: null, gain: 1 } },
              identity: { manufacturer: "?", model: "?", serial: "X" },
              maxAgeMs: 90_000,
            },
          },
        },
      },
    });
  });
});

describe("what is wrong with one", () => {
  test.each([
    ["no device at all", "{}", "device.host", "is missing"],
    ["an empty meter", "{meter: {}}", "device.meter", "has neither p1 nor mqtt"],
    ["two meters", `{meter: {p1: {host: a}, mqtt: {broker: "mqtt://b", ${TOPICS}}}}`, "device.meter", "has both p1 and mqtt"],
    ["no way to it", "{meter: {p1: {}}}", "device.meter.p1", "has neither host nor serial"],
    ["two ways to it", "{meter: {p1: {host: a, serial: b}}}", "device.meter.p1", "has both host and serial"],
    ["an inverter that isn't there settles", "{meter: {settles: inverter, p1: {host: a}}}", "device.meter.settles", "there is no inverter"],
    [
      "half of the keys",
      "{meter: {p1: {host: a, authenticationKey: {env: A}}}}",
      "device.meter.p1.authenticationKey",
      "doesn't go without key",
    ],
    ["a speed that no meter has", "{meter: {p1: {serial: a, baud: 4800}}}", "device.meter.p1.baud", "4800 is none of the choices"],
    ["no counters", "{meter: {mqtt: {broker: 'mqtt://b', topics: {import: {topic: a}}}}}", "device.meter.mqtt.topics.export", "is missing"],
    [
      "a gain of nothing",
      "{meter: {mqtt: {broker: 'mqtt://b', topics: {import: {topic: a, gain: 0}, export: {topic: b}}}}}",
      "device.meter.mqtt.topics.import.gain",
      "makes everything 0",
    ],
    ["an authority without TLS", `{meter: {mqtt: {broker: "mqtt://b", caFile: c, ${TOPICS}}}}`, "device.meter.mqtt.caFile", "without TLS"],
    [
      "all topics at once",
      "{meter: {mqtt: {broker: 'mqtt://b', topics: {import: {topic: 'a/#'}, export: {topic: b}}}}}",
      "device.meter.mqtt.topics.import.topic",
      "isn't written as it has to be",
    ],
  ])("%s", (_, device, key, what) => {
    const found = read(device);
    if (found.ok) throw new Error("was let through");
    expect(found.problems).toContainEqual(expect.objectContaining({ key, what: expect.stringContaining(what) }));
  });

  test.each([
    ["a key in place of its place", "{meter: {p1: {host: a, key: 0123456789abcdef0123456789abcdef}}}"],
    ["a password in place of its place", `{meter: {mqtt: {broker: "mqtt://b", password: hunter2, ${TOPICS}}}}`],
    ["a password in the broker's address", `{meter: {mqtt: {broker: "mqtt://me:hunter2@b", ${TOPICS}}}}`],
  ])("%s isn't repeated", (_, device) => {
    const found = read(device);
    expect(found.ok).toBe(false);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|0123456789/);
  });
});
