import { readingSignedIn } from "../../engine/admission/index.ts";
import { type Address, assert, type Digest, type HomeId, type Interval } from "../../engine/kernel/index.ts";
import {
  type Closed,
  type Digests,
  encodeMessage,
  entryId,
  type Message,
  type Order,
  type OrderList,
  type PeriodVote,
  type Proposal,
  type Reading,
  type Signature,
  type Signed,
  type SignedVote,
  type SignedWithdrawNow,
  type Vote,
  Writer,
} from "../../engine/messages/index.ts";
import type { Gossip, OwnKind, Signer, Store, VoteSlot } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";
import { decodeFetched } from "./requests.ts";

/** Kept among what this home said, and no part of the agreement. */
const DEADLINE = "deadline";
const CLOSED = "closed";

export type OrderMessage = Extract<Message, { kind: "order" }>;
type ReadingMessage = Extract<Message, { kind: "reading" }>;
type ClosedMessage = Extract<Message, { kind: "closed" }>;
export type CommitMessage = Extract<Message, { kind: "commit" }>;

export interface OutboxModules {
  readonly signer: Signer;
  /** Keys that this home had before, for what is still theirs to sign. */
  readonly earlier?: readonly Signer[];
  /** Which key is in force. */
  readonly membership: Pick<Membership, "agentAt" | "periodKey">;
  readonly store: Store;
  readonly gossip: Gossip;
  readonly digests: Digests;
  readonly work?: PureWork;
}

/**
 * Speaks for this home: signs each thing with the key that is in force for it, keeps the signed bytes on disk, then sends. What an
 * earlier life of this home said in the same place stands; its bytes are sent again instead of new ones. Every method returns the
 * message that was sent.
 */
export class Outbox {
  readonly #modules: OutboxModules;
  readonly #signers: ReadonlyMap<Address, Signer>;
  readonly #gates = new Map<Interval, boolean>();

  constructor(modules: OutboxModules) {
    this.#modules = modules;
    this.#signers = new Map([modules.signer, ...(modules.earlier ?? [])].map((signer) => [signer.address, signer]));
  }

  /** Whether this home can sign with a key. */
  holds(agent: Address | undefined): boolean {
    return agent !== undefined && this.#signers.has(agent);
  }

  order(body: Order): OrderMessage {
    return this.show(this.#signOrder(body));
  }

  /** Signs an order and sends no more than its commit; the order is for `show`, once all gates are closed. */
  seal(body: Order): { readonly commit: CommitMessage; readonly order: OrderMessage } {
    const { store, digests } = this.#modules;
    const order = this.#signOrder(body);
    const { home, interval, seq } = order.order.body;
    const commit = { home, interval, seq, commitment: entryId(order.order) };
    const message: Message = { kind: "commit", commit: this.#signed(commit, digests.commit(commit), this.#keyOf(home, interval)) };
    return { commit: this.#send("market", store.saveOwn("commit", interval, seq, encodeMessage(message))) as CommitMessage, order };
  }

  /** Sends an order that is on disk already. */
  show(message: OrderMessage): OrderMessage {
    return this.#send("market", encodeMessage(message)) as OrderMessage;
  }

  reading(body: Reading): ReadingMessage {
    const { store, digests } = this.#modules;
    const key = this.#keyOf(body.home, readingSignedIn(body.interval));
    const message: Message = { kind: "reading", reading: this.#signed(body, digests.reading(body), key) };
    return this.#send("market", store.saveOwn("reading", body.interval, 0, encodeMessage(message))) as ReadingMessage;
  }

  /**
   * With what it names, in one write: should the whole street lose power now, the lists bind it to entries that must not have been
   * in its homes' memories alone.
   */
  list(body: OrderList, named: readonly Message[]): Message {
    const list = this.#signed(body, this.#modules.digests.list(body), this.#keyOf(body.validator, body.interval));
    return this.#said({ interval: body.interval, view: 0, kind: "list" }, { kind: "list", list }, named);
  }

  proposal(body: Proposal): Message {
    const proposal = this.#signed(body, this.#modules.digests.proposal(body), this.#keyOf(body.leader, body.interval));
    return this.#said({ interval: body.interval, view: body.view, kind: "propose" }, { kind: "proposal", proposal });
  }

  /** What the vote rests on is kept with it. */
  vote(body: Vote, because: readonly SignedVote[]): Message {
    const { interval, view, kind, validator } = body;
    const vote = this.#signed(body, this.#modules.digests.vote(body), this.#keyOf(validator, interval));
    const reasons = because.map((each): Message => ({ kind: "vote", vote: each }));
    return this.#said({ interval, view, kind }, { kind: "vote", vote }, reasons);
  }

  /** Needs no place on disk: a period has one content, which every home works out for itself. */
  periodVote(body: PeriodVote): Message {
    const periodVote = this.#signed(body, body.digest, this.#modules.membership.periodKey(body.validator, body.period));
    return this.#send("agreement", encodeMessage({ kind: "period-vote", periodVote }));
  }

  /** Under the key that the vault takes for the period; whoever asks for it keeps it before it goes out. */
  pledge({ body, id }: SignedWithdrawNow, validator: HomeId): Signature {
    return this.#signed(body, id, this.#modules.membership.periodKey(validator, body.period)).signature;
  }

  /** On disk first: a clock that goes back after a restart doesn't open the gate again. */
  closed(body: Closed): ClosedMessage {
    const { digests, store } = this.#modules;
    const closed = this.#signed(body, digests.closed(body), this.#keyOf(body.validator, body.interval));
    const bytes = encodeMessage({ kind: "closed", closed });
    this.#gates.set(body.interval, true);
    return this.#send("agreement", store.saveVote({ interval: body.interval, view: 0, kind: CLOSED }, bytes)) as ClosedMessage;
  }

  /** Whether this home has said, in this life or an earlier one, that the interval's gate is closed. */
  hasClosed(interval: Interval): boolean {
    const known = this.#gates.get(interval) ?? this.#modules.store.votes(interval).some(({ slot }) => slot.kind === CLOSED);
    this.#gates.set(interval, known);
    return known;
  }

  forget(upTo: Interval): void {
    for (const interval of this.#gates.keys()) if (interval <= upTo) this.#gates.delete(interval);
  }

  /** From now on this home agrees to no fresh trade in the interval, over all its lives. */
  passDeadline(interval: Interval): void {
    this.#modules.store.saveVote({ interval, view: 0, kind: DEADLINE }, Uint8Array.of(1));
  }

  isPastDeadline(interval: Interval): boolean {
    return this.#modules.store.votes(interval).some(({ slot }) => slot.kind === DEADLINE);
  }

  /** What this home said in an interval's agreement before it was restarted, and behind all of that what it rests on. */
  earlier(interval: Interval): readonly Message[] {
    const said = this.#modules.store.votes(interval).filter(({ slot }) => slot.kind !== DEADLINE && slot.kind !== CLOSED);
    const kept = said.map(({ bytes }) => unpack(bytes).map((message) => this.#decode(message)));
    return [...kept.flatMap((messages) => messages.slice(0, 1)), ...kept.flatMap((messages) => messages.slice(1))];
  }

  /** This home's own entries for an interval, from before it was restarted. */
  earlierOwn(kind: OwnKind, interval: Interval): readonly Message[] {
    return this.#modules.store.own(kind, interval).map((bytes) => this.#decode(bytes));
  }

  #said(slot: VoteSlot, message: Message, because: readonly Message[] = []): Message {
    const { store, work = PURE_WORK } = this.#modules;
    const stands = store.saveVote(slot, pack([message, ...because].map(work.encode)));
    return this.#send("agreement", unpack(stands)[0]!);
  }

  /** On disk before anything of it is sent. */
  #signOrder(body: Order): OrderMessage {
    const { digests, store } = this.#modules;
    const message: Message = { kind: "order", order: this.#signed(body, digests.order(body), this.#keyOf(body.home, body.interval)) };
    return this.#decode(store.saveOwn("order", body.interval, body.seq, encodeMessage(message))) as OrderMessage;
  }

  #keyOf(home: HomeId, interval: Interval): Address | undefined {
    return this.#modules.membership.agentAt(home, interval);
  }

  /** Nothing is in force for a home that is only about to join: then its newest key signs. */
  #signed<B>(body: B, id: Digest, key: Address | undefined): Signed<B> {
    const { signer } = this.#modules;
    return { body, id, signature: ((key === undefined ? undefined : this.#signers.get(key)) ?? signer).sign(id) };
  }

  #send(topic: "market" | "agreement", bytes: Uint8Array): Message {
    void this.#modules.gossip.publish(topic, bytes);
    return this.#decode(bytes);
  }

  #decode(bytes: Uint8Array): Message {
    const { work = PURE_WORK, digests } = this.#modules;
    const message = work.decode(bytes, digests);
    assert(message.ok, "the store holds messages of this market only");
    return message.value;
  }
}

/** What stands in one slot: this home's message, then those it rests on, in the form of a peer's answer. */
function pack(messages: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const message of messages) writer.item(2, message);
  return writer.finish();
}

function unpack(bytes: Uint8Array): readonly Uint8Array[] {
  const kept = decodeFetched(bytes)?.messages ?? [];
  assert(kept.length > 0, "the store holds what was said");
  return kept;
}
