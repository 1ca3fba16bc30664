import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Clearing,
  type ClearingInput,
  clear,
  type Fill,
  MECHANISMS,
  mechanismOf,
  mudaBy,
  type OrderEntry,
  type Trade,
} from "../../../engine/auction/index.ts";
import { microPerKwh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";

/** Each mechanism again, slowly, from its definition. */
const runs = (numRuns: number) => ({ numRuns });
const isBuy = ({ side }: { readonly side: "buy" | "sell" }): boolean => side === "buy";
const fillsOf = (clearing: Clearing): readonly Fill[] => (clearing.kind === "trade" ? clearing.fills : []);
const amounts = (fills: readonly Fill[]): number => fills.reduce((sum, { side, amount }) => sum + (side === "buy" ? amount : -amount), 0);
const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

const lines = (most: { readonly orders: number; readonly energy: number; readonly homes: number }) =>
  fc.array(
    fc.record({
      home: fc.nat(most.homes - 1),
      side: fc.constantFrom("buy" as const, "sell" as const),
      energy: fc.integer({ min: 1, max: most.energy }),
      limit: fc.oneof(fc.nat(6), fc.nat(40)),
    }),
    { maxLength: most.orders },
  );
const toInput = (all: readonly { home: number; side: "buy" | "sell"; energy: number; limit: number }[], tick = 1): ClearingInput =>
  input(book(...all.map((l): Line => [l.home, l.side, l.energy, l.limit * tick])), tick);

/** Unit traders, each a home: limits from the best on. */
const UNITS = lines({ orders: 18, energy: 1, homes: 1 }).map((all) => toInput(all.map((line, i) => ({ ...line, home: i }))));
const limitsOf = ({ orders }: ClearingInput, side: "buy" | "sell"): readonly number[] =>
  orders
    .filter(({ body }) => body.side === side)
    .map(({ body }) => body.limit as number)
    .sort((a, b) => (side === "buy" ? b - a : a - b));

/** k: how many pairs meet. */
const pairs = (b: readonly number[], s: readonly number[]): number => b.filter((limit, i) => i < s.length && limit >= s[i]!).length;

test("McAfee of unit traders: k pairs meet; all at the middle of the next two if the last two accept it, else k - 1 at the last two", () => {
  let [whole, reduced] = [0, 0];
  fc.assert(
    fc.property(UNITS, (given) => {
      const [b, s] = [limitsOf(given, "buy"), limitsOf(given, "sell")];
      const k = pairs(b, s);
      const middle = k < b.length && k < s.length ? Math.floor((b[k]! + s[k]!) / 2) : Number.NaN;
      const all = k > 0 && s[k - 1]! <= middle && middle <= b[k - 1]!;
      const trades = all ? k : Math.max(0, k - 1);
      const fills = fillsOf(MECHANISMS.mcafee.clear(given));
      expect(fills.filter(isBuy).map(({ amount }) => amount)).toEqual(Array(trades).fill(all ? middle : b[k - 1]));
      expect(fills.filter((fill) => !isBuy(fill)).map(({ amount }) => amount)).toEqual(Array(trades).fill(all ? middle : s[k - 1]));
      whole += all ? 1 : 0;
      reduced += trades > 0 && !all ? 1 : 0;
    }),
    runs(1500),
  );
  expect(Math.min(whole, reduced)).toBeGreaterThan(50);
});

test("McAfee treats equal energies like units", () => {
  fc.assert(
    fc.property(UNITS, fc.integer({ min: 2, max: 9 }), (given, energy) => {
      const scaled = {
        ...given,
        orders: given.orders.map((order) => ({ ...order, body: { ...order.body, energy: energy as Fill["energy"] } })),
      };
      const expected = fillsOf(MECHANISMS.mcafee.clear(given)).map((fill) => [fill.order, energy, energy * fill.amount]);
      expect(fillsOf(MECHANISMS.mcafee.clear(scaled)).map((fill) => [fill.order, fill.energy, fill.amount])).toEqual(expected);
    }),
    runs(400),
  );
});

test("VCG of unit traders: buyers pay max(b[k+1], s[k]), sellers get min(s[k+1], b[k])", () => {
  fc.assert(
    fc.property(UNITS, (given) => {
      const [b, s] = [limitsOf(given, "buy"), limitsOf(given, "sell")];
      const k = pairs(b, s);
      const fills = fillsOf(MECHANISMS.vcg.clear(given));
      expect(fills.length).toBe(2 * k);
      for (const { side, amount } of fills)
        expect(amount).toBe(side === "buy" ? Math.max(b[k] ?? 0, s[k - 1]!) : Math.min(s[k] ?? Infinity, b[k - 1]!));
    }),
    runs(1000),
  );
});

test("VCG: every home pays what all others lose by it, by clearing again without it", () => {
  fc.assert(
    fc.property(lines({ orders: 12, energy: 9, homes: 5 }), (all) => {
      const given = toInput(all);
      const welfare = (orders: readonly OrderEntry[]): number => {
        const clearing = clear({ ...given, orders });
        return clearing.kind === "trade" ? clearing.welfare : 0;
      };
      const fills = fillsOf(MECHANISMS.vcg.clear(given));
      for (const home of new Set(given.orders.map(({ body }) => body.home))) {
        const own = fills.filter((fill) => fill.home === home);
        const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
        const value = total(own.map((fill) => (isBuy(fill) ? 1 : -1) * fill.energy * limits.get(fill.order)!));
        const without = welfare(given.orders.filter(({ body }) => body.home !== home));
        expect(amounts(own)).toBe(without - (welfare(given.orders) - value));
        const oneSided = new Set(own.map(({ side }) => side)).size === 1;
        // One average price for all, to the nano.
        if (oneSided)
          for (const fill of own)
            expect(Math.abs(fill.amount * total(own.map(({ energy }) => energy)) - Math.abs(amounts(own)) * fill.energy)).toBeLessThan(
              total(own.map(({ energy }) => energy)),
            );
      }
    }),
    runs(800),
  );
});

/** Watt-hours one by one with the order they belong to, best first; of equal limits the lower id. */
const unitsOf = ({ orders }: ClearingInput, side: "buy" | "sell"): readonly OrderEntry[] =>
  orders
    .filter(({ body }) => body.side === side)
    .sort((a, b) => (side === "buy" ? b.body.limit - a.body.limit : a.body.limit - b.body.limit) || (a.id < b.id ? -1 : 1))
    .flatMap((order) => Array<OrderEntry>(order.body.energy).fill(order));

test("Huang, unit by unit: the owners of the last units that meet set the prices and stay out; the longer side loses alike", () => {
  fc.assert(
    fc.property(lines({ orders: 12, energy: 9, homes: 5 }), (all) => {
      const given = toInput(all);
      const [buys, sells] = [unitsOf(given, "buy"), unitsOf(given, "sell")];
      const volume = buys.filter(({ body }, i) => i < sells.length && body.limit >= sells[i]!.body.limit).length;
      const [lastBuy, lastSell] = [buys[volume - 1], sells[volume - 1]];
      const before = (units: readonly OrderEntry[], last: OrderEntry | undefined): readonly OrderEntry[] =>
        last === undefined ? [] : [...new Set(units.slice(0, units.indexOf(last)))];
      const sides = [before(buys, lastBuy), before(sells, lastSell)] as const;
      const energies = sides.map((orders) => total(orders.map(({ body }) => body.energy)));
      const clearing = MECHANISMS.huang.clear(given);
      expect(clearing.kind === "trade" ? clearing.volume : 0).toBe(Math.min(...energies));
      const fills = new Map(fillsOf(clearing).map((fill) => [fill.order, fill]));
      for (const orders of sides) {
        const exact = losingAlike(
          orders.map(({ body }) => body.energy),
          Math.min(...energies),
        );
        for (const [i, { id }] of orders.entries()) expect(Math.abs((fills.get(id)?.energy ?? 0) - exact[i]!)).toBeLessThan(1);
      }
      for (const fill of fills.values()) expect(fill.amount).toBe(fill.energy * (isBuy(fill) ? lastBuy! : lastSell!).body.limit);
      const allowed = new Set(sides.flat().map(({ id }) => id));
      expect([...fills.keys()].every((id) => allowed.has(id))).toBe(true);
    }),
    runs(800),
  );
});

/** The gap is cut from all alike; who can't lose that much loses all, and the rest of the gap is cut from the others again. */
function losingAlike(wants: readonly number[], available: number): readonly number[] {
  let sharing = wants.map((_, i) => i);
  for (;;) {
    const loss = (total(sharing.map((i) => wants[i]!)) - available) / sharing.length;
    const kept = sharing.filter((i) => wants[i]! >= loss);
    if (kept.length === sharing.length) return wants.map((want, i) => (sharing.includes(i) ? want - loss : 0));
    sharing = kept;
  }
}

test("MUDA, unit by unit: the shorter side trades, the longer by its best, and each home pays what others of its side lose by it", () => {
  let fees = 0;
  fc.assert(
    fc.property(lines({ orders: 14, energy: 6, homes: 8 }), fc.nat(40), fc.nat(40), (all, left, right) => {
      const given = toInput(all);
      const isLeft = (home: number): boolean => home % 2 === 0;
      const priceFor = (home: number): number => (isLeft(home) ? left : right);
      const post = ({ orders }: ClearingInput) => ({ price: microPerKwh(isLeft(orders[0]?.body.home ?? 0) ? right : left), setBy: [] });
      // A half without orders is still told apart by the other one.
      fc.pre(given.orders.some(({ body }) => isLeft(body.home)) && given.orders.some(({ body }) => !isLeft(body.home)));
      const clearing = mudaBy({ halfOf: (_, home) => (isLeft(home) ? "left" : "right"), post })(given);
      const fills = fillsOf(clearing);
      for (const half of [true, false]) {
        const accepts = ({ side, limit, home }: OrderEntry["body"]): boolean =>
          side === "buy" ? limit >= priceFor(home) : limit <= priceFor(home);
        const willing = (side: "buy" | "sell"): readonly OrderEntry[] =>
          unitsOf(given, side).filter(({ body }) => isLeft(body.home) === half && accepts(body));
        const [buys, sells] = [willing("buy"), willing("sell")];
        const volume = Math.min(buys.length, sells.length);
        for (const units of [buys, sells]) {
          const own = fills.filter((fill) => isLeft(fill.home) === half && isBuy(fill) === (units === buys));
          expect(total(own.map(({ energy }) => energy))).toBe(volume);
          const gain = ({ body }: OrderEntry): number => Math.abs(body.limit - priceFor(body.home));
          const limits = new Map(given.orders.map((order) => [order.id as string, order]));
          const served = own.flatMap((fill) => Array<number>(fill.energy).fill(gain(limits.get(fill.order)!))).sort((a, b) => b - a);
          expect(served).toEqual(units.slice(0, volume).map(gain));
          for (const home of new Set(own.map((fill) => fill.home))) {
            const with_ = total(own.filter((fill) => fill.home !== home).map((fill) => fill.energy * gain(limits.get(fill.order)!)));
            const without = total(
              units
                .filter(({ body }) => body.home !== home)
                .slice(0, volume)
                .map(gain),
            );
            const mine = own.filter((fill) => fill.home === home);
            const flat = total(mine.map(({ energy }) => energy)) * priceFor(home);
            expect(total(mine.map(({ amount }) => amount))).toBe(flat + (units === buys ? 1 : -1) * (without - with_));
            fees += without - with_;
          }
        }
      }
    }),
    runs(1200),
  );
  expect(fees).toBeGreaterThan(1000);
});

const RESIDUAL = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60))
  .map(([a, b]) => ({ importPrice: Math.max(a, b), exportPrice: Math.min(a, b) }));

/** The published price, exactly: [numerator, denominator]. */
function published(
  demand: number,
  supply: number,
  { importPrice: buy, exportPrice: sell }: { importPrice: number; exportPrice: number },
  permille: number,
) {
  const q = 1000 * sell + (buy - sell) * permille;
  return supply >= demand ? [q, 1000] : [buy * q * demand, (1000 * buy - q) * supply + q * demand];
}

test("supply-demand ratio: the highest tick that isn't above what the ratio of those who accept it gives, every tick tried", () => {
  fc.assert(
    fc.property(
      lines({ orders: 12, energy: 9, homes: 5 }),
      RESIDUAL,
      fc.nat(1000),
      fc.constantFrom(1, 3),
      (all, residual, permille, tick) => {
        const given = toInput(all, tick);
        const rules = {
          ...given.rules,
          residual: { importPrice: microPerKwh(residual.importPrice), exportPrice: microPerKwh(residual.exportPrice) },
        };
        const energy = (side: "buy" | "sell", price: number): number =>
          total(
            given.orders
              .filter(({ body }) => body.side === side && (side === "buy" ? body.limit >= price : body.limit <= price))
              .map(({ body }) => body.energy),
          );
        let price = 0;
        for (let tried = 0; tried <= residual.importPrice; tried += tick) {
          const [n, d] = published(energy("buy", tried), energy("sell", tried), residual, permille) as [number, number];
          if (tried * d <= n) price = tried;
        }
        const clearing = mechanismOf("supply-demand-ratio", { compensationPermille: permille }).clear({ ...given, rules });
        const volume = Math.min(energy("buy", price), energy("sell", price));
        expect(clearing.kind === "trade" ? [clearing.price, clearing.volume] : [price, 0]).toEqual([price, volume]);
      },
    ),
    runs(800),
  );
});

test("supply-demand ratio: without limits in between it is the published price, rounded down to the tick", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      RESIDUAL,
      fc.nat(1000),
      (demand, supply, residual, permille) => {
        const given = input(book([1, "buy", demand, 1000], [2, "sell", supply, 0]));
        const rules = {
          ...given.rules,
          residual: { importPrice: microPerKwh(residual.importPrice), exportPrice: microPerKwh(residual.exportPrice) },
        };
        const { price } = mechanismOf("supply-demand-ratio", { compensationPermille: permille }).clear({ ...given, rules }) as Trade;
        const [n, d] = published(demand, supply, residual, permille) as [number, number];
        expect(price).toBe(d === 0 ? residual.importPrice : Math.floor(n / d));
      },
    ),
    runs(500),
  );
});

test("pay-as-bid, unit by unit: the dearest bid meets the cheapest offer; sellers of one limit share alike", () => {
  fc.assert(
    fc.property(lines({ orders: 12, energy: 9, homes: 5 }), (all) => {
      const given = toInput(all);
      const [buys, sells] = [unitsOf(given, "buy"), unitsOf(given, "sell")];
      const met = sells.flatMap((sell, i) =>
        i < buys.length && buys[i]!.body.limit >= sell.body.limit ? [[sell.body.limit, buys[i]!.body.limit] as const] : [],
      );
      const fills = fillsOf(MECHANISMS["pay-as-bid"].clear(given));
      const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
      for (const fill of fills.filter(isBuy)) expect(fill.amount).toBe(fill.energy * limits.get(fill.order)!);
      for (const limit of new Set(met.map(([limit]) => limit))) {
        const level = fills.filter((fill) => !isBuy(fill) && limits.get(fill.order) === limit);
        const receipts = total(met.filter(([own]) => own === limit).map(([, bid]) => bid));
        const energy = total(level.map((fill) => fill.energy));
        expect(total(level.map(({ amount }) => amount))).toBe(receipts);
        for (const fill of level) expect(Math.abs(fill.amount * energy - receipts * fill.energy)).toBeLessThan(energy);
      }
    }),
    runs(800),
  );
});
