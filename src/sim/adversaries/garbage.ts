import type { Topic } from "../../ports/index.ts";
import type { Dice } from "../chance.ts";
import type { Adversary } from "../street/adversary.ts";
import { withGossip } from "./hooks.ts";

const EVERY_MS = 120;
const TOO_LARGE = 140_000;

/** Sends bytes that are no message, or nearly one, beside its own; its answers are no better. */
export const garbage: Adversary = {
  name: "garbage",
  corrupt: (modules, { dice, clock, others, whisper }) => {
    const heard: Uint8Array[] = [];
    const junk = (): Uint8Array => (heard.length === 0 || dice.happens(0.3) ? noise(dice) : spoiled(dice, dice.pick(heard)));
    const go = (): void => {
      whisper(dice.pick(others), dice.pick<Topic>(["market", "agreement"]), junk());
      clock.after(EVERY_MS * dice.roll(), go);
    };
    clock.after(EVERY_MS, go);
    return withGossip(modules, {
      onMessage: (handler) =>
        modules.gossip.onMessage((topic, bytes, from) => {
          heard[dice.below(Math.min(heard.length + 1, 64))] = bytes;
          return handler(topic, bytes, from);
        }),
      onRequest: (kind, answer) =>
        modules.gossip.onRequest(kind, (body, from) => {
          const honest = answer(body, from);
          if (honest instanceof Promise) return honest;
          return honest === undefined || dice.happens(0.3) ? noise(dice) : spoiled(dice, honest);
        }),
    });
  },
};

const noise = (dice: Dice): Uint8Array =>
  dice.happens(0.02) ? new Uint8Array(TOO_LARGE) : Uint8Array.from({ length: dice.below(200) }, () => dice.below(256));

/** Cut off, or with some bytes changed. */
function spoiled(dice: Dice, bytes: Uint8Array): Uint8Array {
  const other = bytes.slice(0, dice.happens(0.3) ? dice.below(bytes.length + 1) : bytes.length);
  for (let changes = 1 + dice.below(3); changes > 0 && other.length > 0; changes--) other[dice.below(other.length)] = dice.below(256);
  return other;
}
