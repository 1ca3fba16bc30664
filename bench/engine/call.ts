import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  type ColumnSpace,
  clearColumns,
  type OrderColumns,
  openColumnSpace,
  openPairSpace,
  type PairSpace,
  pairColumns,
} from "../../engine/auction/index.ts";
import type { Result } from "../../engine/kernel/index.ts";
import { callOrders, LADDER, totalsOf, writeColumns } from "./call-orders.ts";
import { atLeast, atMost, type Contestant, type Frame, type Hash, type Row, type Timing } from "./frame.ts";
import { clearTextbook, textbookOrders } from "./textbook.ts";

/** The call auction on columns: a million orders beside its twin in C, a sort and a textbook; and the price from kept totals. */
export const name = "call";

const K = 500;
const MILLION = 1_000_000;
const SEED = 20_261_125;

export async function run(frame: Frame): Promise<readonly Row[]> {
  const cold = await firstOfAll(frame);
  warmUp();
  return [...(await atAMillion(frame)), cold, ...(await bySize(frame)), ...(await besideTextbook(frame)), ...(await fromTotals(frame))];
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  return result.value;
}

interface Market {
  readonly orders: OrderColumns;
  readonly space: ColumnSpace;
  readonly pairs: PairSpace;
}

function marketOf(count: number): Market {
  const [space, pairs] = [must(openColumnSpace(LADDER, count)), must(openPairSpace(count))];
  return { orders: callOrders(count, SEED), space, pairs };
}

function whole({ orders, space, pairs }: Market): void {
  must(clearColumns(orders, K, space));
  must(pairColumns(space, pairs));
}

/** The twin in C hashes the same in the same order. */
function hashOf({ orders, space, pairs }: Market): number {
  let hash = 0x811c_9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x0100_0193);
  };
  mix(space.crossing.price ?? -1);
  mix(space.crossing.volume | 0);
  for (let at = 0; at < orders.count; at++) mix(space.filled[at]!);
  for (let at = 0; at < pairs.count; at++) {
    mix(pairs.buyers[at]!);
    mix(pairs.sellers[at]!);
    mix(pairs.energies[at]!);
  }
  return hash >>> 0;
}

async function firstOfAll(frame: Frame): Promise<Row> {
  const market = marketOf(MILLION);
  const { first } = await frame.alternate({ first: { ...clearing(market, () => hashOf(market)), before: () => {}, warm: 0 } }, 1);
  return { what: "  the very first of a process, before anything is compiled", value: first.cpuNs / 1e6, unit: "ms", goal: null, note: "" };
}

/** A long loop that is entered rarely is compiled anew each time (on-stack replacement); small markets first, as a market has them. */
function warmUp(): void {
  const market = marketOf(3000);
  for (let i = 0; i < 4000; i++) whole(market);
}

/** Once untimed before each round, as the twin does: starting another program makes this one's pages read-only until they are touched. */
const clearing = (market: Market, hash: () => Hash): Contestant => ({
  before: () => whole(market),
  run: () => {
    whole(market);
    return hash;
  },
  warm: 10,
});

async function atAMillion(frame: Frame): Promise<readonly Row[]> {
  const market = marketOf(MILLION);
  const file = join(frame.folder, "orders.bin");
  writeColumns(file, market.orders, K);
  const [twin, sort] = [frame.compileC("bench/native/columns.c"), frame.compileC("bench/native/sort.cpp")];
  const program = (path: string): readonly number[] => execFileSync(path, [file, "3"], { encoding: "utf8" }).trim().split(" ").map(Number);
  const ours: Contestant = clearing(market, () => hashOf(market));
  const inC = (path: string): Contestant => ({
    run: () => {
      const [hash, cpuNs] = program(path);
      return { hash: hash!, cpuNs: cpuNs! };
    },
    warm: 1,
  });
  const both = await frame.alternate(
    { ours, ...(twin === null ? {} : { twin: inC(twin) }) } as { ours: Contestant; twin: Contestant },
    frame.rounds(15),
  );
  const alone: Contestant = { before: () => whole(market), run: () => must(clearColumns(market.orders, K, market.space)).crossing.volume };
  const sorted: Contestant = { run: () => ({ hash: 0, cpuNs: program(sort!)[1]! }), warm: 1 };
  const others = await frame.alternate(
    { alone, ...(sort === null ? {} : { sorted }) } as { alone: Contestant; sorted: Contestant },
    frame.rounds(9),
    "own",
  );
  const note = `${market.pairs.count} trades; best ${(both.ours.bestCpuNs / 1e6).toFixed(1)} ms`;
  return [
    { what: "1 M orders cleared, rationed and paired", value: both.ours.cpuNs / 1e6, unit: "ms", goal: atMost(20), note },
    { what: "  cleared and rationed, not paired", value: others.alone.cpuNs / 1e6, unit: "ms", goal: null, note: "" },
    ratio("  speed against the twin in C", both.twin, both.ours, 0.5, "bench/native/columns.c"),
    ratio("  speed against std::sort of the keys alone", others.sorted, both.ours, 3, "bench/native/sort.cpp"),
  ];
}

const ratio = (what: string, other: Timing | undefined, ours: Timing, goal: number, file: string): Row => ({
  what,
  value: other === undefined ? null : other.cpuNs / ours.cpuNs,
  unit: "x",
  goal: atLeast(goal),
  note: other === undefined ? `no compiler for ${file}` : `that took ${(other.cpuNs / 1e6).toFixed(1)} ms`,
});

/** The textbook takes many seconds for a million orders; few rounds are enough. */
async function besideTextbook(frame: Frame): Promise<readonly Row[]> {
  const count = frame.quick ? 10_000 : MILLION;
  const market = marketOf(count);
  const objects = textbookOrders(market.orders, LADDER.step);
  const mine = clearing(market, () => `${market.space.crossing.price} ${market.space.crossing.volume}`);
  const textbook = {
    run: () => {
      const { price, volume } = clearTextbook(objects);
      return `${price.times(1_000_000 / LADDER.step)} ${volume.times(1000)}`;
    },
    warm: 1,
    litters: true,
  };
  const timing = await frame.alternate({ mine, textbook }, frame.rounds(3));
  const what = `  speed against decimal.js, objects and Array.sort, ${count / 1000} k orders`;
  const note = `${(timing.textbook.cpuNs / 1e6).toFixed(0)} ms and ${(timing.mine.cpuNs / 1e6).toFixed(2)} ms`;
  return [{ what, value: timing.textbook.cpuNs / timing.mine.cpuNs, unit: "x", goal: atLeast(500), note }];
}

async function bySize(frame: Frame): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of [100, 300, 1000, 10_000, 100_000]) {
    const market = marketOf(count);
    const times = Math.max(1, Math.floor(400_000 / count));
    const repeat = (): (() => number) => {
      for (let i = 0; i < times; i++) whole(market);
      return () => hashOf(market);
    };
    const { ours } = await frame.alternate({ ours: { run: repeat, times } }, frame.rounds(7));
    rows.push({
      what: `  the same for ${count} orders`,
      value: ours.cpuNs / 1000,
      unit: "us",
      goal: null,
      note: `${market.pairs.count} trades`,
    });
  }
  return rows;
}

async function fromTotals(frame: Frame): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of [100, 1000, 10_000, 100_000, MILLION]) {
    const totals = totalsOf(callOrders(count, SEED));
    const times = 20_000;
    const repeat = (): number => {
      let last = 0;
      for (let i = 0; i < times; i++) last = must(totals.cross(i & 511)).volume;
      return last;
    };
    const { ours } = await frame.alternate({ ours: { run: repeat, times } }, frame.rounds(7));
    rows.push({
      what: `price at gate closure from kept totals, ${count} orders`,
      value: ours.cpuNs / 1000,
      unit: "us",
      goal: atMost(20),
      note: "",
    });
  }
  return rows;
}
