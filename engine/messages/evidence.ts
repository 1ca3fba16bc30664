import { compare, concat, fromHex, keccakDigest } from "../kernel/index.ts";
import { idOf } from "./signed.ts";
import type { Contradictable, Message } from "./types.ts";

/** Two messages as evidence, the one with the lower digest first, so that one pair has one name; null for one message twice. */
export function asEvidence(one: Contradictable, other: Contradictable): Extract<Message, { readonly kind: "evidence" }> | null {
  const order = compare(idOf(one), idOf(other));
  if (order === 0) return null;
  const [first, second] = order < 0 ? [one, other] : [other, one];
  return { kind: "evidence", evidence: { first, second }, id: keccakDigest(concat([fromHex(idOf(first)), fromHex(idOf(second))])) };
}
