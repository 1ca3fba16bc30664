import type { Adversary } from "../street/adversary.ts";

/** Hears everything, says nothing and answers nobody. */
export const silent: Adversary = {
  name: "silent",
  corrupt: (modules) => ({
    ...modules,
    gossip: { ...modules.gossip, publish: async () => undefined, onRequest: () => undefined },
  }),
};
