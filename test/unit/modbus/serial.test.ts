import { afterEach, describe, expect, test } from "@jest/globals";
import { type LinkOptions, Links, ModbusLink, type Place } from "../../../adapters/modbus/index.ts";
import {
  type FakeSerial,
  fakeGateway,
  fakePort,
  ptyMissing,
  type SerialAnswering,
  serialFrame,
  serialTruth,
} from "../../support/fake-serial.ts";
import { pymodbusMissing, pymodbusSerial } from "../../support/pymodbus.ts";
import { realTime } from "../../support/real-time.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const TIMEOUT_MS = 150;
/** What follows a time-out: the longer one of the time-out and half a second. */
const QUIET_MS = 500;

function open(place: Place, changes: Partial<Pick<LinkOptions, "links" | "gapMs" | "timeoutMs">> = {}): ModbusLink {
  const link = new ModbusLink({ ...place, timeoutMs: TIMEOUT_MS, maxBackOffMs: 0, clock: realTime(), random: () => 0.5, ...changes });
  opened.push(link);
  return link;
}

const codeOf = (answer: { readonly ok: boolean; readonly code?: string }) => answer.code ?? "ok";
const good: SerialAnswering = (request, far) => far.write(serialFrame(request, serialTruth(request)));
const later = (ms: number, run: () => unknown): void => void setTimeout(run, ms);
const spoiled = (request: Buffer, at: number): Buffer => {
  const bytes = serialFrame(request, serialTruth(request));
  bytes[at] = bytes[at]! ^ 0x10;
  return bytes;
};

/** What happens to the first request of a read of 2 registers at 100; the second is answered well. */
const TROUBLE: readonly (readonly [what: string, SerialAnswering, outcome: string])[] = [
  ["nothing wrong", good, "ok"],
  ["silence", () => undefined, "DEVICE_TIMEOUT"],
  ["an answer after the time-out", (q, far) => later(250, () => far.write(serialFrame(q, serialTruth(q)))), "DEVICE_TIMEOUT"],
  ["half of an answer", (q, far) => far.write(serialFrame(q, serialTruth(q)).subarray(0, 6)), "DEVICE_TIMEOUT"],
  ["a bit changed in a register", (q, far) => far.write(spoiled(q, 4)), "DEVICE_MALFORMED"],
  ["a bit changed in the checksum", (q, far) => far.write(spoiled(q, 8)), "DEVICE_MALFORMED"],
  ["another unit answers", (q, far) => far.write(serialFrame(q, serialTruth(q), 9)), "DEVICE_MALFORMED"],
  ["another unit refuses", (q, far) => far.write(serialFrame(q, [0x83, 2], 9)), "DEVICE_MALFORMED"],
  ["another function answers", (q, far) => far.write(serialFrame(q, [4, ...serialTruth(q).slice(1)])), "DEVICE_MALFORMED"],
  ["one register less", (q, far) => far.write(serialFrame(q, [3, 2, 0, 100])), "DEVICE_MALFORMED"],
  ["one register more", (q, far) => far.write(serialFrame(q, [3, 6, 0, 100, 0, 101, 0, 102])), "DEVICE_MALFORMED"],
  [
    "noise before the answer",
    (q, far) => far.write(Buffer.concat([Buffer.from([0x55]), serialFrame(q, serialTruth(q))])),
    "DEVICE_MALFORMED",
  ],
  [
    "the answer twice",
    (q, far) => far.write(Buffer.concat([serialFrame(q, serialTruth(q)), serialFrame(q, serialTruth(q))])),
    "DEVICE_MALFORMED",
  ],
  ["our own request", (q, far) => far.write(q), "DEVICE_MALFORMED"],
  ["an exception", (q, far) => far.write(serialFrame(q, [0x83, 2])), "DEVICE_EXCEPTION"],
  [
    "byte by byte",
    (q, far) => {
      for (const [i, byte] of serialFrame(q, serialTruth(q)).entries()) later(3 * i, () => far.write(Buffer.from([byte])));
    },
    "ok",
  ],
];

/** Both must tell the same: a port of this machine, and a gateway that shows everyone what comes late. */
const LINES: readonly (readonly [string, (answer: SerialAnswering) => Promise<FakeSerial>, missing: string | null])[] = [
  ["a serial port", fakePort, ptyMissing],
  ["a serial line behind a gateway", fakeGateway, null],
];

describe.each(LINES)("%s", (_, start, missing) => {
  if (missing !== null) console.warn(missing);
  const here = missing === null ? test : test.skip;
  const begin = async (answer: SerialAnswering) => {
    const device = await start(answer);
    opened.push(device);
    return device;
  };

  here("never hands out a register that wasn't asked for, and is back after one silence", async () => {
    const outcomes = await Promise.all(
      TROUBLE.map(async ([what, trouble]) => {
        const device = await begin((request, far, count) => (count === 1 ? trouble : good)(request, far, count));
        const link = open(device.place);
        const first = codeOf(await link.read(1, 100, 2));
        const second = await link.read(1, 200, 2);
        const silence = device.requests[1]!.at - device.requests[0]!.at;
        const isQuiet = first === "ok" || first === "DEVICE_EXCEPTION" || silence >= QUIET_MS;
        return [what, first, second.ok ? second.value : second, isQuiet];
      }),
    );
    expect(outcomes).toEqual(TROUBLE.map(([what, _trouble, outcome]) => [what, outcome, [200, 201], true]));
  });

  here("bytes that nobody asked for are followed by silence, and by the right answer", async () => {
    const device = await begin(good);
    const link = open(device.place);
    expect(codeOf(await link.read(1, 1, 1))).toBe("ok");
    device.send(Buffer.from([1, 3, 2, 0, 9]));
    await new Promise((resolve) => setTimeout(resolve, 40));
    const at = performance.now();
    expect(await link.read(1, 5, 1)).toEqual({ ok: true, value: [5] });
    expect(performance.now() - at).toBeGreaterThan(QUIET_MS - 100);
  });

  here("writes succeed on their echo alone; a line that echoes everything is found out before", async () => {
    const written: SerialAnswering = (request, far, count) =>
      request[1] === 3 ? good(request, far, count) : far.write(serialFrame(request, [...request.subarray(1, 6)]));
    const sound = open((await begin(written)).place);
    const wrong = open((await begin((request, far) => far.write(serialFrame(request, [16, 0, 101, 0, 2])))).place);
    const echoing = await begin((request, far) => far.write(request));
    const told = await begin((request, far, count) => {
      far.write(request);
      if (count <= 3) written(request, far, count);
    });
    const toldLink = open({ ...told.place, echo: true } as Place);
    expect(
      await Promise.all([
        sound.write(1, 100, [1, 0xffff]).then(codeOf),
        sound.writeSingle(1, 100, 9).then(codeOf),
        wrong.write(1, 100, [1, 2]).then(codeOf),
        open(echoing.place).writeSingle(1, 100, 9),
        toldLink.writeSingle(1, 100, 9).then(codeOf),
        toldLink.read(1, 100, 2),
        toldLink.writeSingle(1, 100, 10).then(codeOf),
      ]),
    ).toEqual([
      "ok",
      "ok",
      "DEVICE_MALFORMED",
      { ok: false, code: "DEVICE_MALFORMED", detail: "the line gives back what we send: set `echo`" },
      "ok",
      { ok: true, value: [100, 101] },
      "DEVICE_TIMEOUT",
    ]);
    expect(echoing.requests.map(({ bytes }) => bytes[1])).toEqual([3]);
  });
});

describe("what silence alone doesn't settle", () => {
  const begin = async (answer: SerialAnswering) => {
    const device = await fakeGateway(answer);
    opened.push(device);
    return device;
  };

  test("a device that is slower than every silence gets no question that its late answers fit", async () => {
    let lagMs = TIMEOUT_MS + QUIET_MS + 100;
    const device = await begin((request, far) => later(lagMs, () => far.write(serialFrame(request, serialTruth(request)))));
    const link = open(device.place);
    const answers: boolean[] = [];
    for (let i = 0; i < 3; i += 1) answers.push((await link.read(1, 500 + i, 2)).ok);
    expect(answers).toEqual([false, false, false]);
    lagMs = 0;
    let last = await link.read(1, 700, 2);
    for (let i = 0; i < 5 && !last.ok; i += 1) last = await link.read(1, 700, 2);
    expect(last).toEqual({ ok: true, value: [700, 701] });
  });

  test("a late exception is not taken for the answer to the question after it", async () => {
    const lagMs = TIMEOUT_MS + QUIET_MS + 100;
    const device = await begin((request, far, count) => {
      const answer = serialFrame(request, count === 1 ? [0x83, 2] : serialTruth(request));
      later(count <= 2 ? lagMs : 0, () => far.write(answer));
    });
    const link = open(device.place);
    expect(codeOf(await link.read(1, 500, 2))).toBe("DEVICE_TIMEOUT");
    expect(codeOf(await link.read(1, 600, 1))).toBe("DEVICE_MALFORMED");
    expect(await link.read(1, 600, 1)).toEqual({ ok: true, value: [600] });
  });

  test("one unit's silence costs the others a pause and no more", async () => {
    const device = await begin((request, far, count) => (request[0] === 7 ? undefined : good(request, far, count)));
    const link = open(device.place);
    const [silent, ...others] = await Promise.all([link.read(7, 1, 1), link.read(1, 2, 1), link.read(2, 3, 1)]);
    expect([codeOf(silent!), ...others]).toEqual(["DEVICE_TIMEOUT", { ok: true, value: [2] }, { ok: true, value: [3] }]);
    expect(device.requests.map(({ bytes }) => bytes[0])).toEqual([7, 1, 2]);
  });
});

describe("a serial port of this machine", () => {
  const here = ptyMissing === null ? test : test.skip;

  here("keeps 3.5 characters of silence between two requests, or what is asked for", async () => {
    const device = await fakePort(good);
    opened.push(device);
    const slow = open({ ...device.place, serial: { path: pathOf(device), baudRate: 1200, parity: "even", stopBits: 1 } } as Place, {
      timeoutMs: 1000,
    });
    await Promise.all([slow.read(1, 1, 1), slow.read(1, 2, 1)]);
    const [first, second] = device.requests;
    // 3.5 characters of 11 bits at 1200 baud: 32 ms.
    expect(second!.at - first!.at).toBeGreaterThan(30);
  });

  here("that isn't there, and one that goes away, are offline", async () => {
    const none = open({ transport: "rtu", serial: { path: "/dev/no-such-line", baudRate: 9600, parity: "none", stopBits: 1 } });
    expect(await none.read(1, 1, 1)).toMatchObject({
      ok: false,
      code: "DEVICE_OFFLINE",
      detail: expect.stringContaining("/dev/no-such-line"),
    });
    const device = await fakePort(good);
    const link = open(device.place);
    expect(codeOf(await link.read(1, 1, 1))).toBe("ok");
    await device.close();
    expect(["DEVICE_OFFLINE", "DEVICE_TIMEOUT"]).toContain(codeOf(await link.read(1, 1, 1)));
    expect(codeOf(await link.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
  });

  const independent = pymodbusMissing === null && ptyMissing === null ? test : test.skip;
  independent("is understood by somebody else's Modbus RTU", async () => {
    const slave = await pymodbusSerial({ 1: { 100: 7, 101: 0xfffe, 102: 0 }, 2: { 100: 8 } });
    opened.push(slave);
    const link = open(
      { transport: "rtu", serial: { path: slave.path, baudRate: 115_200, parity: "none", stopBits: 1 } },
      { timeoutMs: 1000 },
    );
    expect(
      await Promise.all([
        link.read(1, 100, 2),
        link.read(2, 100, 1),
        link.read(1, 99, 2),
        link.write(1, 101, [1, 2]),
        link.writeSingle(1, 100, 0xabcd),
      ]),
    ).toMatchObject([{ value: [7, 0xfffe] }, { value: [8] }, { code: "DEVICE_EXCEPTION", exception: 2 }, { ok: true }, { ok: true }]);
    expect(await link.read(1, 100, 3)).toEqual({ ok: true, value: [0xabcd, 1, 2] });
    expect(codeOf(await link.read(9, 100, 1))).toBe("DEVICE_TIMEOUT");
    expect(await link.read(1, 100, 1)).toEqual({ ok: true, value: [0xabcd] });
  });
});

describe("connections that are shared", () => {
  test("two users of one place have one connection, which closes with the last of them", async () => {
    const device = await fakeGateway(good);
    opened.push(device);
    const links = new Links();
    const [one, other] = [open(device.place, { links }), open(device.place, { links })];
    const answers = await Promise.all([one.read(1, 1, 1), other.read(2, 2, 1), one.read(1, 3, 1)]);
    expect(answers).toEqual([1, 2, 3].map((value) => ({ ok: true, value: [value] })));
    one.close();
    one.close();
    expect(codeOf(await one.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
    expect(codeOf(await other.read(1, 1, 1))).toBe("ok");
    other.close();
    expect(codeOf(await other.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
    expect(codeOf(await open(device.place, { links }).read(1, 1, 1))).toBe("ok");
  });
});

const pathOf = ({ place }: FakeSerial): string => (place.transport === "rtu" ? place.serial.path : "");
