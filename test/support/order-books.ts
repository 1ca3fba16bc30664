import { expect } from "@jest/globals";
import {
  type ArenaRefusal,
  type ArenaSize,
  BUY,
  CONTINUOUS,
  FATE,
  FILLED,
  FIRST_TRADE,
  GOOD_TILL_GATE,
  KILLED,
  LAPSED,
  LEFT,
  openArena,
  openReference,
  RESTS,
  type ReferenceArena,
  refusalOf,
  SELF_TRADE,
  SELL,
  TRADE_ENERGY,
  TRADE_HANDLE,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "../../engine/book/index.ts";
import type { Result } from "../../engine/kernel/index.ts";

/** Both implementations of order books; what they promise is one contract. */
export const IMPLEMENTATIONS: readonly (readonly [string, (size: ArenaSize) => Result<ReferenceArena, ArenaRefusal>])[] = [
  ["the arena", openArena],
  ["the reference", openReference],
];

export const SIZE: ArenaSize = { books: 2, lowestTick: -50, highestTick: 100, orders: 16 };

export function given<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.code} ${result.detail}`);
  return result.value;
}

/** As `toEqual`, which takes long, where they differ; -0 is 0 and NaN is null. */
export function expectSame(one: unknown, other: unknown): void {
  if (JSON.stringify(one) !== JSON.stringify(other)) expect(one).toEqual(other);
}

const FATES: Readonly<Record<number, string>> = {
  [RESTS]: "rests",
  [FILLED]: "filled",
  [LAPSED]: "lapsed",
  [KILLED]: "killed",
  [SELF_TRADE]: "self-trade",
};

/** The resting order's reference, the price, the energy. */
export type Trade = readonly [reference: number, tick: number, energy: number];

/** What `submit` or `amend` came to; with a refusal only that. */
export type Told = { readonly fate: string; readonly left: number; readonly trades: readonly Trade[] } | { readonly refused: string };

/** The trades that the report tells, with the handles. */
export function* tradesOf({ report }: Pick<ReferenceArena, "report">): Generator<{ readonly handle: number; readonly trade: Trade }> {
  for (let nth = 0; nth < report[TRADES]!; nth++) {
    const row = FIRST_TRADE + (nth << TRADE_SHIFT);
    const [reference, tick, energy] = [report[row + TRADE_REFERENCE]!, report[row + TRADE_TICK]!, report[row + TRADE_ENERGY]!];
    yield { handle: report[row + TRADE_HANDLE]!, trade: [reference, tick, energy] };
  }
}

export function told(arena: ReferenceArena, returned: number): Told {
  const refused = refusalOf(returned);
  if (refused !== null) return { refused };
  const { report } = arena;
  return { fate: FATES[report[FATE]!]!, left: report[LEFT]!, trades: [...tradesOf(arena)].map(({ trade }) => trade) };
}

/** What else an order says; a home of its own and good till gate unless told. */
export interface Wish {
  readonly book?: number;
  readonly force?: number;
  readonly home?: number;
}

/** A row of `rests`: reference, side, price, energy. */
export type Row = readonly [reference: number, side: "buy" | "sell", tick: number, energy: number];

/** A market in which orders are called 1, 2, 3 ... as they are submitted, refused ones too. */
export function marketOf(arena: ReferenceArena) {
  const handles = [0];

  function submit(side: number, tick: number, energy: number, { book = 0, force = GOOD_TILL_GATE, home }: Wish): Told {
    const reference = handles.length;
    const returned = arena.submit(book, side, force, tick, energy, home ?? 1000 + reference, reference);
    handles.push(returned);
    return told(arena, returned);
  }

  return {
    arena,
    handle: (reference: number): number => handles[reference]!,
    buy: (tick: number, energy: number, wish: Wish = {}) => submit(BUY, tick, energy, wish),
    sell: (tick: number, energy: number, wish: Wish = {}) => submit(SELL, tick, energy, wish),
    amend: (reference: number, tick: number, energy: number) => told(arena, arena.amend(handles[reference]!, tick, energy)),
    cancel(reference: number): number | string {
      const returned = arena.cancel(handles[reference]!);
      return refusalOf(returned) ?? returned;
    },
    rests: (book = 0): readonly Row[] =>
      arena.resting(book).map(({ reference, side, tick, energy }): Row => [reference, side === BUY ? "buy" : "sell", tick, energy]),
  };
}

export type Market = ReturnType<typeof marketOf>;

/** Its books trade continuously, or are in the phase that is told. */
export function openMarket(open: (size: ArenaSize) => Result<ReferenceArena>, size: Partial<ArenaSize> = {}, phase = CONTINUOUS): Market {
  const whole = { ...SIZE, ...size };
  const arena = given(open(whole));
  for (let book = 0; book < whole.books; book++) arena.setPhase(book, phase);
  return marketOf(arena);
}
