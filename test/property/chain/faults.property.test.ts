import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ChainLab } from "../../support/chain-faults.ts";

const SEEDS = [2, 4, 5];

let lab: ChainLab;
let undisturbed: string;

beforeAll(async () => {
  lab = await ChainLab.start();
  undisturbed = await lab.undisturbed();
}, 60_000);
afterAll(() => lab.stop());

test.each(SEEDS)(
  "whatever becomes of the chain, its node and who carries, each batch settles once (seed %i)",
  async (seed) => {
    const { log, ...outcome } = await lab.run(seed);
    expect({ ...outcome, log: log.join("; ") }).toEqual({ lost: 0, twice: 0, state: undisturbed, log: log.join("; ") });
  },
  60_000,
);
