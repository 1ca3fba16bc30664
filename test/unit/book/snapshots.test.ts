import { describe, expect, test } from "@jest/globals";
import { type Arena, CALL, CLOSED, CONTINUOUS, openArena, refusalOf } from "../../../engine/book/index.ts";
import { keccakDigest } from "../../../engine/kernel/index.ts";
import { given, IMPLEMENTATIONS, type Market, marketOf, openMarket, tradesOf } from "../../support/order-books.ts";

const SIZE = { books: 2, lowestTick: 0, highestTick: 40, orders: 8 };
const opened = (): Arena => given(openArena(SIZE));

/** Book 0 trades: three sellers at 20, one buyer at 10; book 1 gathers: one seller at 5, a buyer at 9. One slot is free again. */
function prepared(): { readonly market: Market; readonly arena: Arena } {
  const arena = opened();
  const market = marketOf(arena);
  arena.setPhase(0, CONTINUOUS);
  arena.setPhase(1, CALL);
  for (const energy of [5, 6, 7]) market.sell(20, energy);
  market.buy(10, 8);
  market.sell(5, 3, { book: 1 });
  market.buy(9, 4, { book: 1 });
  market.buy(12, 1);
  market.cancel(7);
  return { market, arena };
}

/** Words of a snapshot: 6 of the header, 4 counts, a phase for each book, 8 for each slot from 0 on. */
const [FREE, RESTING, USED] = [6, 7, 8];
const PHASES = 10;
const order = (slot: number, word: number): number => PHASES + SIZE.books + 8 * slot + word;
const [HANDLE, LEVEL, ENERGY, NEXT, PREVIOUS, HOME, REFERENCE, TOTAL] = [0, 1, 2, 3, 4, 5, 6, 7];

function withWords(bytes: Uint8Array, changes: readonly (readonly [at: number, word: number])[]): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  for (const [at, word] of changes) view.setInt32(4 * at, word, true);
  return changed;
}

describe.each(IMPLEMENTATIONS)("state hash: %s", (_name, open) => {
  test("of little-endian words: phase, count, and each order without its handle", () => {
    const { arena, sell, buy, cancel } = openMarket(open, { books: 2 }, CLOSED);
    arena.setPhase(1, CALL);
    sell(-2, 300, { book: 1, home: 65_536 });
    cancel(1);
    sell(-2, 300, { book: 1, home: 65_536 });
    buy(3, 1, { book: 1, home: 4 });
    const words = [CLOSED, 0, CALL, 2, 0, 3, 1, 4, 3, 1, -2, 300, 65_536, 2];
    expect(arena.stateHash()).toBe(keccakDigest(new Uint8Array(Int32Array.from(words).buffer)));
  });

  test("tells priority, phase, home and reference", () => {
    const hashOf = (act: (market: Market) => void): string => {
      const market = openMarket(open, {}, CALL);
      act(market);
      return market.arena.stateHash();
    };
    const hashes = [
      hashOf(() => undefined),
      hashOf(({ arena }) => arena.setPhase(0, CONTINUOUS)),
      hashOf(({ arena }) => arena.setPhase(1, CONTINUOUS)),
      hashOf(({ buy }) => buy(10, 5)),
      hashOf(({ buy }) => buy(10, 5, { book: 1 })),
      hashOf(({ buy }) => buy(10, 5, { home: 5 })),
      hashOf(({ buy }) => buy(10, 6)),
      hashOf(({ buy }) => buy(11, 5)),
      hashOf(({ sell }) => sell(10, 5)),
      hashOf(({ sell, buy }) => [sell(10, 5), buy(10, 5)]),
      hashOf(({ buy }) => [buy(10, 5, { home: 1 }), buy(10, 5, { home: 1 })]),
      hashOf(({ buy, amend }) => [buy(10, 4, { home: 1 }), buy(10, 5, { home: 1 }), amend(1, 10, 5)]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe("snapshots", () => {
  test("an arena goes on as the one that was written down", () => {
    const { market, arena } = prepared();
    const copy = opened();
    expect(copy.restore(arena.snapshot())).toMatchObject({ ok: true });
    expect([copy.stateHash(), copy.restingCount()]).toEqual([arena.stateHash(), 6]);
    for (const each of [arena, copy]) {
      expect(each.amend(market.handle(2), 20, 9)).toBe(market.handle(2));
      expect(each.submit(0, 0, 0, 20, 12, 50, 50)).toBe(0);
      expect([...tradesOf(each)]).toEqual([
        { handle: market.handle(1), trade: [1, 20, 5] },
        { handle: market.handle(3), trade: [3, 20, 7] },
      ]);
    }
  });

  test("a snapshot of what was restored is the same", () => {
    const { arena } = prepared();
    const copy = opened();
    copy.restore(arena.snapshot());
    expect(copy.snapshot()).toEqual(arena.snapshot());
  });

  test("of an empty arena; and what was there before is gone", () => {
    const { market, arena } = prepared();
    expect(arena.restore(opened().snapshot())).toMatchObject({ ok: true });
    expect([arena.stateHash(), arena.restingCount()]).toEqual([opened().stateHash(), 0]);
    expect([market.cancel(1), market.buy(10, 5)]).toEqual(["HANDLE_STALE", { refused: "BOOK_CLOSED" }]);
  });

  const refused = (bytes: Uint8Array): string | null => {
    const { arena } = prepared();
    const restored = arena.restore(bytes);
    if (restored.ok) return null;
    expect([arena.stateHash(), arena.restingCount(), arena.depth(0, 1, 9), arena.indicate(1, 0).volume]).toEqual([
      opened().stateHash(),
      0,
      [],
      0,
    ]);
    expect(refusalOf(arena.submit(0, 0, 0, 10, 5, 1, 1))).toBe("BOOK_CLOSED");
    arena.setPhase(0, CONTINUOUS);
    expect(arena.submit(0, 0, 0, 10, 5, 1, 1)).toBeGreaterThan(0);
    return restored.code;
  };
  const good = prepared().arena.snapshot();

  test("the untouched one is taken", () => expect(refused(good)).toBe(null));

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["three bytes", good.slice(0, 3)],
    ["another first word", withWords(good, [[0, 0]])],
    ["another version", withWords(good, [[1, 2]])],
  ])("SNAPSHOT_FOREIGN: %s", (_what, bytes) => expect(refused(bytes)).toBe("SNAPSHOT_FOREIGN"));

  test.each<[string, Partial<typeof SIZE>]>([
    ["more books", { books: 3 }],
    ["a lower ladder", { lowestTick: -1 }],
    ["a higher ladder", { highestTick: 41 }],
    ["room for more", { orders: 16 }],
  ])("SNAPSHOT_OF_OTHER_SIZE: %s", (_what, other) => {
    expect(refused(given(openArena({ ...SIZE, ...other })).snapshot())).toBe("SNAPSHOT_OF_OTHER_SIZE");
  });

  /** Slots 1, 2, 3 queue at one price; 4, 5, 6 are alone; 7 is free. Levels have 2^10 places a side. */
  test.each<[string, readonly (readonly [at: number, word: number])[]]>([
    ["the last leads back to the first", [[order(3, NEXT), 1]]],
    [
      "a ring that nobody leads into",
      [
        [order(1, PREVIOUS), 3],
        [order(3, NEXT), 1],
      ],
    ],
    [
      "a ring, and a count that leaves it out",
      [
        [order(1, PREVIOUS), 3],
        [order(3, NEXT), 1],
        [RESTING, 3],
      ],
    ],
    [
      "a ring beside the newest that the oldest knows",
      [
        [order(1, PREVIOUS), 5],
        [order(3, NEXT), 1],
      ],
    ],
    ["the oldest knows another than the newest", [[order(1, PREVIOUS), 4]]],
    ["an order that follows itself", [[order(4, NEXT), 4]]],
    ["two lead to one", [[order(4, NEXT), 2]]],
    ["a link into another price", [[order(3, NEXT), 4]]],
    ["a link to a free slot", [[order(3, NEXT), 7]]],
    ["a link to nobody's slot that is somebody's", [[order(3, NEXT), 8]]],
    ["a link beyond all", [[order(3, NEXT), 2 ** 31 - 1]]],
    ["a link below 0", [[order(3, NEXT), -1]]],
    ["a link that wraps round to a slot", [[order(3, NEXT), 2 ** 29 + 4]]],
    ["a link back that is wrong", [[order(2, PREVIOUS), 3]]],
    ["no link back", [[order(2, PREVIOUS), 0]]],
    ["a queue that ends too soon", [[order(1, NEXT), 0]]],
    [
      "two whole queues at one price",
      [
        [order(1, NEXT), 0],
        [order(1, PREVIOUS), 1],
        [order(2, PREVIOUS), 3],
      ],
    ],
    ["an order of another price in a queue", [[order(2, LEVEL), 21]]],
    ["beyond the ladder", [[order(4, LEVEL), 41]]],
    ["beyond the books", [[order(4, LEVEL), 4 << 10]]],
    ["below all levels", [[order(4, LEVEL), -1]]],
    ["in a closed book", [[PHASES + 1, CLOSED]]],
    ["no such phase", [[PHASES, 3]]],
    ["a phase below 0", [[PHASES, -1]]],
    ["a crossed book that trades", [[PHASES + 1, CONTINUOUS]]],
    ["no energy", [[order(4, ENERGY), 0]]],
    ["energy below 0", [[order(4, ENERGY), -5]]],
    ["more energy than a price holds", [[order(1, ENERGY), 2 ** 31 - 1]]],
    ["no such home", [[order(4, HOME), -1]]],
    ["no such reference", [[order(4, REFERENCE), -1]]],
    ["a handle of another slot", [[order(4, HANDLE), 5]]],
    ["nobody rests", [[order(0, HANDLE), 8]]],
    ["nobody's price has energy", [[order(0, TOTAL), 2 ** 31 - 1]]],
    ["a handle taken away", [[order(4, HANDLE), 0]]],
    ["a handle below 0: not free either", [[order(4, HANDLE), -4]]],
    ["one more rests", [[RESTING, 7]]],
    ["one fewer rests", [[RESTING, 5]]],
    ["fewer than none", [[RESTING, -1]]],
    ["no free slot", [[FREE, 0]]],
    ["an order's slot is free", [[FREE, 4]]],
    ["nobody's slot is free", [[FREE, 8]]],
    ["a free slot beyond all", [[FREE, 2 ** 31 - 1]]],
    ["free slots in a ring", [[order(7, NEXT), 7]]],
    ["a free slot leads to an order", [[order(7, NEXT), 1]]],
    ["more slots used than there are", [[USED, 8]]],
    ["fewer slots used than are told", [[USED, 6]]],
    ["fewer than none used", [[USED, -1]]],
  ])("SNAPSHOT_DAMAGED: %s", (_what, changes) => expect(refused(withWords(good, changes))).toBe("SNAPSHOT_DAMAGED"));

  test("SNAPSHOT_DAMAGED: cut anywhere behind its header, or longer", () => {
    for (let length = 24; length < good.length; length++) expect(refused(good.slice(0, length))).toBe("SNAPSHOT_DAMAGED");
    for (const more of [1, 2, 3, 4, 32]) expect(refused(Uint8Array.from([...good, ...new Uint8Array(more)]))).toBe("SNAPSHOT_DAMAGED");
  });

  test("bytes that begin in the middle of a buffer", () => {
    const whole = new Uint8Array(good.length + 3);
    whole.set(good, 3);
    expect(refused(whole.subarray(3))).toBe(null);
  });
});
