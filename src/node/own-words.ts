import type { HomeId } from "../../engine/kernel/index.ts";
import { authorOf, encodeMessage, intervalOf, Writer } from "../../engine/messages/index.ts";
import type { Store, VoteSlot } from "../ports/index.ts";
import type { Said } from "./ahead.ts";

/** Puts into the store what neighbours have heard of an earlier life of this home in an interval, so that it isn't said otherwise. */
export function keepSaid(store: Pick<Store, "saveVote">, self: HomeId, heard: readonly Said[]): void {
  for (const message of heard) if (authorOf(message) === self) store.saveVote(slotOf(message), keptOf(message));
}

/** The outbox's places. */
function slotOf(message: Said): VoteSlot {
  const interval = intervalOf(message);
  if (message.kind === "list") return { interval, view: 0, kind: "list" };
  if (message.kind === "proposal") return { interval, view: message.proposal.body.view, kind: "propose" };
  return { interval, view: message.vote.body.view, kind: message.vote.body.kind };
}

/** As the outbox keeps it, resting on nothing. */
const keptOf = (message: Said): Uint8Array => new Writer().item(2, encodeMessage(message)).finish();
