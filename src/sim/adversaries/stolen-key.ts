import type { Interval } from "../../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, type Message, type Signed } from "../../../engine/messages/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { hearing, speaking, whisperAll } from "./hooks.ts";
import { twinUnder } from "./twins.ts";

/**
 * An honest home whose key somebody stole. Once the chain says that it has another, the thief speaks on in its name under the first,
 * for the time when that no longer counts: orders, readings, lists, proposals and votes of its own, and accusations.
 */
export const stolenKey: Adversary = {
  name: "stolen-key",
  corrupt: (modules, world) => {
    const listening = hearing(modules, world, (message) => {
      if (world.dice.happens(0.15)) speak(message, world);
      return true;
    });
    return speaking(listening, world, (message, goOn) => {
      goOn();
      if (world.dice.happens(0.5)) speak(message, world);
    });
  },
};

/** The first interval in which the stolen key doesn't count by the chain; null: nobody has noticed yet. */
const takenBackIn = ({ chain, home }: AdversaryWorld): Interval | null =>
  chain.known.homes.find((each) => each.home === home)?.keys[1]?.since ?? null;

function speak(message: Message, world: AdversaryWorld): void {
  const { dice, firstKey, home } = world;
  const since = takenBackIn(world);
  if (since === null) return;
  const under = <T>(body: T, id: Signed<T>["id"]): Signed<T> => ({ body, id, signature: firstKey.sign(id) });
  const twins = [0, 1].flatMap(() => twinUnder(message, { home, since, dice, digests: world.digests }, under) ?? []);
  const [one, other] = twins;
  if (one === undefined || other === undefined) return;
  const beside = isOf(message, world) && dice.happens(0.3) ? (message as Contradictable) : other;
  const evidence = asEvidence(one, beside);
  whisperAll(world, () => (dice.happens(0.7) ? one : null));
  whisperAll(world, () => (dice.happens(0.5) ? other : null));
  if (evidence !== null && dice.happens(0.5)) whisperAll(world, () => evidence);
}

const isOf = (message: Message, { home }: AdversaryWorld): boolean =>
  (message.kind === "order" && message.order.body.home === home) || (message.kind === "vote" && message.vote.body.validator === home);
