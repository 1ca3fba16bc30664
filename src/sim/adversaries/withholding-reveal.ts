import type { Adversary } from "../street/adversary.ts";
import { speaking, whisperAll } from "./hooks.ts";

/** Seals orders and thinks again once it has seen the others': shows them to nobody, to some, or late. */
export const withholdingReveal: Adversary = {
  name: "withholding-reveal",
  corrupt: (modules, world) => {
    const { dice, clock } = world;
    return speaking(modules, world, (message, goOn) => {
      const choice = message.kind === "order" ? dice.below(4) : 3;
      if (choice === 0) return;
      if (choice === 3) return goOn();
      const share = dice.roll();
      const tell = (): void => whisperAll(world, () => (dice.happens(share) ? message : null));
      if (choice === 1) return tell();
      clock.after(dice.below(1_500), tell);
    });
  },
};
