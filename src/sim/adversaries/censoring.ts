import { homeId } from "../../../engine/kernel/index.ts";
import type { Adversary } from "../street/adversary.ts";
import { hearing } from "./hooks.ts";

/** Has never heard of one neighbour: neither its orders nor its readings are in its lists, its answers or its store. */
export const censoring: Adversary = {
  name: "censoring",
  corrupt: (modules, world) => {
    const victim = homeId(world.dice.below(world.others.length));
    return hearing(modules, world, (message) => {
      if (message.kind === "order") return message.order.body.home !== victim;
      return message.kind !== "reading" || message.reading.body.home !== victim;
    });
  },
};
