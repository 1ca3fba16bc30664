import { afterEach, describe, expect, test } from "@jest/globals";
import { type Digest, interval, period } from "../../engine/kernel/index.ts";
import type { Store, VoteSlot } from "../../src/ports/index.ts";

/** A place where one home's store lives; `open` starts a new life of it, after the one before was closed. */
export interface StorePlace {
  open(keepIntervals: number): Store;
  /** Copies what is there, between two lives; the returned function puts the copy back. */
  copy(): () => void;
  remove(): void;
}

/** What every store promises to the node. */
export function storeContract(name: string, place: () => StorePlace): void {
  describe(`store contract: ${name}`, () => {
    let home: StorePlace | null = null;
    let store: Store | null = null;

    const start = (keepIntervals = 96): Store => {
      home ??= place();
      store?.close();
      store = home.open(keepIntervals);
      return store;
    };

    afterEach(() => {
      store?.close();
      home?.remove();
      home = store = null;
    });

    test("a new store knows nothing", () => {
      const empty = start();
      expect(empty.lastInterval()).toBeNull();
      expect(empty.blocks(at(0), 10)).toEqual([]);
      expect(empty.periods()).toEqual([]);
      expect(empty.votes(at(5))).toEqual([]);
      expect(empty.own("order", at(5))).toEqual([]);
      expect(empty.evidence()).toEqual([]);
      expect(empty.members(head(1))).toBeNull();
      expect(empty.getMeta("x")).toBeNull();
    });

    test("the first vote in a slot stays, in this life and the next", () => {
      const first = start();
      expect(hex(first.saveVote(slot(7, 1, "vote"), bytes(1, 2)))).toBe("0102");
      expect(hex(first.saveVote(slot(7, 1, "vote"), bytes(3)))).toBe("0102");
      const second = start();
      expect(hex(second.saveVote(slot(7, 1, "vote"), bytes(9, 9, 9)))).toBe("0102");
      expect(second.votes(at(7)).map(({ slot, bytes }) => [slot.view, slot.kind, hex(bytes)])).toEqual([[1, "vote", "0102"]]);
    });

    test.each([
      ["interval", slot(8, 1, "vote")],
      ["view", slot(7, 2, "vote")],
      ["kind", slot(7, 1, "list")],
    ])("another %s is another slot", (_, other) => {
      const kept = start();
      kept.saveVote(slot(7, 1, "vote"), bytes(1));
      expect(hex(kept.saveVote(other, bytes(2)))).toBe("02");
      expect(kept.votes(other.interval).map(({ bytes }) => hex(bytes))).toContain("02");
    });

    test("votes come by view, then kind, with their slots", () => {
      const kept = start();
      for (const [view, kind] of [
        [10, "b"],
        [2, "z"],
        [10, "a"],
      ] as const)
        kept.saveVote(slot(3, view, kind), bytes(view));
      kept.saveVote(slot(4, 0, "a"), bytes(1));
      expect(kept.votes(at(3)).map(({ slot }) => `${slot.interval}/${slot.view}/${slot.kind}`)).toEqual(["3/2/z", "3/10/a", "3/10/b"]);
    });

    test("what is given back is a copy", () => {
      const kept = start();
      const mine = bytes(1, 2, 3);
      kept.saveVote(slot(1, 0, "v"), mine).fill(9);
      mine.fill(7);
      kept.votes(at(1))[0]!.bytes.fill(8);
      expect(hex(kept.saveVote(slot(1, 0, "v"), bytes(5)))).toBe("010203");
    });

    test("own commits, orders and readings: the first in a slot stays, by seq", () => {
      const kept = start();
      expect(hex(kept.saveOwn("order", at(4), 11, bytes(11)))).toBe("0b");
      expect(hex(kept.saveOwn("order", at(4), 2, bytes(2)))).toBe("02");
      expect(hex(kept.saveOwn("order", at(4), 2, bytes(3)))).toBe("02");
      expect(hex(kept.saveOwn("reading", at(4), 2, bytes(4)))).toBe("04");
      expect(hex(kept.saveOwn("commit", at(4), 2, bytes(6)))).toBe("06");
      expect(hex(kept.saveOwn("order", at(5), 2, bytes(5)))).toBe("05");
      const next = start();
      expect(next.own("order", at(4)).map(hex)).toEqual(["02", "0b"]);
      expect(next.own("reading", at(4)).map(hex)).toEqual(["04"]);
      expect(next.own("commit", at(4)).map(hex)).toEqual(["06"]);
    });

    test("blocks come back in order, from an interval, up to a limit, in the next life too", () => {
      const kept = start();
      for (let i = 100; i < 110; i++) kept.saveBlock(at(i), head(i), bytes(i));
      const next = start();
      expect(next.lastInterval()).toBe(109);
      expect(next.blocks(at(0), 2).map(({ interval, bytes }) => [interval, hex(bytes)])).toEqual([
        [100, "64"],
        [101, "65"],
      ]);
      expect(next.blocks(at(108), 10).map(({ interval }) => interval)).toEqual([108, 109]);
      expect(next.blocks(at(110), 10)).toEqual([]);
      next.saveBlock(at(110), head(110), bytes(1));
      expect(next.lastInterval()).toBe(110);
    });

    test("a gap between blocks is our own bug", () => {
      const kept = start();
      kept.saveBlock(at(5), head(5), bytes(5));
      expect(() => kept.saveBlock(at(7), head(7), bytes(7))).toThrow("without gaps");
      expect(() => kept.saveBlock(at(4), head(4), bytes(4))).toThrow("without gaps");
      expect(kept.lastInterval()).toBe(5);
    });

    test("the same block twice is one; another result for its interval stops everything", () => {
      const kept = start();
      kept.saveBlock(at(5), head(5), bytes(5));
      kept.saveBlock(at(5), head(5), bytes(6));
      expect(kept.blocks(at(5), 9).map(({ bytes }) => hex(bytes))).toEqual(["05"]);
      expect(() => kept.saveBlock(at(5), head(6), bytes(5))).toThrow("two certified results");
    });

    test("votes and own messages of intervals long decided are forgotten, for ever", () => {
      const kept = start(3);
      for (let i = 1; i <= 10; i++) {
        kept.saveVote(slot(i, 0, "v"), bytes(i));
        kept.saveOwn("order", at(i), 0, bytes(i));
      }
      for (let i = 1; i <= 10; i++) kept.saveBlock(at(i), head(i), bytes(i));
      for (const live of [() => kept, () => start(3)]) {
        const life = live();
        const left = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((i) => life.votes(at(i)).length > 0);
        expect(left).toEqual([7, 8, 9, 10]);
        expect(life.own("order", at(6))).toEqual([]);
        expect(life.own("order", at(7)).map(hex)).toEqual(["07"]);
        expect(() => life.saveVote(slot(6, 0, "v"), bytes(1))).toThrow("decided long ago");
        expect(() => life.saveOwn("order", at(6), 0, bytes(1))).toThrow("decided long ago");
        expect(hex(life.saveVote(slot(7, 5, "v"), bytes(1)))).toBe("01");
      }
    });

    test("evidence is new once, and outlives the votes of its interval and this life", () => {
      const kept = start(3);
      expect(kept.saveEvidence(head(9), bytes(9))).toBe(true);
      expect(kept.saveEvidence(head(2), bytes(2))).toBe(true);
      expect(kept.saveEvidence(head(9), bytes(1))).toBe(false);
      for (let i = 1; i <= 10; i++) kept.saveBlock(at(i), head(i), bytes(i));
      const next = start(3);
      expect(next.saveEvidence(head(2), bytes(1))).toBe(false);
      expect(next.saveEvidence(head(3), bytes(3))).toBe(true);
      expect(next.evidence().map(({ id, bytes }) => [id, hex(bytes)])).toEqual([
        [head(9), "09"],
        [head(2), "02"],
        [head(3), "03"],
      ]);
    });

    test("member sets are kept by digest, for ever; the first bytes stay", () => {
      const kept = start(3);
      kept.saveMembers(head(1), bytes(1));
      kept.saveMembers(head(2), bytes(2));
      kept.saveMembers(head(1), bytes(3));
      for (let i = 1; i <= 10; i++) kept.saveBlock(at(i), head(i), bytes(i));
      const next = start(3);
      expect([head(1), head(2)].map((digest) => hex(next.members(digest)!))).toEqual(["01", "02"]);
      expect(next.members(head(3))).toBeNull();
    });

    test("a store that was put back from a copy signs nothing until it is told from where on, in later lives too", () => {
      const kept = start(3);
      kept.saveVote(slot(7, 0, "v"), bytes(1));
      kept.close();
      const putBack = home!.copy();
      start(3).saveVote(slot(8, 0, "v"), bytes(2));
      store!.close();
      putBack();
      for (const next of [1, 2]) {
        const life = start(3);
        expect([next, life.maySignFrom()]).toEqual([next, null]);
        expect(() => life.saveVote(slot(8, 0, "v"), bytes(3))).toThrow("from where on");
        expect(() => life.saveOwn("order", at(90), 0, bytes(3))).toThrow("from where on");
        expect(life.votes(at(7)).length).toBe(1);
      }
      store!.saveBlock(at(9), head(9), bytes(9));
      expect(store!.maySignFrom()).toBeNull();
      store!.resumeSigning(at(11));
      expect(store!.maySignFrom()).toBe(11);
      const last = start(3);
      expect(last.maySignFrom()).toBe(11);
      expect(() => last.saveVote(slot(10, 0, "v"), bytes(3))).toThrow("decided long ago");
      expect(hex(last.saveVote(slot(11, 0, "v"), bytes(3)))).toBe("03");
    });

    test("an owner's word that nothing newer exists lets it begin earlier too, for this life and the next", () => {
      const kept = start(3);
      kept.saveVote(slot(7, 0, "v"), bytes(1));
      kept.resumeSigning(at(20));
      kept.declareNewest(at(7));
      expect(kept.maySignFrom()).toBe(7);
      // What stands, stands.
      expect(hex(kept.saveVote(slot(7, 0, "v"), bytes(2)))).toBe("01");
      expect(() => kept.saveVote(slot(6, 0, "v"), bytes(2))).toThrow("decided long ago");
      expect(start(3).maySignFrom()).toBe(7);
    });

    test("where signing begins goes up only, by word and by what was decided", () => {
      const kept = start(3);
      expect(kept.maySignFrom()).toBe(0);
      kept.saveBlock(at(8), head(8), bytes(8));
      expect(kept.maySignFrom()).toBe(5);
      kept.resumeSigning(at(4));
      expect(kept.maySignFrom()).toBe(5);
      kept.resumeSigning(at(20));
      kept.saveBlock(at(9), head(9), bytes(9));
      expect(start(3).maySignFrom()).toBe(20);
    });

    test("periods and notes: the newest counts", () => {
      const kept = start();
      kept.savePeriod(period(12), bytes(1));
      kept.savePeriod(period(3), bytes(2));
      kept.savePeriod(period(12), bytes(3));
      kept.setMeta("tip", "a");
      kept.setMeta("tip", "Größe 2");
      const next = start();
      expect(next.periods().map(({ period, bytes }) => [period, hex(bytes)])).toEqual([
        [3, "02"],
        [12, "03"],
      ]);
      expect(next.getMeta("tip")).toBe("Größe 2");
      expect(next.getMeta("")).toBeNull();
    });

    test("nothing is kept that has no bytes, and nothing after close", () => {
      const kept = start();
      expect(() => kept.saveVote(slot(1, 0, "v"), bytes())).toThrow();
      expect(() => kept.saveOwn("order", at(1), 0, bytes())).toThrow();
      expect(() => kept.saveBlock(at(1), head(1), bytes())).toThrow();
      expect(() => kept.saveEvidence(head(1), bytes())).toThrow();
      expect(() => kept.saveMembers(head(1), bytes())).toThrow();
      expect([kept.evidence(), kept.members(head(1))]).toEqual([[], null]);
      expect(kept.lastInterval()).toBeNull();
      kept.close();
      kept.close();
      expect(() => kept.saveVote(slot(1, 0, "v"), bytes(1))).toThrow("closed");
      expect(() => kept.getMeta("x")).toThrow("closed");
    });
  });
}

const at = (value: number) => interval(value);
const bytes = (...values: number[]) => Uint8Array.from(values);
const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;
const slot = (of: number, view: number, kind: string): VoteSlot => ({ interval: interval(of), view, kind });
