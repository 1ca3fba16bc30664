import type { Adversary } from "../street/adversary.ts";
import { INTERVAL_MS } from "../street/market.ts";
import { signed, speaking, whisperAll } from "./hooks.ts";

const WITHIN_INTERVALS = 6;

/** Has its money paid out at some time, most likely within an epoch, orders on as if it were there, and says nothing of what it reads. */
export const withdrawing: Adversary = {
  name: "withdrawing",
  corrupt: (modules, world) => {
    const { chain, clock, dice, home, digests } = world;
    clock.after(dice.below(WITHIN_INTERVALS * INTERVAL_MS), () => chain.deposits.set(home, 0));
    return speaking(modules, world, (message, goOn) => {
      if (message.kind !== "list") return goOn();
      const body = { ...message.list.body, stakes: [] };
      whisperAll(world, () => ({ kind: "list", list: signed(modules, body, digests.list(body)) }));
    });
  },
};
