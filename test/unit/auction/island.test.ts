import { describe, expect, test } from "@jest/globals";
import { clear, type OrderEntry } from "../../../engine/auction/index.ts";
import { clearIsland, type IslandClearing, type IslandRules, islanded, type PriorityClass } from "../../../engine/auction/island/index.ts";
import { homeId, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, idOf, input, type Line } from "../../support/book.ts";
import { street } from "../../support/networks.ts";

type Classes = Readonly<Record<number, PriorityClass>>;

interface PlainIsland {
  readonly classes?: Classes;
  readonly cap?: number;
  readonly essential?: number;
  readonly sharing?: IslandRules["sharing"];
  readonly outside?: readonly number[];
  readonly kPermille?: number;
}

const rulesOf = ({ cap = 1000, essential = 0, sharing = "max-min" }: PlainIsland): IslandRules => ({
  priceCap: microPerKwh(cap),
  essential: wh(essential),
  sharing,
});

const ordersOf = ({ classes = {}, outside = [] }: PlainIsland) => ({
  classes: new Map(Object.entries(classes).map(([id, priority]) => [idOf(Number(id)), priority])),
  outside: new Set(outside.map(homeId)),
});

function island(lines: readonly Line[], plain: PlainIsland = {}): IslandClearing {
  const result = clearIsland(input(book(...lines), 1, plain.kPermille), rulesOf(plain), ordersOf(plain));
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

const served = ({ outcomes }: IslandClearing): readonly number[] => outcomes.map(({ energy }) => energy);
const reasons = ({ outcomes }: IslandClearing) => outcomes.map(({ reason }) => reason);
const priceOf = ({ clearing }: IslandClearing) => (clearing.kind === "trade" ? clearing.price : null);

describe("classes before limits", () => {
  const supply: Line = [9, "sell", 10, 20];

  test.each<readonly [string, readonly Line[], PlainIsland, readonly number[]]>([
    [
      "flexible goes first, whatever it would pay",
      [[1, "buy", 4, 50], [2, "buy", 5, 60], [3, "buy", 6, 900], supply],
      { classes: { 1: "critical", 2: "normal", 3: "flexible" } },
      [4, 5, 1, 10],
    ],
    [
      "nothing for normal while critical goes short",
      [[1, "buy", 7, 50], [2, "buy", 8, 60], [3, "buy", 6, 900], supply],
      { classes: { 1: "critical", 2: "critical", 3: "normal" } },
      [5, 5, 0, 10],
    ],
    ["max-min: small wants whole, the rest alike", [[1, "buy", 1, 50], [2, "buy", 30, 60], [3, "buy", 50, 900], supply], {}, [1, 5, 4, 10]],
    [
      "pro rata: each its share",
      [[1, "buy", 10, 50], [2, "buy", 30, 60], [3, "buy", 60, 900], supply],
      { sharing: "pro-rata" },
      [1, 3, 6, 10],
    ],
    [
      "an order without a class is normal",
      [[1, "buy", 7, 50], [2, "buy", 8, 60], [3, "buy", 6, 900], supply],
      { classes: { 1: "flexible", 2: "critical" } },
      [0, 8, 2, 10],
    ],
    [
      "homes share, not orders: two orders get no more than one",
      [[1, "buy", 10, 50], [2, "buy", 10, 60], [2, "buy", 10, 55], [2, "buy", 10, 70], supply],
      {},
      [5, 0, 0, 5, 10],
    ],
  ])("%s", (_, lines, plain, answer) => {
    const result = island(lines, plain);
    expect(served(result)).toEqual(answer);
    expect(result.scarce).toBe(true);
  });

  test("a watt-hour that can't be shared goes round: not always to the same home", () => {
    const lines: readonly Line[] = [
      [1, "buy", 9, 50],
      [2, "buy", 9, 50],
      [9, "sell", 5, 20],
    ];
    const lucky = [0, 1, 2, 3, 4, 5, 6, 7].map((later) => {
      const given = input(book(...lines));
      const at = (given.interval + later) as typeof given.interval;
      const orders = given.orders.map((order): OrderEntry => ({ ...order, body: { ...order.body, interval: at } }));
      const result = clearIsland({ ...given, interval: at, orders }, rulesOf({}), ordersOf({}));
      return result.ok ? served(result.value)[0] : null;
    });
    expect(new Set(lucky)).toEqual(new Set([2, 3]));
  });
});

describe("the essential allowance", () => {
  test("the first energy of every home counts as critical", () => {
    const lines: readonly Line[] = [
      [1, "buy", 8, 50],
      [2, "buy", 3, 60],
      [3, "buy", 6, 900],
      [9, "sell", 10, 20],
    ];
    const result = island(lines, { classes: { 1: "critical", 2: "normal", 3: "flexible" }, essential: 2 });
    // Critical: 8, 2 and 2; the first gets what is left of ten when the others have their two.
    expect(served(result)).toEqual([6, 2, 2, 10]);
    expect(result.outcomes.map(({ critical }) => critical)).toEqual([8, 2, 2, 0]);
    expect(result.classes.critical).toMatchObject({ wanted: 12, served: 10, unserved: 2 });
    expect(result.classes.normal).toMatchObject({ wanted: 1, served: 0, fairness: null });
    expect(result.classes.flexible).toMatchObject({ wanted: 4, served: 0 });
  });

  test("a home has it once, and spends it on its highest class first, then on its best limit", () => {
    const lines: readonly Line[] = [
      [1, "buy", 3, 50],
      [1, "buy", 3, 70],
      [1, "buy", 3, 90],
      [9, "sell", 4, 20],
    ];
    const result = island(lines, { classes: { 3: "flexible" }, essential: 4 });
    expect(result.outcomes.map(({ critical }) => critical)).toEqual([1, 3, 0, 0]);
    expect(served(result)).toEqual([1, 3, 0, 4]);
  });
});

describe("prices", () => {
  test.each<readonly [string, readonly Line[], PlainIsland, number]>([
    [
      "enough for all: k of the way",
      [
        [1, "buy", 4, 60],
        [9, "sell", 10, 20],
        [8, "sell", 1, 10],
      ],
      {},
      20,
    ],
    [
      "just enough: between the seller and the buyer",
      [
        [1, "buy", 10, 60],
        [9, "sell", 10, 20],
      ],
      { kPermille: 250 },
      30,
    ],
    [
      "scarce: the cap, not what somebody would give",
      [
        [1, "buy", 40, 900],
        [9, "sell", 10, 20],
      ],
      { cap: 300 },
      300,
    ],
    [
      "scarce: never above the limit of somebody served",
      [
        [1, "buy", 5, 80],
        [2, "buy", 40, 900],
        [9, "sell", 10, 20],
      ],
      { cap: 300 },
      80,
    ],
    [
      "scarce: never above the limit of a seller who stays out",
      [
        [1, "buy", 5, 30],
        [2, "buy", 40, 900],
        [9, "sell", 10, 20],
        [8, "sell", 5, 40],
      ],
      { cap: 300, classes: { 1: "critical" } },
      30,
    ],
  ])("%s", (_, lines, plain, price) => {
    expect(priceOf(island(lines, plain))).toBe(price);
  });

  test("a seller above the cap stays out", () => {
    const result = island(
      [
        [1, "buy", 10, 900],
        [8, "sell", 3, 20],
        [9, "sell", 10, 301],
      ],
      { cap: 300 },
    );
    expect(served(result)).toEqual([3, 3, 0]);
    expect(reasons(result)).toEqual(["ISLAND_SHED", null, "ISLAND_ABOVE_CAP"]);
  });

  test("a dear seller is let in if that serves more of the highest class", () => {
    const lines: readonly Line[] = [
      [1, "buy", 8, 90],
      [2, "buy", 10, 40],
      [8, "sell", 5, 20],
      [9, "sell", 10, 60],
    ];
    const result = island(lines, { classes: { 1: "critical", 2: "flexible" } });
    expect(served(result)).toEqual([8, 0, 5, 3]);
    expect(reasons(result)).toEqual([null, "PRICE_TOO_HIGH", null, "RATIONED"]);
    expect(priceOf(result)).toBe(60);
  });

  test("and isn't if its price is above the limit of somebody of a higher class", () => {
    const lines: readonly Line[] = [
      [1, "buy", 5, 30],
      [2, "buy", 10, 90],
      [8, "sell", 5, 20],
      [9, "sell", 10, 60],
    ];
    const result = island(lines, { classes: { 1: "critical", 2: "flexible" } });
    expect(served(result)).toEqual([5, 0, 5, 0]);
    expect(reasons(result)).toEqual([null, "ISLAND_SHED", null, "PRICE_TOO_LOW"]);
    expect(priceOf(result)).toBe(30);
  });
});

describe("who has to stay out", () => {
  test("as much energy of a class, shared by all who accept a low price rather than taken by one who would pay a high one", () => {
    const lines: readonly Line[] = [
      [1, "buy", 10, 15],
      [2, "buy", 10, 25],
      [8, "sell", 10, 10],
      [9, "sell", 10, 20],
    ];
    const result = island(lines, { classes: { 1: "critical", 2: "critical" } });
    expect(served(result)).toEqual([5, 5, 10, 0]);
    expect(priceOf(result)).toBe(15);
  });

  test("a level at which more would be wanted isn't taken if less is served", () => {
    const lines: readonly Line[] = [
      [1, "buy", 3, 2],
      [2, "buy", 1, 1],
      [3, "buy", 1, 0],
      [8, "sell", 2, 1],
      [8, "sell", 1, 2],
      [9, "sell", 9, 9],
    ];
    expect(served(island(lines, { classes: { 3: "critical" } }))).toEqual([3, 0, 0, 2, 1, 0]);
  });

  test.each([
    ["critical", "normal"],
    ["normal", "flexible"],
  ] as const)("%s comes before %s even where the way eats half of it", (far, near) => {
    const wires = [{ parent: 0, into: 100, out: 100, fee: 0, lossPpm: 500_000 }];
    const given = street({
      wires,
      offers: [
        [0, "sell", 10, 10],
        [1, "buy", 5, 500],
        [0, "buy", 10, 500],
      ],
    });
    const result = clearIsland(given, rulesOf({}), ordersOf({ classes: { 2: far, 3: near } }));
    expect(result.ok && served(result.value)).toEqual([10, 5, 0]);
  });

  test("the fee of the way is no reason to be served last of a class", () => {
    const wires = [{ parent: 0, into: 100, out: 100, fee: 2, lossPpm: 0 }];
    const given = street({
      wires,
      offers: [
        [0, "sell", 6, 10],
        [0, "buy", 5, 40],
        [1, "buy", 5, 40],
        [0, "buy", 2, 90],
      ],
    });
    const result = clearIsland(given, rulesOf({ cap: 50 }), ordersOf({ classes: { 4: "critical" } }));
    expect(result.ok && served(result.value)).toEqual([6, 2, 2, 2]);
  });
});

describe("the grid is gone", () => {
  test("orders of whoever stands for it can't be reached", () => {
    const result = island(
      [
        [1, "buy", 10, 50],
        [9, "sell", 4, 20],
        [99, "sell", 1000, 30],
        [99, "buy", 1000, 10],
      ],
      { outside: [99] },
    );
    expect(served(result)).toEqual([4, 4, 0, 0]);
    expect(reasons(result)).toEqual(["ISLAND_SHED", null, "ISLAND_NO_GRID", "ISLAND_NO_GRID"]);
    expect(result.classes.normal).toMatchObject({ wanted: 10, served: 4, unserved: 6 });
  });

  test("on wires: the root's edges carry nothing, the street's go on", () => {
    const wires = [
      { parent: 0, into: 100, out: 100, fee: 0, lossPpm: 0 },
      { parent: 1, into: 3, out: 100, fee: 5, lossPpm: 0 },
      { parent: 1, into: 100, out: 100, fee: 5, lossPpm: 0 },
    ];
    const given = street({
      wires,
      offers: [
        [0, "sell", 1000, 10],
        [2, "buy", 8, 200],
        [3, "buy", 8, 200],
        [1, "sell", 9, 20],
      ],
    });
    const classes = { classes: { 2: "critical" as const, 3: "flexible" as const } };
    const result = clearIsland({ ...given, network: islanded(given.network) }, rulesOf({ cap: 100 }), ordersOf(classes));
    // The wire of node 2 carries three of the eight that are critical; the rest of nine goes to node 3.
    expect(result.ok && served(result.value)).toEqual([0, 3, 6, 9]);
    expect(result.ok && result.value.clearing).toMatchObject({
      kind: "trade",
      nodes: [{}, { price: 95 }, { price: 100 }, { price: 100 }],
      surplus: 45,
    });
  });

  test("nobody left who sells", () => {
    const result = island(
      [
        [1, "buy", 10, 50],
        [99, "sell", 1000, 30],
      ],
      { outside: [99] },
    );
    expect(result).toMatchObject({ clearing: { kind: "no-trade" }, fairness: null, scarce: true });
    expect(reasons(result)).toEqual(["ISLAND_SHED", "ISLAND_NO_GRID"]);
  });

  test("no orders", () => {
    expect(island([])).toMatchObject({ clearing: { kind: "no-trade", reason: "NO_ORDERS" }, outcomes: [], scarce: false });
  });

  test("enough for all is a market as any, but for the cap", () => {
    const lines: readonly Line[] = [
      [1, "buy", 4, 60],
      [2, "buy", 3, 50],
      [8, "sell", 5, 20],
      [9, "sell", 10, 30],
    ];
    expect(island(lines).clearing).toEqual(clear(input(book(...lines))));
  });
});

describe("fairness", () => {
  test("Jain's index of served over wanted, home by home", () => {
    const lines: readonly Line[] = [
      [1, "buy", 4, 300],
      [2, "buy", 5, 300],
      [3, "buy", 6, 300],
      [4, "buy", 3, 300],
      [9, "sell", 13, 40],
    ];
    const result = island(lines, { classes: { 1: "critical", 3: "flexible", 4: "flexible" } });
    // Two of 6 and two of 3: (1/3 + 2/3)^2 / (2 x (1/9 + 4/9)).
    expect(result.classes.flexible.fairness).toEqual({ numerator: 9n, denominator: 10n, permille: 900 });
    expect(result.classes.critical.fairness).toEqual({ numerator: 1n, denominator: 1n, permille: 1000 });
  });

  test("one alone of three is a third", () => {
    const lines: readonly Line[] = [
      [1, "buy", 7, 50],
      [2, "buy", 8, 60],
      [3, "buy", 6, 900],
      [9, "sell", 7, 20],
    ];
    expect(island(lines, { classes: { 1: "critical" } }).fairness).toEqual({ numerator: 1n, denominator: 3n, permille: 333 });
  });
});

describe("bad rules have their own codes", () => {
  const given = input(book([1, "buy", 10, 100]), 10);

  test.each([
    ["ISLAND_CAP_OFF_TICK", { ...rulesOf({}), priceCap: microPerKwh(15) }],
    ["ISLAND_CAP_OUT_OF_RANGE", { ...rulesOf({}), priceCap: -10 as IslandRules["priceCap"] }],
    ["ISLAND_ESSENTIAL_OUT_OF_RANGE", { ...rulesOf({}), essential: 0.5 as IslandRules["essential"] }],
  ] as const)("%s", (code, rules) => {
    expect(clearIsland(given, rules, ordersOf({}))).toMatchObject({ ok: false, code });
  });

  test("ISLAND_TOO_LARGE", () => {
    const large = input(book([1, "buy", 1_000_000_000, 100]), 10);
    expect(clearIsland(large, rulesOf({ cap: 10_000_000 }), ordersOf({}))).toMatchObject({ ok: false, code: "ISLAND_TOO_LARGE" });
  });
});
