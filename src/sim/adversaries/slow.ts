import type { Adversary } from "../street/adversary.ts";

/** Says all that it should, but each thing when it likes: up to two intervals late. */
export const slow: Adversary = {
  name: "slow",
  corrupt: (modules, { dice, clock }) => ({
    ...modules,
    gossip: {
      ...modules.gossip,
      publish: async (topic, bytes) => {
        clock.after(dice.pick([300, 1_500, 6_000]) * dice.roll(), () => void modules.gossip.publish(topic, bytes));
      },
    },
  }),
};
