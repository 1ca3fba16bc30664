import { wh } from "../../../engine/kernel/index.ts";
import type { Reading } from "../../../engine/messages/index.ts";
import type { Dice } from "../chance.ts";
import type { Adversary } from "../street/adversary.ts";
import { signed, speaking, whisperAll } from "./hooks.ts";

/** Its meter says what it likes: too much, too little, less than before, or one thing to some and another to others. */
export const lyingMeter: Adversary = {
  name: "lying-meter",
  corrupt: (modules, world) =>
    speaking(modules, world, (message, goOn) => {
      if (message.kind !== "reading" || world.dice.happens(0.2)) return goOn();
      const lie = () => {
        const body = wrong(world.dice, message.reading.body);
        return { kind: "reading", reading: signed(modules, body, world.digests.reading(body)) } as const;
      };
      const [one, other] = [lie(), world.dice.happens(0.5) ? lie() : null];
      const split = other === null ? world.others.length : world.dice.below(world.others.length + 1);
      whisperAll(world, (place) => (place < split ? one : other));
    }),
};

function wrong(dice: Dice, reading: Reading): Reading {
  const off = (counter: number): number => Math.max(0, counter + dice.pick([0, 1, -50, 700, -100_000, 40_000_000, 3_000_000_000]));
  return {
    ...reading,
    importWh: wh(off(reading.importWh)),
    exportWh: wh(off(reading.exportWh)),
    quality: dice.pick(["measured", "estimated"]),
  };
}
