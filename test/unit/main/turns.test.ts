import { expect, test } from "@jest/globals";
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
