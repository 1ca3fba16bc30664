import { type Digest, keccakDigest, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { Message, Vote, VoteKind } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../node/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { hearing, signed, speaking, whisperAll } from "./hooks.ts";

/**
 * Says one thing to some and another to others: two lists, two proposals in its own views, and votes of all kinds for whatever
 * value it has heard of, contradicting what it said before.
 */
export const equivocating: Adversary = {
  name: "equivocating",
  corrupt: (modules, world) => {
    const { dice } = world;
    const values: Digest[] = [keccakDigest(new Uint8Array([world.home]))];
    const twoFaced = speaking(modules, world, (message, goOn) => {
      const twin = twinOf(message, modules, world, values);
      if (twin === null || dice.happens(0.2)) return goOn();
      const split = dice.below(world.others.length + 1);
      const both = dice.happens(0.3);
      whisperAll(world, (place) => (place < split ? message : twin));
      if (both) whisperAll(world, (place) => (place < split ? twin : message));
    });
    return hearing(twoFaced, world, (message) => {
      if (message.kind === "proposal") {
        values.push(message.proposal.body.value);
        answer(message.proposal.body, modules, world, values);
      }
      return true;
    });
  },
};

/** What excludes a message of its own; null: nothing does. */
function twinOf(message: Message, modules: NodeModules, world: AdversaryWorld, values: readonly Digest[]): Message | null {
  const { dice, digests } = world;
  if (message.kind === "list") {
    const { body } = message.list;
    const other = { ...body, orders: body.orders.filter(() => dice.happens(0.5)), readings: body.readings.filter(() => dice.happens(0.5)) };
    return { kind: "list", list: signed(modules, other, digests.list(other)) };
  }
  if (message.kind === "proposal") {
    const { body } = message.proposal;
    const drop = dice.below(body.lists.length + 1);
    const other = { ...body, value: dice.pick(values), lists: body.lists.filter((_, place) => place !== drop) };
    return { kind: "proposal", proposal: signed(modules, other, digests.proposal(other)) };
  }
  return message.kind === "vote" ? voteOf(message.vote.body, modules, world, values) : null;
}

/** Everything that can be said to one proposal, to some. */
function answer(
  { interval, view, value }: Pick<Vote, "interval" | "view" | "value">,
  modules: NodeModules,
  world: AdversaryWorld,
  values: readonly Digest[],
): void {
  const { dice, home } = world;
  for (let lies = dice.below(4); lies > 0; lies--) {
    const vote = voteOf(
      { kind: "notarize", interval, view: view + dice.pick([0, 0, 0, 1]), value, validator: home },
      modules,
      world,
      values,
    );
    const share = dice.roll();
    world.clock.after(dice.below(400), () => whisperAll(world, () => (dice.happens(share) ? vote : null)));
  }
}

function voteOf(body: Vote, modules: NodeModules, { dice, digests }: AdversaryWorld, values: readonly Digest[]): Message {
  const kind = dice.pick<VoteKind>(["notarize", "nullify", "finalize"]);
  const value = kind === "nullify" ? ZERO_DIGEST : dice.pick([body.value, ...values].filter((each) => each !== ZERO_DIGEST));
  const other = { ...body, kind, value };
  return { kind: "vote", vote: signed(modules, other, digests.vote(other)) };
}
