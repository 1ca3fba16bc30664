import { afterEach, describe, expect, test } from "@jest/globals";
import { ModbusLink } from "../../../adapters/modbus/index.ts";
import { type Answering, type FakeModbus, fakeModbus, frame, truth, words } from "../../support/fake-modbus.ts";
import { realTime } from "../../support/real-time.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function linkTo(
  answer: Answering,
  options: { readonly maxBackOffMs?: number; readonly connectDelayMs?: number } = {},
): Promise<{ link: ModbusLink; peer: FakeModbus }> {
  const peer = await fakeModbus(answer);
  const link = new ModbusLink({
    host: "127.0.0.1",
    port: peer.port,
    timeoutMs: 400,
    maxBackOffMs: 0,
    clock: realTime(),
    random: () => 0.5,
    ...options,
  });
  opened.push(peer, link);
  return { link, peer };
}

const codeOf = (answer: { readonly ok: boolean; readonly code?: string }) => answer.code ?? "ok";

/** What a device may do to the first request; the second is answered well. The code is what the first one must bring. */
const TROUBLE: readonly (readonly [string, Answering, string])[] = [
  ["says nothing", () => undefined, "DEVICE_TIMEOUT"],
  ["ends the connection", (_, socket) => socket.end(), "DEVICE_OFFLINE"],
  ["resets the connection", (_, socket) => socket.resetAndDestroy(), "DEVICE_OFFLINE"],
  ["says half of an answer", (q, socket) => socket.write(frame(q, truth(q)).subarray(0, 9)), "DEVICE_TIMEOUT"],
  ["says half and ends", (q, socket) => socket.end(frame(q, truth(q)).subarray(0, 9)), "DEVICE_OFFLINE"],
  ["claims a length of 65535", (q, socket) => socket.write(frame(q, truth(q), { length: 65_535 })), "DEVICE_MALFORMED"],
  ["claims a length of 2", (q, socket) => socket.write(frame(q, truth(q), { length: 2 })), "DEVICE_MALFORMED"],
  ["claims a length of 255", (q, socket) => socket.write(frame(q, truth(q), { length: 255 })), "DEVICE_MALFORMED"],
  ["sends bytes that are no frame", (_, socket) => socket.write(Buffer.alloc(40, 0xa5)), "DEVICE_MALFORMED"],
  ["speaks protocol 1", (q, socket) => socket.write(frame(q, truth(q), { protocol: 1 })), "DEVICE_MALFORMED"],
  ["answers as another unit", (q, socket) => socket.write(frame(q, truth(q), { unit: 9 })), "DEVICE_MALFORMED"],
  ["sends another unit's exception", (q, socket) => socket.write(frame(q, [0x83, 2], { unit: 9 })), "DEVICE_MALFORMED"],
  ["answers another request", (q, socket) => socket.write(frame(q, truth(q), { id: 77 })), "DEVICE_MALFORMED"],
  ["answers another function", (q, socket) => socket.write(frame(q, [4, ...truth(q).slice(1)])), "DEVICE_MALFORMED"],
  ["lies about its bytes", (q, socket) => socket.write(frame(q, [3, 2, ...truth(q).slice(2)])), "DEVICE_MALFORMED"],
  ["sends one register less", (q, socket) => socket.write(frame(q, [3, 2, 0, 1])), "DEVICE_MALFORMED"],
  ["sends one register more", (q, socket) => socket.write(frame(q, [3, 6, 0, 1, 0, 2, 0, 3])), "DEVICE_MALFORMED"],
  [
    "sends its answer twice at once",
    (q, socket) => socket.write(Buffer.concat([frame(q, truth(q)), frame(q, truth(q))])),
    "DEVICE_MALFORMED",
  ],
  ["sends an exception with a tail", (q, socket) => socket.write(frame(q, [0x83, 2, 0])), "DEVICE_MALFORMED"],
  ["answers a read with an echo", (q, socket) => socket.write(frame(q, [16, ...words([100, 2])])), "DEVICE_MALFORMED"],
];

describe("a link never hands out a register that wasn't asked for", () => {
  test.each(TROUBLE)("a device that %s", async (_, trouble, code) => {
    const { link } = await linkTo((request, socket, count) =>
      count === 1 ? trouble(request, socket, count) : socket.write(frame(request, truth(request))),
    );
    expect(codeOf(await link.read(1, 100, 2))).toBe(code);
    expect(await link.read(1, 200, 2)).toEqual({ ok: true, value: [200, 201] });
  });

  test("a late answer is not taken for the next one, even 256 requests later", async () => {
    const { link } = await linkTo((request, socket, count) => {
      if (count === 1) setTimeout(() => socket.write(frame(request, truth(request))), 420);
      else socket.write(frame(request, truth(request)));
    });
    expect(codeOf(await link.read(1, 5000, 2))).toBe("DEVICE_TIMEOUT");
    for (let i = 0; i < 260; i += 1) expect(await link.read(1, i, 2)).toEqual({ ok: true, value: [i, i + 1] });
  });

  test("transaction ids start again after 256 requests on one connection", async () => {
    const { link, peer } = await linkTo((request, socket) => socket.write(frame(request, truth(request))));
    for (let i = 0; i < 600; i += 1) expect(await link.read(1, i, 1)).toEqual({ ok: true, value: [i] });
    expect(peer.connections()).toBe(1);
  });

  test("a gateway that wants silence after the connection has it, once for each connection", async () => {
    const asked: number[] = [];
    const { link } = await linkTo(
      (q, socket) => {
        asked.push(performance.now());
        socket.write(frame(q, truth(q)));
      },
      { connectDelayMs: 800 },
    );
    const began = performance.now();
    expect([codeOf(await link.read(1, 0, 2)), codeOf(await link.read(1, 0, 2))]).toEqual(["ok", "ok"]);
    const [first = 0, second = 0] = asked;
    expect(first - began).toBeGreaterThanOrEqual(799);
    expect(second - first).toBeLessThan(799);
  });

  test("an answer byte by byte is an answer", async () => {
    const { link } = await linkTo((request, socket) => {
      const reply = frame(request, truth(request));
      for (let i = 0; i < reply.length; i += 1) setTimeout(() => socket.write(reply.subarray(i, i + 1)), i);
    });
    expect(await link.read(1, 7, 3)).toEqual({ ok: true, value: [7, 8, 9] });
  });

  test("a copy of an old answer, between two requests or instead of the next one, ends the connection", async () => {
    let last: Buffer | undefined;
    const { link } = await linkTo((request, socket, count) => {
      socket.write(count === 2 && last !== undefined ? last : frame(request, truth(request)));
      last = frame(request, truth(request));
    });
    expect(await link.read(1, 10, 1)).toEqual({ ok: true, value: [10] });
    expect(codeOf(await link.read(1, 20, 1))).toBe("DEVICE_MALFORMED");
    expect(await link.read(1, 30, 1)).toEqual({ ok: true, value: [30] });
  });

  test.each([1, 2, 3, 4, 8, 0, 99])("exception %i is the device's answer and keeps the connection", async (exception) => {
    const { link, peer } = await linkTo((request, socket, count) =>
      socket.write(count === 1 ? frame(request, [0x83, exception]) : frame(request, truth(request))),
    );
    expect(await link.read(1, 1, 1)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION", exception });
    expect(await link.read(1, 1, 1)).toEqual({ ok: true, value: [1] });
    expect(peer.connections()).toBe(1);
  });

  test.each([
    [5, 2],
    [6, 2],
    [10, 1],
    [11, 1],
  ])("exception %i says not now: the request is repeated %i times at most", async (exception, retries) => {
    let refusals = retries;
    const { link, peer } = await linkTo((request, socket) => {
      refusals -= 1;
      socket.write(frame(request, refusals >= 0 ? [0x83, exception] : truth(request)));
    });
    expect(await link.read(1, 1, 1)).toEqual({ ok: true, value: [1] });
    expect(peer.requests).toHaveLength(retries + 1);
    refusals = retries + 1;
    expect(await link.read(1, 1, 1)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION", exception });
    expect(peer.requests).toHaveLength(2 * retries + 2);
    expect(peer.connections()).toBe(1);
  });

  test("input registers are asked for with function 4, and holding registers are no answer", async () => {
    const { link, peer } = await linkTo((request, socket, count) =>
      socket.write(frame(request, [count === 1 ? 4 : 3, ...truth(request).slice(1)])),
    );
    expect(await link.readInput(1, 100, 2)).toEqual({ ok: true, value: [100, 101] });
    expect([...(peer.requests[0] ?? [])]).toEqual([0, 1, 0, 0, 0, 6, 1, 4, 0, 100, 0, 2]);
    expect(codeOf(await link.readInput(1, 100, 2))).toBe("DEVICE_MALFORMED");
  });

  test("two units asked at once get their own answers, one request in flight, in order", async () => {
    let inFlight = 0;
    const { link, peer } = await linkTo((request, socket) => {
      inFlight += 1;
      expect(inFlight).toBe(1);
      setTimeout(() => {
        inFlight -= 1;
        socket.write(frame(request, [3, 2, ...words([1000 * (request[6] ?? 0) + request.readUInt16BE(8)])]));
      }, 2);
    });
    const answers = await Promise.all([link.read(1, 1, 1), link.read(2, 2, 1), link.read(1, 3, 1), link.read(2, 4, 1)]);
    expect(answers.map((answer) => answer.ok && answer.value[0])).toEqual([1001, 2002, 1003, 2004]);
    expect(peer.connections()).toBe(1);
  });
});

describe("writes", () => {
  const echo = (request: Buffer) => [16, ...request.subarray(8, 12)];

  test("carry address and values, and succeed on their echo", async () => {
    const { link, peer } = await linkTo((request, socket) => socket.write(frame(request, echo(request))));
    expect(await link.write(1, 40_356, [0xfed4, 300])).toEqual({ ok: true, value: undefined });
    expect([...(peer.requests[0] ?? [])]).toEqual([0, 1, 0, 0, 0, 11, 1, 16, 0x9d, 0xa4, 0, 2, 4, 0xfe, 0xd4, 1, 44]);
  });

  test("one register goes out with function 6, and another value in its echo is no success", async () => {
    const { link, peer } = await linkTo((request, socket, count) =>
      socket.write(frame(request, count === 1 ? [...request.subarray(7)] : [6, ...words([100, 2])])),
    );
    expect(await link.writeSingle(1, 100, 0xfed4)).toEqual({ ok: true, value: undefined });
    expect([...(peer.requests[0] ?? [])]).toEqual([0, 1, 0, 0, 0, 6, 1, 6, 0, 100, 0xfe, 0xd4]);
    expect(codeOf(await link.writeSingle(1, 100, 1))).toBe("DEVICE_MALFORMED");
  });

  test.each([
    ["another address", (q: Buffer) => [16, ...words([q.readUInt16BE(8) + 1, 2])]],
    ["another count", (q: Buffer) => [16, ...words([q.readUInt16BE(8), 1])]],
    ["a cut echo", (q: Buffer) => [16, ...words([q.readUInt16BE(8)])]],
  ])("%s in the echo is no success", async (_, body) => {
    const { link } = await linkTo((request, socket) => socket.write(frame(request, body(request))));
    expect(codeOf(await link.write(1, 100, [1, 2]))).toBe("DEVICE_MALFORMED");
  });

  test("a refusal is an exception", async () => {
    const { link } = await linkTo((request, socket) => socket.write(frame(request, [0x90, 3])));
    expect(codeOf(await link.write(1, 100, [1]))).toBe("DEVICE_EXCEPTION");
  });
});

describe("limits", () => {
  test("only whole numbers in range leave the house", async () => {
    const { link, peer } = await linkTo(() => undefined);
    const wrong = [
      () => link.read(1, Number.NaN, 1),
      () => link.read(1, 1.5, 1),
      () => link.read(1, 1, 126),
      () => link.read(1, 1, 0),
      () => link.read(1, 65_535, 2),
      () => link.read(256, 1, 1),
      () => link.read(1, -1, 1),
    ];
    for (const ask of wrong) expect(ask).toThrow(/no (register|unit)/);
    await expect(link.write(1, 1, [3.7])).rejects.toThrow("whole numbers");
    await expect(link.write(1, 1, [Number.NaN])).rejects.toThrow("whole numbers");
    await expect(link.write(1, 1, [65_536])).rejects.toThrow("whole numbers");
    await expect(link.writeSingle(1, 1, 65_536)).rejects.toThrow("whole numbers");
    await expect(link.writeSingle(1, 65_536, 1)).rejects.toThrow("no register address");
    expect(() => link.readInput(1, 1, 126)).toThrow("no register count");
    await expect(link.write(1, 1, [])).rejects.toThrow("register count");
    expect(peer.requests).toHaveLength(0);
  });

  test("a bounded queue says busy, and those that wait are served", async () => {
    const { link } = await linkTo((request, socket) => socket.write(frame(request, truth(request))));
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => link.read(1, i, 1)));
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === "ok").length).toBe(33);
    expect(answers.filter((answer) => !answer.ok)).toEqual(
      Array.from({ length: 7 }, () => ({ ok: false, code: "DEVICE_REFUSED", detail: "busy: 32 requests wait" })),
    );
  });

  test("a caller that gives up gets a code at once and leaves nothing for the next one", async () => {
    const { link } = await linkTo(
      (request, socket, count) => void setTimeout(() => socket.write(frame(request, truth(request))), count === 1 ? 50 : 0),
    );
    const stop = new AbortController();
    const answer = link.read(1, 100, 1, stop.signal);
    setTimeout(() => stop.abort(), 10);
    expect(codeOf(await answer)).toBe("DEVICE_TIMEOUT");
    expect(await link.read(1, 200, 1)).toEqual({ ok: true, value: [200] });
    expect(codeOf(await link.read(1, 300, 1, stop.signal))).toBe("DEVICE_TIMEOUT");
  });

  test("close answers everyone who waits, and everyone who comes later", async () => {
    const { link } = await linkTo(() => undefined);
    const answers = [link.read(1, 1, 1), link.read(1, 2, 1)];
    await new Promise((resolve) => setTimeout(resolve, 10));
    link.close();
    expect((await Promise.all(answers)).map(codeOf)).toEqual(["DEVICE_OFFLINE", "DEVICE_OFFLINE"]);
    expect(codeOf(await link.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
  });
});

describe("back-off", () => {
  /** Time that a test moves by hand; time-outs are real, short only while the peer is silent anyway. */
  function patient(port: number, isSilent: () => boolean = () => false) {
    let time = 0;
    const after = (_: number, task: () => void) => realTime().after(isSilent() ? 40 : 5_000, task);
    const link = new ModbusLink({ host: "127.0.0.1", port, timeoutMs: 60, clock: { after, monotonicMs: () => time }, random: () => 1 });
    opened.push(link);
    const pass = (ms: number) => {
      time += ms;
    };
    return { link, pass };
  }

  test("0.2 s, doubled with each failure, at most 30 s; a good answer ends it", async () => {
    let silent = true;
    const peer = await fakeModbus((request, socket) => (silent ? undefined : socket.write(frame(request, truth(request)))));
    opened.push(peer);
    const { link, pass } = patient(peer.port, () => silent);
    for (const wait of [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
      expect(codeOf(await link.read(1, 1, 1))).toBe("DEVICE_TIMEOUT");
      pass(wait - 1);
      expect(await link.read(1, 1, 1)).toEqual({ ok: false, code: "DEVICE_OFFLINE", detail: "next try in 1 ms" });
      pass(1);
    }
    silent = false;
    expect(codeOf(await link.read(1, 1, 1))).toBe("ok");
    silent = true;
    expect(codeOf(await link.read(1, 1, 1))).toBe("DEVICE_TIMEOUT");
    expect(await link.read(1, 1, 1)).toEqual({ ok: false, code: "DEVICE_OFFLINE", detail: "next try in 200 ms" });
  });

  test("a host where nobody listens is offline", async () => {
    const peer = await fakeModbus(() => undefined);
    await peer.close();
    const { link } = patient(peer.port);
    expect(codeOf(await link.read(1, 1, 1))).toBe("DEVICE_OFFLINE");
    expect(await link.read(1, 1, 1)).toEqual({ ok: false, code: "DEVICE_OFFLINE", detail: "next try in 200 ms" });
  });

  test("a host that doesn't take the connection in time is offline, and the try is given up", async () => {
    const peer = await fakeModbus((request, socket) => socket.write(frame(request, truth(request))));
    opened.push(peer);
    const soon = (_: number, task: () => void) => {
      queueMicrotask(task);
      return () => undefined;
    };
    const impatient = { ...realTime(), after: soon };
    const link = new ModbusLink({ host: "127.0.0.1", port: peer.port, timeoutMs: 60, clock: impatient, random: () => 1 });
    opened.push(link);
    expect(await link.read(1, 1, 1)).toEqual({ ok: false, code: "DEVICE_OFFLINE", detail: "no connection within 60 ms" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(peer.requests).toHaveLength(0);
  });

  test("a device that closes an idle connection is met again without waiting", async () => {
    const peer = await fakeModbus((request, socket) => socket.end(frame(request, truth(request))));
    opened.push(peer);
    const { link } = patient(peer.port);
    expect(codeOf(await link.read(1, 1, 1))).toBe("ok");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(codeOf(await link.read(1, 2, 1))).toBe("ok");
    expect(peer.connections()).toBe(2);
  });
});
