import {
  type Agreement,
  type AgreementEffect,
  type AgreementInput,
  agreement,
  faulty,
  hasRoomFor,
  leaderOf,
  leadersOf,
  step,
  type Validators,
  validatorsOf,
} from "../../../engine/agreement/index.ts";
import { type Digest, type HomeId, homeId } from "../../../engine/kernel/index.ts";
import type { SignedList, SignedVote, Vote } from "../../../engine/messages/index.ts";
import { type Dice, diceOf } from "../chance.ts";
import { Liar } from "./liar.ts";
import { AT, idOf, idOfSaid, Records, type Said } from "./records.ts";

/** Until then messages are lost and late and homes crash; from then on they flow. Virtual ms. */
const CALM = 3_000;
const END = 120_000;
/** How soon a broken link shows. */
const LINK_MS = 60;
const PULL_MS = 200;

/** Held by every honest home before the gate. */
export const TIMELY = idOf(900_001);

type Wanted = { readonly lists: readonly Digest[]; readonly isVoid: boolean };

interface Home {
  readonly id: HomeId;
  life: number;
  isUp: boolean;
  machine: Agreement;
  queue: AgreementInput[];
  /** On disk: what this home said itself, and what that rests on. */
  readonly disk: { readonly own: Said[]; readonly because: Said[] };
  heard: Map<Digest, Said>;
  waiting: Map<string, Wanted>;
  decided: Digest | null;
  /** When it agrees to no fresh trade any more, by its own clock. */
  readonly deadline: number;
}

export interface InstanceOutcome {
  readonly honest: readonly HomeId[];
  readonly decided: ReadonlyMap<HomeId, Digest>;
  /** All that honest homes ever signed, over all their lives. */
  readonly votes: readonly Vote[];
  readonly lists: readonly SignedList[];
  readonly culprits: ReadonlySet<HomeId>;
  readonly ordersIn: (value: Digest) => readonly Digest[] | undefined;
  /** Whether a value counts no orders. */
  readonly isVoid: (value: Digest) => boolean;
  /** No honest home's deadline had come when the last of them decided. */
  readonly isTimely: boolean;
  readonly validators: Validators;
}

/** A street of n homes that agree on one interval: all chance from one seed, up to f of them Byzantine. */
export function runNetwork(n: number, seed: number): InstanceOutcome {
  return new Network(n, seed).run();
}

class Network {
  readonly #dice: Dice;
  readonly #validators: Validators;
  readonly #homes = new Map<HomeId, Home>();
  readonly #liars: readonly Liar[];
  readonly #tasks: (() => void)[][] = [];
  readonly #records: Records;
  readonly #values: Digest[] = [];
  readonly #votes: Vote[] = [];
  readonly #honestLists: SignedList[] = [];
  readonly #culprits = new Set<HomeId>();
  readonly #loss: number;
  readonly #deadlines: () => number;
  #now = 0;

  constructor(n: number, seed: number) {
    this.#dice = diceOf(seed);
    this.#loss = this.#dice.pick([0, 0.1, 0.4]);
    const ids = Array.from({ length: n }, (_, i) => homeId(10 + i));
    this.#validators = validatorsOf({
      version: 1,
      homes: [],
      validators: ids.map((home) => ({ home, class: "home" })),
      minimums: { home: 0, operator: 0, utility: 0 },
      stakes: null,
    });
    this.#records = new Records(this.#validators);
    const [soonest, spread] = [this.#dice.pick([END, END, 200, 1_500]), this.#dice.below(2_000)];
    this.#deadlines = () => soonest + this.#dice.below(spread + 1);
    const liars = this.#dice.some(ids, this.#dice.below(faulty(this.#validators) + 1));
    this.#liars = liars.map((id) => this.#liar(id));
    for (const id of ids) if (!liars.includes(id)) this.#homes.set(id, this.#born(id));
  }

  run(): InstanceOutcome {
    for (const home of this.#homes.values()) this.#plan(home);
    for (const liar of this.#liars) liar.plan();
    for (; this.#now < END && !this.#isDone; this.#now++) {
      for (const task of this.#tasks[this.#now] ?? []) task();
      delete this.#tasks[this.#now];
    }
    const decided = [...this.#homes.values()].flatMap((home) => (home.decided === null ? [] : [[home.id, home.decided] as const]));
    return {
      honest: [...this.#homes.keys()],
      decided: new Map(decided),
      votes: this.#votes,
      lists: this.#honestLists,
      culprits: this.#culprits,
      ordersIn: this.#records.ordersIn,
      isVoid: this.#records.isVoid,
      isTimely: [...this.#homes.values()].every(({ deadline }) => deadline > this.#now),
      validators: this.#validators,
    };
  }

  get #isDone(): boolean {
    return this.#now > CALM && [...this.#homes.values()].every((home) => home.decided !== null);
  }

  #liar(id: HomeId): Liar {
    return new Liar(id, {
      dice: this.#dice,
      records: this.#records,
      validators: this.#validators,
      leaders: leadersOf(this.#validators, AT),
      values: this.#values,
      forMs: CALM,
      at: (time, task) => this.#at(time, task),
      after: (delay, task) => this.#at(this.#now + delay, task),
      send: (to, said) => this.#send(to, said),
    });
  }

  #born(id: HomeId): Home {
    const machine = agreement(AT, this.#validators, id);
    return {
      id,
      life: 0,
      isUp: true,
      machine,
      queue: [],
      disk: { own: [], because: [] },
      heard: new Map(),
      waiting: new Map(),
      decided: null,
      deadline: this.#deadlines(),
    };
  }

  #plan(home: Home): void {
    this.#at(this.#dice.below(100), () => this.#closeGate(home));
    this.#at(this.#dice.below(PULL_MS), () => this.#pull(home));
    if (home.deadline < END) this.#at(home.deadline, () => home.isUp && this.#put(home, { kind: "deadline" }));
    for (let crashes = this.#dice.pick([0, 0, 1, 3]); crashes > 0; crashes--)
      this.#at(100 + this.#dice.below(CALM - 200), () => this.#crash(home));
  }

  #closeGate(home: Home): void {
    const maybe = Array.from({ length: 4 }, (_, i) => idOf(800_000 + i)).filter(() => this.#dice.happens(0.5));
    const list = this.#records.list(home.id, [...maybe, TIMELY].sort());
    this.#honestLists.push(list);
    this.#say(home, { kind: "list", list });
    this.#put(home, { kind: "start" });
  }

  #crash(home: Home): void {
    if (!home.isUp) return;
    home.isUp = false;
    home.life++;
    this.#at(this.#now + this.#dice.below(800), () => this.#restart(home));
  }

  /** A new life: nothing but what is on disk, put in before all else. */
  #restart(home: Home): void {
    Object.assign(home, {
      isUp: true,
      machine: agreement(AT, this.#validators, home.id),
      queue: [],
      heard: new Map(),
      waiting: new Map(),
      decided: null,
    });
    for (const said of [...home.disk.own, ...home.disk.because]) this.#hear(home, said);
    if (this.#now >= home.deadline) this.#put(home, { kind: "deadline" });
    this.#put(home, { kind: "start" });
  }

  #say(home: Home, said: Said, because: readonly SignedVote[] = []): void {
    home.disk.own.push(said);
    home.disk.because.push(...because.map((vote): Said => ({ kind: "vote", vote })));
    if (said.kind === "vote") this.#votes.push(said.vote.body);
    if (said.kind === "proposal") this.#values.push(said.proposal.body.value);
    this.#hear(home, said);
    for (const id of this.#validators.ids) if (id !== home.id) this.#send(id, said);
    for (const liar of this.#liars) liar.answer(said);
  }

  #send(to: HomeId, said: Said): void {
    const home = this.#homes.get(to);
    if (home === undefined) return;
    const isCalm = this.#now >= CALM;
    if (!isCalm && this.#dice.happens(this.#loss)) return;
    for (let copies = this.#dice.happens(0.1) ? 2 : 1; copies > 0; copies--) {
      const delay = isCalm ? this.#dice.below(30) : this.#dice.happens(0.1) ? this.#dice.below(1500) : this.#dice.below(150);
      this.#at(this.#now + 1 + delay, () => this.#hearOf(home, said));
    }
  }

  /** From others, as far as it may matter. */
  #hearOf(home: Home, said: Said): void {
    if (said.kind !== "vote" || hasRoomFor(home.machine, said.vote.body)) this.#hear(home, said);
  }

  #hear(home: Home, said: Said): void {
    if (!home.isUp || home.heard.has(idOfSaid(said))) return;
    home.heard.set(idOfSaid(said), said);
    this.#put(home, said);
    if (said.kind !== "list") return;
    const waiting = [...home.waiting.values()];
    home.waiting.clear();
    for (const wanted of waiting) this.#evaluate(home, wanted);
  }

  /** Asks a peer for everything that it heard. */
  #pull(home: Home): void {
    this.#at(this.#now + PULL_MS, () => this.#pull(home));
    const peer = this.#homes.get(this.#dice.pick(this.#validators.ids));
    if (!home.isUp || peer === undefined || !peer.isUp || (this.#now < CALM && this.#dice.happens(this.#loss))) return;
    const answer = [...peer.heard.values()];
    this.#at(this.#now + 1 + this.#dice.below(30), () => {
      for (const said of answer) this.#hearOf(home, said);
    });
  }

  #put(home: Home, input: AgreementInput): void {
    home.queue.push(input);
    if (home.queue.length > 1) return;
    while (home.queue.length > 0) {
      for (const effect of step(home.machine, home.queue[0]!)) this.#perform(home, effect);
      home.queue.shift();
    }
  }

  #perform(home: Home, effect: AgreementEffect): void {
    if (effect.kind === "vote") this.#say(home, { kind: "vote", vote: this.#records.vote(effect.vote) }, effect.because);
    else if (effect.kind === "propose") this.#say(home, { kind: "proposal", proposal: this.#records.proposal(effect.proposal) });
    else if (effect.kind === "evaluate") this.#evaluate(home, effect);
    else if (effect.kind === "timer") this.#setTimer(home, effect);
    else if (effect.kind === "decide") home.decided = effect.certificate.value;
    else this.#culprits.add(effect.culprit);
  }

  #setTimer(home: Home, timer: Extract<AgreementEffect, { kind: "timer" }>): void {
    const { life } = home;
    const delay = timer.timer !== "view" ? 50 : Math.min(300 * 1.5 ** (timer.view - 1), 5000);
    this.#at(this.#now + Math.ceil(delay), () => home.life === life && home.isUp && this.#put(home, timer));
    if (timer.timer === "view") this.#seeLeader(home, timer.view);
  }

  /** The link to a leader that is down when its view begins is broken. */
  #seeLeader(home: Home, view: number): void {
    const { life } = home;
    if (this.#homes.get(leaderOf(home.machine.leaders, view))?.isUp !== false) return;
    this.#at(this.#now + LINK_MS, () => home.life === life && home.isUp && this.#put(home, { kind: "leader-lost", view }));
  }

  #evaluate(home: Home, { lists, isVoid }: Wanted): void {
    if (lists.every((id) => home.heard.has(id))) {
      const value = isVoid ? this.#records.voidValue() : this.#records.valueOf(lists);
      this.#put(home, { kind: "evaluated", lists, isVoid, value });
    } else home.waiting.set(`${isVoid}/${lists.join()}`, { lists, isVoid });
  }

  #at(time: number, task: () => void): void {
    this.#tasks[time] ??= [];
    this.#tasks[time].push(task);
  }
}
