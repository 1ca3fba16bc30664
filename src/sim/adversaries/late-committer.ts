import { wh } from "../../../engine/kernel/index.ts";
import { entryId } from "../../../engine/messages/index.ts";
import type { Adversary } from "../street/adversary.ts";
import { hearing, signed, speaking, whisperAll } from "./hooks.ts";

/** Waits for the others' orders, and only then seals one that suits them; late at some gates, and later than all of them. */
export const lateCommitter: Adversary = {
  name: "late-committer",
  corrupt: (modules, world) => {
    const { dice, clock, digests, home } = world;
    const late = speaking(modules, world, (message, goOn) => {
      if (message.kind !== "commit") return goOn();
      // Its own clock's gate is 800 ms after it orders.
      clock.after(760 + dice.below(80), () => whisperAll(world, () => (dice.happens(0.5) ? message : null)));
    });
    return hearing(late, world, (message) => {
      if (message.kind !== "order" || dice.happens(0.7)) return true;
      const body = { ...message.order.body, home, side: "buy" as const, energy: wh(1 + dice.below(1_000)), seq: 3 };
      const order = signed(modules, body, digests.order(body));
      const seal = { home, interval: body.interval, seq: body.seq, commitment: entryId(order) };
      const commit = signed(modules, seal, digests.commit(seal));
      whisperAll(world, () => ({ kind: "commit", commit }));
      whisperAll(world, () => ({ kind: "order", order }));
      return true;
    });
  },
};
