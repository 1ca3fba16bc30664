import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { SignedEvent, SignedRequest, VenueDigests, VenueInput } from "../../engine/messages/index.ts";
import { type DoorRefusal, type Recover, Venue, type VenueMember, type VenueRules } from "../../engine/venue/index.ts";
import type { Cancel, Clock, Journal, Signer } from "../ports/index.ts";
import { Allowance, type AllowanceSize } from "./allowance.ts";
import { RECORD_WORDS } from "./frames.ts";
import { type History, headBytes, stepRecords } from "./history.ts";

export interface SequencerModules {
  readonly rules: VenueRules;
  readonly digests: VenueDigests;
  readonly signer: Signer;
  readonly recover: Recover;
  readonly clock: Clock;
  /** Who may trade from the next opening on. */
  readonly members: () => readonly VenueMember[];
  /** null: no limit. */
  readonly allowance: AllowanceSize | null;
  /** Takes each event in order, once it is on disk. */
  readonly deliver: (event: SignedEvent) => void;
  /** Returns when what was delivered will outlive a power cut: the journal is about to forget it. */
  readonly secure: () => void;
  /** The disk has failed, or whoever takes the events. Nothing is acknowledged any more; the process must stop. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Runs a venue by a clock: what is due is done before any request, each step is in the journal before it is told, and the first
 * to come is the first in the sequence.
 */
export class Sequencer {
  readonly #modules: SequencerModules;
  readonly #venue: Venue;
  readonly #allowance: Allowance | null;
  #journal: Journal | null = null;
  #time = 0;
  #appended = 0;
  /** Signed, and perhaps not on disk yet. */
  readonly #waiting: { readonly sequence: number; readonly event: SignedEvent }[] = [];
  #cancelTimer: Cancel = () => {};

  constructor(modules: SequencerModules, head: History["head"]) {
    this.#modules = modules;
    this.#venue = new Venue(modules.rules, modules.digests, head);
    this.#allowance = modules.allowance === null ? null : new Allowance(modules.allowance);
  }

  get venue(): Venue {
    return this.#venue;
  }

  /** The steps of an earlier life: the same events as then. */
  replay(steps: History["steps"]): readonly SignedEvent[] {
    return steps.map(({ time, input }) => this.#sign(time, input));
  }

  /** Goes on by the clock behind the journal's last record; what came due while nobody was here is done now. */
  start(journal: Journal, last: number): void {
    this.#journal = journal;
    this.#appended = last;
    this.#catchUp();
    if (!this.#areMembers()) this.#step(this.#venue.opening(this.#time, this.#modules.members()));
    this.#arm();
  }

  /** The event of a request, once it is on disk; or why it has none. */
  async submit(request: SignedRequest): Promise<Result<SignedEvent, DoorRefusal | "TOO_MANY_REQUESTS">> {
    this.#catchUp();
    const refused = this.#venue.refuses(request, this.#modules.recover);
    if (refused !== null) return fail(refused);
    // Only now: who has not signed may not use up what a home may ask.
    if (this.#allowance?.take(request.body.home, this.#modules.clock.monotonicMs()) === false) return fail("TOO_MANY_REQUESTS");
    const { event, sequence } = this.#step({ kind: "request", request });
    this.#arm();
    await this.#journal!.whenDurable(sequence);
    return ok(event);
  }

  stop(): void {
    this.#cancelTimer();
  }

  #areMembers(): boolean {
    const { homes } = this.#venue.state;
    const members = this.#modules.members();
    return members.length === homes.size && members.every(({ home, agent }) => homes.get(home)?.agent === agent);
  }

  /** By the timer: nobody else would hear that the journal is dead. */
  #wake(): void {
    try {
      this.#catchUp();
      this.#arm();
    } catch (error) {
      this.#modules.onFailure(error);
    }
  }

  #arm(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#modules.clock.at(this.#venue.wakesAt(this.#time), () => this.#wake());
  }

  #catchUp(): void {
    this.#time = Math.max(this.#time, Math.floor(this.#modules.clock.now()));
    const { members } = this.#modules;
    for (let due = this.#venue.due(this.#time, members); due !== null; due = this.#venue.due(this.#time, members)) {
      if (due.kind === "opening" && this.#appended > 0) this.#turnDay(due);
      else this.#step(due);
    }
  }

  #turnDay(opening: VenueInput): void {
    const [ended, head] = [this.#appended, headBytes(this.#venue.head)];
    const { sequence } = this.#step(opening);
    this.#forget(ended, head, sequence).catch(this.#modules.onFailure);
  }

  /**
   * Behind a snapshot the journal doesn't bring the day that ended again. So the opening, which says what of it goes on, and all
   * of its log must be on disk before.
   */
  async #forget(ended: number, head: Uint8Array, opening: number): Promise<void> {
    await this.#journal!.whenDurable(opening);
    this.#deliverUpTo(ended);
    this.#modules.secure();
    await this.#journal!.snapshot(ended, head);
  }

  #step(input: VenueInput): { readonly event: SignedEvent; readonly sequence: number } {
    const event = this.#sign(this.#time, input);
    const records = stepRecords({ time: this.#time, input });
    for (let at = 0; at < records.length; at += RECORD_WORDS) this.#appended = this.#journal!.append(records, at);
    const sequence = this.#appended;
    this.#waiting.push({ sequence, event });
    this.#journal!.whenDurable(sequence)
      .then(() => this.#deliverUpTo(sequence))
      .catch(this.#modules.onFailure);
    return { event, sequence };
  }

  #sign(time: number, input: VenueInput): SignedEvent {
    this.#time = time;
    const { event, id } = this.#venue.step(time, input);
    return { body: event, id, signature: this.#modules.signer.sign(id) };
  }

  #deliverUpTo(sequence: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].sequence <= sequence) this.#modules.deliver(this.#waiting.shift()!.event);
  }
}
