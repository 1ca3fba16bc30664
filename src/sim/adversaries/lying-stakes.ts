import type { Adversary } from "../street/adversary.ts";
import { signed, speaking, whisperAll } from "./hooks.ts";

const HUGE = 2 ** 34;

/** Says of what homes have staked what it likes: of all much, of all nothing or less, of homes that nobody knows. */
export const lyingStakes: Adversary = {
  name: "lying-stakes",
  corrupt: (modules, world) =>
    speaking(modules, world, (message, goOn) => {
      if (message.kind !== "list") return goOn();
      const { dice } = world;
      const all = [...message.list.body.stakes, ...Array.from({ length: dice.below(3) }, () => 0)];
      const lie = dice.pick([HUGE, 0, -HUGE]);
      const body = { ...message.list.body, stakes: all.map(() => lie) };
      whisperAll(world, () => ({ kind: "list", list: signed(modules, body, world.digests.list(body)) }));
    }),
};
