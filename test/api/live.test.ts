import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { WebSocket } from "ws";
import { LIVE_LIMITS, LiveFeed, type LiveSocket } from "../../src/api/live.ts";
import { EXAMPLES } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

/** Time that passes when the test says so. */
class HandClock {
  private time = 0;
  private readonly tasks = new Map<object, { at: number; task: () => void }>();

  monotonicMs(): number {
    return this.time;
  }

  after(ms: number, task: () => void): () => void {
    const key = {};
    this.tasks.set(key, { at: this.time + ms, task });
    return () => this.tasks.delete(key);
  }

  get waiting(): number {
    return this.tasks.size;
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.tasks].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (next === undefined) break;
      this.tasks.delete(next[0]);
      this.time = next[1].at;
      next[1].task();
    }
    this.time = end;
  }
}

class FakeSocket implements LiveSocket {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  ended = false;
  answers = true;
  private readonly listeners: Record<string, (() => void)[]> = {};

  send(text: string): void {
    this.sent.push(JSON.parse(text).kind);
  }
  ping(): void {
    if (this.answers) for (const listener of this.listeners.pong ?? []) listener();
  }
  terminate(): void {
    this.ended = true;
    this.end();
  }
  end(): void {
    for (const listener of this.listeners.close ?? []) listener();
  }
  on(event: string, listener: () => void): void {
    this.listeners[event] = [...(this.listeners[event] ?? []), listener];
  }
}

function feed() {
  const queries = new ExampleQueries(EXAMPLES.midday());
  const clock = new HandClock();
  const live = new LiveFeed({ queries, clock });
  const socket = new FakeSocket();
  const change = () => queries.set(EXAMPLES.midday());
  return { queries, clock, live, socket, change };
}

describe("the feed", () => {
  test("a client gets the state at once, and a change at once", () => {
    const { live, socket, change } = feed();
    live.join(socket);
    expect(socket.sent).toEqual(["state"]);
    change();
    expect(socket.sent).toEqual(["state", "state"]);
  });

  test("100 changes in a second are told at most 5 times, the last one included", () => {
    const { live, socket, change, clock } = feed();
    live.join(socket);
    for (let i = 0; i < 100; i += 1) {
      change();
      clock.pass(10);
    }
    const told = socket.sent.length - 1;
    expect(told).toBeLessThanOrEqual(5);
    expect(told).toBeGreaterThanOrEqual(4);
    clock.pass(250);
    const after = socket.sent.length;
    clock.pass(1000);
    expect(socket.sent).toHaveLength(after);
  });

  test("a change in the gap is told when the gap ends", () => {
    const { live, socket, change, clock } = feed();
    live.join(socket);
    change();
    change();
    expect(socket.sent).toHaveLength(2);
    clock.pass(249);
    expect(socket.sent).toHaveLength(2);
    clock.pass(1);
    expect(socket.sent).toHaveLength(3);
  });

  test("a client that doesn't read is dropped, the others go on", () => {
    const { live, socket, change } = feed();
    const slow = new FakeSocket();
    live.join(socket);
    live.join(slow);
    slow.bufferedAmount = LIVE_LIMITS.bufferedBytes + 1;
    change();
    expect([slow.ended, slow.sent.length, socket.sent.length, live.size]).toEqual([true, 1, 2, 1]);
  });

  test("a client that no longer answers is gone after three beats", () => {
    const { live, socket, clock } = feed();
    const dead = new FakeSocket();
    dead.answers = false;
    live.join(socket);
    live.join(dead);
    clock.pass(10_000);
    expect([dead.ended, dead.sent]).toEqual([false, ["state", "beat", "beat"]]);
    clock.pass(5000);
    expect([dead.ended, socket.ended, live.size]).toEqual([true, false, 1]);
  });

  test("nobody there: no timer, no state asked for", () => {
    const { live, socket, change, clock, queries } = feed();
    live.join(socket);
    change();
    change();
    socket.end();
    let asked = 0;
    queries.state = () => {
      asked += 1;
      return EXAMPLES.midday();
    };
    change();
    clock.pass(60_000);
    expect([live.size, clock.waiting, asked]).toEqual([0, 0, 0]);
  });

  test("the end: every client is hung up on and the node is no longer listened to", () => {
    const { live, socket, clock, queries } = feed();
    live.join(socket);
    live.close();
    expect([socket.ended, clock.waiting, queries.listeners.size]).toEqual([true, 0, 0]);
  });
});

describe("the WebSocket", () => {
  const open: FastifyInstance[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.close()));
  });

  async function listening(clients = 64) {
    const queries = new ExampleQueries(EXAMPLES.midday());
    const app = exampleApi(queries, { liveLimits: { ...LIVE_LIMITS, clients } });
    open.push(app);
    await app.listen({ host: "127.0.0.1", port: 0 });
    return { queries, port: (app.server.address() as AddressInfo).port };
  }

  const next = (socket: WebSocket, event: "message" | "close" | "unexpected-response"): Promise<unknown[]> =>
    new Promise((resolve) => {
      socket.once(event, (...values: unknown[]) => resolve(values));
    });

  const refusal = async (socket: WebSocket): Promise<unknown> => {
    socket.on("error", () => undefined);
    const [, response] = (await next(socket, "unexpected-response")) as [unknown, NodeJS.ReadableStream & { statusCode: number }];
    const body = await text(response);
    return [response.statusCode, JSON.parse(body).code];
  };

  test("brings the whole street, and again when it changes", async () => {
    const { queries, port } = await listening();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const [first] = await next(socket, "message");
    expect(JSON.parse(String(first))).toEqual({ kind: "state", state: queries.state() });
    queries.set(EXAMPLES.night());
    const [second] = await next(socket, "message");
    expect(JSON.parse(String(second)).state.sentence).toBe(EXAMPLES.night().sentence);
    socket.terminate();
  });

  test("one client more than there are places is refused, and has a place once one is free", async () => {
    const { port } = await listening(1);
    const first = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await next(first, "message");
    expect(await refusal(new WebSocket(`ws://127.0.0.1:${port}/ws`))).toEqual([503, "TOO_MANY_CLIENTS"]);
    first.close();
    await next(first, "close");
    const second = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await next(second, "message");
    second.terminate();
  });

  test.each([
    ["another path", "/api/state", {}, [400, "UPGRADE_MALFORMED"]],
    ["no path at all", "/nowhere", {}, [400, "UPGRADE_MALFORMED"]],
    ["a page of another site", "/ws", { origin: "https://evil.example" }, [403, "ORIGIN_NOT_ALLOWED"]],
    ["a name that isn't ours", "/ws", { headers: { host: "evil.example" } }, [421, "HOST_NOT_ALLOWED"]],
    ["an old version", "/ws", { protocolVersion: 8 }, [400, "UPGRADE_MALFORMED"]],
  ])("%s is refused", async (_name, path, options, answer) => {
    const { port } = await listening();
    expect(await refusal(new WebSocket(`ws://127.0.0.1:${port}${path}`, options))).toEqual(answer);
  });

  test("what a client says is not read; too much of it ends the connection, not the street", async () => {
    const { port } = await listening();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await next(socket, "message");
    socket.send('{"kind":"order"}');
    socket.send(Buffer.alloc(5000));
    const [code] = await next(socket, "close");
    expect(code).toBe(1009);
    const after = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await next(after, "message");
    after.terminate();
  });

  test("without an upgrade it says what it wants", async () => {
    const { port } = await listening();
    const reply = await fetch(`http://127.0.0.1:${port}/ws`);
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([426, "UPGRADE_REQUIRED"]);
  });
});
