import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { AMEND, type Arena, CANCEL, COMMAND_WORDS, openArena, PHASE, refusalOf, SUBMIT } from "../../engine/book/index.ts";
import { concat } from "../../engine/kernel/index.ts";
import { anyStream, Player, type Stream } from "../support/book-streams.ts";
import { given } from "../support/order-books.ts";
import { expectSound, expectUsable, FIRST_PHASE, ORDER_WORDS } from "../support/sound-book.ts";

const MOST = 2 ** 31 - 1;
const EXTREMES = [0, 1, -1, 2, MOST, -MOST, -MOST - 1, 1 << 29, 1 << 16, 255];

describe("commands", () => {
  const size = { books: 2, lowestTick: -3, highestTick: 40, orders: 8 };
  /** Words are mostly small, as books, handles, prices and energies are here; the first one after the kind most of all. */
  const anyWordUpTo = (max: number): fc.Arbitrary<number> =>
    fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: -1, max }) },
      { weight: 1, arbitrary: fc.integer({ min: -MOST - 1, max: MOST }) },
      { weight: 1, arbitrary: fc.constantFrom(...EXTREMES) },
    );
  const anyWord = anyWordUpTo(20);
  const anyKind = fc.constantFrom(SUBMIT, SUBMIT | 0x100, SUBMIT, SUBMIT | 0x100, SUBMIT | 0x10000, SUBMIT | 0x20100, AMEND, CANCEL, PHASE);
  const anyCommand = fc
    .tuple(
      fc.oneof({ weight: 8, arbitrary: anyKind }, { weight: 1, arbitrary: anyWord }),
      anyWordUpTo(4),
      fc.array(anyWord, { minLength: COMMAND_WORDS - 2, maxLength: COMMAND_WORDS - 2 }),
    )
    .map(([kind, first, words]) => [kind, first, ...words]);
  const opening = [PHASE, 0, 2, 0, 0, 0, 0, PHASE, 1, 1, 0, 0, 0, 0];

  test("random words: an answer or a code, and a sound book after them", () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 80, size: "max" }), (commands) => {
        const arena = given(openArena(size));
        const words = Int32Array.from([...opening, ...commands.flat()]);
        for (let at = 0; at < words.length; at += COMMAND_WORDS) {
          const returned = arena.apply(words, at);
          const what = `${words[at]! & 0xff} ${refusalOf(returned)}`;
          met.set(what, (met.get(what) ?? 0) + 1);
          expect(Number.isInteger(returned) && returned <= MOST).toBe(true);
        }
        expectSound(arena);
        expectUsable(arena);
      }),
      { numRuns: 300 },
    );
    // Each kind was also done, or this proves nothing.
    for (const kind of [SUBMIT, AMEND, CANCEL, PHASE]) expect(met.get(`${kind} null`)).toBeGreaterThan(10);
  });

  test("words that run out, wherever a command begins", () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 12 }), fc.integer({ min: -9, max: 99 }), (commands, start) => {
        const arena = given(openArena(size));
        const words = Int32Array.from([...opening, ...commands.flat()]);
        arena.apply(words, 0);
        arena.apply(words, COMMAND_WORDS);
        for (let at = start; at < words.length + COMMAND_WORDS; at++) expect(Number.isInteger(arena.apply(words, at))).toBe(true);
        expectSound(arena);
        expectUsable(arena);
      }),
      { numRuns: 300 },
    );
  });
});

describe("snapshots", () => {
  /** On ladders small enough for the naive twin to be quick. */
  const anyPlayed = anyStream([3, 12, 64], 60);
  function played({ size, steps }: Stream): Arena {
    const arena = given(openArena(size));
    const player = new Player(arena);
    for (const step of steps) player.play(step);
    return arena;
  }

  /** Into an arena that is in use. */
  function restored(from: Arena, bytes: Uint8Array): string {
    const arena = given(openArena(from.size));
    arena.restore(from.snapshot());
    const answer = arena.restore(bytes);
    if (!answer.ok) {
      expect([arena.stateHash(), arena.restingCount()]).toEqual([given(openArena(from.size)).stateHash(), 0]);
      expectUsable(arena);
      return answer.code;
    }
    expectSound(arena);
    const again = given(openArena(from.size));
    expect(again.restore(arena.snapshot())).toMatchObject({ ok: true });
    expect(again.stateHash()).toBe(arena.stateHash());
    expectUsable(arena, true);
    return "taken";
  }

  const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(bytes.slice().buffer);
  const bytesOf = (words: Int32Array): Uint8Array => new Uint8Array(words.buffer);

  const counted = (counts: Map<string, number>, answer: string): void => void counts.set(answer, (counts.get(answer) ?? 0) + 1);

  test("random bytes are foreign", () => {
    const arena = given(openArena({ books: 1, lowestTick: 0, highestTick: 9, orders: 4 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(arena.restore(bytes)).toMatchObject({ ok: false, code: "SNAPSHOT_FOREIGN" });
      }),
      { numRuns: 500 },
    );
  });

  test("random words behind a right header", () => {
    const arena = given(openArena({ books: 1, lowestTick: 0, highestTick: 9, orders: 4 }));
    const header = wordsOf(arena.snapshot()).subarray(0, 6);
    const anyWord = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(...EXTREMES));
    fc.assert(
      fc.property(fc.nat(4), fc.array(anyWord, { minLength: 45, maxLength: 45 }), (used, words) => {
        const counts = [words[0]!, words[1]!, used, 0, words[2]!];
        restored(arena, bytesOf(Int32Array.from([...header, ...counts, ...words.slice(3, 3 + ORDER_WORDS * (used + 1))])));
      }),
      { numRuns: 1000 },
    );
  });

  test("cut, longer, or with bits turned over", () => {
    const counts = new Map<string, number>();
    const anyChange = fc.record({ how: fc.constantFrom("cut", "more", "bit", "bit", "bit"), at: fc.nat() });
    fc.assert(
      fc.property(anyPlayed, fc.array(anyChange, { minLength: 1, maxLength: 3 }), (stream, changes) => {
        const arena = played(stream);
        const bytes = changes.reduce((now, { how, at }) => {
          if (how === "cut") return now.slice(0, at % (now.length + 1));
          if (how === "more") return concat([now, now.subarray(0, at % 40)]);
          return now.length === 0 ? now : now.with(at % now.length, now[at % now.length]! ^ (1 << (at % 7)));
        }, arena.snapshot());
        counted(counts, restored(arena, bytes));
      }),
      { numRuns: 1000 },
    );
    for (const answer of ["SNAPSHOT_FOREIGN", "SNAPSHOT_OF_OTHER_SIZE", "SNAPSHOT_DAMAGED", "taken"])
      expect(counts.get(answer)).toBeGreaterThan(10);
  });

  test("each word by each extreme, and by words that stand elsewhere", () => {
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(anyPlayed, (stream) => {
        const arena = played(stream);
        const good = wordsOf(arena.snapshot());
        const elsewhere = [...new Set(good)].slice(0, 12);
        for (let at = 0; at < Math.min(good.length, 160); at++) {
          for (const word of [...EXTREMES, ...elsewhere, good[at]! + 1, -good[at]!]) {
            if (word !== good[at]) counted(counts, restored(arena, bytesOf(good.with(at, word))));
          }
        }
      }),
      { numRuns: 2 },
    );
    for (const answer of ["SNAPSHOT_DAMAGED", "taken"]) expect(counts.get(answer)).toBeGreaterThan(100);
  });

  test("links that lead anywhere: a ring or a queue across others is damaged", () => {
    const counts = new Map<string, number>();
    const anyLinks = fc.array(
      fc.record({ slot: fc.nat(), word: fc.constantFrom(3, 4, 3, 4, 1, 0), to: fc.nat(), count: fc.integer({ min: -2, max: 2 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(anyPlayed, anyLinks, (stream, links) => {
        const arena = played(stream);
        const words = wordsOf(arena.snapshot());
        const first = FIRST_PHASE + arena.size.books;
        const slots = (words.length - first) / ORDER_WORDS;
        for (const { slot, word, to, count } of links) {
          const [from, target] = [first + ORDER_WORDS * (slot % slots), to % slots];
          words[from + word] = word > 1 ? target : words[first + ORDER_WORDS * target + word]!;
          if (slot % 5 === 0) words[7] = words[7]! + count;
        }
        counted(counts, restored(arena, bytesOf(words)));
      }),
      { numRuns: 1000 },
    );
    for (const answer of ["SNAPSHOT_DAMAGED", "taken"]) expect(counts.get(answer)).toBeGreaterThan(20);
  });
});
