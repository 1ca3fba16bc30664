import {
  type Agreement,
  type AgreementEffect,
  type AgreementInput,
  type AgreementTimer,
  agreement,
  hasRoomFor,
  leaderOf,
  quorum,
  step,
  type Validators,
  VIEWS_AHEAD,
} from "../../engine/agreement/index.ts";
import type { Digest, HomeId, Interval } from "../../engine/kernel/index.ts";
import { type Certificate, idOf, type Message, type SignedList, type SignedProposal } from "../../engine/messages/index.ts";
import { isSaid, type Said } from "./ahead.ts";
import type { Choice, Evaluation, EvaluationOrMissing } from "./evaluate.ts";

/** What a round asks of the node around it. */
export interface RoundWorld {
  /** Signs, keeps and sends; returns what was sent, perhaps by an earlier life. */
  readonly speak: (effect: Extract<AgreementEffect, { kind: "vote" | "propose" }>) => Message;
  /** Of the interval's views; worked out unless given. */
  readonly leaders?: readonly HomeId[];
  readonly evaluate: (choice: Choice) => EvaluationOrMissing;
  /** Whether an order, a commit or a reading is at hand. */
  readonly holds: (entry: Digest) => boolean;
  readonly after: (timer: AgreementTimer, view: number, task: () => void) => void;
  readonly fetchSoon: () => void;
  readonly decided: (certificate: Certificate) => void;
  readonly evidence: (effect: Extract<AgreementEffect, { kind: "evidence" }>) => void;
}

/** A choice of lists by their digests, and whether their orders count. */
type Wanted = { readonly lists: readonly Digest[]; readonly isVoid: boolean };

interface Waiting extends Wanted {
  /** Lists, or entries of them, that were not at hand; the first `came` have come since. */
  readonly lacks: readonly Digest[];
  came: number;
}

/** Runs one interval's agreement: feeds it what peers say, and does what it asks for, one thing after the other. */
export class Round {
  readonly interval: Interval;
  readonly #agreement: Agreement;
  readonly #world: RoundWorld;
  readonly #queue: AgreementInput[] = [];
  /** By who said what: two votes may differ in their signature alone. */
  readonly #messages = new Map<Digest, Said>();
  readonly #lists = new Map<Digest, SignedList>();
  /** The same by who signed them, in the order in which they came. */
  readonly #listsOf = new Map<HomeId, readonly SignedList[]>();
  readonly #evaluations = new Map<Digest, Evaluation>();
  /** What has been evaluated. */
  readonly #done = new Set<string>();
  /** What could not be evaluated yet. */
  readonly #waiting = new Map<string, Waiting>();
  /** null: what waits may lack less by now. */
  #missing: readonly Digest[] | null = [];
  #busy = false;
  /** Views whose leader proposed two things: a third proves nothing more. */
  readonly #twice = new Set<number>();

  constructor(interval: Interval, validators: Validators, self: HomeId | null, world: RoundWorld) {
    this.interval = interval;
    this.#agreement = agreement(interval, validators, self, world.leaders);
    this.#world = world;
  }

  /** An admitted message of this interval, this home's own included. */
  hear(message: Message): void {
    if (!isSaid(message) || this.#isIdle(message)) return;
    this.#messages.set(idOf(message), message);
    if (message.kind === "list") this.#keepList(message.list);
    this.put(message);
    if (message.kind === "proposal" && !this.#isFirst(message.proposal)) this.#twice.add(message.proposal.body.view);
    if (message.kind === "list") this.#onList();
    // Everybody works a fresh proposal out, whether it may still vote or not: whoever knows the value needs no one's block.
    if (message.kind === "proposal" && message.proposal.body.lists.length > 0 && this.#isFirst(message.proposal))
      this.#evaluate(message.proposal.body);
  }

  /** Whether what a validator says may still matter. Its own words, and what they rest on, a home hears in any case. */
  hasRoom(said: Said): boolean {
    if (said.kind === "vote") return hasRoomFor(this.#agreement, said.vote.body);
    if (said.kind === "list") return true;
    const { view } = said.proposal.body;
    return view <= this.view + VIEWS_AHEAD && !this.#twice.has(view);
  }

  put(input: AgreementInput): void {
    this.#queue.push(input);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      for (const effect of step(this.#agreement, next)) this.#perform(effect);
    }
    this.#busy = false;
  }

  /** Something that was missing may have come in. */
  retry(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#missing = null;
    for (const [name, wanted] of waiting) {
      while (wanted.came < wanted.lacks.length && this.#holds(wanted.lacks[wanted.came]!)) wanted.came++;
      if (wanted.came === wanted.lacks.length) this.#evaluate(wanted);
      else this.#wait(name, wanted);
    }
  }

  #holds = (id: Digest): boolean => this.#lists.has(id) || this.#world.holds(id);

  /** Orders and readings that lists name and this home lacks. */
  get missing(): readonly Digest[] {
    const newestFirst = (): readonly Waiting[] => [...this.#waiting.values()].reverse();
    this.#missing ??= [...new Set(newestFirst().flatMap(({ lacks }) => lacks.filter((id) => !this.#holds(id))))];
    return this.#missing;
  }

  get decided(): Certificate | null {
    return this.#agreement.decided;
  }

  get view(): number {
    return this.#agreement.view;
  }

  get leader(): HomeId {
    return leaderOf(this.#agreement.leaders, this.view);
  }

  evaluation(value: Digest): Evaluation | undefined {
    return this.#evaluations.get(value);
  }

  /** All that was heard, for a peer that missed some of it: what is small first, and of each validator one list before any second. */
  get messages(): readonly Said[] {
    const [small, first, second]: [Said[], Said[], Said[]] = [[], [], []];
    for (const message of this.#messages.values()) {
      if (message.kind !== "list") small.push(message);
      else if (this.#listsOf.get(message.list.body.validator)?.[0]?.id === message.list.id) first.push(message);
      else second.push(message);
    }
    return [...small, ...first, ...second];
  }

  /** What all that was heard was signed as. */
  get heard(): readonly Digest[] {
    return [...this.#messages.keys()];
  }

  message(id: Digest): Said | undefined {
    return this.#messages.get(id);
  }

  #perform(effect: AgreementEffect): void {
    if (effect.kind === "vote" || effect.kind === "propose") this.hear(this.#world.speak(effect));
    else if (effect.kind === "evaluate") this.#evaluate(effect);
    else if (effect.kind === "timer") this.#world.after(effect.timer, effect.view, () => this.put(effect));
    else if (effect.kind === "decide") this.#world.decided(effect.certificate);
    else this.#world.evidence(effect);
  }

  /** Of a leader that proposes two things in one view the second is evidence and no more. */
  #isFirst({ id, body }: SignedProposal): boolean {
    return this.#agreement.proposals.get(body.view)?.id === id;
  }

  /** Nothing comes of it but room: what another than a view's leader proposes, and a third list of one validator that nobody has named. */
  #isIdle(said: Said): boolean {
    const { leaders, validators } = this.#agreement;
    if (said.kind === "proposal") {
      const { view, leader, lists } = said.proposal.body;
      const isCounted = lists.length === 0 || (lists.length >= quorum(validators) && lists.length <= validators.ids.length);
      return leader !== leaderOf(leaders, view) || !isCounted || new Set(lists).size < lists.length;
    }
    if (said.kind !== "list" || (this.#listsOf.get(said.list.body.validator)?.length ?? 0) < 2) return false;
    return !this.missing.includes(said.list.id);
  }

  #keepList(list: SignedList): void {
    if (this.#lists.has(list.id)) return;
    const { validator } = list.body;
    this.#lists.set(list.id, list);
    this.#listsOf.set(validator, [...(this.#listsOf.get(validator) ?? []), list]);
  }

  /** With every validator's list at hand the proposal can be foreseen; to work it out now saves the wait later. */
  #onList(): void {
    this.retry();
    const { validators, isPastDeadline } = this.#agreement;
    if (this.#listsOf.size < validators.ids.length) return;
    // One of each: a validator that signs two must not count twice, nor what it made up be asked for.
    const lists = validators.ids.flatMap((home) => this.#listsOf.get(home)?.[0]?.id ?? []);
    this.#evaluate({ lists, isVoid: isPastDeadline });
  }

  #evaluate({ lists, isVoid }: Wanted): void {
    const name = `${isVoid}/${lists.join()}`;
    if (this.#done.has(name)) return;
    const unheard = lists.filter((id) => !this.#lists.has(id));
    const held = lists.flatMap((id) => this.#lists.get(id) ?? []);
    const outcome = unheard.length > 0 ? { missing: unheard } : this.#world.evaluate({ lists: held, isVoid });
    if ("evaluation" in outcome) {
      const { value } = outcome.evaluation;
      this.#done.add(name);
      this.#evaluations.set(value, outcome.evaluation);
      this.put({ kind: "evaluated", lists, isVoid, value });
      if (this.decided?.value === value) this.#world.decided(this.decided);
      return;
    }
    const { missing } = outcome;
    if (this.#missing !== null) this.#missing = [...new Set([...missing, ...this.#missing])];
    this.#wait(name, { lists, isVoid, lacks: missing, came: 0 });
  }

  #wait(name: string, wanted: Waiting): void {
    this.#waiting.set(name, wanted);
    this.#world.fetchSoon();
  }
}
