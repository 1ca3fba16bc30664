import { afterEach, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { exampleStreet } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const SIGNATURE = `0x${"ab".repeat(65)}`;
const AGENT = { agent: `0x${"12".repeat(20)}`, since: 48_096, signature: SIGNATURE };
const LEAVE = { until: 48_096, signature: SIGNATURE };

const DEPOSIT = { micro: 25_000_000, deadline: 1_800_000_000, signature: SIGNATURE };
const WITHDRAWAL = { ...DEPOSIT, to: `0x${"34".repeat(20)}`, feeMicro: 0 };
const REDIRECTION = { to: `0x${"34".repeat(20)}`, deadline: 1_800_000_000, signature: SIGNATURE };
const AT_ONCE = { ...DEPOSIT, to: WITHDRAWAL.to, nonce: 0, period: 20_700 };

let app: FastifyInstance;
let queries: ExampleQueries;
function street(): void {
  queries = new ExampleQueries(exampleStreet());
  app = exampleApi(queries);
}
afterEach(() => app.close());

const post = async (url: string, payload: object | string): Promise<readonly [number, unknown]> => {
  const headers = { "content-type": "application/json" };
  const reply = await app.inject({
    method: "POST",
    url,
    headers,
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  return [reply.statusCode, reply.json()];
};

describe("what an owner signed", () => {
  test.each([
    ["another key", "/api/homes/3/agent", AGENT],
    ["a departure", "/api/homes/3/leave", LEAVE],
  ])("%s is carried, and answered with when it counts", async (_, url, body) => {
    street();
    expect(await post(url, body)).toEqual([200, { home: 3, from: "2026-06-16T00:00:00.000Z" }]);
    expect(queries.asked).toEqual([{ home: 3, ...body }]);
  });

  test.each([
    ["HOME_UNKNOWN", 403],
    ["CHANGE_TOO_SOON", 409],
    ["CHANGE_REFUSED", 409],
    ["NOT_AT_ONCE", 409],
    ["LIMIT_REACHED", 429],
    ["TOO_MANY_REQUESTS", 429],
    ["CHAIN_AWAY", 503],
  ] as const)("%s answers %i", async (code, status) => {
    street();
    queries.changeAnswer = { ok: false, code, detail: "why" };
    expect(await post("/api/homes/3/agent", AGENT)).toEqual([status, { code, message: "why" }]);
    expect(await post("/api/homes/3/leave", LEAVE)).toEqual([status, { code, message: "why" }]);
  });

  test.each([
    ["a deposit", "/api/homes/3/deposit", DEPOSIT],
    ["a withdrawal", "/api/homes/3/withdrawal", WITHDRAWAL],
    ["a redirection", "/api/homes/3/redirection", REDIRECTION],
    ["a withdrawal at once", "/api/homes/3/withdrawal-now", AT_ONCE],
  ])("%s is carried, and answered with its transaction", async (_, url, body) => {
    street();
    const transaction = `0x${"cd".repeat(32)}`;
    queries.moneyAnswer = { ok: true, value: { home: 3, transaction } };
    expect(await post(url, body)).toEqual([200, { home: 3, transaction }]);
    expect(queries.asked).toEqual([{ home: 3, ...body }]);
    queries.moneyAnswer = { ok: false, code: "LIMIT_REACHED", detail: "from tomorrow on" };
    expect(await post(url, body)).toEqual([429, { code: "LIMIT_REACHED", message: "from tomorrow on" }]);
  });

  test.each([
    ["no money", "/api/homes/3/deposit", { ...DEPOSIT, micro: 0 }],
    ["less than nothing", "/api/homes/3/deposit", { ...DEPOSIT, micro: -100 }],
    ["finer than a tick", "/api/homes/3/deposit", { ...DEPOSIT, micro: 150 }],
    ["half a micro", "/api/homes/3/withdrawal", { ...WITHDRAWAL, micro: 100.5 }],
    ["nobody to redirect to", "/api/homes/3/redirection", { ...REDIRECTION, to: "0x" }],
    ["nobody to pay", "/api/homes/3/withdrawal", { ...WITHDRAWAL, to: "0x" }],
    ["no number of a withdrawal", "/api/homes/3/withdrawal-now", { ...AT_ONCE, nonce: undefined }],
    ["a period that no street reaches", "/api/homes/3/withdrawal-now", { ...AT_ONCE, period: 2 ** 40 }],
    ["a fee finer than a tick", "/api/homes/3/withdrawal", { ...WITHDRAWAL, feeMicro: 1 }],
    ["no number", "/api/homes/x/agent", AGENT],
    ["a number that no home has", "/api/homes/1234567/agent", AGENT],
    ["a short key", "/api/homes/3/agent", { ...AGENT, agent: "0x12" }],
    ["no interval", "/api/homes/3/agent", { ...AGENT, since: undefined }],
    ["an interval before time", "/api/homes/3/leave", { ...LEAVE, until: -1 }],
    ["half an interval", "/api/homes/3/leave", { ...LEAVE, until: 1.5 }],
    ["a short signature", "/api/homes/3/leave", { ...LEAVE, signature: SIGNATURE.slice(0, -2) }],
    ["one key more", "/api/homes/3/leave", { ...LEAVE, admin: true }],
  ])("%s is refused and reaches nobody", async (_, url, body) => {
    street();
    expect(await post(url, body)).toEqual([400, expect.objectContaining({ code: "REQUEST_INVALID" })]);
    expect(queries.asked).toEqual([]);
  });
});
