import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fill } from "../../engine/auction/index.ts";
import { keccakDigest } from "../../engine/kernel/index.ts";
import { type Message, periodHash, type SignedOrder } from "../../engine/messages/index.ts";
import type { Batch } from "../../engine/settlement/index.ts";
import { withBooks } from "../../src/main/books.ts";
import type { Evaluation } from "../../src/node/index.ts";
import type { Chain } from "../../src/ports/index.ts";
import { changeOf } from "../../test/support/batch-bytes.ts";

/** What is wrong, a sentence each; nothing is wrong with an empty list. */
export type Faults = readonly string[];

/** A home's books, worked out again from its store. */
export interface HomeBooks {
  readonly home: string;
  /** Digest of the result of each certified interval, as 0x and hex. */
  readonly heads: ReadonlyMap<number, string>;
  readonly traded: ReadonlyMap<number, boolean>;
  readonly fills: number;
  readonly batches: readonly Batch[];
  /** Where money, energy or an order's limits don't hold. */
  readonly faults: Faults;
}

/** Reads a home's market.db, while it runs or after; throws when its blocks don't lead to what was certified. */
export async function readBooks(home: string, folder: string): Promise<HomeBooks> {
  const heads = new Map<number, string>();
  const traded = new Map<number, boolean>();
  const batches: Batch[] = [];
  const faults: string[] = [];
  let fills = 0;
  await withBooks(folder, async (books) =>
    books.replay((evaluation) => {
      const { result, value, clearing, batch } = evaluation;
      heads.set(result.interval, value);
      traded.set(result.interval, clearing.kind === "trade");
      fills += clearing.kind === "trade" ? clearing.fills.length : 0;
      if (batch !== null) batches.push(batch);
      faults.push(...faultsOf(evaluation).map((fault) => `${home}, interval ${result.interval}: ${fault}`));
    }),
  );
  return { home, heads, traded, fills, batches, faults };
}

/** I3 and I6: money and energy balance, and no fill goes past its order. */
export function faultsOf({ clearing, orders, settled }: Pick<Evaluation, "clearing" | "orders" | "settled">): Faults {
  const unbalanced = settled === null ? [] : imbalance(settled.conservation);
  return [...unbalanced, ...(clearing.kind === "trade" ? overfilled(clearing.fills, orders) : [])];
}

const imbalance = ({ energyIn, energyOut, moneyIn, moneyOut }: NonNullable<Evaluation["settled"]>["conservation"]): Faults => [
  ...(energyIn === energyOut ? [] : [`energy in ${energyIn}, out ${energyOut}`]),
  ...(moneyIn === moneyOut ? [] : [`money in ${moneyIn}, out ${moneyOut}`]),
];

export function overfilled(fills: readonly Pick<Fill, "order" | "side" | "energy" | "price">[], orders: readonly SignedOrder[]): Faults {
  const byId = new Map(orders.map((order) => [order.id, order.body]));
  const left = new Map(orders.map((order) => [order.id, order.body.energy as number]));
  return fills.flatMap(({ order, side, energy, price }) => {
    const body = byId.get(order);
    if (body === undefined) return [`a fill of an order that isn't there, ${order}`];
    const rest = left.get(order)! - energy;
    left.set(order, rest as typeof energy);
    const isDear = side === "buy" ? price > body.limit : price < body.limit;
    return [
      ...(rest < 0 ? [`order ${order} is filled past its energy`] : []),
      ...(isDear ? [`order ${order} is filled past its limit`] : []),
    ];
  });
}

/** Books up to the newest interval that all of them have: homes end one after the other, and the last ones may certify meanwhile. */
export function untilTheFirstEnded(books: readonly HomeBooks[]): readonly HomeBooks[] {
  const common = Math.min(...books.map(({ heads }) => Math.max(...heads.keys())));
  return books.map((each) => ({ ...each, heads: new Map([...each.heads].filter(([interval]) => interval <= common)) }));
}

/** I1, I4 and I7: every home has every interval that any home has, without a gap, and with one result. */
export function differences(all: readonly HomeBooks[]): Faults {
  const intervals = [...new Set(all.flatMap(({ heads }) => [...heads.keys()]))].sort((a, b) => a - b);
  const gaps = intervals
    .slice(1)
    .flatMap((interval, at) => (interval === intervals[at]! + 1 ? [] : [`nobody has interval ${intervals[at]! + 1}`]));
  const differing = intervals.flatMap((interval) => {
    const held = all.map(({ home, heads }) => ({ home, head: heads.get(interval) }));
    const lost = held.filter(({ head }) => head === undefined).map(({ home }) => `${home} lacks interval ${interval}`);
    const results = new Set(held.flatMap(({ head }) => head ?? []));
    return results.size > 1 ? [...lost, `interval ${interval} has ${results.size} certified results`] : lost;
  });
  return [...gaps, ...differing];
}

/** Certified before its eyes: what a home's log told, which nothing may take back. */
export interface Told {
  readonly interval: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** null: fetched, or its gate was met late. */
  readonly sinceGateMs: number | null;
}

export function told(log: string): readonly Told[] {
  return linesOf(log, '"interval.certified"').map(({ time, interval, sinceGateMs }) => ({
    interval: interval as number,
    at: Date.parse(time as string),
    sinceGateMs: sinceGateMs as number | null,
  }));
}

/** I5: somebody was accused. Nobody lies in this laboratory. */
export const accusations = (log: string): Faults =>
  linesOf(log, '"agreement.evidence"').map((line) => `evidence against home ${line.home}: ${JSON.stringify(line)}`);

function linesOf(log: string, mark: string): readonly Readonly<Record<string, unknown>>[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line.includes(mark) && line.endsWith("}")).map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** I1 for one home: it has what its log told. */
export const forgotten = ({ home, heads }: HomeBooks, log: string): Faults =>
  [...new Set(told(log).map(({ interval }) => interval))]
    .filter((interval) => !heads.has(interval))
    .map((interval) => `${home} told of interval ${interval} and lacks it`);

/** I1, I2 and I3 on the chain: its periods come once each, end in our last one, and its balances are deposits and our batches, no more. */
export async function chainFaults(chain: Chain, { batches }: HomeBooks, deposit: number): Promise<Faults> {
  const [head, receipts, balances] = [await chain.head(), await chain.batches(), await chain.balances()];
  if (!head.ok || !receipts.ok || !balances.ok) return ["the chain does not answer"];
  const periods = receipts.value.map(({ period }) => period as number);
  const settled = batches.filter(({ result }) => result.period < head.value.nextPeriod);
  const expected = settled.map(({ result }) => result.period as number);
  const twice =
    periods.join() === expected.join() ? [] : [`the chain settled periods ${periods.join()}, the homes closed ${expected.join()}`];
  const last = settled.at(-1);
  const { lastPeriod } = head.value;
  const isSame = last === undefined || lastPeriod === null || periodHash(last.result) === lastPeriod;
  const other = isSame ? [] : [`the chain ends in period ${lastPeriod}, the homes in ${periodHash(last.result)}`];
  const wrong = balances.value.homes.flatMap((balance, home) => {
    const owed = deposit + TICK_MICRO * settled.reduce((sum, { vector }) => sum + changeOf(vector, home), 0);
    return balance === owed ? [] : [`home ${home} has ${balance} micro on the chain, ${owed} by the books`];
  });
  return [...twice, ...other, ...wrong];
}

const TICK_MICRO = 100;

/** "kind who interval view value" of what may be said once only; null of everything else. */
export function heardLine(message: Message): string | null {
  if (message.kind === "vote") {
    const { kind, validator, interval, view, value } = message.vote.body;
    return `${kind} ${validator} ${interval} ${view} ${value}`;
  }
  if (message.kind === "proposal") {
    const { leader, interval, view } = message.proposal.body;
    return `propose ${leader} ${interval} ${view} ${message.proposal.id}`;
  }
  if (message.kind !== "list") return null;
  const { validator, interval } = message.list.body;
  return `list ${validator} ${interval} 0 ${message.list.id}`;
}

/** Two words of one home that exclude each other: two of a kind in one view, or finalize and nullify of one view. */
export function doubleVotes(heard: readonly string[]): Faults {
  const said = new Map<string, string>();
  return heard.flatMap((line) => {
    const [kind, who, interval, view, value] = line.split(" ") as [string, string, string, string, string];
    const slot = (of: string): string => `${of} of home ${who} in interval ${interval}, view ${view}`;
    const earlier = said.get(slot(kind));
    said.set(slot(kind), value);
    const opposite = { finalize: "nullify", nullify: "finalize" }[kind];
    return [
      ...(earlier === undefined || earlier === value ? [] : [`two ${slot(kind)}`]),
      ...(opposite !== undefined && earlier === undefined && said.has(slot(opposite)) ? [`${opposite} and ${slot(kind)}`] : []),
    ];
  });
}

/** What stands in a home's signed.db, by slot; the home must be down. Reads a copy, so that its own file stays as the crash left it. */
export function signedSlots(folder: string): ReadonlyMap<string, string> {
  const copy = mkdtempSync(join(tmpdir(), "commonwatt-signed-"));
  try {
    for (const file of ["signed.db", "signed.db-wal"]) if (existsSync(join(folder, file))) cpSync(join(folder, file), join(copy, file));
    const signed = new DatabaseSync(join(copy, "signed.db"));
    const rows = signed.prepare("SELECT interval, view, kind, bytes FROM votes").all();
    signed.close();
    return new Map(rows.map(({ interval, view, kind, bytes }) => [`${kind} ${interval} ${view}`, keccakDigest(bytes as Uint8Array)]));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What homes signed, over all their lives: a slot keeps its first bytes, and no view is both finalized and nullified. */
export class SignedWatch {
  readonly #seen = new Map<string, string>();

  add(home: string, slots: ReadonlyMap<string, string>): Faults {
    return [...slots].flatMap(([slot, bytes]) => {
      const key = `${home} ${slot}`;
      const earlier = this.#seen.get(key);
      this.#seen.set(key, bytes);
      const both = slot.startsWith("finalize ") && slots.has(slot.replace("finalize", "nullify"));
      return [
        ...(earlier === undefined || earlier === bytes ? [] : [`${home} signed ${slot} twice`]),
        ...(both ? [`${home} finalized and nullified in ${slot}`] : []),
      ];
    });
  }

  get size(): number {
    return this.#seen.size;
  }
}

/** Asks until nothing is missing or the time is over; what is missing then. */
export async function until(missing: () => Promise<Faults>, patienceMs: number): Promise<Faults> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await missing();
    if (found.length === 0 || Date.now() > end) return found;
    await sleep(250);
  }
}
