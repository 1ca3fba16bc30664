import type { Adversary } from "../street/adversary.ts";
import { signed, speaking, whisperAll } from "./hooks.ts";

const HUGE = 2 ** 34;

/** Says of what homes have staked what it likes in every interval: of all much, of all nothing or less, of homes that nobody knows, or nothing. */
export const lyingStakes: Adversary = {
  name: "lying-stakes",
  corrupt: (modules, world) =>
    speaking(modules, world, (message, goOn) => {
      if (message.kind !== "list") return goOn();
      const { dice, chain } = world;
      const homes = chain.known.homes.length + dice.below(3);
      const lie = dice.pick([HUGE, 0, -HUGE, null]);
      const stakes = lie === null ? [] : Array.from({ length: homes }, () => lie);
      const body = { ...message.list.body, stakes };
      whisperAll(world, () => ({ kind: "list", list: signed(modules, body, world.digests.list(body)) }));
    }),
};
