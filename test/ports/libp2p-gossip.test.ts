import { Street } from "../support/street-gossip.ts";
import { gossipContract } from "./gossip.contract.ts";

gossipContract("libp2p on loopback", async (count) => {
  const street = new Street();
  return { homes: await street.homes(count), close: () => street.closeAll() };
});
