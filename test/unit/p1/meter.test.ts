import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "@jest/globals";
import { crc16 } from "../../../adapters/p1/crc.ts";
import { P1Meter, type P1Options } from "../../../adapters/p1/meter.ts";
import { serialSource } from "../../../adapters/p1/serial.ts";
import { tcpSource } from "../../../adapters/p1/source.ts";
import { AUSTRIAN_EST5, DSMR_2_2, DSMR_5, SMARTY } from "../../support/p1-telegrams.ts";
import { QUIET } from "../../support/quiet.ts";
import { realTime } from "../../support/real-time.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const NOW = Date.parse("2017-01-02T18:20:05Z");

function meterOf(changes: Partial<P1Options> & Pick<P1Options, "open">): P1Meter {
  const clock = realTime(() => NOW);
  const meter = new P1Meter({
    keys: null,
    zone: "CET",
    maxAgeMs: 10_000,
    intervalSeconds: 900,
    clock,
    random: () => 0,
    log: QUIET,
    ...changes,
  });
  ends.push(() => meter.close());
  return meter;
}

/** Until it answers, or with another code than "nothing yet". */
async function answer(meter: P1Meter, isDone = (read: ReturnType<P1Meter["read"]>): boolean => read.ok) {
  for (let i = 0; i < 300; i++) {
    const read = meter.read();
    if (isDone(read)) return read;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return meter.read();
}

async function dongle(onConnect: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { readonly port: number }).port;
}

const tcp = (port: number, silenceMs = 5_000) => tcpSource({ host: "127.0.0.1", port, silenceMs });

/** A meter that is fed by hand. */
function fed(changes: Partial<P1Options> = {}) {
  let push: (text: string) => void = () => undefined;
  let monotonicMs = 0;
  const clock = { ...realTime(() => NOW), monotonicMs: () => monotonicMs };
  const open: P1Options["open"] = ({ bytes }) => {
    push = (text) => bytes(Buffer.from(text, "latin1"));
    return () => undefined;
  };
  const meter = meterOf({ open, clock, ...changes });
  return {
    meter,
    push: (text: string) => push(text),
    pass: (ms: number) => {
      monotonicMs += ms;
    },
  };
}

const stamped = (stamp: string): string => {
  const upTo = `${DSMR_5.replace("170102192002W", stamp).slice(0, DSMR_5.lastIndexOf("!"))}!`;
  return `${upTo}${crc16(Buffer.from(upTo, "latin1")).toString(16).padStart(4, "0")}\r\n`;
};

describe("over a dongle", () => {
  test("says what the meter says, with the telegram, byte for byte", async () => {
    const port = await dongle((socket) => socket.write(DSMR_5, "latin1"));
    const read = await answer(meterOf({ open: tcp(port) }));
    expect(read).toMatchObject({ ok: true, value: { gridW: 244, importWh: 6_825, exportWh: 2_444, latched: null } });
    const [raw] = read.ok ? read.value.origin.raw : [];
    expect(Buffer.from(raw?.bytes ?? []).toString("latin1")).toBe(DSMR_5);
  });

  test("is called again when it hangs up", async () => {
    let calls = 0;
    const port = await dongle((socket) => (++calls === 1 ? socket.end(DSMR_5.slice(0, 500), "latin1") : socket.write(DSMR_5, "latin1")));
    expect((await answer(meterOf({ open: tcp(port) }))).ok).toBe(true);
    expect(calls).toBe(2);
  });

  test("that says nothing is offline, and called again", async () => {
    let calls = 0;
    const port = await dongle(() => void calls++);
    const meter = meterOf({ open: tcp(port, 50) });
    const read = await answer(meter, (each) => !each.ok && each.code === "DEVICE_OFFLINE" && calls > 1);
    expect(read).toMatchObject({ code: "DEVICE_OFFLINE", detail: "the dongle said nothing for 50 ms" });
  });

  test("encrypted", async () => {
    const port = await dongle((socket) => socket.write(Buffer.from(SMARTY.frame, "hex")));
    const keys = { key: Buffer.from(SMARTY.key, "hex"), authenticationKey: Buffer.from(SMARTY.authenticationKey, "hex") };
    const read = await answer(meterOf({ open: tcp(port), keys }));
    expect(read).toMatchObject({ ok: true, value: { gridW: 286, importWh: 6_545_766, exportWh: 58, origin: { manufacturer: "EST" } } });
  });
});

describe("over a cable", () => {
  const PTY = `
import os, pty, sys, termios, tty
master, slave = pty.openpty()
tty.setraw(master)
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
sys.stdin.readline()
os.write(master, bytes.fromhex(sys.argv[1]))
sys.stdin.readline()
`;
  test.each([
    ["DSMR 5 at 115200", 115_200, DSMR_5, 6_825],
    ["DSMR 2.2 at 9600", 9_600, DSMR_2_2, 2_002],
  ] as const)("%s", async (_, baud, telegram, importWh) => {
    const python: ChildProcess = spawn("/usr/bin/python3", ["-c", PTY, Buffer.from(telegram, "latin1").toString("hex")]);
    ends.push(() => python.kill());
    const path = await new Promise<string>((resolve) => createInterface(python.stdout!).once("line", resolve));
    const meter = meterOf({ open: serialSource({ path, baud }) });
    await new Promise((resolve) => setTimeout(resolve, 150));
    python.stdin!.write("\n");
    expect(await answer(meter)).toMatchObject({ ok: true, value: { importWh } });
  });

  test("that isn't there", async () => {
    const meter = meterOf({ open: serialSource({ path: "/dev/no-such-port", baud: 115_200 }) });
    const read = await answer(meter, (each) => !each.ok && each.code === "DEVICE_OFFLINE");
    expect(read).toMatchObject({ code: "DEVICE_OFFLINE", detail: expect.stringContaining("/dev/no-such-port") });
  });
});

describe("age", () => {
  test("what a telegram said holds for a while and then is unknown", () => {
    const { meter, push, pass } = fed();
    expect(meter.read()).toMatchObject({ code: "DEVICE_TIMEOUT", detail: "the meter has sent no telegram yet" });
    push(DSMR_5);
    pass(10_000);
    expect(meter.read()).toMatchObject({ ok: true, value: { ageMs: 10_000 } });
    pass(1);
    expect(meter.read()).toMatchObject({ code: "DEVICE_TIMEOUT", detail: "the meter has sent no telegram for 10 s" });
  });

  test("a broken telegram changes nothing, and is told once it is all there is", () => {
    const { meter, push, pass } = fed();
    push(DSMR_5);
    push(DSMR_5.replace("000004.426", "000009.426"));
    expect(meter.read()).toMatchObject({ ok: true, value: { importWh: 6_825 } });
    pass(10_001);
    expect(meter.read()).toMatchObject({ code: "DEVICE_MALFORMED", detail: expect.stringContaining("check sum") });
    push(AUSTRIAN_EST5);
    expect(meter.read()).toMatchObject({ ok: true, value: { importWh: 6_545_766 } });
  });
});

describe("the end of an interval", () => {
  test.each([
    ["to the second", "170102191500W", Date.parse("2017-01-02T18:15:00Z") / 1_000, Date.parse("2017-01-02T18:15:30Z")],
    ["a second late is no interval's end", "170102191501W", null, NOW],
    ["the meter's clock is far off", "170102191500W", null, Date.parse("2017-01-02T18:16:01Z")],
  ])("%s", (_, stamp, at, now) => {
    const { meter, push } = fed({ clock: realTime(() => now) });
    push(stamped(stamp));
    expect(meter.read()).toMatchObject({ ok: true, value: { latched: at === null ? null : { at, importWh: 6_825, exportWh: 2_444 } } });
  });

  test("stays until the next, with its own telegram", () => {
    const { meter, push } = fed({ clock: realTime(() => Date.parse("2017-01-02T18:15:30Z")) });
    push(stamped("170102191500W"));
    push(stamped("170102191510W"));
    const read = meter.read();
    const latched = read.ok ? read.value.latched : null;
    expect(Buffer.from(latched?.raw?.[0]?.bytes ?? []).toString("latin1")).toBe(stamped("170102191500W"));
    expect(read.ok && Buffer.from(read.value.origin.raw[0]?.bytes ?? []).toString("latin1")).toBe(stamped("170102191510W"));
  });
});
