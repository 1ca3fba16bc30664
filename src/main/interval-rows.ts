import type { IntervalRow } from "../../adapters/exports/index.ts";
import { type EdgeFlow, type Fill, networkOf, nodeNames } from "../../engine/auction/index.ts";
import { cost, type HomeId, type MicroPerKwh, type Nano, nano, sum } from "../../engine/kernel/index.ts";
import { DEFAULT_RULES, deliveryEnd, deliveryStart, type MarketRules, type ResultKind } from "../../engine/messages/index.ts";
import { type SettledHome, type SettledInterval, toMicro } from "../../engine/settlement/index.ts";

/** What a settled interval doesn't say of itself. */
export interface RowFacts {
  readonly rules: MarketRules;
  readonly nameOf: (home: HomeId) => string;
  /** As it was certified; void has no trade. */
  readonly kind: ResultKind;
  readonly tradeId: string | null;
  readonly batchId: string | null;
  readonly txHash: string | null;
  /** What of the interval's surplus the community got (`Advance.community`). */
  readonly community: Nano;
}

/** `home` is null where a row is nobody's: what wires and mechanisms earn. */
export interface HomeRow {
  readonly home: HomeId | null;
  readonly row: IntervalRow;
}

interface Part {
  readonly home: HomeId | null;
  readonly point: string;
  readonly flow: IntervalRow["flow"];
  readonly energyWh: number;
  readonly price: MicroPerKwh | null;
  readonly amount: Nano;
  readonly quality: IntervalRow["quality"];
}

/**
 * Four rows for each home: what it had from and gave to the utility and its neighbours, and one more for what it was charged; then
 * what each wire earned and lost, what a mechanism kept, what all were charged, and what of it all went to the community. Amounts of trade and
 * charges are rounded together with those, so that they sum to zero; each of the utility's flows, and the community's share, by itself.
 */
export function intervalRows(settled: SettledInterval, facts: RowFacts): readonly HomeRow[] {
  const parts = [...settled.homes.flatMap((home) => homeParts(settled, home, facts)), ...surplusParts(settled, facts)];
  const micro = new Map<Part, number>();
  for (const group of ROUNDED_TOGETHER.map((belongs) => parts.filter(belongs)))
    for (const [at, amount] of toMicro(group.map(({ amount }) => amount)).micro.entries()) micro.set(group[at]!, amount);
  return parts.map((part) => ({ home: part.home, row: rowOf(part, micro.get(part)!, settled, facts) }));
}

const isTrade = ({ flow }: Part): boolean => flow !== "utility_import" && flow !== "utility_export";
const isShare = ({ flow }: Part): boolean => flow === "community_share";

const ROUNDED_TOGETHER: readonly ((part: Part) => boolean)[] = [
  (part) => isTrade(part) && !isShare(part),
  isShare,
  ({ flow }) => flow === "utility_import",
  ({ flow }) => flow === "utility_export",
];

function rowOf(part: Part, amountMicro: number, { interval, clearing }: SettledInterval, facts: RowFacts): IntervalRow {
  const { rules, kind, tradeId, batchId, txHash } = facts;
  return {
    startMs: deliveryStart(rules, interval) * 1000,
    endMs: deliveryEnd(rules, interval) * 1000,
    timeZone: "UTC",
    intervalKind: kind === "void" ? kind : clearing.kind,
    meteringPoint: part.point,
    flow: part.flow,
    energyWh: part.energyWh,
    priceMicroPerKwh: part.price,
    amountMicro,
    currency: rules.currency,
    counterparty: null,
    quality: part.quality,
    revision: 1,
    tradeId: isTrade(part) ? tradeId : null,
    batchId,
    txHash,
  };
}

function homeParts({ clearing }: SettledInterval, home: SettledHome, { rules: { residual }, nameOf }: RowFacts): readonly Part[] {
  const fills = clearing.kind === "trade" ? clearing.fills.filter((fill) => fill.home === home.home) : [];
  const [buys, sells] = [fills.filter(({ side }) => side === "buy"), fills.filter(({ side }) => side === "sell")];
  const { importPrice, exportPrice } = residual;
  const [imported, exported] = [home.utilityImportWh, home.utilityExportWh];
  const street = clearing.kind === "trade" ? clearing.price : null;
  const common = { home: home.home, point: nameOf(home.home), quality: home.quality };
  const { charge } = home;
  const parts: readonly Part[] = [
    { ...common, flow: "utility_import", energyWh: imported, price: importPrice, amount: paid(cost(imported, importPrice)) },
    { ...common, flow: "utility_export", energyWh: exported, price: exportPrice, amount: cost(exported, exportPrice) },
    { ...common, flow: "p2p_import", energyWh: home.boughtWh, price: priceOf(buys, street), amount: paid(amountOf(buys)) },
    { ...common, flow: "p2p_export", energyWh: home.soldWh, price: priceOf(sells, street), amount: amountOf(sells) },
  ];
  if (charge === 0) return parts;
  return [...parts, { ...common, flow: "withheld_charge", energyWh: 0, price: null, amount: paid(charge), quality: "calculated" }];
}

const amountOf = (fills: readonly Fill[]): Nano => sum(fills.map(({ amount }) => amount));
const paid = (amount: Nano): Nano => (amount === 0 ? amount : nano(-amount));

/** The one price of a home's fills; null where each has its own; the street's where it has none. */
function priceOf(fills: readonly Fill[], street: MicroPerKwh | null): MicroPerKwh | null {
  const [first] = fills;
  if (first === undefined) return street;
  return fills.every(({ price, energy, amount }) => price === first.price && amount === energy * price) ? first.price : null;
}

/**
 * Rows of the account that the rules name: wire by wire fees, what scarcity earned, and what was lost (which costs it nothing: buyers
 * paid); what a mechanism kept, and what withheld orders cost their homes. Last what of all this it hands on to the community.
 */
function surplusParts({ clearing, surplus }: SettledInterval, { rules, community }: RowFacts): readonly Part[] {
  const account = rules.surplusTo ?? DEFAULT_RULES.surplusTo;
  const names = nodeNames(rules);
  const { nodes } = networkOf(rules);
  const common = { home: null, quality: "calculated", price: null } as const;
  const flows = clearing.kind === "trade" ? clearing.flows : [];
  const wires = flows.flatMap((flow) =>
    wireParts(flow, nodes[flow.node]!.edge!.fee, { ...common, point: `${account}:${names[flow.node]}` }),
  );
  const market = { ...common, point: `${account}:market`, energyWh: 0 };
  const { kept, charges } = surplus;
  return [
    ...wires,
    ...(kept === 0 ? [] : [{ ...market, flow: "market_surplus", amount: kept } as const]),
    ...(charges === 0 ? [] : [{ ...market, flow: "withheld_charge", amount: charges } as const]),
    ...(account === "community" ? [] : shareParts(market, community)),
  ];
}

type MarketCommon = Pick<Part, "home" | "quality" | "price" | "point" | "energyWh">;

function shareParts(market: MarketCommon, community: Nano): readonly Part[] {
  if (community === 0) return [];
  const share = { ...market, flow: "community_share" } as const;
  return [
    { ...share, amount: nano(-community) },
    { ...share, point: "community:market", amount: community },
  ];
}

type WireCommon = Pick<Part, "home" | "quality" | "price" | "point">;

function wireParts({ direction, entered, left, fees, rent }: EdgeFlow, fee: MicroPerKwh, common: WireCommon): readonly Part[] {
  if (direction === "idle") return [];
  return [
    { ...common, flow: "grid_fee", energyWh: entered, price: fee, amount: fees },
    { ...common, flow: "congestion_rent", energyWh: left, amount: rent },
    { ...common, flow: "grid_loss", energyWh: entered - left, amount: nano(0) },
  ];
}
