import type { AgreementMessage } from "../../engine/admission/index.ts";
import type { Digest, HomeId, Interval } from "../../engine/kernel/index.ts";
import type { Message } from "../../engine/messages/index.ts";
import type { Clock, Gossip, Log, Misconduct, PeerName, RequestKind, Store } from "../ports/index.ts";
import { type Inbox, identityOf } from "./inbox.ts";
import type { Membership } from "./membership.ts";
import type { PeriodVoteMessage } from "./periods.ts";
import type { Pool } from "./pool.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";
import {
  decodeBlocks,
  decodeBlocksRequest,
  decodeFetch,
  decodeFetched,
  encodeBlocks,
  encodeBlocksRequest,
  encodeFetch,
  encodeFetched,
  heldMark,
} from "./requests.ts";
import type { Rounds } from "./rounds.ts";
import type { Signing } from "./signing.ts";

export interface CatchUpModules {
  readonly gossip: Gossip;
  readonly store: Store;
  readonly pool: Pool;
  readonly inbox: Inbox;
  readonly rounds: Rounds;
  readonly membership: Membership;
  readonly signing: Signing;
  readonly self: HomeId | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Period votes that peers may have missed. */
  readonly periodVotes: () => readonly PeriodVoteMessage[];
  readonly work?: PureWork;
}

const REQUEST_MS = 2_000;
const LATE = new Error("no answer in time");
/** A peer that has not answered by then may be gone: the next one is asked as well. */
const PATIENCE_MS = 350;
const BLOCKS_AT_ONCE = 128;
const BLOCKS_IN_A_ROW = 8;
/** So many of an answer's messages are refused before the rest isn't worth its signature checks. */
const MAX_REFUSED = 8;
/** So long a peer that gave what no honest one gives is asked only when there is nobody else. */
const AVOID_MS = 60_000;

/** Asks peers for what gossip did not bring, one peer after the other, and answers when they ask. */
export class CatchUp {
  readonly #modules: CatchUpModules;
  readonly #asking = new Set<PeerName>();
  readonly #avoided = new Map<PeerName, number>();
  /** Each home begins with another one: at a gate a whole street may have to ask. */
  #turn: number;
  #askedAt = 0;
  /** A page of blocks is at hand. */
  #isWorking = false;

  constructor(modules: CatchUpModules) {
    this.#modules = modules;
    this.#turn = modules.self ?? 0;
    modules.gossip.onRequest("fetch", (body) => this.#answerFetch(body));
    modules.gossip.onRequest("blocks", (body) => this.#answerBlocks(body));
  }

  /** Asks the next peer about an interval; while one is being asked, only when it takes its time, and nobody twice at once. */
  async ask(interval: Interval, missing: readonly Digest[]): Promise<void> {
    const now = this.#modules.clock.monotonicMs();
    if (this.#asking.size > 0 && (this.#isWorking || now - this.#askedAt < PATIENCE_MS)) return;
    const peer = this.#nextPeer();
    if (peer === undefined) return;
    this.#askedAt = now;
    this.#asking.add(peer);
    try {
      const isAhead = await this.#fetchFrom(peer, interval, missing);
      if (isAhead) await this.#blocksFrom(peer);
    } finally {
      this.#asking.delete(peer);
    }
  }

  /** True when the peer is ahead of us. */
  async #fetchFrom(peer: PeerName, interval: Interval, missing: readonly Digest[]): Promise<boolean> {
    const { rounds, signing } = this.#modules;
    const answer = await this.#request(peer, "fetch", encodeFetch({ interval, wanted: missing, held: this.#heldOf(interval) }));
    if (!answer.ok) return false;
    const fetched = decodeFetched(answer.value);
    if (fetched === null || this.#hasJunk(fetched.messages, new Set(missing))) {
      this.#blame(peer, "junk-answer");
      return false;
    }
    if (fetched.block === null && interval === rounds.current) signing.levelWith(peer);
    return fetched.block !== null && this.#adopt(peer, fetched.block);
  }

  /** What is heard already comes in every answer otherwise, from every peer that is asked. */
  #heldOf(interval: Interval): readonly string[] {
    const { rounds, periodVotes } = this.#modules;
    const heard = rounds.round?.interval === interval ? rounds.round.heard : [];
    return [...periodVotes().map((vote) => this.#markOf(vote)), ...heard.map(heldMark)];
  }

  /** Takes an answer's messages. Some junk among them doesn't spoil the others. */
  #hasJunk(messages: readonly Uint8Array[], wanted: ReadonlySet<Digest>): boolean {
    const { inbox } = this.#modules;
    const refused: Uint8Array[] = [];
    for (const message of messages) {
      if (inbox.receive(message, wanted) === "reject") refused.push(message);
      if (refused.length > MAX_REFUSED) break;
    }
    return refused.some((message) => !inbox.isExcused(message, wanted));
  }

  /** Page after page, the next one on its way while one is worked out. */
  async #blocksFrom(peer: PeerName): Promise<void> {
    const ask = (from: number) => {
      this.#askedAt = this.#modules.clock.monotonicMs();
      return this.#request(peer, "blocks", encodeBlocksRequest(from as Interval));
    };
    for (let next = ask(this.#modules.rounds.current); ; ) {
      const answer = await next;
      if (!answer.ok) return;
      const blocks = decodeBlocks(answer.value);
      if (blocks === null) return this.#blame(peer, "junk-answer");
      if (blocks.length === 0) return;
      next = ask(this.#modules.rounds.current + blocks.length);
      if (!(await this.#adoptAll(peer, blocks))) return;
    }
  }

  /** Some at a time: a home that works a week out must not fall silent over it. */
  async #adoptAll(peer: PeerName, blocks: readonly Uint8Array[]): Promise<boolean> {
    this.#isWorking = true;
    try {
      for (const [at, block] of blocks.entries()) {
        if (at % BLOCKS_IN_A_ROW === BLOCKS_IN_A_ROW - 1) await new Promise<void>((resolve) => this.#modules.clock.after(0, resolve));
        if (!this.#adopt(peer, block)) return false;
      }
      return true;
    } finally {
      this.#isWorking = false;
    }
  }

  #adopt(peer: PeerName, block: Uint8Array): boolean {
    const adoption = this.#modules.rounds.adopt(block);
    if (adoption === "forged") this.#blame(peer, "forged-chain");
    return adoption === "adopted";
  }

  #blame(peer: PeerName, misconduct: Misconduct): void {
    const { gossip, log, rounds, clock } = this.#modules;
    gossip.report(peer, misconduct);
    this.#avoided.set(peer, clock.monotonicMs() + AVOID_MS);
    log.warn(`catch-up.${misconduct}`, { peer, interval: rounds.current });
  }

  async #request(peer: PeerName, kind: RequestKind, body: Uint8Array): ReturnType<Gossip["request"]> {
    const { gossip, clock } = this.#modules;
    const deadline = new AbortController();
    // One reason for all: else each late answer makes an exception with its stack.
    const cancel = clock.after(REQUEST_MS, () => deadline.abort(LATE));
    try {
      return await gossip.request(peer, kind, body, deadline.signal);
    } finally {
      cancel();
    }
  }

  #nextPeer(): PeerName | undefined {
    const { gossip, clock } = this.#modules;
    const now = clock.monotonicMs();
    const good = gossip.peers().filter((peer) => (this.#avoided.get(peer) ?? now) <= now);
    const those = (good.length > 0 ? good : gossip.peers()).filter((peer) => !this.#asking.has(peer));
    return those[this.#turn++ % Math.max(1, those.length)];
  }

  #answerFetch(body: Uint8Array): Uint8Array | undefined {
    const { rounds, store } = this.#modules;
    const question = decodeFetch(body);
    if (question === null) return undefined;
    const held = new Set(question.held);
    const { encode } = this.#modules.work ?? PURE_WORK;
    const wanted = question.wanted.flatMap((id) => this.#kept(id) ?? []);
    const said = question.interval === rounds.current ? (rounds.round?.messages ?? []) : [];
    const lacking = [...said, ...this.#modules.periodVotes()].filter((message) => !held.has(this.#markOf(message)));
    const block = question.interval < rounds.current ? (store.blocks(question.interval, 1)[0]?.bytes ?? null) : null;
    return encodeFetched({ block, messages: [...wanted, ...lacking].map(encode) });
  }

  readonly #markOf = (message: AgreementMessage): string => heldMark(identityOf(message, this.#modules.work));

  #kept(id: Digest): Message | null {
    const { pool, membership, rounds } = this.#modules;
    const entry = pool.message(id) ?? rounds.round?.message(id);
    if (entry !== undefined && entry !== null) return entry;
    const members = membership.known(id);
    return members === null ? null : { kind: "members", members, id };
  }

  #answerBlocks(body: Uint8Array): Uint8Array | undefined {
    const from = decodeBlocksRequest(body);
    if (from === null) return undefined;
    return encodeBlocks(this.#modules.store.blocks(from, BLOCKS_AT_ONCE).map(({ bytes }) => bytes));
  }
}
