import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { FastifyInstance } from "fastify";
import { API_ERRORS, type ApiOptions } from "../../src/api/index.ts";
import { EXAMPLES } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

function street(more: Partial<ApiOptions> = {}) {
  const queries = new ExampleQueries(EXAMPLES.midday());
  const app = exampleApi(queries, more);
  open.push(app);
  return { app, queries };
}

const AGENT = `0x${"aB".repeat(20)}`;
const HOME = { name: "home-13", agent: AGENT, owner: `0x${"cD".repeat(20)}`, invitation: "let me in" };

describe("reads", () => {
  test("the state is what the query says, unchanged", async () => {
    const { app, queries } = street();
    const reply = await app.inject("/api/state");
    expect(reply.statusCode).toBe(200);
    expect(reply.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(reply.json()).toEqual(queries.state());
  });

  test("an interval by its start, or 404 with a code", async () => {
    const { app, queries } = street();
    const start = queries.state().clearing?.interval ?? "";
    const known = await app.inject(`/api/intervals/${start}`);
    expect([known.statusCode, known.json().clearing.interval, known.json().certificate.votes]).toEqual([200, start, 12]);
    const unknown = await app.inject("/api/intervals/2001-01-01T00:00:00Z");
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, "INTERVAL_UNKNOWN"]);
    const encoded = await app.inject(`/api/intervals/${encodeURIComponent(start)}`);
    expect(encoded.statusCode).toBe(200);
  });

  test("health is 200 when well and 503 with the problems when not", async () => {
    const { app, queries } = street();
    const well = await app.inject("/healthz");
    expect([well.statusCode, well.json().status, well.json().version, well.json().homes]).toEqual([200, "ok", "0.1.0", 12]);
    queries.healthy = false;
    const ill = await app.inject("/healthz");
    expect([ill.statusCode, ill.json().status, ill.json().problems]).toEqual([503, "degraded", ["the disk is full"]]);
  });

  test("metrics are handed through as Prometheus text", async () => {
    const { app } = street();
    const reply = await app.inject("/metrics");
    expect([reply.statusCode, reply.headers["content-type"], reply.body]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
      "# HELP x y\nx 1\n",
    ]);
  });

  test("our own failure is told without its inside and logged with it", async () => {
    const logged: unknown[] = [];
    const keep = (event: string, data?: object) => logged.push([event, data]);
    const { app, queries } = street({ log: { error: keep, warn: keep, info: keep, debug: keep } });
    queries.street = () => {
      throw new Error("secret inside");
    };
    const reply = await app.inject("/api/street");
    expect([reply.statusCode, reply.json().code]).toEqual([500, "INTERNAL"]);
    expect(reply.body).not.toContain("secret");
    expect(JSON.stringify(logged)).toContain("secret inside");
  });
});

describe("joining", () => {
  test("a home with an invitation gets its number", async () => {
    const { app, queries } = street();
    const reply = await app.inject({ method: "POST", url: "/api/homes", payload: HOME });
    expect([reply.statusCode, reply.json()]).toEqual([201, { home: 12 }]);
    expect(queries.asked).toEqual([HOME]);
  });

  test("a private network's key comes with the number, and not with the card", async () => {
    const { app, queries } = street();
    const networkKey = "k".repeat(43);
    queries.answer = { ok: true, value: { home: 12, networkKey } };
    const joined = await app.inject({ method: "POST", url: "/api/homes", payload: HOME });
    expect([joined.statusCode, joined.json()]).toEqual([201, { home: 12, networkKey }]);
    expect((await app.inject("/api/street")).body).not.toContain(networkKey);
  });

  test.each([
    ["INVITATION_INVALID", 403],
    ["NAME_TAKEN", 409],
    ["HOME_EXISTS", 409],
    ["STREET_FULL", 409],
    ["CHAIN_AWAY", 503],
  ] as const)("%s answers %i", async (code, status) => {
    const { app, queries } = street();
    queries.answer = { ok: false, code, detail: "why" };
    const reply = await app.inject({ method: "POST", url: "/api/homes", payload: HOME });
    expect([reply.statusCode, reply.json()]).toEqual([status, { code, message: "why" }]);
  });

  test.each([
    ["no body", "", 400, "BODY_MALFORMED"],
    ["not JSON", "{", 400, "BODY_MALFORMED"],
    ["an array", [], 400, "REQUEST_INVALID"],
    ["null", "null", 400, "REQUEST_INVALID"],
    ["a missing name", { ...HOME, name: undefined }, 400, "REQUEST_INVALID"],
    ["an empty name", { ...HOME, name: "" }, 400, "REQUEST_INVALID"],
    ["a name as number", { ...HOME, name: 13 }, 400, "REQUEST_INVALID"],
    ["a name with a line feed", { ...HOME, name: "a\nb" }, 400, "REQUEST_INVALID"],
    ["a name that turns the direction of writing", { ...HOME, name: "a\u202eb" }, 400, "REQUEST_INVALID"],
    ["a name of 65 letters", { ...HOME, name: "n".repeat(65) }, 400, "REQUEST_INVALID"],
    ["no owner", { ...HOME, owner: undefined }, 400, "REQUEST_INVALID"],
    ["a short address", { ...HOME, agent: "0x12" }, 400, "REQUEST_INVALID"],
    ["one key more", { ...HOME, admin: true }, 400, "REQUEST_INVALID"],
    ["a prototype", '{"__proto__":{"a":1},"name":"x"}', 400, "BODY_MALFORMED"],
    ["5 kB", { ...HOME, invitation: "i".repeat(5000) }, 413, "BODY_TOO_LARGE"],
  ])("%s is refused and reaches nobody", async (_name, payload, status, code) => {
    const { app, queries } = street();
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const reply = await app.inject({ method: "POST", url: "/api/homes", headers: { "content-type": "application/json" }, payload: text });
    expect([reply.statusCode, reply.json().code]).toEqual([status, code]);
    expect(Object.keys(reply.json())).toEqual(["code", "message"]);
    expect(queries.asked).toEqual([]);
  });

  test("a form of another site can't be read as JSON", async () => {
    const { app, queries } = street();
    const reply = await app.inject({
      method: "POST",
      url: "/api/homes",
      headers: { "content-type": "text/plain" },
      payload: JSON.stringify(HOME),
    });
    expect([reply.statusCode, reply.json().code]).toEqual([415, "MEDIA_TYPE_UNSUPPORTED"]);
    expect(queries.asked).toEqual([]);
  });
});

describe("the guard", () => {
  test.each(["/", "/api/state", "/nowhere", "/healthz", "/ws"])("%s carries the headers", async (url) => {
    const { app } = street();
    const { headers } = await app.inject(url);
    const policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    expect(headers["content-security-policy"]).toBe(policy);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test.each([
    ["localhost", 200],
    ["localhost:8080", 200],
    ["192.168.1.7:8080", 200],
    ["[::1]:8080", 200],
    ["street.local:8080", 200],
    ["STREET.local", 200],
    ["evil.example", 421],
    ["localhost.evil.example", 421],
    ["127.0.0.1.evil.example:80", 421],
    ["a b", 421],
    ["[::1", 421],
  ])("host %p answers %i", async (host, status) => {
    const { app } = street({ hosts: ["street.local"] });
    const reply = await app.inject({ url: "/api/state", headers: { host } });
    expect(reply.statusCode).toBe(status);
    if (status !== 200) expect(reply.json().code).toBe("HOST_NOT_ALLOWED");
  });

  test.each([
    ["http://localhost:80", 200],
    ["https://localhost:80", 200],
    ["http://localhost:81", 403],
    ["https://evil.example", 403],
    ["null", 403],
  ])("origin %p answers %i", async (origin, status) => {
    const { app } = street();
    expect((await app.inject({ url: "/api/state", headers: { host: "localhost:80", origin } })).statusCode).toBe(status);
  });
});

test("every code has a line in the README, and the README names no other", () => {
  const readme = readFileSync(new URL("../../src/api/README.md", import.meta.url), "utf8");
  const table = readme.slice(readme.indexOf("| Code"), readme.indexOf("## Decisions"));
  expect([...table.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code).sort()).toEqual(Object.keys(API_ERRORS).sort());
});

describe("the OpenAPI document", () => {
  test("names every route and nothing else, and each answer has a schema", async () => {
    const { app } = street();
    const document = (await app.inject("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(document.info.version).toBe("0.1.0");
    const named = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(named.sort()).toEqual([
      "get /api/evidence",
      "get /api/intervals/{interval}",
      "get /api/records/{interval}",
      "get /api/state",
      "get /api/street",
      "get /healthz",
      "get /metrics",
      "get /openapi.json",
      "get /ws",
      "post /api/challenges",
      "post /api/homes",
      "post /api/homes/{home}/agent",
      "post /api/homes/{home}/deposit",
      "post /api/homes/{home}/leave",
      "post /api/homes/{home}/redirection",
      "post /api/homes/{home}/withdrawal",
      "post /api/homes/{home}/withdrawal-now",
      "post /api/motions",
      "post /api/motions/{motion}/execution",
      "post /api/motions/{motion}/votes",
      "post /api/payments",
    ]);
    // Fastify draws its routes as a tree; a route that this file doesn't know shows itself in the count.
    const drawn = app.printRoutes({ commonPrefix: false }).match(/\((GET|POST)[^)]*\)/g) ?? [];
    expect(drawn).toHaveLength(named.length);
  });

  test("each schema compiles, each reference leads somewhere, and the answers obey", async () => {
    const { app } = street();
    const document = (await app.inject("/openapi.json")).json();
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: "doc", ...document });
    const check = async (url: string, path: string, status: string) => {
      const schema = `doc#/paths/${path.replaceAll("/", "~1")}/get/responses/${status}/content/application~1json/schema`;
      const validate = ajv.compile({ $ref: schema });
      const ok = validate((await app.inject(url)).json());
      expect([url, ok, validate.errors]).toEqual([url, true, null]);
    };
    await check("/api/state", "/api/state", "200");
    await check("/api/street", "/api/street", "200");
    await check("/healthz", "/healthz", "200");
    await check("/nowhere", "/api/intervals/{interval}".replace("{", "%7B").replace("}", "%7D"), "404");
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      "Error",
      "Evidence",
      "Health",
      "Interval",
      "StreetCard",
      "StreetState",
    ]);
    const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
