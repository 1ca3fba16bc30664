import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { nearest, stepPath, stepsOf, totalOf } from "../../src/web/lib/curves.ts";
import { countdown, energy, fineMoney, minuteOf, money, price, sentence, shorten, span, timeOf } from "../../src/web/lib/format.ts";
import { runPath, runsOf } from "../../src/web/lib/history.ts";
import { streetLayout, thickness } from "../../src/web/lib/layout.ts";
import { around, scale, ticks } from "../../src/web/lib/scale.ts";
import { isQuiet, streetNow } from "../../src/web/lib/street-time.ts";
import { watchedOf } from "../../src/web/lib/watched.ts";
import { en } from "../../src/web/texts/en.ts";
import { EXAMPLES } from "../support/example-street.ts";

const QUARTER = 15 * 60_000;

describe("numbers as neighbours read them", () => {
  test.each([
    [0, "0 Wh"],
    [999, "999 Wh"],
    [1000, "1.0 kWh"],
    [3140, "3.14 kWh"],
    [14_250, "14.3 kWh"],
  ])("%i Wh is %s", (wh, text) => expect(energy(wh)).toBe(text));

  test.each([
    [142_000, "EUR", "14.2 ct"],
    [79_000, "EUR", "7.9 ct"],
    [0, "EUR", "0.0 ct"],
    [123_450, "GBP", "12.35 p"],
    [142_000, "JPY", "0.142 JPY"],
  ])("%i micro %s is %s", (micro, currency, text) => expect(price(micro, currency)).toBe(text));

  test.each([
    [11_400_000, "auto", "€11.40"],
    [-2_114_000, "auto", "−€2.11"],
    [1_670_000, "always", "+€1.67"],
    [-4000, "always", "€0.00"],
    [0, "always", "€0.00"],
  ] as const)("%i micro is %s money", (micro, sign, text) => expect(money(micro, "EUR", sign)).toBe(text));

  test.each([
    [0, "€0.00"],
    [649, "€0.0006"],
    [12_340, "€0.0123"],
    [1_250_000, "€1.25"],
    [1_234_567_890, "€1,234.5679"],
  ])("%i micro of a fund", (micro, text) => expect(fineMoney(micro, "EUR")).toBe(text));

  test.each([
    [572_000, "9:32"],
    [3_850_000, "1:04:10"],
    [1, "0:01"],
    [-5, "0:00"],
  ])("%i ms left is %s", (ms, text) => expect(countdown(ms)).toBe(text));

  test("times are the street's, in summer and in winter", () => {
    expect(timeOf("2026-06-18T10:00:00Z", "Europe/Vienna")).toBe("12:00");
    expect(timeOf("2026-12-18T10:00:00Z", "Europe/Vienna", true)).toBe("11:00:00");
    expect(timeOf("2026-06-18T22:00:00Z", "Europe/Vienna")).toBe("00:00");
    expect(minuteOf(Date.parse("2026-06-18T10:15:00Z"), "Europe/Vienna")).toBe(735);
    expect(span("2026-06-18T21:45:00Z", 15, "Europe/Vienna")).toEqual(["23:45", "00:00"]);
  });

  test("a phrase of the node becomes a sentence", () => {
    expect([sentence("nobody offered energy"), sentence("Done."), sentence("")]).toEqual(["Nobody offered energy.", "Done.", "."]);
  });

  test("a long name is cut where it is drawn", () => {
    expect([shorten("home-01", 7), shorten("home-012", 7), shorten("Upper Road", 7)]).toEqual(["home-01", "home-0…", "Upper…"]);
  });
});

describe("curves", () => {
  const orders = [
    ["buy", 300, 100],
    ["buy", 200, 50],
    ["sell", 100, 80],
    ["sell", 250, 70],
  ].map(([side, limitMicro, energyWh], home) => ({
    side,
    limitMicro,
    energyWh,
    home,
    name: `home-${home}`,
    filledWh: 0,
    node: null,
    wire: null,
    outcome: "refused",
    reason: "",
  })) as Parameters<typeof stepsOf>[0];

  test("are running sums of energy, side by side", () => {
    expect(stepsOf(orders, "buy").map(({ from, to }) => [from, to])).toEqual([
      [0, 100],
      [100, 150],
    ]);
    expect(stepsOf(orders, "sell").map(({ from, to }) => [from, to])).toEqual([
      [0, 80],
      [80, 150],
    ]);
    expect([totalOf(stepsOf(orders, "sell")), totalOf([])]).toEqual([150, 0]);
  });

  test("are drawn as level steps", () => {
    expect(
      stepPath(
        stepsOf(orders, "buy"),
        (wh) => wh,
        (micro) => micro,
      ),
    ).toBe("M0.0 300.0H100.0L100.0 200.0H150.0");
  });

  test.each([
    [50, 290, 0],
    [50, 110, 2],
    [120, 260, 3],
    [120, 190, 1],
    [50, 210, 0],
    [900, 110, 1],
  ])("the point %i Wh, %i micro means order %i", (wh, micro, home) => {
    expect(nearest([...stepsOf(orders, "buy"), ...stepsOf(orders, "sell")], wh, micro)?.order.home).toBe(home);
  });

  test("without orders nothing is near", () => expect(nearest([], 1, 1)).toBeUndefined());
});

describe("price history", () => {
  const at = (i: number) => new Date(i * QUARTER).toISOString();

  test("breaks where nothing traded and where intervals are missing, and makes no price up", () => {
    const prices = [
      [0, 10],
      [1, 11],
      [2, null],
      [3, 12],
      [6, 13],
      [7, 14],
    ].map(([i, price]) => {
      const [priceMicro, kind] = price === null ? ([null, "no-trade"] as const) : ([price as number, "trade"] as const);
      return { interval: at(i as number), kind, priceMicro, volumeWh: 1 };
    });
    expect(runsOf(prices, QUARTER).map((run) => run.map(({ priceMicro }) => priceMicro))).toEqual([[10, 11], [12], [13, 14]]);
  });

  test("a price holds for its whole interval", () => {
    expect(
      runPath(
        [
          { at: 0, priceMicro: 5 },
          { at: 10, priceMicro: 7 },
        ],
        10,
        (t) => t,
        (p) => p,
      ),
    ).toBe("M0.0 5.0H10.0L10.0 7.0H20.0");
  });
});

describe("the picture of the street", () => {
  test("every home has a place of its own inside the picture", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 300, max: 1400 }), (homes, width) => {
        const { places, streets, height, cell } = streetLayout(homes, width);
        const own = new Set(places.map(({ x, y, above }) => `${x} ${y} ${above}`)).size === homes;
        const inside = places.every(({ x, y }) => x - cell / 2 >= 0 && x + cell / 2 <= width + 0.001 && y > 0 && y < height);
        return (
          own &&
          inside &&
          cell >= 80 &&
          streets.every(({ until }) => until < width) &&
          places.every(({ y }) => streets.some((street) => street.y === y))
        );
      }),
      { numRuns: 300 },
    );
  });

  test("a line is thicker for more energy, and none for nothing", () => {
    expect([thickness(0, 100), thickness(100, 100), thickness(5, 0)]).toEqual([0, 9, 0]);
    expect(thickness(1, 100)).toBeGreaterThan(2);
    expect(thickness(50, 100)).toBeLessThan(thickness(60, 100));
  });
});

describe("scales", () => {
  test("map ends to ends, also when there is only one value", () => {
    const to = scale([10, 20], [100, 0]);
    expect([to(10), to(15), to(20)]).toEqual([100, 50, 0]);
    expect(scale([5, 5], [0, 10])(5)).toBe(0);
  });

  test.each([
    [[5.3, 33.7], 5, [10, 20, 30]],
    [[0, 1530], 6, [0, 500, 1000, 1500]],
    [[0, 0.5], 5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
    [[3, 3], 5, [3]],
  ])("%p in about %i steps", (range, many, expected) => expect(ticks(range as [number, number], many)).toEqual(expected));

  test("leave room around", () => expect(around([10, 20], 0.1)).toEqual([9, 21]));
});

describe("the street's time", () => {
  const anchor = { at: 1_000_000, heardAt: 5000, speed: 288 };

  test("runs as fast as the street, and never backwards", () => {
    expect([streetNow(anchor, 5000), streetNow(anchor, 6000), streetNow(anchor, 4000)]).toEqual([1_000_000, 1_288_000, 1_000_000]);
  });

  test("silence is called so after two more gates and 20 seconds", () => {
    const gate = 1_000_000;
    expect(isQuiet(anchor, gate, 15, 5000 + 19_000)).toBe(false);
    expect(isQuiet(anchor, gate, 15, 5000 + 21_000)).toBe(true);
    expect(isQuiet({ ...anchor, speed: 1 }, gate, 15, 5000 + 21_000)).toBe(false);
    expect(isQuiet({ ...anchor, speed: 1 }, gate, 15, 5000 + 30 * 60_000 + 1)).toBe(true);
  });
});

describe("words", () => {
  const spoken = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    if (typeof value === "function") return [String(value)];
    return Object.values(value as object).flatMap(spoken);
  };

  test("outside the proof nobody is told of wallets, gas, nonces or prosumers", () => {
    const { proof, ...rest } = en;
    expect(spoken(rest).join(" ")).not.toMatch(/prosumer|wallet|\bgas\b|nonce|net consumer/i);
    expect(spoken(proof).join(" ")).toMatch(/\bGas\b/);
    expect(spoken(rest).join(" ")).toMatch(/Bought from neighbours.*Sold to neighbours.*Keep for backup/s);
  });

  test("the examples that the page is tried with are plausible: what is bought is sold", () => {
    for (const [name, example] of Object.entries(EXAMPLES)) {
      const flows = example().settlement?.flows ?? [];
      expect([name, flows.reduce((sum, flow) => sum + flow.boughtWh - flow.soldWh, 0)]).toEqual([name, 0]);
    }
  });
});

describe("what is worth a look", () => {
  test("nothing on an ordinary day", () => {
    expect(watchedOf(EXAMPLES.midday())).toEqual({ withheld: [], paused: [], meters: [], clocks: [], own: null, changes: [] });
  });

  test("clocks from a quarter of a second on, either way; unknown is none", () => {
    const state = EXAMPLES.midday();
    const offsets = [250, 251, -250, -251, null];
    const homes = offsets.map((clockOffsetMs, i) => ({ ...state.homes[0]!, name: `${i}`, clockOffsetMs }));
    expect(watchedOf({ ...state, homes }).clocks).toEqual([
      { name: "1", aheadMs: 251 },
      { name: "3", aheadMs: -251 },
    ]);
  });

  test("when the others are ahead, this machine's clock is behind", () => {
    const { own, withheld, paused } = watchedOf(EXAMPLES.watched());
    expect(own).toEqual({ aheadMs: -730, peers: 11, status: "bad" });
    expect(withheld).toEqual([
      { name: "home-03", many: 2 },
      { name: "home-08", many: 1 },
    ]);
    expect(paused.map(({ name }) => name)).toEqual(["home-04", "home-05"]);
  });
});
