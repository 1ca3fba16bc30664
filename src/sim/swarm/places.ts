import { hasAuthor, intervalOf, type Message } from "../../../engine/messages/index.ts";

/** Where a message stands among those that exclude each other, and what it says there: one home may say one thing in one place. */
export function placesOf(message: Message): readonly (readonly [place: string, content: string])[] {
  switch (message.kind) {
    case "order":
      return [[`order ${message.order.body.interval}/${message.order.body.seq}`, message.order.id]];
    case "commit":
      return [[`commit ${message.commit.body.interval}/${message.commit.body.seq}`, message.commit.id]];
    case "reading":
      return [[`reading ${message.reading.body.interval}`, message.reading.id]];
    case "list":
      return [[`list ${message.list.body.interval}`, message.list.id]];
    case "proposal":
      return [[`propose ${message.proposal.body.interval}/${message.proposal.body.view}`, message.proposal.id]];
    case "period-vote":
      return [[`period ${message.periodVote.body.period}`, message.periodVote.id]];
    case "vote": {
      const { kind, interval, view, value } = message.vote.body;
      const final = kind === "notarize" ? [] : [[`finalize or nullify ${interval}/${view}`, `${kind} ${value}`] as const];
      return [[`${kind} ${interval}/${view}`, value], ...final];
    }
    default:
      return [];
  }
}

/** One line for people. */
export function describeMessage(message: Message): string {
  const short = (digest: string): string => digest.slice(0, 10);
  const [first] = placesOf(message);
  if (message.kind === "evidence") return `evidence of two ${message.evidence.first.kind}s`;
  if (first === undefined) return message.kind;
  const [place, content] = first;
  if (message.kind === "proposal") {
    const { value, parentView, lists } = message.proposal.body;
    return `${place} ${short(value)} ${parentView > 0 ? `handed on from view ${parentView}` : `from ${lists.length} lists`}`;
  }
  if (message.kind === "list") return `${place} of ${message.list.body.orders.length} orders ${short(content)}`;
  return message.kind === "vote" && message.vote.body.kind === "nullify" ? place : `${place} ${short(content)}`;
}

/** The interval that a message is about; null: none. */
export const intervalOfAny = (message: Message): number | null =>
  hasAuthor(message) && message.kind !== "period-vote" ? intervalOf(message) : null;
