import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Clearing, clear, clearingDigest, type OrderEntry, reference } from "../../../engine/auction/index.ts";
import { cost, type MicroPerKwh, type Wh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { arrivalChangesNothing, mapOrders, renamedBy } from "../../support/laws.ts";

/** Small books with few limits, so that ties, shared levels and equal remainders are the rule. */
const anyBook = (most: { readonly orders: number; readonly energy: number }) =>
  fc
    .record({
      tick: fc.constantFrom(1, 7, 100),
      k: fc.oneof(fc.constantFrom(0, 500, 1000), fc.integer({ min: 0, max: 1000 })),
      lines: fc.array(
        fc.record({
          home: fc.nat(5),
          side: fc.constantFrom("buy" as const, "sell" as const),
          energy: fc.integer({ min: 1, max: most.energy }),
          limit: fc.oneof(fc.nat(5), fc.nat(40)),
        }),
        { maxLength: most.orders },
      ),
    })
    .map(({ tick, k, lines }) => input(book(...lines.map((l): Line => [l.home, l.side, l.energy, l.limit * tick])), tick, k));

const BOOK = anyBook({ orders: 14, energy: 12 });
const runs = (numRuns: number) => ({ numRuns });

const withBody = (order: OrderEntry, change: Partial<OrderEntry["body"]>): OrderEntry => ({ ...order, body: { ...order.body, ...change } });
const energies = (clearing: Clearing): readonly number[] => clearing.outcomes.map(({ energy }) => energy);

test("fast = naive, to the last reason and to the same root", () => {
  fc.assert(
    fc.property(BOOK, (given) => {
      const fast = clear(given);
      expect(fast).toEqual(reference(given));
      expect(clearingDigest(fast)).toBe(clearingDigest(reference(given)));
    }),
    runs(2500),
  );
});

test("order of arrival changes nothing", () => {
  arrivalChangesNothing(BOOK, clear, 600);
});

test("ids change nothing but the watt-hours of equal remainders in a shared level", () => {
  fc.assert(
    fc.property(BOOK, fc.integer({ min: 1, max: 1_000_000 }), (given, salt) => {
      const renamed = renamedBy(salt);
      const [before, after] = [clear(given), clear(mapOrders(given, renamed))];
      const fate = new Map(after.outcomes.map((outcome) => [outcome.order, outcome]));
      expect(after.kind).toBe(before.kind);
      if (before.kind === "trade" && after.kind === "trade") {
        const { price, priceRange, volume, welfare } = before;
        expect(after).toMatchObject({ price, priceRange, volume, welfare });
      }
      const twins = given.orders.map((order, i) => [before.outcomes[i]!, fate.get(renamed(order).id)!] as const);
      for (const [old, now] of twins) {
        if (old.energy === now.energy) continue;
        const [reasonOld, reasonNow] = [old.reason, now.reason].map((reason) => reason ?? "RATIONED");
        expect([reasonOld, reasonNow, Math.abs(old.energy - now.energy)]).toEqual(["RATIONED", "RATIONED", 1]);
      }
    }),
    runs(600),
  );
});

test("energy and money balance to the unit; nobody trades past a limit or beyond what it wanted", () => {
  fc.assert(
    fc.property(BOOK, (given) => {
      const clearing = clear(given);
      if (clearing.kind === "no-trade") return;
      const limits = new Map(given.orders.map(({ id, body }) => [id, body]));
      let [energy, money, bought] = [0, 0, 0];
      for (const fill of clearing.fills) {
        const { limit, energy: wanted, home, side } = limits.get(fill.order)!;
        const sign = fill.side === "buy" ? 1 : -1;
        expect([fill.home, fill.side]).toEqual([home, side]);
        expect(fill.energy > 0 && fill.energy <= wanted).toBe(true);
        expect(sign * (limit - fill.price)).toBeGreaterThanOrEqual(0);
        energy += sign * fill.energy;
        money += sign * cost(fill.energy, fill.price);
        bought += fill.side === "buy" ? fill.energy : 0;
      }
      expect([energy, money, bought]).toEqual([0, 0, clearing.volume]);
      const all = (side: "buy" | "sell"): number => given.orders.reduce((sum, { body }) => sum + (body.side === side ? body.energy : 0), 0);
      expect([clearing.unsold, clearing.unbought]).toEqual([all("sell") - clearing.volume, all("buy") - clearing.volume]);
    }),
    runs(800),
  );
});

test("the price supports the fills: nobody who wants more is left out, and it lies on the tick inside the range", () => {
  fc.assert(
    fc.property(BOOK, (given) => {
      const clearing = clear(given);
      if (clearing.kind === "no-trade") return;
      const { price, priceRange, outcomes } = clearing;
      expect(price % given.rules.tick).toBe(0);
      expect(price >= priceRange.low && price <= priceRange.high).toBe(true);
      const exact = priceRange.low * 1000 + (priceRange.high - priceRange.low) * given.rules.kPermille;
      expect(exact - price * 1000 >= 0 && exact - price * 1000 < given.rules.tick * 1000).toBe(true);
      for (const { side, limit, energy, wanted } of outcomes) {
        const gain = side === "buy" ? limit - price : price - limit;
        if (gain > 0) expect(energy).toBe(wanted);
        if (gain < 0) expect(energy).toBe(0);
      }
    }),
    runs(800),
  );
});

test("welfare is the most that any fills could reach, and volume the most at that welfare (all fills tried)", () => {
  fc.assert(
    fc.property(anyBook({ orders: 6, energy: 3 }), (given) => {
      const clearing = clear(given);
      const best = bestOfAll(given.orders);
      expect(clearing.kind === "trade" ? [clearing.welfare, clearing.volume] : [0, 0]).toEqual([best.welfare, best.volume]);
    }),
    runs(400),
  );
});

/** Every way to fill every order, one by one. */
function bestOfAll(orders: readonly OrderEntry[]): { readonly welfare: number; readonly volume: number } {
  let best = { welfare: 0, volume: 0 };
  const fill = (i: number, bought: number, sold: number, welfare: number): void => {
    if (i === orders.length) {
      const better = welfare > best.welfare || (welfare === best.welfare && bought > best.volume);
      if (bought === sold && better) best = { welfare, volume: bought };
      return;
    }
    const { side, energy, limit } = orders[i]!.body;
    for (let e = 0; e <= energy; e++) {
      if (side === "buy") fill(i + 1, bought + e, sold, welfare + e * limit);
      else fill(i + 1, bought, sold + e, welfare - e * limit);
    }
  };
  fill(0, 0, 0, 0);
  return best;
}

test("equals are treated as equals: every share of a level is within one watt-hour of the proportion", () => {
  fc.assert(
    fc.property(BOOK, (given) => {
      const { outcomes } = clear(given);
      for (const { side, limit, wanted, energy } of outcomes) {
        const level = outcomes.filter((other) => other.side === side && other.limit === limit);
        const [available, all] = [level.reduce((sum, o) => sum + o.energy, 0), level.reduce((sum, o) => sum + o.wanted, 0)];
        expect(Math.abs(energy * all - wanted * available)).toBeLessThan(all);
      }
    }),
    runs(600),
  );
});

describe("scale and mirror", () => {
  test("prices and tick times c: the same fills, the price times c", () => {
    fc.assert(
      fc.property(BOOK, fc.integer({ min: 2, max: 1000 }), (given, c) => {
        const scaled = mapOrders(given, (order) => withBody(order, { limit: (order.body.limit * c) as MicroPerKwh }));
        const [plain, large] = [clear(given), clear({ ...scaled, rules: { ...given.rules, tick: (given.rules.tick * c) as MicroPerKwh } })];
        expect(energies(large)).toEqual(energies(plain));
        if (plain.kind === "trade") expect(large).toMatchObject({ price: plain.price * c, welfare: plain.welfare * c });
      }),
      runs(300),
    );
  });

  test("energies times c: volume times c, the same prices and setters", () => {
    fc.assert(
      fc.property(BOOK, fc.integer({ min: 2, max: 10_000 }), (given, c) => {
        const plain = clear(given);
        const large = clear(mapOrders(given, (order) => withBody(order, { energy: (order.body.energy * c) as Wh })));
        expect(large.kind).toBe(plain.kind);
        if (plain.kind === "trade") {
          expect(large).toMatchObject({
            price: plain.price,
            priceRange: plain.priceRange,
            volume: plain.volume * c,
            welfare: plain.welfare * c,
          });
        }
      }),
      runs(300),
    );
  });

  test("buyers and sellers changed over around a price: the mirrored range, the same fills", () => {
    const top = 4000;
    fc.assert(
      fc.property(BOOK, (given) => {
        const mirrored = mapOrders(given, (order) =>
          withBody(order, {
            side: order.body.side === "buy" ? "sell" : "buy",
            limit: (top * given.rules.tick - order.body.limit) as MicroPerKwh,
          }),
        );
        const [plain, mirror] = [clear(given), clear(mirrored)];
        expect(energies(mirror)).toEqual(energies(plain));
        if (plain.kind === "trade" && mirror.kind === "trade") {
          const at = top * given.rules.tick;
          expect([mirror.priceRange.low, mirror.priceRange.high]).toEqual([at - plain.priceRange.high, at - plain.priceRange.low]);
          expect(mirror.priceSetBy.low.map(({ order }) => order)).toEqual(plain.priceSetBy.high.map(({ order }) => order));
        }
      }),
      runs(300),
    );
  });
});
