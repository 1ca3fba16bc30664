import { readFields, type Signature, Writer } from "../../engine/messages/index.ts";

/**
 * Why a validator doesn't vouch for a payment at once: the owner hasn't signed it; the home can spare no more than `most` ticks; it
 * has vouched for another that may be paid until `until`; the vault settles period `next` next; its deadline has passed or lies too
 * far ahead, by the chain's clock, which says `now`; the home's next withdrawal has the number `next`; the validator signs nothing
 * now; its chain is away, or its books aren't level with the vault's; or it has too many questions at once.
 */
export type PledgeRefusal =
  | { readonly why: "unsigned" }
  | { readonly why: "short"; readonly most: number }
  | { readonly why: "pledged"; readonly until: number }
  | { readonly why: "period"; readonly next: number }
  | { readonly why: "deadline"; readonly now: number }
  | { readonly why: "nonce"; readonly next: number }
  | { readonly why: "paused" }
  | { readonly why: "behind" }
  | { readonly why: "busy" };

/** Its signature, or why not. */
export type PledgeAnswer = { readonly signature: Signature } | PledgeRefusal;

/** As numbers on the wire; never renumbered. */
const WHY = { unsigned: 1, short: 2, pledged: 3, period: 4, deadline: 5, nonce: 6, paused: 7, behind: 8, busy: 9 } as const;
const SIGNATURE_BYTES = 65;

export function encodePledgeAnswer(answer: PledgeAnswer): Uint8Array {
  if ("signature" in answer) return new Writer().bytes(1, answer.signature).finish();
  return new Writer().uint(2, WHY[answer.why]).uint(3, numberOf(answer)).finish();
}

/** null: nothing that a validator answers. */
export function decodePledgeAnswer(bytes: Uint8Array): PledgeAnswer | null {
  const fields = readFields(bytes);
  if (fields === null) return null;
  const of = (number: number): number | Uint8Array => fields.find((field) => field.number === number)?.value ?? 0;
  const [signature, why, number] = [of(1), of(2), of(3)];
  if (signature instanceof Uint8Array) return signature.length === SIGNATURE_BYTES ? { signature: signature.slice() } : null;
  return typeof why === "number" && typeof number === "number" ? refusalOf(why, number) : null;
}

function numberOf(refusal: PledgeRefusal): number {
  switch (refusal.why) {
    case "short":
      return refusal.most;
    case "pledged":
      return refusal.until;
    case "deadline":
      return refusal.now;
    case "period":
    case "nonce":
      return refusal.next;
    default:
      return 0;
  }
}

function refusalOf(number: number, value: number): PledgeRefusal | null {
  const [why] = Object.entries(WHY).find(([, each]) => each === number) ?? [];
  switch (why) {
    case "short":
      return { why, most: value };
    case "pledged":
      return { why, until: value };
    case "deadline":
      return { why, now: value };
    case "period":
    case "nonce":
      return { why, next: value };
    case "unsigned":
    case "paused":
    case "behind":
    case "busy":
      return { why };
    default:
      return null;
  }
}
