import { type HomeId, homeId, type Interval, interval, microPerKwh, wh, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import type { MarketRules, SignedOrder, SignedReading } from "../../engine/messages/index.ts";
import { type Advance, advance, genesis, type MarketState, settledWith } from "../../engine/settlement/index.ts";
import { idOf } from "./book.ts";
import { chance } from "./chance.ts";
import { readingOf } from "./settlement.ts";

/** A street's first interval. */
export const FIRST = interval(1000);
export const HOMES = [0, 1, 2, 5, 9].map(homeId);
const NO_SIGNATURE = new Uint8Array(65);

export interface Life {
  readonly advances: readonly Advance[];
  /** Counters of each home at the end of each interval. */
  readonly counters: ReadonlyMap<HomeId, ReadonlyMap<Interval, readonly [importWh: number, exportWh: number]>>;
  /** Where counting begins: before the street does, at the last reading that came. */
  readonly firstRead: ReadonlyMap<HomeId, Interval>;
}

export interface LifePlan {
  readonly rules: MarketRules;
  readonly seed: number;
  readonly intervals: number;
  /** Part of the readings that never come. */
  readonly lost: number;
}

/** A street's life: orders as they come, meters that run, readings that get lost. In the end every meter is read. */
export function live({ rules, seed, intervals, lost }: LifePlan): Life {
  const random = chance(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const meters = new Map(HOMES.map((home) => [home, [below(1e6), below(1e6)] as [number, number]]));
  const counters = new Map(HOMES.map((home) => [home, new Map<Interval, readonly [number, number]>()]));
  const firstRead = new Map<HomeId, Interval>();
  const last = (FIRST + intervals - 1) as Interval;
  let state: MarketState = genesis(rules, FIRST, ZERO_DIGEST);
  const advances: Advance[] = [];
  for (let at = FIRST - 2; at <= last; at++) {
    for (const [home, meter] of meters) {
      meter[below(2)]! += below(3) * below(4000);
      counters.get(home)!.set(at as Interval, [...meter]);
    }
    if (at < FIRST) continue;
    const due = settledWith(at as Interval);
    const read = HOMES.filter(() => at === last || random() >= lost);
    for (const home of read) firstRead.set(home, due < FIRST ? due : (firstRead.get(home) ?? due));
    const readings = read.map(
      (home): SignedReading => ({ body: readingOf(home, due, ...counters.get(home)!.get(due)!), id: ZERO_DIGEST, signature: NO_SIGNATURE }),
    );
    const roots = { orderSetRoot: ZERO_DIGEST, readingSetRoot: idOf(at), nextMembers: ZERO_DIGEST, kind: "trade", withheld: [] } as const;
    advances.push(advance(rules, state, { orders: ordersAt(rules, at as Interval, below), readings, ...roots }));
    state = advances.at(-1)!.state;
  }
  return { advances, counters, firstRead };
}

const ordersAt = (rules: MarketRules, at: Interval, below: (end: number) => number): readonly SignedOrder[] =>
  HOMES.filter(() => below(4) > 0).map((home, i) => ({
    body: {
      home,
      interval: at,
      side: below(2) === 0 ? "buy" : "sell",
      energy: wh(1 + below(6000)),
      limit: microPerKwh(rules.tick * Math.ceil((80_000 + below(200_000)) / rules.tick)),
      seq: 0,
    },
    id: idOf(at * 10 + i),
    signature: NO_SIGNATURE,
  }));
