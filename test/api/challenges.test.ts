import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { resultHash } from "../../engine/messages/index.ts";
import type { IntervalRecord } from "../../engine/settlement/index.ts";
import type { RecordView } from "../../src/api/index.ts";
import { recordFrom, viewOf } from "../../src/main/watch/record-text.ts";
import { disputedStreet } from "../support/disputed-street.ts";
import { EXAMPLES } from "../support/example-street.ts";
import { RULES } from "../support/rules.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const queries = new ExampleQueries(EXAMPLES.empty());
const api = exampleApi(queries);
const zero = `0x${"0".repeat(64)}`;
const period = {
  ...{ period: 251, fromInterval: 1004, toInterval: 1007, coversUntil: 907_200 },
  ...{ prevPeriod: zero, head: zero, accountsRoot: zero, vectorHash: zero, wideHash: zero, dataHash: zero },
};
/** An interval in which much happened. */
let record: IntervalRecord;

beforeAll(() => {
  const street = disputedStreet({ rules: RULES, vault: `0x${"12".repeat(20)}`, seed: 5, intervals: 9 });
  const all = street.periods.flatMap(({ intervals }) => intervals);
  record = all.reduce((most, each) => (each.fills.leaves.length >= most.fills.leaves.length ? each : most));
  queries.records.set(record.result.interval, viewOf(record));
});
beforeEach(() => {
  queries.asked.length = 0;
  queries.challengeAnswer = { ok: true, value: { transaction: null } };
});
afterAll(() => api.close());

describe("what an open proposal binds", () => {
  const answered = async (): Promise<RecordView> =>
    (await api.inject({ url: `/api/records/${record.result.interval}` })).json() as RecordView;

  test("comes back as it was, and binds what its hash says", async () => {
    const view = await answered();
    expect(recordFrom(view, resultHash(record.result))).toEqual(record);
  });

  test("anything else counts for nothing", async () => {
    const [view, head] = [await answered(), resultHash(record.result)];
    const first = <T>(all: readonly T[], change: Partial<T>): readonly T[] => [{ ...all[0]!, ...change }, ...all.slice(1)];
    const changed: readonly unknown[] = [
      { ...view, fills: first(view.fills, { energy: 1 }) },
      { ...view, homes: view.homes.slice(1) },
      { ...view, accounts: first(view.accounts, { carriedTicks: 7 }) },
      { ...view, behind: "0x" },
      { ...view, rest: zero },
      { ...view, result: { ...view.result, interval: view.result.interval + 1 } },
      { ...view, fills: first(view.fills, { energy: 1.5 }) },
      { ...view, more: 1 },
      null,
      [],
      "record",
    ];
    expect(changed.map((each) => recordFrom(each, head))).toEqual(changed.map(() => null));
    expect(recordFrom(view, zero as never)).toBeNull();
  });

  test.each([
    ["one that no proposal covers", "/api/records/1", 404, "RECORD_UNKNOWN"],
    ["no number", "/api/records/x", 400, "REQUEST_INVALID"],
  ])("%s", async (_, url, status, code) => {
    const answer = await api.inject({ url });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});

describe("a challenge", () => {
  const post = async (payload: object) => {
    const { statusCode, body } = await api.inject({ method: "POST", url: "/api/challenges", payload });
    return [statusCode, JSON.parse(body)] as const;
  };

  test("goes on as it is, and how it ended comes back", async () => {
    const challenge = { period, kind: 3, proof: "0x0a" };
    expect(await post(challenge)).toEqual([200, { transaction: null }]);
    expect(queries.asked).toEqual([challenge]);
    queries.challengeAnswer = { ok: false, code: "CHALLENGE_REFUSED", detail: "NoFraud()" };
    expect(await post(challenge)).toEqual([409, { code: "CHALLENGE_REFUSED", message: "NoFraud()" }]);
    queries.challengeAnswer = { ok: false, code: "TOO_MANY_REQUESTS", detail: "another" };
    expect((await post(challenge))[0]).toBe(429);
  });

  test.each<readonly [string, object]>([
    ["a kind that there isn't", { period, kind: 4, proof: "0x" }],
    ["half a byte", { period, kind: 0, proof: "0x0" }],
    ["a period without its head", { period: { ...period, head: undefined }, kind: 0, proof: "0x" }],
    ["a number beyond counting", { period: { ...period, coversUntil: 2 ** 60 }, kind: 0, proof: "0x" }],
  ])("%s is none", async (_, challenge) => {
    const [status, { code }] = await post(challenge);
    expect([status, code, queries.asked]).toEqual([400, "REQUEST_INVALID", []]);
  });

  test("too long for any transaction is none", async () => {
    const [status] = await post({ period, kind: 0, proof: `0x${"00".repeat(140_000)}` });
    expect([413, 400]).toContain(status);
  });
});
