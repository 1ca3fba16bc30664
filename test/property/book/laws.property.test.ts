import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Arena,
  BUY,
  CALL,
  COMMAND_WORDS,
  CONTINUOUS,
  FIRST_TRADE,
  LEFT,
  openArena,
  refusalOf,
  SELL,
  TRADE_SHIFT,
  TRADES,
} from "../../../engine/book/index.ts";
import { anyStream, anyWholeStream, LADDERS, outcome, Player, type Step, type Stream } from "../../support/book-streams.ts";
import { expectSame, given, told, tradesOf } from "../../support/order-books.ts";

const opened = ({ size }: Stream): Player & { readonly arena: Arena } => {
  const arena = given(openArena(size));
  return Object.assign(new Player(arena), { arena });
};

describe("whatever is traded", () => {
  interface Order {
    readonly book: number;
    readonly side: number;
    readonly home: number;
    tick: number;
    energy: number;
  }

  /** All orders that rest, as the answers tell; kept apart from the arena's own account. */
  class Ledger {
    readonly orders = new Map<number, Order>();
    readonly #arena: Arena;
    traded = 0;

    constructor(arena: Arena) {
      this.#arena = arena;
    }

    /** `order` is what `submit` or `amend` wanted to trade. */
    enter(handle: number, order: Order): void {
      let left = order.energy;
      for (const { handle: met, trade } of tradesOf(this.#arena)) {
        const [, tick, energy] = trade;
        const resting = this.orders.get(met)!;
        expect(energy).toBeGreaterThan(0);
        expectSame([tick, resting.book, resting.side], [resting.tick, order.book, 1 - order.side]);
        expect(order.side === BUY ? tick <= order.tick : tick >= order.tick).toBe(true);
        expect(resting.home).not.toBe(order.home);
        resting.energy -= energy;
        expect(resting.energy).toBeGreaterThanOrEqual(0);
        if (resting.energy === 0) this.orders.delete(met);
        left -= energy;
        this.traded += energy;
      }
      expect(this.#arena.report[LEFT]).toBe(left);
      if (handle > 0) this.orders.set(handle, { ...order, energy: left });
    }

    follow(step: Step, handle: number, returned: number): void {
      if (refusalOf(returned) !== null) return;
      const order = this.orders.get(handle);
      const { book, side, home, tick, energy } = { ...order!, ...step };
      if (step.kind === "submit") this.enter(returned, { book, side, home, tick, energy });
      else if (step.kind === "amend") {
        this.orders.delete(handle);
        this.enter(returned, { book, side, home, tick, energy });
      } else if (step.kind === "phase" && step.phase === 0) {
        const ended = [...this.orders].filter(([, { book }]) => book === step.book);
        expect(returned).toBe(ended.length);
        for (const [gone] of ended) this.orders.delete(gone);
      } else if (step.kind === "cancel") {
        expect(returned).toBe(order!.energy);
        this.orders.delete(handle);
      }
    }
  }

  const phases = (stream: Stream, upTo: number, returned: readonly number[], book: number): number =>
    stream.steps
      .slice(0, upTo + 1)
      .reduce((now, step, nth) => (step.kind === "phase" && step.book === book && returned[nth]! >= 0 ? step.phase : now), 0);

  test("no watt-hour appears or is lost; nobody trades beyond a limit, at another price than the resting order's, or alone", () => {
    let traded = 0;
    fc.assert(
      fc.property(anyStream(LADDERS, 150), (stream) => {
        const player = opened(stream);
        const ledger = new Ledger(player.arena);
        for (const step of stream.steps) {
          const handle = "order" in step ? player.handleOf(step.order) : 0;
          ledger.follow(step, handle, player.play(step));
        }
        const resting = [...Array(stream.size.books).keys()].flatMap((book) =>
          player.arena.resting(book).map(({ handle, side, home, tick, energy }) => [handle, { book, side, home, tick, energy }] as const),
        );
        expect(new Map(resting)).toEqual(ledger.orders);
        traded += ledger.traded;
      }),
      { numRuns: 120 },
    );
    expect(traded).toBeGreaterThan(1000);
  });

  test("a book that trades is never crossed; levels tell what rests", () => {
    fc.assert(
      fc.property(anyStream(LADDERS, 120), (stream) => {
        const player = opened(stream);
        const returned: number[] = [];
        for (const [nth, step] of stream.steps.entries()) {
          returned.push(player.play(step));
          for (let book = 0; book < stream.size.books; book++) {
            if (phases(stream, nth, returned, book) !== CONTINUOUS) continue;
            const [buyer, seller] = [BUY, SELL].map((side) => player.arena.depth(book, side, 1)[0]?.tick);
            expect(buyer === undefined || seller === undefined || buyer < seller).toBe(true);
          }
        }
        for (let book = 0; book < stream.size.books; book++) expectLevels(player.arena, book);
      }),
      { numRuns: 120 },
    );
  });

  function expectLevels(arena: Arena, book: number): void {
    for (const side of [BUY, SELL]) {
      const totals = new Map<number, number>();
      for (const order of arena.resting(book)) {
        if (order.side === side) totals.set(order.tick, (totals.get(order.tick) ?? 0) + order.energy);
      }
      expect(arena.depth(book, side, 1000)).toEqual([...totals].map(([tick, energy]) => ({ tick, energy })));
    }
  }

  test("what is refused changes nothing", () => {
    let refused = 0;
    fc.assert(
      fc.property(anyStream(LADDERS, 80), (stream) => {
        const player = opened(stream);
        for (const step of stream.steps) {
          const before = [player.arena.snapshot(), [...player.arena.report]];
          if (refusalOf(player.play(step)) === null) continue;
          refused++;
          expect([player.arena.snapshot(), [...player.arena.report]]).toEqual(before);
        }
      }),
      { numRuns: 40 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe("an arena's memory", () => {
  const reportOf = ({ report }: Arena): readonly number[] => [...report.subarray(0, FIRST_TRADE + (report[TRADES]! << TRADE_SHIFT))];

  test("restored from a snapshot it gives the same answers, handles too", () => {
    fc.assert(
      fc.property(anyStream(LADDERS, 150), fc.nat(150), (stream, cut) => {
        const player = opened(stream);
        const copy = opened(stream);
        const [before, after] = [stream.steps.slice(0, cut), stream.steps.slice(cut)];
        for (const step of before) player.play(step);
        for (const step of before.toReversed()) copy.play(step);

        expect(copy.arena.restore(player.arena.snapshot())).toMatchObject({ ok: true });
        copy.handles.splice(0, copy.handles.length, ...player.handles);
        expect([copy.arena.stateHash(), copy.arena.snapshot()]).toEqual([player.arena.stateHash(), player.arena.snapshot()]);
        for (const step of after) {
          const [one, other] = [player.play(step), copy.play(step)];
          expect(other).toBe(one);
          if (refusalOf(one) === null && step.kind === "submit") expectSame(reportOf(copy.arena), reportOf(player.arena));
        }
        expect([copy.arena.stateHash(), copy.arena.snapshot()]).toEqual([player.arena.stateHash(), player.arena.snapshot()]);
      }),
      { numRuns: 120 },
    );
  });

  test("a journal of commands leads to the same arena", () => {
    fc.assert(
      fc.property(anyWholeStream(150), (stream) => {
        const player = opened(stream);
        const returned = stream.steps.map((step) => player.play(step));
        const replayed = given(openArena(stream.size));
        const journal = Int32Array.from(player.journal.flatMap((words) => [...words]));
        expect(stream.steps.map((_, nth) => replayed.apply(journal, nth * COMMAND_WORDS))).toEqual(returned);
        expect([replayed.stateHash(), replayed.snapshot()]).toEqual([player.arena.stateHash(), player.arena.snapshot()]);
      }),
      { numRuns: 120 },
    );
  });
});

describe("a mirror", () => {
  /** Buyers for sellers, and prices below 0 for prices above. */
  const turned = (step: Step): Step => {
    if (step.kind === "submit")
      return { ...step, side: step.side === BUY || step.side === SELL ? 1 - step.side : step.side, tick: 0 - step.tick };
    return step.kind === "amend" ? { ...step, tick: 0 - step.tick } : step;
  };
  const mirrorOf = ({ size, steps }: Stream): Stream => ({
    size: { ...size, lowestTick: 0 - size.highestTick, highestTick: 0 - size.lowestTick },
    steps: steps.map(turned),
  });

  const side = (arena: Arena, book: number, which: number, sign: number) =>
    arena
      .resting(book)
      .filter((order) => order.side === which)
      .map(({ tick, energy, home, reference }) => [0 + sign * tick || 0, energy, home, reference]);

  test("shows the same market", () => {
    fc.assert(
      fc.property(anyStream(LADDERS, 120), (stream) => {
        const [one, other] = [opened(stream), opened(mirrorOf(stream))];
        for (const step of stream.steps) {
          expectSame(outcome(step, one.play(step)), outcome(step, other.play(turned(step))));
          const [here, there] = [told(one.arena, 0), told(other.arena, 0)];
          if (!("fate" in here && "fate" in there)) throw new Error("neither was refused");
          expectSame({ ...there, trades: there.trades.map(([reference, tick, energy]) => [reference, 0 - tick, energy]) }, here);
        }
        for (let book = 0; book < stream.size.books; book++) {
          expect(side(other.arena, book, SELL, -1)).toEqual(side(one.arena, book, BUY, 1));
          expect(side(other.arena, book, BUY, -1)).toEqual(side(one.arena, book, SELL, 1));
          const [here, there] = [one.arena.indicate(book, 0), other.arena.indicate(book, 1000)];
          const negated = (tick: number | null): number | null => (tick === null ? null : 0 - tick);
          expect({ volume: there.volume, price: negated(there.price), low: negated(there.high), high: negated(there.low) }).toEqual(here);
        }
      }),
      { numRuns: 120 },
    );
  });

  test("isn't empty: calls that cross are among them", () => {
    const stream = fc.sample(anyStream([12], 120), { numRuns: 200, seed: 1 });
    const volumes = stream.map((each) => {
      const player = opened(each);
      for (const step of each.steps) if (step.kind !== "phase" || step.phase === CALL) player.play(step);
      return player.arena.indicate(0, 0).volume;
    });
    expect(volumes.filter((volume) => volume > 0).length).toBeGreaterThan(20);
  });
});
