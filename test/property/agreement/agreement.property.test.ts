import { describe, expect, test } from "@jest/globals";
import { faulty, quorum } from "../../../engine/agreement/index.ts";
import type { Vote } from "../../../engine/messages/index.ts";
import { GHOST, type Outcome, runNetwork, TIMELY } from "../../support/agreement-net.ts";

/** Values that could be certified if all Byzantine homes said yes to each. */
function certifiable({ votes, validators, honest }: Outcome): readonly string[] {
  const needed = quorum(validators) - (validators.ids.length - honest.length);
  const voters = new Map<string, Set<number>>();
  for (const { kind, view, value, validator } of votes) {
    if (kind !== "finalize") continue;
    const key = `${view}/${value}`;
    voters.set(key, (voters.get(key) ?? new Set()).add(validator));
  }
  return [...voters].flatMap(([key, by]) => (by.size >= needed ? [key.split("/")[1]!] : []));
}

/** What no honest home may ever have signed, over all its lives. */
function contradictions(votes: readonly Vote[]): readonly string[] {
  const said = new Map<string, string>();
  return votes.flatMap(({ kind, view, value, validator }) => {
    const key = `${validator} in view ${view}`;
    const slots = kind === "notarize" ? [`notarize ${key}`] : [`end ${key}`];
    return slots.flatMap((slot) => {
      const what = `${kind} ${value}`;
      const before = said.get(slot);
      said.set(slot, what);
      return before === undefined || before === what ? [] : [`${key}: ${before}, then ${what}`];
    });
  });
}

function check(n: number, seed: number): void {
  const outcome = runNetwork(n, seed);
  const problems = contradictions(outcome.votes);
  const values = new Set([...outcome.decided.values(), ...certifiable(outcome)]);
  const framed = [...outcome.culprits].filter((home) => outcome.honest.includes(home));
  const orders = outcome.ordersIn([...outcome.decided.values()][0]!) ?? [];
  // One comparison that names the seed: what is left of it runs again with runNetwork(n, seed).
  expect({
    n,
    seed,
    problems,
    values: values.size,
    decided: outcome.decided.size,
    framed,
    timely: orders.includes(TIMELY),
    ghost: orders.includes(GHOST),
  }).toEqual({
    n,
    seed,
    problems: [],
    values: 1,
    decided: outcome.honest.length,
    framed: [],
    timely: true,
    ghost: false,
  });
}

describe("loss, delay, crashes and up to f Byzantine: one value, everywhere, and nobody honest framed", () => {
  test.each([
    [4, 1500],
    [5, 600],
    [7, 500],
  ])("%i homes", (n, seeds) => {
    for (let seed = 1; seed <= seeds; seed++) check(n, seed);
  });

  test("small streets, without a fault to bear", () => {
    for (const n of [1, 2, 3]) for (let seed = 1; seed <= 60; seed++) check(n, seed);
  });

  test("the harness has what it needs: homes that lie, and homes that are found lying", () => {
    const outcomes = Array.from({ length: 40 }, (_, seed) => runNetwork(7, seed));
    const liars = outcomes.map(({ validators, honest }) => validators.ids.length - honest.length);
    expect([...new Set(liars)].sort()).toEqual([0, 1, faulty({ ids: outcomes[0]!.validators.ids })]);
    expect(outcomes.filter(({ culprits }) => culprits.size > 0).length).toBeGreaterThan(10);
  });
});
