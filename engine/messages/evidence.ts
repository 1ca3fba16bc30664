import { compare, concat, type Digest, fromHex, keccakDigest } from "../kernel/index.ts";
import type { Contradictable, Message } from "./types.ts";

/** The digest that was signed. */
export function idOf(message: Contradictable): Digest {
  switch (message.kind) {
    case "order":
      return message.order.id;
    case "commit":
      return message.commit.id;
    case "reading":
      return message.reading.id;
    case "list":
      return message.list.id;
    case "proposal":
      return message.proposal.id;
    case "vote":
      return message.vote.id;
  }
}

/** Two messages as evidence, the one with the lower digest first, so that one pair has one name; null for one message twice. */
export function asEvidence(one: Contradictable, other: Contradictable): Extract<Message, { readonly kind: "evidence" }> | null {
  const order = compare(idOf(one), idOf(other));
  if (order === 0) return null;
  const [first, second] = order < 0 ? [one, other] : [other, one];
  return { kind: "evidence", evidence: { first, second }, id: keccakDigest(concat([fromHex(idOf(first)), fromHex(idOf(second))])) };
}
