import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { COMMITTED_FILE, committedGas } from "../../../bench/gas/committed.ts";
import { TestChain } from "../../support/test-chain.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await TestChain.start(60);
});
afterAll(() => chain.stop());

// What costs more, or less, says so in its commit: `npm run bench:gas -- --write`.
test("every figure of contracts/gas.json is what it costs", async () => {
  expect(await committedGas(chain)).toEqual(JSON.parse(readFileSync(COMMITTED_FILE, "utf8")));
}, 120_000);
