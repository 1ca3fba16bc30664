import type {
  BatchView,
  CertificateView,
  ClearingView,
  HomeView,
  MeterView,
  OrderView,
  PauseView,
  PricePoint,
  SettlementView,
  StreetFacts,
  StreetState,
  SurplusView,
  WatchView,
  WireView,
} from "../state.ts";
import { community } from "./community.ts";
import { count, described, instant, integer, list, mirrors, nullable, number, object, oneOf, pair, text, truth } from "./shape.ts";

const percent = { ...number, minimum: 0, maximum: 100 };

const streetFacts = mirrors<StreetFacts>()(
  object({
    name: text(),
    currency: text({ pattern: "^[A-Z]{3}$" }),
    timeZone: described(text({ minLength: 1 }), "IANA name"),
    readings: text(),
    synthetic: truth,
    speed: described(number, "seconds of street time per real second"),
    now: instant,
    intervalMinutes: count,
    nextInterval: object({ start: instant, gate: instant }),
    importPriceMicro: integer,
    exportPriceMicro: integer,
    intervalsCertified: count,
    sealedOrders: described(truth, "nobody sees another's order before its gate"),
  }),
);

const pause = described(
  mirrors<PauseView>()(
    object({
      reason: described(oneOf("store-lost"), "its store was lost or is a copy, so it can't know all that it has signed"),
      ends: described(
        oneOf("neighbours", "owner", "interval", "declared"),
        "neighbours: once so many more of those who certify have shown that they are no further. owner: when it is started with --store-is-newest. interval: at `from`. declared: it was, and waits half a minute",
      ),
      missing: nullable(count),
      from: nullable(instant),
    }),
  ),
  "why it signs neither orders nor votes",
);

const meter = described(
  mirrors<MeterView>()(
    object({
      source: described(oneOf("modbus", "p1", "mqtt"), "modbus: the inverter's. p1: the utility's. mqtt: as another program tells of it"),
      quality: oneOf("measured", "estimated", "missing"),
      trust: described(
        oneOf("A", "B", "C", "D"),
        "A: signed by a certified meter. B: the utility's meter. C: the home's own. D: estimated or missing",
      ),
      ageSeconds: nullable(count),
      alarms: list(
        described(
          oneOf("METER_SILENT", "COUNTER_BROKEN", "POWER_DIFFERS", "METERS_DIFFER"),
          "METER_SILENT: nothing for a minute. COUNTER_BROKEN: a counter fell or leapt within a day. POWER_DIFFERS: it counts other energy than its power makes. METERS_DIFFER: the home's other meter counts other energy",
        ),
      ),
    }),
  ),
  "how its meter is read, as the home says",
);

const home = mirrors<HomeView>()(
  object({
    home: count,
    name: text(),
    solar: nullable(truth),
    battery: nullable(truth),
    online: truth,
    data: oneOf("ok", "no-data"),
    validator: truth,
    voice: described(nullable(oneOf("home", "operator", "utility")), "of those who certify"),
    clockOffsetMs: nullable(number),
    paused: nullable(pause),
    meter: nullable(meter),
    batteryPercent: nullable(percent),
    keepForBackupPercent: nullable(percent),
    balanceMicro: integer,
    vaultMicro: nullable(integer),
    debtMicro: described(nullable(count), "what it owes the utility because the vault held less than a settlement took"),
    creditMicro: described(nullable(integer), "what it may spend on orders for the next interval; null: nothing limits it"),
    savedMicro: integer,
    reading: nullable(object({ interval: instant, importWh: count, exportWh: count })),
    boughtWh: count,
    soldWh: count,
    boughtTotalWh: count,
    soldTotalWh: count,
  }),
);

const order = mirrors<OrderView>()(
  object({
    home: count,
    name: text(),
    side: oneOf("buy", "sell"),
    limitMicro: integer,
    energyWh: count,
    filledWh: count,
    outcome: oneOf("filled", "partly-filled", "refused"),
    node: nullable(text()),
    wire: described(nullable(text()), "the full wire that stopped it, by the node at its lower end"),
    reason: text(),
  }),
);

const account = oneOf("grid", "community", "supplier");

const wire = mirrors<WireView>()(
  object({
    name: described(text(), "of the node at its lower end"),
    direction: oneOf("import", "export", "idle"),
    enteredWh: count,
    leftWh: count,
    capacityWh: described(nullable(count), "null: nothing limits it in this direction"),
    full: truth,
    feesMicro: count,
    rentMicro: integer,
  }),
);

const clearingKind = described(oneOf("trade", "no-trade", "void"), "void: agreed too late to trade, and certified as that");

export const clearing = mirrors<ClearingView>()(
  object({
    interval: instant,
    kind: clearingKind,
    priceMicro: described(nullable(integer), "null when nothing traded"),
    priceRange: nullable(pair(integer)),
    volumeWh: count,
    priceSetBy: nullable(text()),
    noTradeReason: nullable(text()),
    orders: described(list(order), "buys by falling limit, then sells by rising limit"),
    unsoldWh: count,
    unboughtWh: count,
    withheld: described(list(object({ home: count, name: text() })), "sealed orders never shown, by the home that pays for each"),
    nodes: described(list(object({ name: text(), priceMicro: nullable(integer) })), "the root first; empty on one node"),
    wires: described(list(wire), "empty on one node and without trade"),
  }),
);

const price = mirrors<PricePoint>()(object({ interval: instant, kind: clearingKind, priceMicro: nullable(integer), volumeWh: count }));

export const certificate = mirrors<CertificateView>()(
  object({
    interval: instant,
    kind: oneOf("trade", "void"),
    value: text(),
    votes: count,
    validators: count,
    orders: count,
    readings: count,
    latencyMs: nullable(number),
  }),
);

const batch = mirrors<BatchView>()(
  object({
    period: count,
    from: instant,
    until: instant,
    status: oneOf("signing", "sent", "on-chain"),
    signatures: count,
    quorum: count,
    transaction: nullable(text()),
    block: nullable(count),
    gas: nullable(count),
  }),
);

const flow = object({
  home: count,
  name: text(),
  boughtWh: count,
  soldWh: count,
  utilityImportWh: count,
  utilityExportWh: count,
  chargeMicro: described(count, "for sealed orders that it never showed"),
  quality: oneOf("measured", "estimated"),
});

export const settlement = mirrors<SettlementView>()(
  object({
    interval: instant,
    flows: list(flow),
    surplus: object({
      account,
      amountMicro: integer,
      feesMicro: count,
      rentsMicro: integer,
      keptMicro: integer,
      chargesMicro: count,
      lostWh: count,
    }),
    conservation: object({
      energyInWh: integer,
      energyOutWh: integer,
      moneyInNano: integer,
      moneyOutNano: integer,
      holds: truth,
    }),
  }),
);

export const signedKind = oneOf("order", "commit", "reading", "list", "proposal", "vote");

const conviction = object({
  home: count,
  name: text(),
  proofs: count,
  kind: signedKind,
  interval: instant,
  heardAt: described(nullable(instant), "null: before this program started"),
});

const wrongSettlement = object({
  from: instant,
  until: instant,
  fault: described(
    nullable(oneOf("account", "order", "double-fill", "ledger-step")),
    "what proves it; null: nothing that a contract judges, or nobody shows it",
  ),
  state: described(oneOf("open", "refused", "settled"), "open: it can be settled still; settled: nobody took it back in time"),
  seenAt: instant,
});

const watch = mirrors<WatchView>()(
  object({
    convictions: described(list(conviction), "who was proved to have signed two things where one is allowed, the newest first"),
    wrongSettlements: described(list(wrongSettlement), "that a quorum proposed and this node worked out otherwise, the newest first"),
    clock: described(
      object({ offsetMs: nullable(number), peers: count, status: oneOf("ok", "warn", "bad") }),
      "what the validators' clocks are ahead of this node's, median",
    ),
    membership: nullable(
      object({
        version: count,
        validators: count,
        quorum: count,
        nextEdge: instant,
        joining: list(text()),
        leaving: list(text()),
        newKeys: list(text()),
      }),
    ),
  }),
);

/** The whole street as one JSON value; held to the types of `state.ts` by the compiler. */
export const streetState = described(
  mirrors<StreetState>()(
    object({
      sentence: text(),
      street: streetFacts,
      homes: list(home),
      clearing: nullable(clearing),
      prices: described(list(price, 192), "oldest first"),
      certificates: described(list(certificate, 24), "newest first"),
      batches: described(list(batch), "newest first"),
      settlement: nullable(settlement),
      surplus: described(
        mirrors<SurplusView>()(object({ account, balanceMicro: integer, communityPercent: count, communityMicro: count, lostWh: count })),
        "what buyers paid beyond what sellers got since the street began, and what wires lost",
      ),
      watch,
      community: nullable(community),
    }),
  ),
  "Energy in Wh, prices in micro-currency per kWh, money in micro-currency (positive: the home gained), instants in UTC. null is unknown, never 0.",
);
