import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { startModbusServer } from "../../adapters/modbus/server.ts";
import { never } from "../support/real-time.ts";
import { BATTERY, simulatedHome } from "../support/simulated-home.ts";

/** Sends bytes on a connection of their own; answers what came back until it is `enough` bytes, the server closed, or `quietMs` passed. */
function send(port: number, bytes: Buffer, quietMs: number, enough = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(chunks));
    };
    const timer = setTimeout(done, quietMs);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= enough) done();
    });
    socket.on("error", () => undefined);
    socket.on("close", done);
  });
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

test("malformed requests get an exception or a closed door, never silence within a frame and never a crash", async () => {
  const home = await simulatedHome({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
  const table: readonly (readonly [string, string])[] = [
    // Well-formed: SunS.
    ["0001 0000 0006 01 03 9c40 0002", "000100000007010304 53756e53"],
    ["0002 0000 0006 01 03 9c40 0000", "000200000003018303"],
    ["0003 0000 0006 01 03 9c40 007e", "000300000003018303"],
    ["0004 0000 0006 01 03 ffff 0002", "000400000003018302"],
    ["0005 0000 0002 01 03", "000500000003018303"],
    ["0006 0000 0007 01 03 9c40 0002 00", "000600000003018303"],
    ["0007 0000 0006 01 04 9c40 0002", "000700000003018401"],
    ["0008 0000 0002 01 2b", "00080000000301ab01"],
    ["0009 0000 0007 01 10 9d06 0000 00", "000900000003019003"],
    ["000a 0000 0009 01 10 9d06 0001 04 0001", "000a00000003019003"],
    ["000b 0000 0004 01 06 9d06", "000b00000003018603"],
    ["000c 0000 0006 07 03 9c40 0002", "000c0000000307830b"],
    ["000d 0001 0006 01 03 9c40 0002", ""],
    ["000e 0000 0001 01", ""],
    ["000f 0000 00ff 01 03 9c40 0002", ""],
  ];
  for (const [request, reply] of table) {
    const expected = reply.replaceAll(" ", "");
    const answer = await send(home.port, hex(request), 3_000, expected === "" ? undefined : expected.length / 2);
    expect([request, answer.toString("hex")]).toEqual([request, expected]);
  }
  // Half a frame is waited for.
  expect(await send(home.port, hex("0010 0000 0006 01 03 9c40"), 30)).toHaveLength(0);
  expect(await home.device.read(never)).toMatchObject({ ok: true });
  await home.close();
});

test("input registers are served by a unit that has some, and are not the holding registers", async () => {
  const unit = {
    read: () => [1, 2],
    readInput: (address: number) => (address === 7 ? [0xabcd] : ({ exception: 2 } as const)),
    write: () => null,
  };
  const server = await startModbusServer({ host: "127.0.0.1", port: 0, unit: () => unit, fault: () => null });
  const table: readonly (readonly [string, string])[] = [
    ["0001 0000 0006 01 04 0007 0001", "0001000000050104 02abcd"],
    ["0002 0000 0006 01 04 0008 0001", "0002000000030184 02"],
    ["0003 0000 0006 01 04 0007 007e", "0003000000030184 03"],
    ["0004 0000 0006 01 03 0007 0002", "0004000000070103 0400010002"],
  ];
  for (const [request, reply] of table) {
    const expected = reply.replaceAll(" ", "");
    expect((await send(server.port, hex(request), 3_000, expected.length / 2)).toString("hex")).toBe(expected);
  }
  await server.close();
});

test("random bytes and random requests leave the device as it was", async () => {
  const home = await simulatedHome({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
  const framed = fc.tuple(fc.constantFrom(1, 200, 3), fc.uint8Array({ minLength: 1, maxLength: 30 })).map(([unit, body]) => {
    const bytes = Buffer.alloc(7 + body.length);
    bytes.writeUInt16BE(body.length + 1, 4);
    bytes[6] = unit;
    bytes.set(body, 7);
    // Reads only: what a well-formed write does is its sender's business.
    if (bytes[7] === 6 || bytes[7] === 16) bytes[7] = 3;
    return bytes;
  });
  const anything = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    framed,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 10 }), async (all) => {
      await send(home.port, Buffer.concat(all), 5);
    }),
    { numRuns: 150 },
  );
  expect(await home.device.read(never)).toMatchObject({ ok: true, value: { pvW: 2000, batteryW: -1600, gridW: 0 } });
  await home.close();
});

test("one caller too many is turned away, the others go on", async () => {
  const home = await simulatedHome({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
  expect(await home.device.read(never)).toMatchObject({ ok: true });
  const crowd = Array.from({ length: 12 }, () => connect(home.port, "127.0.0.1").on("error", () => undefined));
  const turnedAway = () => crowd.filter((socket) => socket.destroyed).length;
  for (let i = 0; i < 300 && turnedAway() < 5; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(turnedAway()).toBe(5);
  expect(await home.device.read(never)).toMatchObject({ ok: true });
  for (const socket of crowd) socket.destroy();
  await home.close();
});
