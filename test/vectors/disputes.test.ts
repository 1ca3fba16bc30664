import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Digest } from "../../engine/kernel/index.ts";
import { DisputeCourt } from "../support/dispute-court.ts";
import { type DisputeVectors, disputeVectors } from "../support/dispute-vectors.ts";
import { TestChain } from "../support/test-chain.ts";
import { TestVault } from "../support/test-vault.ts";

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "disputes.json"), "utf8")) as DisputeVectors;

let chain: TestChain;
let court: DisputeCourt;

beforeAll(async () => {
  chain = await TestChain.start();
  court = await DisputeCourt.open(chain, await TestVault.deploy(chain, { homes: 1 }), vectors.rulesHash as Digest);
});
afterAll(() => chain.stop());

test("the engine writes the very bytes", () => {
  expect(JSON.parse(JSON.stringify(disputeVectors()))).toEqual(vectors);
});

describe("what the contract says", () => {
  test.each(vectors.cases.map((each) => [each.what, each] as const))("%s", async (_, { kind, period, proof, finding }) => {
    expect(await court.judgeBytes(period, kind, proof)).toBe(finding);
  });
});
