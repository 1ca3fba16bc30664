import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applied, type Call, type Change, type Entry, isLive, isOver, lastOf, type Mined } from "../../../adapters/evm/outbox/machine.ts";
import { adoptable, after, contested, type Look, nextNonce, observed, todo } from "../../../adapters/evm/outbox/plan.ts";
import { address, type Digest } from "../../../engine/kernel/index.ts";

const TO = address(`0x${"11".repeat(20)}`);
const EFFECTS = ["a", "b", "c"] as const;
const PATIENCE = { resendMs: 2, bumpMs: 5, cap: 10n ** 6n };
/** Blocks on top of one that is never taken back. */
const DEPTH = 3;

interface Sent {
  readonly nonce: number;
  readonly effect: string;
  readonly hash: Digest;
  readonly maxFee: bigint;
}
interface Block {
  readonly hash: Digest;
  readonly transactions: readonly Sent[];
}

/** A chain of one account: transactions in the order of their nonces, one of each nonce; what is taken back may come again. */
class ModelChain {
  blocks: Block[] = [];
  pool: Sent[] = [];
  private made = 0;

  get mined(): readonly Sent[] {
    return this.blocks.flatMap(({ transactions }) => transactions);
  }
  countAt(height: number): number {
    return this.blocks.slice(0, Math.max(0, height)).flatMap(({ transactions }) => transactions).length;
  }
  get count(): number {
    return this.countAt(this.blocks.length);
  }
  get pending(): number {
    let next = this.count;
    while (this.pool.some(({ nonce }) => nonce === next)) next += 1;
    return next;
  }
  get final(): number {
    return this.blocks.length - DEPTH;
  }

  /** A node keeps the dearest of each nonce, if it pays a tenth more than the one it has. */
  take(sent: Sent): void {
    const rival = this.pool.find(({ nonce }) => nonce === sent.nonce);
    if (sent.nonce < this.count || (rival !== undefined && sent.maxFee * 10n < rival.maxFee * 11n)) return;
    this.pool = [...this.pool.filter((each) => each !== rival), sent];
  }
  mine(): void {
    const transactions: Sent[] = [];
    for (let next = this.count; ; next++) {
      const found = this.pool.find(({ nonce }) => nonce === next);
      if (found === undefined) break;
      transactions.push(found);
    }
    this.pool = this.pool.filter((each) => !transactions.includes(each));
    this.blocks.push({ hash: `0x${(++this.made).toString(16).padStart(64, "b")}` as Digest, transactions });
  }
  /** What was in the blocks waits again where it is remembered, or is forgotten. */
  reorganise(depth: number, isRemembered: boolean): void {
    const back = this.blocks.splice(this.blocks.length - Math.min(depth, DEPTH, this.blocks.length));
    if (isRemembered) for (const sent of back.flatMap(({ transactions }) => transactions)) this.take(sent);
  }
}

/** One who sends: its disk, and what it remembers until it is killed. */
class Life {
  disk: Change[] = [];
  entries: readonly Entry[] = [];
  untold = new Set<number>();
  nowMs = 0;
  private signed = 0;
  readonly chain: ModelChain;

  constructor(chain: ModelChain) {
    this.chain = chain;
  }

  /** Killed: what is on disk goes on, the last records perhaps not, unless they had to be there before anything was sent. */
  restart(isTorn: boolean): void {
    if (isTorn && this.disk.length > 0 && !["entry", "priced"].includes(this.disk.at(-1)!.kind)) this.disk.pop();
    this.entries = after([], this.disk).map((entry) => (isLive(entry) ? { ...entry, sentMs: null } : entry));
    this.untold = new Set(this.entries.filter((entry) => !isOver(entry)).map(({ id }) => id));
  }

  look(): Look {
    const receipts = new Map<string, Mined>();
    for (const [block, { hash: blockHash, transactions }] of this.chain.blocks.entries())
      for (const { hash } of transactions) receipts.set(hash, { hash, block, blockHash, isDone: true });
    const { count, pending } = this.chain;
    const passed = contested(this.entries, { count, receipts }).filter(({ nonce }) => nonce < this.chain.countAt(this.chain.final));
    return {
      nowMs: this.nowMs,
      count,
      pending,
      finalBlock: this.chain.final - 1,
      baseFee: 1n,
      tip: 1n,
      receipts,
      gone: new Set(passed.map(({ id }) => id)),
    };
  }

  /** One look and what follows from it; `reach` says how a broadcast fares. */
  tend(reach: Reach): Look {
    this.nowMs += 1;
    const look = this.look();
    this.record(observed(this.entries, look, PATIENCE));
    const { send, bump, fill } = todo(this.entries, look, PATIENCE);
    for (const nonce of fill) this.sign("nothing", nonce, 3n, reach);
    if (bump !== null) this.record([{ kind: "priced", id: bump.entry.id, variant: this.variant(bump.fees.maxFee) }]);
    const due = new Set([...send.map(({ id }) => id), ...(bump === null ? [] : [bump.entry.id])]);
    for (const entry of this.entries.filter(({ id }) => due.has(id))) this.broadcast(entry, reach);
    return look;
  }

  /** Wants an effect, as whoever carries a batch does: looks whether it is there, goes on with what is on its way, or signs. */
  want(effect: string, reach: Reach): void {
    const look = this.tend(reach);
    if (this.chain.mined.some((sent) => sent.effect === effect)) return;
    if (adoptable(this.entries, callOf(effect), this.untold) !== null) return;
    // One at a time.
    if (this.entries.some(isLive)) return;
    this.sign(effect, nextNonce(this.entries, look), 3n, reach);
  }

  private sign(effect: string, nonce: number, maxFee: bigint, reach: Reach): void {
    const id = (this.entries.at(-1)?.id ?? -1) + 1;
    const entry: Entry = {
      id,
      purpose: effect,
      call: callOf(effect),
      gasLimit: 1n,
      nonce,
      variants: [this.variant(maxFee)],
      state: "signed",
      sentMs: null,
      mined: null,
    };
    // Killed before it was on disk: nobody has seen it.
    if (reach === "killed before disk") {
      this.restart(false);
      return;
    }
    this.record([{ kind: "entry", entry }]);
    this.untold.add(id);
    if (reach === "killed before sending") this.restart(false);
    else this.broadcast(entry, reach);
  }

  private variant(maxFee: bigint): Entry["variants"][number] {
    const hash = `0x${(++this.signed).toString(16).padStart(64, "0")}` as Digest;
    return { hash, raw: hash, maxFee, tip: 1n, signedMs: this.nowMs };
  }

  private broadcast(entry: Entry, reach: Reach): void {
    if (reach === "lost") return;
    const { hash, maxFee } = lastOf(entry);
    this.chain.take({ nonce: entry.nonce, effect: entry.purpose, hash, maxFee });
    const isTaken = [...this.chain.pool, ...this.chain.mined].some((sent) => sent.hash === hash);
    if (isTaken && reach === "well") this.record([{ kind: "sent", id: entry.id, atMs: this.nowMs }]);
    if (reach === "killed after sending") this.restart(true);
  }

  private record(changes: readonly Change[]): void {
    this.disk.push(...changes);
    this.entries = changes.reduce(applied, this.entries);
  }
}

const callOf = (effect: string): Call => ({ to: TO, data: effect, words: [] });

type Reach = "well" | "lost" | "answer lost" | "killed before disk" | "killed before sending" | "killed after sending";
const reachOf: fc.Arbitrary<Reach> = fc.constantFrom(
  "well",
  "lost",
  "answer lost",
  "killed before disk",
  "killed before sending",
  "killed after sending",
);

const stepOf = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("want" as const), place: fc.nat(EFFECTS.length - 1), reach: reachOf }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("tend" as const), reach: reachOf }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("mine" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("reorganise" as const), depth: fc.integer({ min: 1, max: 5 }), isRemembered: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("intrude" as const), ahead: fc.integer({ min: 0, max: 2 }), fee: fc.constantFrom(1n, 3n, 9n) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), isTorn: fc.boolean() }) },
);
type Step = typeof stepOf extends fc.Arbitrary<infer T> ? T : never;

let strangers = 0;
function take(step: Step, life: Life, wanted: readonly string[]): void {
  const { chain } = life;
  if (step.do === "want") life.want(wanted[step.place % wanted.length]!, step.reach);
  else if (step.do === "tend") life.tend(step.reach);
  else if (step.do === "mine") chain.mine();
  else if (step.do === "reorganise") chain.reorganise(step.depth, step.isRemembered);
  else if (step.do === "restart") life.restart(step.isTorn);
  else if (step.do === "drop") chain.pool = [];
  else chain.take({ nonce: chain.count + step.ahead, effect: "a stranger's", hash: strangerHash(), maxFee: step.fee });
}

const strangerHash = (): Digest => `0x${(++strangers).toString(16).padStart(64, "f")}` as Digest;

const RUNS = 600;
const PATIENT = 80;

test("whatever becomes of node, chain and process: each effect that is wanted happens exactly once", () => {
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 40 }), fc.subarray([...EFFECTS], { minLength: 1 }), (steps, wanted) => {
      const life = new Life(new ModelChain());
      for (const step of steps) take(step, life, wanted);
      // From here on the chain behaves, and whoever wants something goes on wanting it.
      for (let at = 0; at < PATIENT; at++) {
        for (const effect of wanted) life.want(effect, "well");
        life.chain.mine();
      }
      const happened = wanted.map((effect) => life.chain.mined.filter((sent) => sent.effect === effect).length);
      expect(happened).toEqual(wanted.map(() => 1));
      expect(life.entries.filter((entry) => !isOver(entry))).toEqual([]);
      const nonces = life.chain.mined.map(({ nonce }) => nonce);
      expect(nonces).toEqual(nonces.map((_, i) => i));
    }),
    { numRuns: RUNS },
  );
});
