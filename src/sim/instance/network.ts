import {
  type Agreement,
  type AgreementEffect,
  type AgreementInput,
  agreement,
  entrySet,
  faulty,
  leaderOf,
  leadersOf,
  quorum,
  step,
  type Validators,
  validatorsOf,
} from "../../../engine/agreement/index.ts";
import { type Digest, type HomeId, homeId, interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { Proposal, SignedList, SignedProposal, SignedVote, Vote, VoteKind } from "../../../engine/messages/index.ts";
import { chance } from "../chance.ts";

/** What travels: the agreement's own inputs. */
export type Said = Extract<AgreementInput, { kind: "list" | "proposal" | "vote" }>;

const idOf = (number: number): Digest => `0x${number.toString(16).padStart(64, "0")}` as Digest;

const AT = interval(1000);
const NO_SIGNATURE = new Uint8Array(65);
/** Until then messages are lost and late and homes crash; from then on they flow. Virtual ms. */
const CALM = 3_000;
const END = 120_000;
const PULL_MS = 200;

/** What comes out of every choice of lists whose orders count for nothing. */
const VOID = "void";

/** Held by every honest home before the gate; held by none, and listed by the Byzantine alone. */
export const TIMELY = idOf(900_001);
export const GHOST = idOf(900_002);

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
  readonly #random: () => number;
  readonly #validators: Validators;
  readonly #homes = new Map<HomeId, Home>();
  readonly #liars: readonly HomeId[];
  readonly #tasks: (() => void)[][] = [];
  readonly #ids = new Map<string, Digest>();
  readonly #orders = new Map<Digest, readonly Digest[]>();
  readonly #lists = new Map<Digest, SignedList>();
  readonly #values: Digest[] = [];
  readonly #votes: Vote[] = [];
  readonly #honestLists: SignedList[] = [];
  readonly #culprits = new Set<HomeId>();
  readonly #loss: number;
  readonly #leaders: readonly HomeId[];
  readonly #deadlines: () => number;
  #now = 0;

  constructor(n: number, seed: number) {
    this.#random = chance(seed);
    this.#loss = this.#pick([0, 0.1, 0.4]);
    const ids = Array.from({ length: n }, (_, i) => homeId(10 + i));
    this.#validators = validatorsOf({
      version: 1,
      homes: [],
      validators: ids.map((home) => ({ home, class: "home" })),
      minimums: { home: 0, operator: 0, utility: 0 },
    });
    this.#leaders = leadersOf(this.#validators, AT);
    const [soonest, spread] = [this.#pick([END, END, 200, 1_500]), this.#below(2_000)];
    this.#deadlines = () => soonest + this.#below(spread + 1);
    this.#liars = this.#some(ids, this.#below(faulty(this.#validators) + 1));
    for (const id of ids) if (!this.#liars.includes(id)) this.#homes.set(id, this.#born(id));
  }

  run(): InstanceOutcome {
    for (const home of this.#homes.values()) this.#plan(home);
    for (const liar of this.#liars) this.#planLies(liar);
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
      ordersIn: (value) => this.#orders.get(value),
      isVoid: (value) => value === this.#ids.get(VOID),
      isTimely: [...this.#homes.values()].every(({ deadline }) => deadline > this.#now),
      validators: this.#validators,
    };
  }

  get #isDone(): boolean {
    return this.#now > CALM && [...this.#homes.values()].every((home) => home.decided !== null);
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
    this.#at(this.#below(100), () => this.#closeGate(home));
    this.#at(this.#below(PULL_MS), () => this.#pull(home));
    if (home.deadline < END) this.#at(home.deadline, () => home.isUp && this.#put(home, { kind: "deadline" }));
    for (let crashes = this.#pick([0, 0, 1, 3]); crashes > 0; crashes--) this.#at(100 + this.#below(CALM - 200), () => this.#crash(home));
  }

  #closeGate(home: Home): void {
    const maybe = Array.from({ length: 4 }, (_, i) => idOf(800_000 + i)).filter(() => this.#random() < 0.5);
    const list = this.#list(home.id, [...maybe, TIMELY].sort());
    this.#honestLists.push(list);
    this.#say(home, { kind: "list", list });
    this.#put(home, { kind: "start" });
  }

  #crash(home: Home): void {
    if (!home.isUp) return;
    home.isUp = false;
    home.life++;
    this.#at(this.#now + this.#below(800), () => this.#restart(home));
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
    for (const liar of this.#liars) this.#answer(liar, said);
  }

  #send(to: HomeId, said: Said): void {
    const home = this.#homes.get(to);
    if (home === undefined) return;
    const isCalm = this.#now >= CALM;
    if (!isCalm && this.#random() < this.#loss) return;
    for (let copies = this.#random() < 0.1 ? 2 : 1; copies > 0; copies--) {
      const delay = isCalm ? this.#below(30) : this.#random() < 0.1 ? this.#below(1500) : this.#below(150);
      this.#at(this.#now + 1 + delay, () => this.#hear(home, said));
    }
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
    const peer = this.#homes.get(this.#pick(this.#validators.ids));
    if (!home.isUp || peer === undefined || !peer.isUp || (this.#now < CALM && this.#random() < this.#loss)) return;
    const answer = [...peer.heard.values()];
    this.#at(this.#now + 1 + this.#below(30), () => {
      for (const said of answer) this.#hear(home, said);
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
    if (effect.kind === "vote") this.#say(home, { kind: "vote", vote: this.#vote(effect.vote) }, effect.because);
    else if (effect.kind === "propose") this.#say(home, { kind: "proposal", proposal: this.#proposal(effect.proposal) });
    else if (effect.kind === "evaluate") this.#evaluate(home, effect);
    else if (effect.kind === "timer") this.#setTimer(home, effect);
    else if (effect.kind === "decide") home.decided = effect.certificate.value;
    else this.#culprits.add(effect.culprit);
  }

  #setTimer(home: Home, timer: Extract<AgreementEffect, { kind: "timer" }>): void {
    const { life } = home;
    const delay = timer.timer === "propose" ? 50 : Math.min(300 * 1.5 ** (timer.view - 1), 5000);
    this.#at(this.#now + Math.ceil(delay), () => home.life === life && home.isUp && this.#put(home, timer));
  }

  #evaluate(home: Home, { lists, isVoid }: Wanted): void {
    if (lists.every((id) => home.heard.has(id))) this.#put(home, { kind: "evaluated", lists, isVoid, value: this.#valueOf(lists, isVoid) });
    else home.waiting.set(`${isVoid}/${lists.join()}`, { lists, isVoid });
  }

  #valueOf(lists: readonly Digest[], isVoid = false): Digest {
    if (isVoid) return this.#intern(VOID);
    const { orders } = entrySet(
      this.#validators,
      lists.map((id) => this.#lists.get(id)!.body),
    );
    const value = this.#intern(`value ${orders.join()}`);
    this.#orders.set(value, orders);
    return value;
  }

  /** What a Byzantine home says unasked: other lists to others, and in its views whatever it likes. */
  #planLies(liar: HomeId): void {
    if (this.#random() < 0.3) return;
    for (let lists = 1 + this.#below(3); lists > 0; lists--) {
      const list = this.#list(liar, [GHOST, idOf(700_000 + lists)].sort());
      this.#at(this.#below(300), () => this.#tell({ kind: "list", list }));
    }
    for (let i = 0; i < 6; i++) this.#at(this.#below(CALM), () => this.#lead(liar));
  }

  #lead(liar: HomeId): void {
    const view = 1 + this.#validators.ids.findIndex((_, i) => leaderOf(this.#leaders, i + 1) === liar);
    const heard = [...this.#lists.keys()];
    for (let versions = 1 + this.#below(3); versions > 0; versions--) {
      const lists = this.#some(heard, Math.min(heard.length, quorum(this.#validators) + this.#below(2)));
      const parentView = this.#pick([0, 0, 0, this.#below(view)]);
      const isVoid = this.#random() < 0.1;
      const value = this.#pick([
        this.#valueOf(lists),
        this.#valueOf(lists),
        idOf(600_000 + this.#below(3)),
        this.#intern(VOID),
        ...this.#values,
      ]);
      this.#values.push(value);
      const proposal = this.#proposal({ interval: AT, view, leader: liar, value, parentView, isVoid, lists });
      this.#tell({ kind: "proposal", proposal });
      this.#answer(liar, { kind: "proposal", proposal });
    }
  }

  /** What it makes of others' words: their votes doubled, contradicted, told to some only. */
  #answer(liar: HomeId, said: Said): void {
    if (said.kind === "list" || this.#random() < 0.3) return;
    const { view, value } = said.kind === "vote" ? said.vote.body : said.proposal.body;
    const values = [value, value, ...this.#values].filter((each) => each !== ZERO_DIGEST);
    for (let lies = this.#below(4); lies > 0; lies--) {
      const kind = this.#pick<VoteKind>(["notarize", "finalize", "nullify"]);
      const named = kind === "nullify" || values.length === 0 ? ZERO_DIGEST : this.#pick(values);
      const vote = this.#vote({ kind, interval: AT, view: view + this.#pick([0, 0, 0, 1]), value: named, validator: liar });
      this.#at(this.#now + 1 + this.#below(400), () => this.#tell({ kind: "vote", vote }));
    }
  }

  #tell(said: Said): void {
    const share = this.#random();
    for (const id of this.#validators.ids) if (this.#random() < share) this.#send(id, said);
  }

  #list(validator: HomeId, orders: readonly Digest[]): SignedList {
    const body = { interval: AT, validator, members: ZERO_DIGEST, membersVersion: 1, commits: [], orders, readings: [] };
    const list = { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
    this.#lists.set(list.id, list);
    return list;
  }

  #proposal(body: Proposal): SignedProposal {
    return { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
  }

  #vote(body: Vote): SignedVote {
    return { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
  }

  /** Stands for the hash. */
  #intern(text: string): Digest {
    const id = this.#ids.get(text) ?? idOf(this.#ids.size + 1);
    this.#ids.set(text, id);
    return id;
  }

  #at(time: number, task: () => void): void {
    this.#tasks[time] ??= [];
    this.#tasks[time].push(task);
  }

  #below = (end: number): number => Math.floor(this.#random() * end);
  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #some<T>(from: readonly T[], count: number): readonly T[] {
    const left = [...from];
    return Array.from({ length: count }, () => left.splice(this.#below(left.length), 1)[0]!);
  }
}

function idOfSaid(said: Said): Digest {
  if (said.kind === "list") return said.list.id;
  return said.kind === "proposal" ? said.proposal.id : said.vote.id;
}
