import { expect, test } from "@jest/globals";
import { ModbusLink } from "../../../adapters/modbus/index.ts";
import { type Answering, fakeModbus, frame, truth, words } from "../../support/fake-modbus.ts";
import { realTime } from "../../support/real-time.ts";

const TIMEOUT_MS = 250;

type Reads = (link: ModbusLink) => Promise<unknown>;
const honest: Answering = (q, socket) => socket.write(frame(q, truth(q)));
const first =
  (trouble: Answering): Answering =>
  (q, socket, count) =>
    (count === 1 ? trouble : honest)(q, socket, count);

/** What one call came to: registers, "ok" for a write, a code with the device's exception, or an error in its arguments. */
async function outcome(call: () => Promise<{ ok: boolean; value?: unknown; code?: string; exception?: number }>): Promise<unknown> {
  try {
    const answer = await call();
    if (answer.ok) return answer.value ?? "ok";
    return answer.exception === undefined ? answer.code : `exception ${answer.exception}`;
  } catch (error) {
    return error instanceof Error ? "argument" : error;
  }
}

const read =
  (unit: number, address: number, count: number): Reads =>
  (link) =>
    outcome(() => link.read(unit, address, count));
const steps =
  (...all: readonly Reads[]): Reads =>
  async (link) => {
    const outcomes: unknown[] = [];
    for (const step of all) outcomes.push(await step(link));
    return outcomes;
  };
const atOnce =
  (...all: readonly Reads[]): Reads =>
  (link) =>
    Promise.all(all.map((step) => step(link)));
const timed =
  (mostMs: number, reads: Reads): Reads =>
  async (link) => {
    const began = performance.now();
    return [await reads(link), performance.now() - began < mostMs];
  };
const twice = steps(read(1, 100, 2), read(1, 200, 2));
const BACK = [200, 201];

/** The situations in which a Modbus library was seen to hang or to make registers up, each with what our link makes of it. */
const MATRIX: readonly (readonly [number: string, situation: string, device: Answering, reads: Reads, outcome: unknown])[] = [
  ["1", "a silent server", first(() => undefined), twice, ["DEVICE_TIMEOUT", BACK]],
  ["2", "FIN during a request, noticed at once", first((_, socket) => socket.end()), timed(200, read(1, 1, 1)), ["DEVICE_OFFLINE", true]],
  ["3", "RST during a request", first((_, socket) => socket.resetAndDestroy()), twice, ["DEVICE_OFFLINE", BACK]],
  [
    "4",
    "closing after a drop",
    first((_, socket) => socket.destroy()),
    steps(read(1, 1, 1), async (link) => link.close(), read(1, 1, 1)),
    ["DEVICE_OFFLINE", undefined, "DEVICE_OFFLINE"],
  ],
  [
    "5",
    "closing with a request in flight",
    () => undefined,
    timed(200, (link) => atOnce(read(1, 1, 1), read(1, 2, 1), async () => void setTimeout(() => link.close(), 20))(link)),
    [["DEVICE_OFFLINE", "DEVICE_OFFLINE", undefined], true],
  ],
  [
    "6",
    "closing while the peer never ends",
    honest,
    steps(read(1, 7, 1), async (link) => link.close(), read(1, 1, 1)),
    [[7], undefined, "DEVICE_OFFLINE"],
  ],
  ["7", "one connection at a time", first((_, socket) => socket.end()), twice, ["DEVICE_OFFLINE", BACK]],
  [
    "8a",
    "a length of 65535",
    first((q, socket) => socket.write(frame(q, truth(q), { length: 65_535 }))),
    twice,
    ["DEVICE_MALFORMED", BACK],
  ],
  ["8b", "bytes of no frame", first((_, socket) => socket.write(Buffer.alloc(40, 0xa5))), twice, ["DEVICE_MALFORMED", BACK]],
  ["8c", "half of a frame", first((q, socket) => socket.write(frame(q, truth(q)).subarray(0, 9))), twice, ["DEVICE_TIMEOUT", BACK]],
  ["9", "another protocol", first((q, socket) => socket.write(frame(q, truth(q), { protocol: 1 }))), twice, ["DEVICE_MALFORMED", BACK]],
  ["10", "another unit's answer", first((q, socket) => socket.write(frame(q, truth(q), { unit: 9 }))), twice, ["DEVICE_MALFORMED", BACK]],
  [
    "11",
    "another unit's exception",
    first((q, socket) => socket.write(frame(q, [0x83, 2], { unit: 9 }))),
    twice,
    ["DEVICE_MALFORMED", BACK],
  ],
  [
    "12",
    "a count of bytes that lies",
    first((q, socket) => socket.write(frame(q, [3, 2, ...truth(q).slice(2)]))),
    twice,
    ["DEVICE_MALFORMED", BACK],
  ],
  [
    "13",
    "an echo of another address, of another value",
    (q, socket, count) => socket.write(frame(q, [6, ...words(count === 1 ? [101, 7] : [100, 8])])),
    steps(
      (link) => outcome(() => link.writeSingle(1, 100, 7)),
      (link) => outcome(() => link.writeSingle(1, 100, 7)),
    ),
    ["DEVICE_MALFORMED", "DEVICE_MALFORMED"],
  ],
  [
    "14",
    "an answer that comes when 256 others have been",
    first((q, socket) => void setTimeout(() => socket.write(frame(q, truth(q))), TIMEOUT_MS + 20)),
    async (link) => {
      const late = await read(1, 5_000, 2)(link);
      const others = await steps(...Array.from({ length: 260 }, (_, i) => read(1, i, 2)))(link);
      return [late, (others as number[][]).every((values, i) => values[0] === i && values[1] === i + 1)];
    },
    ["DEVICE_TIMEOUT", true],
  ],
  [
    "15",
    "300 requests at once",
    honest,
    async (link) => {
      const all = (await atOnce(...Array.from({ length: 300 }, (_, i) => read(1, i, 1)))(link)) as readonly (number[] | string)[];
      return [all.filter((each) => each === "DEVICE_REFUSED").length, all.every((each, i) => each === "DEVICE_REFUSED" || each[0] === i)];
    },
    [267, true],
  ],
  ["16", "two units at once", (q, socket) => socket.write(frame(q, [3, 2, 0, q[6]!])), atOnce(read(1, 1, 1), read(2, 1, 1)), [[1], [2]]],
  [
    "17",
    "numbers that are none",
    honest,
    steps(
      read(1, Number.NaN, 1),
      (link) => outcome(() => link.write(1, 1, [3.7])),
      (link) => outcome(() => link.writeSingle(1, 1, Number.NaN)),
    ),
    ["argument", "argument", "argument"],
  ],
  ["18", "300 registers", honest, read(1, 1, 300), "argument"],
  [
    "19",
    "exceptions, those that say not now twice or once more",
    (q, socket) => socket.write(frame(q, [0x83, q.readUInt16BE(8)])),
    steps(...[1, 2, 3, 4, 5, 6, 8, 10, 11, 0, 99].map((code) => read(1, code, 1))),
    [1, 2, 3, 4, 5, 6, 8, 10, 11, 0, 99].map((code) => `exception ${code}`),
  ],
  [
    "20",
    "byte by byte",
    (q, socket) => {
      for (const [i, byte] of frame(q, truth(q)).entries()) setTimeout(() => socket.write(Buffer.from([byte])), i);
    },
    read(1, 7, 3),
    [7, 8, 9],
  ],
];

test("the failure matrix on TCP: right values, or a code in time", async () => {
  const outcomes = await Promise.all(
    MATRIX.map(async ([number, situation, device, reads]) => {
      const peer = await fakeModbus(device);
      const link = new ModbusLink({
        host: "127.0.0.1",
        port: peer.port,
        timeoutMs: TIMEOUT_MS,
        maxBackOffMs: 0,
        clock: realTime(),
        random: () => 0.5,
      });
      const result = await reads(link);
      link.close();
      await peer.close();
      return [number, situation, result];
    }),
  );
  expect(outcomes).toEqual(MATRIX.map(([number, situation, _device, _reads, expected]) => [number, situation, expected]));
});

test("6b: a host that takes no connection is given up in time, and so is the attempt", async () => {
  // An address of nobody (TEST-NET-1) stands in for a full queue: nothing comes back, or that there is no way.
  const link = new ModbusLink({ host: "192.0.2.1", port: 502, timeoutMs: 200, maxBackOffMs: 0, clock: realTime(), random: () => 0.5 });
  const began = performance.now();
  expect(await outcome(() => link.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
  expect(performance.now() - began).toBeLessThan(2_000);
  link.close();
});
