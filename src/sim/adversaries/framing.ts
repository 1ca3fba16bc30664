import { type Digest, type HomeId, keccakDigest } from "../../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, type Message } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../node/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { hearing, signed, whisperAll } from "./hooks.ts";

/**
 * Speaks in the name of others: for what it hears of a neighbour it makes a twin that excludes it, signs that itself or under the
 * neighbour's own signature, and sends it alone and beside the true one as evidence; it passes others' orders and commits off as its own.
 */
export const framing: Adversary = {
  name: "framing",
  corrupt: (modules, world) => {
    const { dice } = world;
    return hearing(modules, world, (message) => {
      if (dice.happens(0.7)) return true;
      const twin = twinOf(message, modules, world);
      const copy = copyOf(message, modules, world);
      if (twin !== null) {
        const [first, second] = dice.happens(0.5) ? [message as Contradictable, twin] : [twin, twinOf(message, modules, world) ?? twin];
        const evidence = asEvidence(first, second);
        if (evidence !== null) whisperAll(world, () => evidence);
        whisperAll(world, () => (dice.happens(0.5) ? twin : null));
      }
      if (copy !== null) whisperAll(world, () => copy);
      return true;
    });
  },
};

/** What its author would be convicted by, had the author signed it; null: nothing is. */
function twinOf(message: Message, modules: NodeModules, { dice, digests }: AdversaryWorld): Contradictable | null {
  const other = keccakDigest(Uint8Array.of(dice.below(256)));
  const under = <T>(body: T, id: Digest, theirs: Uint8Array) =>
    dice.happens(0.5) ? signed(modules, body, id) : { body, id, signature: theirs };
  if (message.kind === "order") {
    const body = { ...message.order.body, energy: bent(message.order.body.energy, dice.below(100)) };
    return { kind: "order", order: under(body, digests.order(body), message.order.signature) };
  }
  if (message.kind === "commit") {
    const body = { ...message.commit.body, commitment: other };
    return { kind: "commit", commit: under(body, digests.commit(body), message.commit.signature) };
  }
  if (message.kind === "reading") {
    const body = { ...message.reading.body, importWh: bent(message.reading.body.importWh, dice.below(100)) };
    return { kind: "reading", reading: under(body, digests.reading(body), message.reading.signature) };
  }
  if (message.kind !== "vote" || message.vote.body.kind === "nullify") return null;
  const body = { ...message.vote.body, value: other };
  return { kind: "vote", vote: under(body, digests.vote(body), message.vote.signature) };
}

const bent = <T extends number>(amount: T, by: number): T => (amount + 1 + by) as T;

/** Another's order or commit under its own name. */
function copyOf(message: Message, modules: NodeModules, { home, digests }: AdversaryWorld): Message | null {
  const own = <T extends { readonly home: HomeId }>(body: T): T => ({ ...body, home });
  if (message.kind === "order") {
    const body = own(message.order.body);
    return { kind: "order", order: signed(modules, body, digests.order(body)) };
  }
  if (message.kind !== "commit") return null;
  const body = own(message.commit.body);
  return { kind: "commit", commit: signed(modules, body, digests.commit(body)) };
}
