import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { EXAMPLES } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const SECRET = "this must stay inside";
const queries = new ExampleQueries(EXAMPLES.midday());
let folder: string;
let app: FastifyInstance;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "commonwatt-api-"));
  mkdirSync(join(folder, "web"));
  writeFileSync(join(folder, "web", "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "web", ".hidden"), SECRET);
  writeFileSync(join(folder, "key.json"), SECRET);
  app = exampleApi(queries, { staticFolder: join(folder, "web") });
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as AddressInfo).port;
});

afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** Sends bytes as they are; resolves with all that came back until the other side, or we after `patienceMs`, hung up. */
const raw = (bytes: string | Uint8Array, patienceMs = 5000): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

async function isUnharmed(): Promise<boolean> {
  const reply = await app.inject("/api/state");
  return reply.statusCode === 200 && queries.asked.length === 0 && JSON.stringify(reply.json()) === JSON.stringify(EXAMPLES.midday());
}

describe("garbage", () => {
  test.each([
    "/../key.json",
    "/%2e%2e/key.json",
    "/..%2fkey.json",
    "/%2e%2e%2fkey.json",
    "/..%5ckey.json",
    "/....//key.json",
    "/assets/../../key.json",
    "//key.json",
    "/.hidden",
    "/%00",
    "/key.json%00.html",
    "/%c0%ae%c0%ae/key.json",
    "/%",
    "/%zz",
  ])("the path %s leads nowhere", async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(statusOf(answer)).toBeLessThan(500);
    expect(answer).toMatch(/\{"code":"[A-Z_]+","message":"/);
    expect(answer).not.toContain(SECRET);
    expect(answer).not.toContain(tmpdir());
  });

  test("the page itself is served, and asked for anew each time", async () => {
    const reply = await app.inject("/");
    expect([reply.statusCode, reply.headers["cache-control"]]).toEqual([200, "no-cache"]);
  });

  test("any path and method: an answer below 500 with code and message, or a thing that is there", async () => {
    const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS");
    const path = fc.array(
      fc.oneof(fc.constantFrom("api", "state", "intervals", "homes", "..", "%2e%2e", "ws", "assets"), fc.webSegment()),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(method, path, async (verb, segments) => {
        const reply = await app.inject({ method: verb as "GET", url: `/${segments.join("/")}` });
        if (reply.statusCode < 400) return verb === "GET" || verb === "HEAD";
        return reply.statusCode < 500 && (verb === "HEAD" || typeof reply.json().code === "string");
      }),
      { numRuns: 400 },
    );
    expect(await isUnharmed()).toBe(true);
  });

  test("any body for a new home: refused with a code", async () => {
    const bytes = fc.uint8Array({ maxLength: 6000 }).map((array) => Buffer.from(array));
    const json = fc.oneof(
      fc.json(),
      fc
        .record({ name: fc.anything(), agent: fc.anything(), owner: fc.anything(), invitation: fc.anything() })
        .map((value) => JSON.stringify(value, (_key, each) => (typeof each === "bigint" ? String(each) : each)) ?? "null"),
    );
    const type = fc.constantFrom(
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=utf-7",
      "x",
      "",
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, json), type, async (payload, contentType) => {
        const headers = contentType === "" ? {} : { "content-type": contentType };
        const reply = await app.inject({ method: "POST", url: "/api/homes", headers, payload });
        return reply.statusCode >= 400 && reply.statusCode < 500 && /^[A-Z_]+$/.test(reply.json().code);
      }),
      { numRuns: 400 },
    );
    expect(await isUnharmed()).toBe(true);
  });

  test("any bytes on the socket: a 4xx or silence, never a 5xx", async () => {
    const line = fc
      .tuple(
        fc.constantFrom("GET", "POST", "gEt", "", "G\0"),
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.constantFrom("HTTP/1.1", "HTTP/9", ""),
      )
      .map((parts) => parts.join(" "));
    const header = fc.constantFrom(
      "host: localhost",
      "host: a\r\nhost: b",
      "content-length: -1",
      "content-length: 9",
      "transfer-encoding: chunked",
      "upgrade: websocket\r\nconnection: upgrade",
      "sec-websocket-version: 13",
      "sec-websocket-key: short",
      "upgrade: h2c",
      ": ",
      `x: ${"y".repeat(20_000)}`,
    );
    const request = fc
      .tuple(line, fc.array(header, { maxLength: 6 }), fc.string({ maxLength: 30 }))
      .map(([first, headers, rest]) => `${[first, ...headers].join("\r\n")}\r\n\r\n${rest}`);
    const anyBytes: fc.Arbitrary<string | Uint8Array> = fc.oneof(request, fc.uint8Array({ maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => statusOf(await raw(bytes, 20)) < 500),
      { numRuns: 250 },
    );
    expect(await isUnharmed()).toBe(true);
  });

  test.each([
    ["no key", "GET /ws", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13"],
    ["a short key", "GET /ws", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: abc"],
    ["another protocol", "GET /ws", "upgrade: h2c\r\nconnection: upgrade"],
    [
      "another method",
      "POST /ws",
      "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    ],
  ])("an upgrade with %s is refused with a code", async (_name, line, headers) => {
    const answer = await raw(`${line} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n`);
    expect([statusOf(answer), /"code":"([A-Z_]+)"/.exec(answer)?.[1]]).toEqual([400, "UPGRADE_MALFORMED"]);
  });

  test("a head of 20 kB", async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
    expect([statusOf(answer), answer.includes('"HEADERS_TOO_LARGE"')]).toEqual([431, true]);
  });

  test("the harness would notice: a body that is right does get through", async () => {
    const payload = { name: "home-13", agent: `0x${"00".repeat(20)}`, owner: `0x${"01".repeat(20)}`, invitation: "i" };
    expect((await app.inject({ method: "POST", url: "/api/homes", payload })).statusCode).toBe(201);
    expect(await isUnharmed()).toBe(false);
    queries.asked.length = 0;
  });
});
