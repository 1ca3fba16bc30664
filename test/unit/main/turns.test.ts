import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Turns } from "../../../src/main/street/turns.ts";

/** Hands in one task for each letter's home; what was done in which order, and who got no place. */
async function order(homes: string, places = 4): Promise<{ readonly done: string; readonly refused: string }> {
  const turns = new Turns(places);
  const done: string[] = [];
  const refused: string[] = [];
  const taken = [...homes].map((home, at) => {
    const task = turns.take(home.charCodeAt(0), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(`${home}${at}`);
    });
    if (task === null) refused.push(`${home}${at}`);
    return task;
  });
  await Promise.all(taken);
  return { done: done.join(" "), refused: refused.join(" ") };
}

test.each([
  ["one home's come in their order", "aaa", "a0 a1 a2", ""],
  ["homes take turns, and a flood waits for itself", "aaaab", "a0 a1 b4 a2 a3", ""],
  ["each of three", "aabbcc", "a0 a1 b2 c4 b3 c5", ""],
  ["who has no place left is told at once, others aren't", "aaaaaaabb", "a0 a1 b7 a2 b8 a3 a4", "a5 a6"],
])("%s", async (_, homes, done, refused) => {
  expect(await order(homes)).toEqual({ done, refused });
});

test("one at a time; what a task comes to is its own, also when it fails", async () => {
  const turns = new Turns(9);
  let running = 0;
  const task = (answer: number) => async () => {
    expect(++running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (answer === 2) throw new Error("two");
    return answer;
  };
  const asked = [1, 2, 3].map((answer) => turns.take(7, task(answer)));
  const ends = await Promise.allSettled(asked);
  expect(ends.map((end) => (end.status === "fulfilled" ? end.value : end.reason.message))).toEqual([1, "two", 3]);
  expect(await turns.take(8, task(4))).toBe(4);
});

test("whoever asks how often: no home has two turns more while another waits for its next", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(..."abcd"), { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), async (homes, places) => {
      const { done, refused } = await order(homes.join(""), places);
      const turns = done === "" ? [] : done.split(" ");
      expect(turns.length + (refused === "" ? 0 : refused.split(" ").length)).toBe(homes.length);
      // All are handed in before the second turn, so that each home waits until its last turn is over.
      for (const home of "abcd") {
        const own = turns.flatMap((turn, at) => (turn.startsWith(home) ? [at] : []));
        for (const [nth, at] of own.entries()) {
          const before = turns.slice(nth === 0 ? 1 : own[nth - 1]! + 1, at);
          for (const other of "abcd") expect(before.filter((turn) => turn.startsWith(other)).length).toBeLessThan(2);
        }
        expect(own.map((at) => Number(turns[at]!.slice(1)))).toEqual(
          [...own.map((at) => Number(turns[at]!.slice(1)))].sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 200 },
  );
});
