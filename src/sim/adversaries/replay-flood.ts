import type { Topic } from "../../ports/index.ts";
import type { Adversary } from "../street/adversary.ts";
import { withGossip } from "./hooks.ts";

const EVERY_MS = 100;
const BURST = 12;
const KEPT = 400;

/** Says again, over and over, what anybody ever said: true messages at the wrong time. */
export const replayFlood: Adversary = {
  name: "replay-flood",
  corrupt: (modules, { dice, clock, others, whisper }) => {
    const heard: { readonly topic: Topic; readonly bytes: Uint8Array }[] = [];
    const go = (): void => {
      for (let i = 0; i < BURST && heard.length > 0; i++) {
        const { topic, bytes } = dice.pick(heard);
        whisper(dice.pick(others), topic, bytes);
      }
      clock.after(EVERY_MS, go);
    };
    clock.after(EVERY_MS, go);
    return withGossip(modules, {
      onMessage: (handler) =>
        modules.gossip.onMessage((topic, bytes, from) => {
          // The oldest stay beside the newest: an hour-old vote is the more interesting one.
          if (heard.length < KEPT) heard.push({ topic, bytes });
          else heard[KEPT / 2 + dice.below(KEPT / 2)] = { topic, bytes };
          return handler(topic, bytes, from);
        }),
    });
  },
};
