import { expect, test } from "@jest/globals";
import { runChaos } from "../support/device-chaos.ts";
import { tryFrame } from "../support/device-frames.ts";

const SEED = 20_261_125;

test("chaos: thousands of reads with faults on the wire, not one wrong register, none that hangs, and everyone comes back", async () => {
  const plan = { homes: 4, unitsEach: 2, faults: 0.05, runMs: 2_500, returnMs: 3_000, timeoutMs: 30, maxBackOffMs: 20, seed: SEED };
  const { right, wrong, trouble, hangs, back } = await runChaos(plan);
  expect({ seed: SEED, wrong, hangs, back }).toEqual({ seed: SEED, wrong: 0, hangs: 0, back: 8 });
  expect(right).toBeGreaterThan(200);
  expect(trouble).toBeGreaterThan(20);
});

test("frames that are cut, changed, doubled or noise, on TCP and on a serial line, are what the standard says or nothing", async () => {
  const wrong: string[] = [];
  const accepted = { tcp: 0, rtu: 0 };
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const tried = await tryFrame(seed);
    if (tried.wrong !== null) wrong.push(tried.wrong);
    if (tried.isAccepted) accepted[tried.transport] += 1;
  }
  expect(wrong).toEqual([]);
  expect(Math.min(accepted.tcp, accepted.rtu)).toBeGreaterThan(100);
});
