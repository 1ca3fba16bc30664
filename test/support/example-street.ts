import type {
  BatchView,
  CertificateView,
  CommunityView,
  ConvictionView,
  HomeView,
  MotionView,
  PauseView,
  PricePoint,
  SettlementView,
  StreetState,
} from "../../src/api/index.ts";
import { type ExampleOrder, exampleClearing } from "./example-clearing.ts";

const MINUTE = 60_000;
const IMPORT = 320_000;
const EXPORT = 79_000;

export interface ExampleOptions {
  readonly homes?: number;
  /** When the last certified interval starts. */
  readonly interval?: string;
  readonly intervals?: number;
  readonly silent?: readonly number[];
  readonly offline?: readonly number[];
  readonly name?: (home: number) => string;
  readonly seed?: number;
  readonly speed?: number;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");
const at = (start: string, intervals: number): string => iso(Date.parse(start) + intervals * 15 * MINUTE);
const hash = (seed: number): string =>
  `0x${Array.from({ length: 64 }, (_, i) => (((seed + 3) * (i + 7) * 2_654_435_761) >>> 20) % 16)
    .map((n) => n.toString(16))
    .join("")}`;

/** A number in 0..1 that depends on nothing but its arguments. */
function chance(...parts: readonly number[]): number {
  let x = parts.reduce((all, part) => (all * 31 + part + 17) | 0, 7);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

const sunAt = (start: string): number => {
  const hour = (Date.parse(start) / 3_600_000 + 2) % 24;
  return Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI));
};

const hasSolar = (home: number): boolean => home % 3 !== 2;
const hasBattery = (home: number): boolean => home % 4 === 0;

/** What a home has over (+) or lacks (-) in an interval, Wh. */
function netWh(home: number, start: string, seed: number): number {
  const slot = Date.parse(start) / (15 * MINUTE);
  const load = 70 + 420 * chance(home, slot, seed) ** 2;
  const pv = hasSolar(home) ? (700 + 600 * chance(home, seed)) * sunAt(start) * (0.6 + 0.4 * chance(slot, seed)) : 0;
  return Math.round(pv - load);
}

function ordersOf(start: string, homes: readonly number[], name: (home: number) => string, seed: number): ExampleOrder[] {
  const battery = (home: number) => hasBattery(home) && sunAt(start) === 0 && chance(home, Date.parse(start), 5) > 0.2;
  return homes.map((home) => {
    const net = netWh(home, start, seed);
    const side = net > 0 ? "sell" : "buy";
    const spread = chance(home, seed, 9);
    const limit = side === "sell" ? 85_000 + 110_000 * spread : 120_000 + 195_000 * spread;
    if (battery(home)) return { home, name: name(home), side: "sell" as const, limitMicro: 335_000, energyWh: 400 };
    return { home, name: name(home), side, limitMicro: Math.round(limit / 1000) * 1000, energyWh: Math.max(20, Math.abs(net)) };
  });
}

function settle(start: string, homes: readonly HomeView[], state: StreetState["clearing"], silent: ReadonlySet<number>): SettlementView {
  const flows = homes.map(({ home, name }) => {
    const orders = state?.orders.filter((order) => order.home === home) ?? [];
    const filled = (side: string) => orders.filter((order) => order.side === side).reduce((sum, order) => sum + order.filledWh, 0);
    const rest = orders.reduce((sum, order) => sum + (order.energyWh - order.filledWh) * (order.side === "buy" ? 1 : -1), 0);
    const sells = orders.some((order) => order.side === "sell");
    return {
      home,
      name,
      boughtWh: filled("buy"),
      soldWh: filled("sell"),
      utilityImportWh: sells ? 0 : Math.max(0, rest + Math.round(30 * chance(home, 77))),
      utilityExportWh: sells ? Math.max(0, -rest) : 0,
      chargeMicro: 0,
      quality: silent.has(home) ? ("estimated" as const) : ("measured" as const),
    };
  });
  const moved = flows.reduce((sum, flow) => sum + flow.boughtWh + flow.utilityImportWh, 0);
  const money = moved * 140_000;
  return {
    interval: start,
    flows,
    surplus: { account: "grid", amountMicro: 0, feesMicro: 0, rentsMicro: 0, keptMicro: 0, chargesMicro: 0, lostWh: 0 },
    conservation: { energyInWh: moved, energyOutWh: moved, moneyInNano: money, moneyOutNano: money, holds: true },
  };
}

function homeView(home: number, options: Required<ExampleOptions>): HomeView {
  const silent = options.silent.includes(home);
  const net = netWh(home, options.interval, options.seed);
  const grown = options.intervals;
  return {
    home,
    name: options.name(home),
    solar: hasSolar(home),
    battery: hasBattery(home),
    online: !options.offline.includes(home),
    data: silent ? "no-data" : "ok",
    validator: home < 31,
    voice: home < 31 ? "home" : null,
    paused: null,
    meter: { source: "modbus", quality: "measured", trust: "C", ageSeconds: 1, alarms: [] },
    clockOffsetMs: options.offline.includes(home) ? null : Math.round(40 * chance(home, 12) - 20),
    batteryPercent: hasBattery(home) && !silent ? Math.round(35 + 60 * chance(home, options.seed, 3)) : null,
    keepForBackupPercent: hasBattery(home) && !silent ? 30 : null,
    balanceMicro: Math.round((chance(home, 1) - 0.55) * 60_000 * grown),
    vaultMicro: 50_000_000,
    debtMicro: 0,
    creditMicro: 48_500_000,
    savedMicro: Math.round(chance(home, 2) * 22_000 * grown),
    reading: silent || grown === 0 ? null : { interval: options.interval, importWh: Math.max(0, -net), exportWh: Math.max(0, net) },
    boughtWh: 0,
    soldWh: 0,
    boughtTotalWh: Math.round(chance(home, 4) * 160 * grown),
    soldTotalWh: hasSolar(home) ? Math.round(chance(home, 6) * 260 * grown) : 0,
  };
}

/** A plausible street at one moment; the same options give the same street. */
export function exampleStreet(given: ExampleOptions = {}): StreetState {
  const options = { homes: 12, interval: "2026-06-18T06:45:00Z", intervals: 64, silent: [], offline: [], seed: 7, speed: 288, ...given };
  const name = given.name ?? ((home: number) => `home-${String(home + 1).padStart(2, "0")}`);
  const full = { ...options, name };
  const ids = Array.from({ length: options.homes }, (_, home) => home);
  const views = ids.map((home) => homeView(home, full));
  const trading = ids.filter((home) => !options.silent.includes(home) && !options.offline.includes(home));
  const clear = (start: string) => exampleClearing(start, ordersOf(start, trading, name, options.seed));
  const begun = options.intervals > 0;
  const clearing = begun ? clear(options.interval) : null;
  const settlement = begun ? settle(options.interval, views, clearing, new Set([...options.silent, ...options.offline])) : null;
  const shown = Math.min(192, options.intervals);
  const starts = Array.from({ length: shown }, (_, i) => at(options.interval, i - shown + 1));
  return {
    sentence: sentence(views, clearing),
    street: {
      name: "sunny-street",
      currency: "EUR",
      timeZone: "Europe/Vienna",
      readings: `synthetic (seed ${options.seed})`,
      synthetic: true,
      speed: options.speed,
      now: iso(Date.parse(options.interval) + 18 * MINUTE),
      intervalMinutes: 15,
      nextInterval: { start: at(options.interval, 2), gate: iso(Date.parse(options.interval) + 28 * MINUTE) },
      importPriceMicro: IMPORT,
      exportPriceMicro: EXPORT,
      intervalsCertified: options.intervals,
      sealedOrders: options.homes < 100,
    },
    homes: views.map((view) => {
      const flow = settlement?.flows.find(({ home }) => home === view.home);
      return { ...view, boughtWh: flow?.boughtWh ?? 0, soldWh: flow?.soldWh ?? 0 };
    }),
    clearing,
    prices: starts.map((start): PricePoint => {
      const { kind, priceMicro, volumeWh } = clear(start);
      return { interval: start, kind, priceMicro, volumeWh };
    }),
    certificates: starts
      .slice(-24)
      .reverse()
      .map((start, i) => certificate(start, i, options.homes)),
    batches: begun ? batches(options.interval, Math.ceil(options.intervals / 32)) : [],
    settlement,
    surplus: { account: "grid", balanceMicro: 0, communityPercent: 0, communityMicro: 0, lostWh: 0 },
    watch: watchOf(options.interval, options.homes),
    community: communityOf(options.homes),
  };
}

function sentence(homes: readonly HomeView[], clearing: StreetState["clearing"]): string {
  const online = homes.filter((home) => home.online).length;
  const start = `${online} of ${homes.length} homes online`;
  if (clearing === null) return `${start}; the first trade is still to come`;
  if (clearing.priceMicro === null) return `${start}; nothing traded in the last interval`;
  const rest = clearing.unsoldWh > 0 ? `${(clearing.unsoldWh / 1000).toFixed(1)} kWh found no buyer` : "everything offered found a buyer";
  return `${start}; last price ${(clearing.priceMicro / 10_000).toFixed(1)} ct; ${rest}`;
}

const PERIOD_OF_LIES = { from: "2026-06-18T06:00:00Z", until: "2026-06-18T07:00:00Z" };

function watchOf(interval: string, homes: number): StreetState["watch"] {
  const validators = Math.min(31, homes);
  return {
    convictions: [],
    wrongSettlements: [],
    clock: { offsetMs: 12, peers: validators, status: "ok" },
    membership: {
      version: homes,
      validators,
      quorum: Math.floor((2 * validators) / 3) + 1,
      nextEdge: `${interval.slice(0, 11)}22:00:00Z`,
      joining: [],
      leaving: [],
      newKeys: [],
    },
  };
}

const NUMBERS = { communityPercent: 10, kPermille: 500, withheldCharge: 50_000, maxPrice: 1_000_000 };

/** Nothing is voted on. */
const communityOf = (homes: number): CommunityView => ({
  now: "2026-11-27T19:00:00Z",
  inForce: { hash: hash(homes), since: "2026-03-02T00:00:00Z", numbers: NUMBERS },
  coming: [],
  motions: [],
});

function certificate(interval: string, back: number, homes: number): CertificateView {
  const validators = Math.min(31, homes);
  return {
    interval,
    kind: "trade",
    value: hash(back),
    votes: back === 3 ? Math.floor((validators * 2) / 3) + 1 : validators - (back % 5 === 1 ? 1 : 0),
    validators,
    orders: homes,
    readings: homes - 1,
    latencyMs: back > 20 ? null : Math.round(70 + 90 * chance(back, 8)),
  };
}

function batches(interval: string, many: number): BatchView[] {
  return Array.from({ length: many }, (_, i) => {
    const status = (["signing", "sent"] as const)[i] ?? "on-chain";
    return {
      period: 20_000 - i,
      from: at(interval, -32 * (i + 1)),
      until: at(interval, -32 * i),
      status,
      signatures: status === "signing" ? 7 : 12,
      quorum: 9,
      transaction: status === "signing" ? null : hash(i + 90),
      block: status === "on-chain" ? 812 - i : null,
      gas: status === "on-chain" ? 214_377 + 11 * i : null,
    };
  });
}

/** The streets that the page must show well. */
const PAUSED: PauseView = { reason: "store-lost", ends: "neighbours", missing: 2, from: null };

export const EXAMPLES = {
  midday: () => exampleStreet({ offline: [10] }),
  night: () => exampleStreet({ interval: "2026-06-18T23:30:00Z" }),
  noData: () => exampleStreet({ silent: [3] }),
  empty: () => exampleStreet({ intervals: 0 }),
  later: () => exampleStreet({ intervals: 300, interval: "2026-06-19T14:15:00Z", silent: [5] }),
  longNames: () =>
    exampleStreet({ name: (home) => (home % 2 === 0 ? `Upper Linden Road ${home + 1}, back building on the left` : `Mill ${home + 1}`) }),
  forty: () => exampleStreet({ homes: 40, silent: [12], offline: [30] }),
  /** Both sides end at the same energy: a whole range of prices would do. */
  range: (): StreetState => {
    const state = exampleStreet({});
    const order = (home: number, side: "buy" | "sell", limitMicro: number, energyWh: number) => ({
      home,
      name: `home-0${home + 1}`,
      side,
      limitMicro,
      energyWh,
    });
    const orders = [order(0, "sell", 95_000, 400), order(1, "sell", 118_000, 350), order(3, "sell", 240_000, 500)];
    const wishes = [order(2, "buy", 290_000, 500), order(5, "buy", 205_000, 250), order(8, "buy", 101_000, 300)];
    return { ...state, clearing: exampleClearing("2026-06-18T06:45:00Z", [...orders, ...wishes]) };
  },
  /** Agreed too late to trade, twice: once just now, once a while ago. */
  tooLate: (): StreetState => {
    const state = exampleStreet({});
    const last = exampleClearing("2026-06-18T06:45:00Z", []);
    const noTradeReason = "the homes agreed too late to trade in this interval; the utility covers it";
    const late = new Set(["2026-06-18T06:45:00Z", "2026-06-18T04:45:00Z"]);
    return {
      ...state,
      sentence: `12 of 12 homes online; nothing traded: ${noTradeReason}`,
      clearing: { ...last, kind: "void", noTradeReason },
      prices: state.prices.map((point) => (late.has(point.interval) ? { ...point, kind: "void", priceMicro: null, volumeWh: 0 } : point)),
      certificates: state.certificates.map((each) => (late.has(each.interval) ? { ...each, kind: "void", orders: 0 } : each)),
    };
  },
  /** A bad day: liars, clocks that are off, orders that were never shown, homes that come and go. */
  watched: (): StreetState => {
    const state = exampleStreet({});
    const name = (home: number): string => state.homes[home]!.name;
    const proof = (home: number, kind: ConvictionView["kind"], proofs: number, heardAt: string | null): ConvictionView => {
      return { home, name: name(home), kind, proofs, heardAt, interval: "2026-06-18T06:30:00Z" };
    };
    return {
      ...state,
      homes: state.homes.map((home) => ({
        ...home,
        clockOffsetMs: home.home === 5 ? -2_140 : home.home === 9 ? 480 : home.clockOffsetMs,
        paused: home.home === 3 ? PAUSED : home.home === 4 ? { ...PAUSED, ends: "owner", missing: null } : null,
      })),
      clearing: state.clearing && { ...state.clearing, withheld: [2, 2, 7].map((home) => ({ home, name: name(home) })) },
      settlement: state.settlement && {
        ...state.settlement,
        flows: state.settlement.flows.map((flow) => (flow.home === 2 ? { ...flow, chargeMicro: 100_000 } : flow)),
        surplus: { ...state.settlement.surplus, amountMicro: 100_000, chargesMicro: 100_000 },
      },
      watch: {
        convictions: [proof(6, "vote", 3, "2026-06-18T06:58:20Z"), proof(11, "order", 1, null)],
        wrongSettlements: [
          { ...PERIOD_OF_LIES, fault: null, state: "open", seenAt: "2026-06-18T07:03:00Z" },
          { ...PERIOD_OF_LIES, fault: "double-fill", state: "refused", seenAt: "2026-06-18T07:01:00Z" },
        ],
        clock: { offsetMs: 730, peers: 11, status: "bad" },
        membership: { ...state.watch.membership!, joining: ["home-13", "Mill 4"], leaving: ["home-02"], newKeys: ["home-09"] },
      },
    };
  },
  /** Homes vote, and have decided on something for later. */
  voting: (): StreetState => {
    const state = exampleStreet({});
    const community = communityOf(12);
    const wanted = { hash: hash(1), since: "2026-12-31T23:00:00Z", numbers: { ...NUMBERS, communityPercent: 30, maxPrice: 800_000 } };
    const instead = { ...NUMBERS, communityPercent: 20 };
    const motion: MotionView = {
      motion: 4,
      home: 3,
      name: "home-04",
      rules: wanted,
      instead,
      payment: null,
      yes: 5,
      no: 1,
      members: 12,
      stage: "voting",
      broughtAt: "2026-11-25T18:30:00Z",
      closesAt: "2026-12-02T18:30:00Z",
      executableAt: "2026-12-16T18:30:00Z",
      lapsesAt: "2026-12-23T18:30:00Z",
    };
    const later = { hash: hash(2), since: "2026-12-15T23:00:00Z", numbers: { ...NUMBERS, communityPercent: 20 } };
    const payment = { to: `0x${"5a".repeat(20)}`, micro: 37_500_000 };
    const others = [
      { ...motion, motion: 3, home: 1, name: "home-02", yes: 2, no: 0, rules: null, instead: null, payment },
      { ...motion, motion: 2, home: 8, name: "home-09", yes: 8, stage: "executable" },
      {
        ...motion,
        motion: 1,
        home: 6,
        name: "home-07",
        yes: 7,
        no: 4,
        stage: "carried",
        rules: { ...wanted, numbers: instead },
      },
    ] as const;
    return { ...state, community: { ...community, coming: [later], motions: [motion, ...others] } };
  },
  broken: (): StreetState => {
    const state = exampleStreet({});
    const conservation = { energyInWh: 4210, energyOutWh: 4190, moneyInNano: 9_100_000, moneyOutNano: 9_100_000, holds: false };
    return { ...state, settlement: state.settlement && { ...state.settlement, conservation } };
  },
} as const satisfies Record<string, () => StreetState>;
