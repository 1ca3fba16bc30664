import { readingSignedIn } from "../../engine/admission/index.ts";
import { type Address, compare, type Digest, type HomeId, type Interval } from "../../engine/kernel/index.ts";
import {
  type Commit,
  type Contradictable,
  entryId,
  type Message,
  type Reading,
  type Signed,
  type SignedCommit,
  type SignedOrder,
  type SignedReading,
  signedOf,
} from "../../engine/messages/index.ts";
import type { RecoverSigner } from "../ports/index.ts";
import type { Membership } from "./membership.ts";

/** How an entry came in. */
export interface Admitted {
  /** The key that signed it. */
  readonly agent: Address;
  /** By this home's clock its gate was open: this home may list it. */
  readonly isTimely: boolean;
}

export type EntryMessage = Extract<Contradictable, { readonly kind: "order" | "commit" | "reading" }>;
type Held<T> = Admitted & { readonly id: Digest; readonly entry: T };
type AgentAt = (home: HomeId, interval: Interval) => Address | undefined;
type Body = { readonly home: HomeId; readonly interval: Interval };

const NOTHING: readonly never[] = [];

/** By rising digest of what was signed, behind those of the same one. */
function insert<T extends { readonly id: Digest }>(entries: T[], entry: T): void {
  let at = entries.length;
  for (; at > 0 && entry.id < entries[at - 1]!.id; at--) entries[at] = entries[at - 1]!;
  entries[at] = entry;
}

/** Entries of one kind by `entryId`, and by home. */
class Shelf<T extends Signed<Body>> {
  readonly #held = new Map<Digest, Held<T>>();
  readonly #ofInterval = new Map<Interval, Held<T>[]>();
  readonly #ofHome = new Map<HomeId, T[]>();
  /** Of all shelves together. */
  readonly #ids: Set<Digest>;

  constructor(ids: Set<Digest>) {
    this.#ids = ids;
  }

  add(entry: T, how: Admitted, id: Digest): void {
    if (this.#held.has(id)) return;
    const held: Held<T> = { agent: how.agent, isTimely: how.isTimely, id, entry };
    this.#held.set(id, held);
    this.#ids.add(id);
    const { home, interval } = entry.body;
    const beside = this.#ofInterval.get(interval);
    if (beside === undefined) this.#ofInterval.set(interval, [held]);
    else beside.push(held);
    const own = this.#ofHome.get(home);
    if (own === undefined) this.#ofHome.set(home, [entry]);
    else insert(own, entry);
  }

  get = (id: Digest): T | undefined => this.#held.get(id)?.entry;
  agentOf = (id: Digest): Address | undefined => this.#held.get(id)?.agent;
  has = (id: Digest): boolean => this.#held.has(id);

  /** By rising `entryId`. */
  of(interval: Interval): readonly Held<T>[] {
    return [...this.unsorted(interval)].sort((a, b) => compare(a.id, b.id));
  }

  unsorted = (interval: Interval): readonly Held<T>[] => this.#ofInterval.get(interval) ?? NOTHING;

  from = (home: HomeId): readonly T[] => this.#ofHome.get(home) ?? NOTHING;

  /** Forgets what doesn't hold any more. */
  sift(holds: (held: Held<T>) => boolean): void {
    const all = [...this.#held.values()];
    if (all.every(holds)) return;
    for (const { id } of all) this.#ids.delete(id);
    for (const map of [this.#held, this.#ofInterval, this.#ofHome]) map.clear();
    for (const held of all) if (holds(held)) this.add(held.entry, held, held.id);
  }

  forget(upTo: Interval): void {
    for (const [interval, those] of this.#ofInterval) {
      if (interval > upTo) continue;
      for (const { id } of those) {
        this.#held.delete(id);
        this.#ids.delete(id);
      }
      this.#ofInterval.delete(interval);
    }
    for (const [home, entries] of this.#ofHome) {
      if (entries.every(({ body }) => body.interval > upTo)) continue;
      const left = entries.filter(({ body }) => body.interval > upTo);
      if (left.length > 0) this.#ofHome.set(home, left);
      else this.#ofHome.delete(home);
    }
  }
}

export const isEntry = (message: Message): message is EntryMessage =>
  message.kind === "order" || message.kind === "commit" || message.kind === "reading";

/** What a validator may list of an interval, as digests in rising order. */
export interface Listable {
  readonly commits: readonly Digest[];
  readonly orders: readonly Digest[];
  readonly readings: readonly Digest[];
}

/** What was admitted and is not settled yet, this home's own entries among it. */
export class Pool {
  readonly orders: Shelf<SignedOrder>;
  readonly commits: Shelf<SignedCommit>;
  readonly readings: Shelf<SignedReading>;
  readonly #idOf: typeof entryId;
  /** Of everything held: most of what is asked for is, or is on none of three shelves. */
  readonly #ids = new Set<Digest>();
  /** A commit whose order had not come when it was last looked for. */
  #unshown: Commit | null = null;
  /** The newest reading of each home in a certified interval: what the next one is compared with. */
  readonly #settled = new Map<HomeId, Reading>();

  constructor({ entryId: idOf }: { readonly entryId: typeof entryId } = { entryId }) {
    this.#idOf = idOf;
    this.orders = new Shelf(this.#ids);
    this.commits = new Shelf(this.#ids);
    this.readings = new Shelf(this.#ids);
  }

  has = (id: Digest): boolean => this.#ids.has(id);

  /** `id`: its `entryId`, by those who know it. */
  add(message: EntryMessage, how: Admitted, id = this.#idOf(signedOf(message))): void {
    if (message.kind === "order") this.orders.add(message.order, how, id);
    else if (message.kind === "commit") this.commits.add(message.commit, how, id);
    else this.readings.add(message.reading, how, id);
  }

  /** Entries that an earlier life held and named in its list; gives back the messages that are none. */
  holdAgain(messages: readonly Message[], recover: RecoverSigner): readonly Message[] {
    for (const message of messages.filter(isEntry)) {
      const { id, signature } = signedOf(message);
      const agent = recover(id, signature);
      if (agent !== null) this.add(message, { agent, isTimely: true });
    }
    return messages.filter((message) => !isEntry(message));
  }

  /**
   * Other members agree from now on, perhaps under other rules. What came under a key that isn't theirs takes nobody's place and accuses
   * nobody; what is above the highest price is named by no list.
   */
  keepOf({ agentAt, rulesAt }: Pick<Membership, "agentAt" | "rulesAt">): void {
    const isSignedIn = (signedIn: (interval: Interval) => Interval) => (held: Held<Signed<Body>>) =>
      agentAt(held.entry.body.home, signedIn(held.entry.body.interval)) === held.agent;
    this.#unshown = null;
    this.orders.sift(isSignedIn((interval) => interval));
    this.orders.sift(({ entry: { body } }) => body.limit <= rulesAt(body.interval).maxPrice);
    this.commits.sift(isSignedIn((interval) => interval));
    this.readings.sift(isSignedIn(readingSignedIn));
  }

  /** What is held in an entry's own place, itself included. */
  beside(message: EntryMessage): readonly EntryMessage[] {
    if (message.kind === "order") {
      const { home, interval, seq } = message.order.body;
      return this.heldOrders(home, interval, seq).map((order) => ({ kind: "order", order }));
    }
    if (message.kind === "commit") {
      const { home, interval, seq } = message.commit.body;
      return this.heldCommits(home, interval, seq).map((commit) => ({ kind: "commit", commit }));
    }
    const { home, interval } = message.reading.body;
    return this.heldReadings(home, interval).map((reading) => ({ kind: "reading", reading }));
  }

  /** An entry as the message it came in. */
  message(id: Digest): EntryMessage | null {
    const order = this.orders.get(id);
    if (order !== undefined) return { kind: "order", order };
    const commit = this.commits.get(id);
    if (commit !== undefined) return { kind: "commit", commit };
    const reading = this.readings.get(id);
    return reading === undefined ? null : { kind: "reading", reading };
  }

  /** What this home held before the gate; of sealed orders, those that were shown since, and the commits of those that weren't. */
  listable(interval: Interval, readingsOf: Interval, isSealed: boolean, agentAt: AgentAt): Listable {
    // Under a key that isn't in force others could not take it, and could not work out what a list with it leads to.
    const isSignedIn = (at: Interval) => (held: Held<Signed<Body>>) => agentAt(held.entry.body.home, at) === held.agent;
    const commits = isSealed ? this.commits.of(interval).filter((held) => held.isTimely && isSignedIn(interval)(held)) : [];
    const sealed = new Set(commits.map(({ entry }) => entry.body.commitment));
    const inForce = this.orders.of(interval).filter(isSignedIn(interval));
    const orders = inForce.filter(({ id, isTimely }) => (isSealed ? sealed.has(id) : isTimely));
    const readings = this.readings.of(readingsOf).filter(isSignedIn(readingSignedIn(readingsOf)));
    const shown = new Set(orders.map(({ id }) => id));
    return {
      commits: commits.filter(({ entry }) => !shown.has(entry.body.commitment)).map(({ id }) => id),
      orders: orders.map(({ id }) => id),
      readings: readings.map(({ id }) => id),
    };
  }

  /** Orders that were sealed in time and not shown yet, by the `entryId` that their commits name. */
  unshown(interval: Interval): readonly Digest[] {
    const timely = this.commits.unsorted(interval).filter(({ isTimely }) => isTimely);
    return timely.flatMap(({ entry }) => (this.orders.has(entry.body.commitment) ? [] : [entry.body.commitment]));
  }

  /** The messages that a list names, as far as they are held. */
  named({ commits, orders, readings }: Listable): readonly EntryMessage[] {
    return [...commits, ...orders, ...readings].flatMap((id) => this.message(id) ?? []);
  }

  /** Whether every commit that was held before the gate has its order. */
  isShown(interval: Interval): boolean {
    const last = this.#unshown;
    if (last !== null && last.interval === interval && !this.orders.has(last.commitment)) return false;
    const isMissing = ({ isTimely, entry }: Held<SignedCommit>): boolean => isTimely && !this.orders.has(entry.body.commitment);
    this.#unshown = this.commits.unsorted(interval).find(isMissing)?.entry.body ?? null;
    return this.#unshown === null;
  }

  heldOrders = (home: HomeId, interval: Interval, seq: number): readonly SignedOrder[] =>
    this.orders.from(home).filter(({ body }) => body.interval === interval && body.seq === seq);

  heldCommits = (home: HomeId, interval: Interval, seq: number): readonly SignedCommit[] =>
    this.commits.from(home).filter(({ body }) => body.interval === interval && body.seq === seq);

  heldReadings = (home: HomeId, interval: Interval): readonly SignedReading[] =>
    this.readings.from(home).filter(({ body }) => body.interval === interval);

  neighbours = (home: HomeId, interval: Interval): { readonly before: Reading | null; readonly after: Reading | null } => {
    const settled = this.#settled.get(home);
    let [before, after]: [Reading | null, Reading | null] = [null, null];
    const look = (body: Reading): void => {
      if (body.interval < interval && (before === null || body.interval > before.interval)) before = body;
      if (body.interval > interval && (after === null || body.interval < after.interval)) after = body;
    };
    for (const { body } of this.readings.from(home)) look(body);
    if (settled !== undefined) look(settled);
    return { before, after };
  };

  /** Forgets what a certified interval has used up. */
  settle(interval: Interval, settledInterval: Interval, readings: readonly SignedReading[]): void {
    for (const { body } of readings) this.#settled.set(body.home, body);
    this.orders.forget(interval);
    this.commits.forget(interval);
    this.readings.forget(settledInterval);
  }
}
