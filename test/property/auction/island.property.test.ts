import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ClearingInput, clear, type OrderEntry } from "../../../engine/auction/index.ts";
import {
  clearIsland,
  type IslandClearing,
  type IslandOrders,
  type IslandRules,
  type PriorityClass,
} from "../../../engine/auction/island/index.ts";
import { homeId, type MicroPerKwh, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { anyMarket } from "../../support/networks.ts";

const CLASSES: readonly PriorityClass[] = ["critical", "normal", "flexible"];

interface Case {
  readonly given: ClearingInput;
  readonly rules: IslandRules;
  readonly orders: IslandOrders;
}

const line: fc.Arbitrary<Line> = fc.tuple(
  fc.nat(5),
  fc.constantFrom("buy" as const, "buy" as const, "sell" as const),
  fc.integer({ min: 1, max: 9 }),
  fc.nat(12),
);

const rulesWith = (cap: number, essential: number, sharing: IslandRules["sharing"]): IslandRules => ({
  priceCap: microPerKwh(cap),
  essential: wh(essential),
  sharing,
});

const sharing = fc.constantFrom("pro-rata" as const, "max-min" as const);
const classified = (orders: readonly OrderEntry[], choice: readonly number[]): IslandOrders["classes"] =>
  new Map(orders.flatMap(({ id, body }, i) => (body.side === "buy" && choice[i]! < 3 ? [[id, CLASSES[choice[i]!]!] as const] : [])));

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    lines: fc.array(line, { maxLength: 9 }),
    choice: fc.array(fc.nat(3), { minLength: 9, maxLength: 9 }),
    kPermille: fc.constantFrom(0, 300, 500, 1000),
    cap: fc.nat(12),
    essential: fc.nat(4),
    sharing,
    outside: fc.array(fc.nat(5), { maxLength: 1 }),
  })
  .map(({ lines, choice, kPermille, cap, essential, sharing: how, outside }) => {
    const given = input(book(...lines), 1, kPermille);
    const orders = { classes: classified(given.orders, choice), outside: new Set(outside.map(homeId)) };
    return { given, rules: rulesWith(cap, essential, how), orders };
  });

const run = ({ given, rules, orders }: Case): IslandClearing => {
  const result = clearIsland(given, rules, orders);
  if (!result.ok) throw new Error(result.code);
  return result.value;
};

const servedOf = ({ classes }: IslandClearing): readonly number[] => CLASSES.map((priority) => classes[priority].served);

/** From the definition: at every price up to the cap, who would sell, who would buy, and the classes one after the other. */
function mostByClass({ given, rules, orders }: Case): readonly number[] {
  const here = given.orders.filter(({ body }) => !orders.outside.has(body.home));
  const parts = partsOf(here, rules.essential, orders.classes);
  const answers = Array.from({ length: rules.priceCap + 1 }, (_, price) => {
    let left = here.reduce((sum, { body }) => sum + (body.side === "sell" && body.limit <= price ? body.energy : 0), 0);
    return CLASSES.map((priority) => {
      const wanted = parts.filter((part) => part.priority === priority && part.limit >= price).reduce((sum, { energy }) => sum + energy, 0);
      const got = Math.min(wanted, left);
      left -= got;
      return got;
    });
  });
  return answers.reduce((best, each) => (each.findIndex((got, i) => got > best[i]!) !== -1 && isMore(each, best) ? each : best));
}

function isMore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((got, i) => got !== b[i]);
  return at !== -1 && a[at]! > b[at]!;
}

interface Part {
  readonly priority: PriorityClass;
  readonly limit: number;
  readonly energy: number;
}

/** Watt-hour by watt-hour. */
function partsOf(orders: readonly OrderEntry[], essential: number, classes: IslandOrders["classes"]): readonly Part[] {
  const classOf = ({ id }: OrderEntry): PriorityClass => classes.get(id) ?? "normal";
  const spent = new Map<number, number>();
  return orders
    .filter(({ body }) => body.side === "buy")
    .sort((a, b) => CLASSES.indexOf(classOf(a)) - CLASSES.indexOf(classOf(b)) || b.body.limit - a.body.limit || (a.id < b.id ? -1 : 1))
    .flatMap((order) =>
      Array.from({ length: order.body.energy }, (): Part => {
        const before = spent.get(order.body.home) ?? 0;
        spent.set(order.body.home, before + 1);
        return { priority: before < essential ? "critical" : classOf(order), limit: order.body.limit, energy: 1 };
      }),
    );
}

describe("one node", () => {
  test("as much critical energy as can be, then normal, then flexible", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(servedOf(run(one))).toEqual(mostByClass(one));
      }),
      { numRuns: 600 },
    );
  });

  test("nothing for a class while a higher one waits at this price; nobody pays or gets worse than its limit, nor above the cap", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const result = run(one);
        const { clearing, outcomes, classes } = result;
        const limits = new Map(one.given.orders.map(({ id, body }) => [id, body.limit]));
        const fills = clearing.kind === "trade" ? clearing.fills : [];
        for (const { order, side, price } of fills) {
          expect(price).toBeLessThanOrEqual(one.rules.priceCap);
          if (side === "buy") expect(price).toBeLessThanOrEqual(limits.get(order)!);
          else expect(price).toBeGreaterThanOrEqual(limits.get(order)!);
        }
        const total = (side: "buy" | "sell"): number => outcomes.reduce((sum, each) => sum + (each.side === side ? each.energy : 0), 0);
        expect([total("buy"), total("sell")]).toEqual([servedOf(result).reduce((a, b) => a + b, 0), total("buy")]);
        for (const priority of CLASSES) expect(classes[priority].wanted).toBe(classes[priority].served + classes[priority].unserved);
        const shed = outcomes.filter(({ reason }) => reason === "ISLAND_SHED").map(({ priority }) => CLASSES.indexOf(priority!));
        // What counts as critical of a lower class is served before that class.
        const highest = Math.min(...shed);
        for (const priority of CLASSES.slice(highest + 1)) expect(classes[priority].served).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  test("max-min inside the class that is cut: whoever got less by more than a watt-hour wanted no more", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const fair = { ...one, rules: rulesWith(12, 0, "max-min"), given: highLimits(one.given) };
        const { outcomes } = run(fair);
        for (const priority of CLASSES) {
          const homes = new Map<number, { wanted: number; got: number }>();
          for (const each of outcomes.filter((outcome) => outcome.priority === priority && outcome.reason !== "ISLAND_NO_GRID")) {
            const before = homes.get(each.home) ?? { wanted: 0, got: 0 };
            homes.set(each.home, { wanted: before.wanted + each.wanted, got: before.got + each.energy });
          }
          for (const a of homes.values())
            for (const b of homes.values()) if (a.got < a.wanted) expect(a.got).toBeGreaterThanOrEqual(b.got - 1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("order of arrival changes nothing", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const turned = { ...one, given: { ...one.given, orders: [...one.given.orders].reverse() } };
        expect(run(turned)).toEqual(run(one));
      }),
      { numRuns: 100 },
    );
  });
});

/** Buyers that accept any price there can be. */
const highLimits = (given: ClearingInput, top = 12): ClearingInput => ({
  ...given,
  orders: given.orders.map((order) =>
    order.body.side === "buy" ? { ...order, body: { ...order.body, limit: top as MicroPerKwh } } : order,
  ),
});

describe("on wires", () => {
  const anyStreet = fc.tuple(
    anyMarket({ nodes: 6, orders: 10, energy: 9 }),
    fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }),
    sharing,
  );

  test("each class gets as much as if the lower ones weren't there; money and energy add up", () => {
    fc.assert(
      fc.property(anyStreet, ([street, choice, how]) => {
        const { tick } = street.rules;
        const given = highLimits(street, 900 * tick);
        const classes = classified(given.orders, choice);
        const one: Case = { given, rules: rulesWith(800 * tick, 0, how), orders: { classes, outside: new Set() } };
        const result = run(one);
        const upTo = (last: number): number => {
          const orders = given.orders.filter(
            ({ id, body }) => body.side === "sell" || CLASSES.indexOf(classes.get(id) ?? "normal") <= last,
          );
          const alone = clear({ ...given, orders });
          return alone.kind === "trade" ? alone.volume : 0;
        };
        const served = servedOf(result);
        expect(served).toEqual([upTo(0), upTo(1) - upTo(0), upTo(2) - upTo(1)]);
        if (result.clearing.kind !== "trade") return;
        const { fills, surplus, flows } = result.clearing;
        const paid = fills.reduce((sum, { side, amount }) => sum + (side === "buy" ? amount : -amount), 0);
        expect([paid, flows.reduce((sum, { fees, rent }) => sum + fees + rent, 0)]).toEqual([surplus, surplus]);
        for (const { side, price } of fills) if (side === "buy") expect(price).toBeLessThanOrEqual(800 * tick);
      }),
      { numRuns: 250 },
    );
  });

  test("with true limits nobody trades at a loss", () => {
    fc.assert(
      fc.property(anyStreet, ([given, choice, how]) => {
        const orders = { classes: classified(given.orders, choice), outside: new Set<never>() };
        const { clearing, scarce, outcomes } = run({ given, rules: rulesWith(8 * given.rules.tick, 3, how), orders });
        const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
        for (const { order, side, price } of clearing.kind === "trade" ? clearing.fills : []) {
          const gain = side === "buy" ? limits.get(order)! - price : price - limits.get(order)!;
          expect(gain).toBeGreaterThanOrEqual(0);
        }
        expect(scarce).toBe(outcomes.some(({ reason }) => reason === "ISLAND_SHED"));
      }),
      { numRuns: 250 },
    );
  });
});
