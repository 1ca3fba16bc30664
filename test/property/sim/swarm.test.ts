import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, jest, test } from "@jest/globals";
import {
  ADVERSARIES,
  type AdversaryName,
  type Outcome,
  runInstanceSeed,
  runScenario,
  runSeed,
  type Scenario,
  scenarioOf,
  type Wishes,
} from "../../../src/sim/index.ts";

jest.setTimeout(300_000);

const seeds = (count: number, from = 1): readonly number[] => Array.from({ length: count }, (_, i) => from + i);

/** A broken law's whole story is what a failing test shows. */
async function hold(seed: number, wishes: Wishes = {}): Promise<void> {
  const { broken } = await runSeed(seed, wishes);
  expect(broken?.story.join("\n") ?? "every law held").toBe("every law held");
}

/** Whole, for what a seed draws changes with the swarm. */
interface Regression {
  /** What was found with it. */
  readonly broke: string;
  readonly scenario: Scenario;
}
const REGRESSIONS = JSON.parse(readFileSync(new URL("./seeds.json", import.meta.url), "utf8")) as readonly Regression[];

describe("a small share of the swarm", () => {
  test.each(seeds(16))("seed %i", (seed) => hold(seed));

  test.each(Object.keys(ADVERSARIES) as AdversaryName[])("nothing disturbs the street but one home that is %s", (name) =>
    hold(500, { homes: 4, intervals: 3, adversaries: [name], hasFaults: false }),
  );

  test("the agreement alone", () => {
    const broken = seeds(400, 50_000).flatMap((seed) => runInstanceSeed(seed).broken?.story[0] ?? []);
    expect(broken).toEqual([]);
  });
});

describe("every seed that ever broke a law", () => {
  test.each(REGRESSIONS)("$broke", async ({ scenario }) => {
    expect((await runScenario(scenario)).broken).toBeNull();
  });
});

describe("one seed is one run", () => {
  const transcript = ({ hash, log }: Outcome) => ({ hash, lines: log.map(({ atMs, text }) => `${atMs} ${text}`) });

  test("to the bit, whatever ran before", async () => {
    const scenario = scenarioOf(7, { homes: 4, intervals: 2 });
    const first = transcript(await runScenario(scenario, { withLog: true }));
    await runScenario(scenarioOf(8, { homes: 4, intervals: 1 }));
    expect(transcript(await runScenario(scenario, { withLog: true }))).toEqual(first);
    expect(first.lines.length).toBeGreaterThan(100);
  });

  test("in another process, too", async () => {
    const scenario = scenarioOf(11, { homes: 4, intervals: 1 });
    const program = `import { runScenario } from ${JSON.stringify(new URL("../../../src/sim/index.ts", import.meta.url).href)};
      process.stdout.write((await runScenario(${JSON.stringify(scenario)})).hash);`;
    const theirs = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect((await runScenario(scenario)).hash).toBe(theirs);
  });

  test("another seed is another run", async () => {
    const [one, other] = await Promise.all([1, 2].map((seed) => runScenario({ ...scenarioOf(7, { homes: 4, intervals: 1 }), seed })));
    expect(one!.hash).not.toBe(other!.hash);
  });
});
