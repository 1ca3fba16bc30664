import type { Digest, HomeId, Interval } from "../kernel/index.ts";
import type { Message } from "./types.ts";

/** What one home signed. Evidence and member sets have no single author. */
export type SignedMessage = Exclude<Message, { readonly kind: "evidence" | "members" }>;

/** The signed part of a message, which each kind has under its own name. */
type SignedIn<M extends SignedMessage> = M extends SignedMessage ? M[Exclude<keyof M, "kind">] : never;

export const hasAuthor = (message: Message): message is SignedMessage => message.kind !== "evidence" && message.kind !== "members";

/** What was signed, its digest and the signature, whatever the kind. */
export function signedOf<M extends SignedMessage>(message: M): SignedIn<M> {
  return partOf(message) as SignedIn<M>;
}

function partOf(message: SignedMessage): SignedIn<SignedMessage> {
  switch (message.kind) {
    case "order":
      return message.order;
    case "commit":
      return message.commit;
    case "reading":
      return message.reading;
    case "list":
      return message.list;
    case "proposal":
      return message.proposal;
    case "vote":
      return message.vote;
    case "period-vote":
      return message.periodVote;
    case "closed":
      return message.closed;
  }
}

/** The digest that was signed. */
export const idOf = (message: SignedMessage): Digest => partOf(message).id;

/** The interval that a message is about. */
export const intervalOf = (message: Exclude<SignedMessage, { readonly kind: "period-vote" }>): Interval => signedOf(message).body.interval;

/** Who says it. */
export function authorOf(message: SignedMessage): HomeId {
  switch (message.kind) {
    case "order":
      return message.order.body.home;
    case "commit":
      return message.commit.body.home;
    case "reading":
      return message.reading.body.home;
    case "proposal":
      return message.proposal.body.leader;
    default:
      return signedOf(message).body.validator;
  }
}
