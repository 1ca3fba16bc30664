import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, jest, test } from "@jest/globals";
import { realKeys } from "../../../src/main/sim/keys.ts";
import {
  ADVERSARIES,
  type AdversaryName,
  type Outcome,
  runInstanceSeed,
  runScenario,
  runSeed,
  type Scenario,
  type SeedOptions,
  scenarioOf,
  type Wishes,
} from "../../../src/sim/index.ts";

jest.setTimeout(300_000);

const seeds = (count: number, from = 1): readonly number[] => Array.from({ length: count }, (_, i) => from + i);

/** A broken law's whole story is what a failing test shows. */
async function hold(seed: number, wishes: Wishes = {}, options: SeedOptions = {}): Promise<void> {
  const { broken } = await runSeed(seed, wishes, options);
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

  test("real signatures: every law, and the decisions that cheap ones come to", async () => {
    const real = await realKeys();
    for (const seed of [50, 100]) await hold(seed, {}, { real });
  });

  test.each(seeds(3, 700))("two of seven forge certificates with each other's keys, and members change: seed %i", (seed) =>
    hold(seed, { homes: 7, intervals: 6, adversaries: ["forged-certificate", "forged-certificate"] }),
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

  test.each(seeds(4, 155))("also when no home works anything out for another: seed %i", async (seed) => {
    const scenario = scenarioOf(seed);
    const [shared, alone] = [await runScenario(scenario), await runScenario(scenario, { sharesWork: false })];
    expect([alone.hash, alone.decided]).toEqual([shared.hash, shared.decided]);
  });

  test("another seed is another run", async () => {
    const [one, other] = await Promise.all([1, 2].map((seed) => runScenario({ ...scenarioOf(7, { homes: 4, intervals: 1 }), seed })));
    expect(one!.hash).not.toBe(other!.hash);
  });

  test("with changes of members all else is what the seed draws without them", () => {
    const changes = seeds(200).flatMap((seed) => {
      const [drawn, base] = [scenarioOf(seed), scenarioOf(seed, { hasChanges: false })];
      const others = ({ homes, orders, skewMs, driftPpm, ambient }: Scenario) => ({ homes, orders, skewMs, driftPpm, ambient });
      expect(others(drawn)).toEqual(others(base));
      expect(drawn.faults).toEqual(expect.arrayContaining([...base.faults]));
      expect(drawn.adversaries.map(({ home }) => home)).toEqual(base.adversaries.map(({ home }) => home));
      return drawn.changes ?? [];
    });
    for (const kind of ["join", "leave", "rotate"]) expect(changes.filter((change) => change.kind === kind).length).toBeGreaterThan(20);
  });
});
