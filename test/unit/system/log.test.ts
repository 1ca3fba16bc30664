import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { agentKey, type LogOptions, openLog } from "../../../adapters/system/index.ts";
import { redact } from "../../../adapters/system/redact.ts";
import { temporaryFolder } from "../../support/folder.ts";

function captured(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const opened = openLog({ to: { write: (line) => lines.push(line) }, level: "debug", ...options });
  if (!opened.ok) throw new Error(opened.detail);
  return { log: opened.value, lines, first: () => JSON.parse(lines[0]!) };
}

describe("a log line", () => {
  test("is one JSON object with level, time, base fields, data and the event", () => {
    const { log, lines, first } = captured({ base: { home: "home-03" } });
    log.warn("device.read-failed", { code: "DEVICE_TIMEOUT", tries: 3 });
    expect(lines.length).toBe(1);
    expect(lines[0]!.endsWith("}\n")).toBe(true);
    const { time, ...rest } = first();
    expect(rest).toEqual({ level: "warn", home: "home-03", event: "device.read-failed", code: "DEVICE_TIMEOUT", tries: 3 });
    expect(new Date(time).toISOString()).toBe(time);
  });

  test.each([
    ["silent", []],
    ["error", ["error"]],
    ["warn", ["error", "warn"]],
    ["info", ["error", "warn", "info"]],
    ["debug", ["error", "warn", "info", "debug"]],
  ] as const)("at level %s", (level, expected) => {
    const { log, lines } = captured({ level });
    for (const each of ["error", "warn", "info", "debug"] as const) log[each]("x");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected);
  });

  test("of a home in a process with many carries its name", () => {
    const { log, first } = captured({ base: { process: 2 } });
    log.with({ home: "home-07" }).info("started");
    expect(first()).toMatchObject({ process: 2, home: "home-07", event: "started" });
  });

  test("data can't forge what the line says itself", () => {
    const { log, first } = captured({ base: { home: "a" } });
    log.info("real", { event: "forged", level: "error", time: "never", home: "b" });
    expect(first()).toMatchObject({
      event: "real",
      level: "info",
      home: "a",
      event_: "forged",
      level_: "error",
      time_: "never",
      home_: "b",
    });
  });

  test("for people is one line, with the data behind", () => {
    const { log, lines } = captured({ format: "text" });
    log.info("order.sent", { home: "home-01", note: "two words\nand a line", limit: 142000 });
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d\d\d INFO {2}order\.sent home=home-01 note="two words\\nand a line" limit=142000\n$/);
  });
});

describe("secrets", () => {
  const hidden = "[hidden]";
  test.each([
    ["password", hidden],
    ["keyPassword", hidden],
    ["passphrase", hidden],
    ["peerSeed", hidden],
    ["privateKey", hidden],
    ["secret", hidden],
    ["apiKey", hidden],
    ["api_key", hidden],
    ["authorization", hidden],
    ["mnemonic", hidden],
    ["credentials", hidden],
    ["sessionToken", hidden],
    ["home", "tell-tale"],
    ["address", "tell-tale"],
  ])("a field named %s", (name, shown) => {
    expect(redact({ [name]: "tell-tale", deep: { list: [{ [name]: "tell-tale" }] } })).toEqual({
      [name]: shown,
      deep: { list: [{ [name]: shown }] },
    });
  });

  test("a password inside an address, an error's message, bytes, and a key", () => {
    const error = Object.assign(new Error("can't reach mqtt://user:tell-tale@broker:1883/x"), { code: "ECONNREFUSED" });
    const { log, lines, first } = captured();
    log.error("mqtt.failed", {
      url: "http://:tell-tale@host/",
      error,
      key: agentKey(new Uint8Array(32).fill(7)),
      bytes: new Uint8Array(32).fill(7),
    });
    expect(lines[0]).not.toContain("tell-tale");
    expect(lines[0]).not.toContain("7,7,7");
    expect(first()).toMatchObject({ url: "http://:[hidden]@host/", bytes: "[32 bytes]", error: { name: "Error", code: "ECONNREFUSED" } });
    expect(first().error.message).toBe("can't reach mqtt://user:[hidden]@broker:1883/x");
  });
});

describe("any data", () => {
  test("is written: cycles, depth, length, odd values", () => {
    const cycle: Record<string, unknown> = {
      big: 2n ** 70n,
      not: Number.NaN,
      none: null,
      fn: () => 1,
      map: new Map([[1, 2]]),
      long: "x".repeat(5000),
    };
    cycle.self = cycle;
    const { log, first } = captured();
    log.info("odd", cycle);
    expect(first()).toMatchObject({ big: "1180591620717411303424", not: "NaN", none: null, map: { size: 1 } });
    expect(first().long).toMatch(/^x{2000}\[3000 more\]$/);
    expect(JSON.stringify(first()).length).toBeLessThan(20_000);
  });

  test("never throws, always one line of JSON", () => {
    const { log, lines } = captured();
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withTypedArray: true, withMap: true, withNullPrototype: true, maxDepth: 6 }), (data) => {
        lines.length = 0;
        log.info("any", data);
        expect(lines.length).toBe(1);
        expect(JSON.parse(lines[0]!).event).toBe("any");
      }),
      { numRuns: 200 },
    );
  });
});

describe("to a file", () => {
  test("lines are there when the call returns, for the owner alone, after those of an earlier life", () => {
    const folder = temporaryFolder();
    try {
      const file = join(folder.path, "logs", "home.log");
      for (const life of [1, 2]) {
        const opened = openLog({ to: { file }, level: "info" });
        if (!opened.ok) throw new Error(opened.detail);
        opened.value.info("life", { life });
        expect(readFileSync(file, "utf8").trim().split("\n").length).toBe(life);
        opened.value.close();
      }
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const denied = openLog({ to: { file: join(file, "deeper") }, level: "info" });
      expect(denied).toMatchObject({ ok: false, code: "LOG_UNWRITABLE" });
      expect(denied.ok ? "" : denied.detail).toContain(file);
    } finally {
      folder.remove();
    }
  });

  (existsSync("/dev/full") ? test : test.skip)("a full disk costs lines, not the home (skipped without /dev/full)", async () => {
    const opened = openLog({ to: { file: "/dev/full" }, level: "info" });
    if (!opened.ok) throw new Error(opened.detail);
    for (let i = 0; i < 50; i++) opened.value.info("lost", { i });
    await new Promise((resolve) => setImmediate(resolve));
    opened.value.info("still here");
  });
});
