import { connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Links, ModbusLink, type Place, type ProxyOptions, startModbusProxy, type TlsIdentity } from "../../../adapters/modbus/index.ts";
import { authority, opensslMissing } from "../../support/certificates.ts";
import { type Answering, fakeModbus, frame, truth } from "../../support/fake-modbus.ts";
import { ptyMissing } from "../../support/fake-serial.ts";
import { pymodbusClient, pymodbusMissing, pymodbusSerial } from "../../support/pymodbus.ts";
import { realTime } from "../../support/real-time.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const TIMING = { timeoutMs: 300, maxBackOffMs: 0, clock: realTime(), random: () => 0.5 };

async function proxyOf(device: Place, changes: Partial<ProxyOptions> = {}, timeoutMs = TIMING.timeoutMs) {
  const links = new Links();
  const timing = { ...TIMING, timeoutMs, links };
  const own = new ModbusLink({ ...device, ...timing });
  const proxy = await startModbusProxy({
    host: "127.0.0.1",
    port: 0,
    device: { ...device, ...timing },
    units: [1, 2],
    writable: [],
    maxClients: 4,
    ...changes,
  });
  opened.push(own, proxy);
  return { own, port: proxy.port };
}

async function fakeDevice(answer: Answering) {
  const peer = await fakeModbus(answer);
  opened.push(peer);
  return { peer, place: { host: "127.0.0.1", port: peer.port } };
}

function client(port: number, tls?: TlsIdentity): ModbusLink {
  const at = { host: "127.0.0.1", port, ...TIMING, timeoutMs: 3_000 };
  const link = new ModbusLink(tls === undefined ? at : { ...at, transport: "tls", tls });
  opened.push(link);
  return link;
}

/** Register n holds n; writes are echoed. */
const honest: Answering = (request, socket) => {
  const code = request[7]!;
  socket.write(frame(request, code <= 4 ? [code, ...truth(request).slice(1)] : [...request.subarray(7, 12)]));
};
const told = (answer: { readonly ok: boolean; readonly exception?: number }): number | "ok" =>
  answer.ok ? "ok" : (answer.exception ?? -1);

describe("the proxy", () => {
  test("serves what the device says now, over the connection that we have ourselves", async () => {
    const { peer, place } = await fakeDevice(honest);
    const { own, port } = await proxyOf(place);
    const [one, other] = [client(port), client(port)];
    expect(await Promise.all([own.read(1, 10, 1), one.read(1, 20, 2), other.readInput(2, 30, 1)])).toEqual([
      { ok: true, value: [10] },
      { ok: true, value: [20, 21] },
      { ok: true, value: [30] },
    ]);
    expect(peer.connections()).toBe(1);
    expect(peer.requests.map((request) => [request[6], request[7]]).sort()).toEqual([
      [1, 3],
      [1, 3],
      [2, 4],
    ]);
  });

  test("writes nothing unless told, and then only there, as it was asked to", async () => {
    const { peer, place } = await fakeDevice(honest);
    const closed = client((await proxyOf(place)).port);
    expect([told(await closed.write(1, 100, [1])), told(await closed.writeSingle(1, 100, 1))]).toEqual([1, 1]);
    const open = client((await proxyOf(place, { writable: [{ unit: 1, from: 100, to: 101 }] })).port);
    const answers = [
      await open.write(1, 100, [1, 2]),
      await open.writeSingle(1, 101, 3),
      await open.write(1, 99, [1, 2]),
      await open.write(1, 101, [1, 2]),
      await open.write(2, 100, [1]),
      await open.writeSingle(1, 102, 1),
    ];
    expect(answers.map(told)).toEqual(["ok", "ok", 2, 2, 2, 2]);
    expect(peer.requests.map((request) => request.subarray(6).toString("hex"))).toEqual(["01100064000204" + "00010002", "010600650003"]);
  });

  test("has an exception for everything that the device doesn't answer", async () => {
    let trouble: Answering = honest;
    const { peer, place } = await fakeDevice((request, socket, count) => trouble(request, socket, count));
    const link = client((await proxyOf(place)).port);
    const told = async (how: Answering) => {
      trouble = how;
      const answer = await link.read(1, 1, 1);
      return answer.ok ? "ok" : answer.exception;
    };
    expect([
      await told((request, socket) => socket.write(frame(request, [0x83, 2]))),
      await told(() => undefined),
      await told((request, socket) => socket.write(frame(request, [0x83, 2], { unit: 9 }))),
      await told(honest),
    ]).toEqual([2, 11, 4, "ok"]);
    const asked = peer.requests.length;
    expect(await link.read(7, 1, 1)).toMatchObject({ exception: 11 });
    expect(peer.requests.length).toBe(asked);
    await peer.close();
    await link.read(1, 1, 1);
    expect(await link.read(1, 1, 1)).toMatchObject({ exception: 10 });
  });

  test("serves our own requests before those of guests that wait", async () => {
    let release: (() => void) | undefined;
    const { peer, place } = await fakeDevice((request, socket, count) => {
      if (count > 1) honest(request, socket, count);
      else release = () => honest(request, socket, count);
    });
    const { own, port } = await proxyOf(place, {}, 5_000);
    const guests = [100, 101, 102].map((address) => client(port).read(1, address, 1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ours = [own.read(1, 1, 1), own.read(1, 2, 1)];
    release?.();
    await Promise.all([...guests, ...ours]);
    const order = peer.requests.map((request) => request.readUInt16BE(8));
    expect(order.slice(1, 3)).toEqual([1, 2]);
    expect([order[0]!, ...order.slice(3)].sort()).toEqual([100, 101, 102]);
  });

  test("turns the client too many away, ends who is silent and who talks nonsense, and goes on", async () => {
    const { place } = await fakeDevice(honest);
    const { port } = await proxyOf(place, { maxClients: 2, idleMs: 150 });
    const ended = (bytes?: Buffer) =>
      new Promise<number>((resolve) => {
        const at = performance.now();
        const socket = connect(port, "127.0.0.1", () => bytes && socket.write(bytes));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(performance.now() - at));
      });
    const [silent, , third] = await Promise.all([ended(), ended(), ended()]);
    expect(silent).toBeGreaterThan(140);
    expect(third).toBeLessThan(140);
    expect(await ended(Buffer.alloc(300, 0xa5))).toBeLessThan(140);
    // A flood of requests that nobody waits the answers of.
    const request = Buffer.from("000100000006010300010001", "hex");
    expect(await ended(Buffer.concat(Array(2_000).fill(request)))).toBeLessThan(3_000);
    expect(await client(port).read(1, 5, 1)).toEqual({ ok: true, value: [5] });
  });

  const independent = pymodbusMissing === null && ptyMissing === null ? test : test.skip;
  independent("brings somebody else's master on TCP to somebody else's slave on a serial line", async () => {
    const slave = await pymodbusSerial({ 1: { 100: 7, 101: 8 } });
    opened.push(slave);
    const place: Place = { transport: "rtu", serial: { path: slave.path, baudRate: 115_200, parity: "none", stopBits: 1 } };
    const { port } = await proxyOf(place, { writable: [{ unit: 1, from: 101, to: 101 }] });
    const answers = await pymodbusClient(port, [
      { do: "read", unit: 1, address: 100, count: 2 },
      { do: "write-one", unit: 1, address: 101, values: [0xfffe] },
      { do: "write-one", unit: 1, address: 100, values: [1] },
      { do: "write", unit: 1, address: 101, values: [9] },
      { do: "read", unit: 1, address: 101, count: 1 },
      { do: "read", unit: 1, address: 200, count: 1 },
    ]);
    expect(answers).toEqual([[7, 8], [], { exception: 2 }, [], [9], { exception: 2 }]);
  });

  const secure = opensslMissing === null ? test : test.skip;
  secure("over TLS, the role in the certificate says who reads and who writes", async () => {
    const ca = authority();
    const { place } = await fakeDevice(honest);
    const tls = { ...ca.identity(), readers: ["ReadOnlySunSpec"], writers: ["GridServiceSunSpec"] };
    const { port } = await proxyOf(place, { tls, writable: [{ unit: 1, from: 100, to: 100 }] });
    const rights = await Promise.all(
      ["ReadOnlySunSpec", "GridServiceSunSpec", "Cleaner", undefined].map(async (role) => {
        const link = client(port, ca.identity(role));
        return [role, told(await link.read(1, 1, 1)), told(await link.readInput(1, 1, 1)), told(await link.write(1, 100, [1]))];
      }),
    );
    expect(rights).toEqual([
      ["ReadOnlySunSpec", "ok", "ok", 1],
      ["GridServiceSunSpec", "ok", "ok", "ok"],
      ["Cleaner", 1, 1, 1],
      [undefined, 1, 1, 1],
    ]);
    expect(await client(port).read(1, 1, 1)).toMatchObject({ ok: false });
    expect(await client(port, authority().identity("GridServiceSunSpec")).read(1, 1, 1)).toMatchObject({ code: "DEVICE_OFFLINE" });
  });
});
