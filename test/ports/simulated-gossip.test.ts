import { SeededNetwork } from "../../src/sim/index.ts";
import { chance } from "../support/chance.ts";
import { realTime } from "../support/real-time.ts";
import { gossipContract } from "./gossip.contract.ts";

gossipContract("simulated, with duplicates and out of order", async (count) => {
  const network = new SeededNetwork(realTime(), chance(7), { loss: 0, duplication: 0.5, delayMs: { least: 0, most: 5 } });
  const homes = Array.from({ length: count }, (_, home) => network.open(`home-${home}`));
  return { homes, close: async () => void (await Promise.all(homes.map((home) => home.close()))) };
});
