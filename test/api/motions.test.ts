import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { exampleStreet } from "../support/example-street.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const SIGNATURE = `0x${"ab".repeat(65)}`;
const NUMBERS = { communityPercent: 20, kPermille: 500, withheldCharge: 50_000, maxPrice: 1_000_000 };
const MOTION = { home: 3, rules: { hash: `0x${"cd".repeat(32)}`, since: 48_096, numbers: NUMBERS }, nonce: 0, signature: SIGNATURE };
const PAYMENT = { home: 3, to: `0x${"34".repeat(20)}`, micro: 12_500_000, nonce: 0, signature: SIGNATURE };
const VOTE = { home: 3, yes: false, signature: SIGNATURE };

let app: FastifyInstance;
let queries: ExampleQueries;
beforeEach(() => {
  queries = new ExampleQueries(exampleStreet());
  app = exampleApi(queries);
});
afterEach(() => app.close());

const post = async (url: string, payload: object): Promise<readonly [number, unknown]> => {
  const headers = { "content-type": "application/json" };
  const reply = await app.inject({ method: "POST", url, headers, payload: JSON.stringify(payload) });
  return [reply.statusCode, reply.json()];
};

describe("what homes decide together", () => {
  test.each<[string, string, object, object]>([
    ["a motion", "/api/motions", MOTION, MOTION],
    ["a payment", "/api/payments", PAYMENT, PAYMENT],
    ["a vote", "/api/motions/4/votes", VOTE, { motion: 4, ...VOTE }],
    ["an execution", "/api/motions/4/execution", {}, { motion: 4 }],
  ])("%s is carried as it was signed", async (_, url, body, asked) => {
    expect(await post(url, body)).toEqual([200, { motion: 4 }]);
    expect(queries.asked).toEqual([asked]);
  });

  test.each([
    ["COMMUNITY_MISSING", 404],
    ["CHANGE_REFUSED", 409],
    ["CHAIN_AWAY", 503],
  ] as const)("%s answers %i", async (code, status) => {
    queries.motionAnswer = { ok: false, code, detail: "why" };
    for (const [url, body] of [
      ["/api/motions", MOTION] as const,
      ["/api/payments", PAYMENT] as const,
      ["/api/motions/4/votes", VOTE] as const,
      ["/api/motions/4/execution", {}] as const,
    ])
      expect(await post(url, body)).toEqual([status, { code, message: "why" }]);
  });

  test.each<[string, string, object]>([
    ["no number", "/api/motions/x/votes", VOTE],
    ["a number that no motion has", "/api/motions/1234567890/execution", {}],
    ["no vote", "/api/motions/4/votes", { ...VOTE, yes: undefined }],
    ["half a vote", "/api/motions/4/votes", { ...VOTE, yes: "yes" }],
    ["a short signature", "/api/motions/4/votes", { ...VOTE, signature: "0x12" }],
    ["a short hash", "/api/motions", { ...MOTION, rules: { ...MOTION.rules, hash: "0x12" } }],
    ["a number too few", "/api/motions", { ...MOTION, rules: { ...MOTION.rules, numbers: { ...NUMBERS, kPermille: undefined } } }],
    ["a number too many", "/api/motions", { ...MOTION, rules: { ...MOTION.rules, numbers: { ...NUMBERS, weather: 1 } } }],
    ["a payment to nobody", "/api/payments", { ...PAYMENT, to: "0x12" }],
    ["a payment finer than a tick", "/api/payments", { ...PAYMENT, micro: 150 }],
    ["half a percent", "/api/motions", { ...MOTION, rules: { ...MOTION.rules, numbers: { ...NUMBERS, communityPercent: 0.5 } } }],
  ])("%s is refused and reaches nobody", async (_, url, body) => {
    expect(await post(url, body)).toEqual([400, expect.objectContaining({ code: "REQUEST_INVALID" })]);
    expect(queries.asked).toEqual([]);
  });
});
