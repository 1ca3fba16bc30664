import type { Clearing, Fill } from "../auction/index.ts";
import { add, assert, compare, cost, type HomeId, type Interval, type Nano, nano, sub, sum, type Wh, wh } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type Reading, type ReadingQuality } from "../messages/index.ts";
import { type Account, accountOf, type ClearedInterval, type Meter } from "./ledger.ts";
import { type Surplus, surplusOf } from "./surplus.ts";

/** One home's account of one interval. Metered energy may be negative where an earlier estimate was too high. */
export interface SettledHome {
  readonly home: HomeId;
  readonly boughtWh: Wh;
  readonly soldWh: Wh;
  readonly importWh: number;
  readonly exportWh: number;
  readonly utilityImportWh: Wh;
  readonly utilityExportWh: Wh;
  /** What trade brought and what it cost; and with the utility's part and the charge. */
  readonly tradeAmount: Nano;
  readonly amount: Nano;
  /** What the home pays for sealed orders that it never showed; a part of `amount`. */
  readonly charge: Nano;
  readonly quality: ReadingQuality;
}

export interface SettledInterval {
  readonly interval: Interval;
  readonly clearing: Clearing;
  readonly homes: readonly SettledHome[];
  readonly residualAmount: Nano;
  readonly surplus: Surplus;
  readonly conservation: Conservation;
}

/** Both sides of the books, each summed on its own; what wires lost goes out. */
export interface Conservation {
  readonly energyIn: number;
  readonly energyOut: number;
  readonly moneyIn: number;
  readonly moneyOut: number;
}

/**
 * Settles one interval. A deviation is what the meter says beyond what was traded; the residual supplier covers each at its
 * tariff. Without a reading that can be counted a home is taken at its word (it delivered what it traded) and the next
 * reading's counters, being cumulative, settle the difference.
 */
export function settle(
  rules: MarketRules,
  before: ReadonlyMap<HomeId, Account>,
  { clearing, withheld }: Pick<ClearedInterval, "clearing" | "withheld">,
  readings: readonly Reading[],
): { readonly accounts: ReadonlyMap<HomeId, Account>; readonly settled: SettledInterval } {
  const fills = clearing.kind === "trade" ? clearing.fills : [];
  const readingOf = new Map(readings.map((reading) => [reading.home, reading]));
  const present = new Set([...before.keys(), ...readingOf.keys(), ...fills.map((fill) => fill.home), ...withheld]);
  const accounts = new Map<HomeId, Account>();
  const homes: SettledHome[] = [];
  for (const home of [...present].sort(compare)) {
    const account = accountOf(before, home);
    const own = fills.filter((fill) => fill.home === home);
    const charge = chargeFor(rules, withheld.filter((each) => each === home).length);
    const settledHome = settleHome(rules, account, own, readingOf.get(home), { home, charge });
    homes.push(settledHome);
    accounts.set(home, { ...post(account, settledHome), meter: meterAfter(account.meter, settledHome, readingOf.get(home)) });
  }
  const residualAmount = residualOf(rules, homes);
  const surplus = surplusOf(clearing, chargeFor(rules, withheld.length));
  const conservation = conservationOf(homes, residualAmount, surplus);
  const settled = { interval: clearing.interval, clearing, homes, residualAmount, surplus, conservation };
  assertConserved(settled);
  return { accounts, settled };
}

/** Before a street's first interval nothing is settled; a reading only tells where counting begins. */
export function beginCounting(before: ReadonlyMap<HomeId, Account>, readings: readonly Reading[]): ReadonlyMap<HomeId, Account> {
  return new Map([
    ...before,
    ...readings.map((reading) => [reading.home, { ...accountOf(before, reading.home), meter: meterAt(reading) }] as const),
  ]);
}

/** The rules say it in micro-currency. */
export const chargeFor = ({ withheldCharge = DEFAULT_RULES.withheldCharge }: MarketRules, orders: number): Nano =>
  nano(orders * withheldCharge * 1000);

function settleHome(
  rules: MarketRules,
  account: Account,
  fills: readonly Fill[],
  reading: Reading | undefined,
  { home, charge }: Pick<SettledHome, "home" | "charge">,
): SettledHome {
  const buys = fills.filter((fill) => fill.side === "buy");
  const sells = fills.filter((fill) => fill.side === "sell");
  const bought = sum(buys.map((fill) => fill.energy));
  const sold = sum(sells.map((fill) => fill.energy));
  const measured = meteredEnergy(rules, account.meter, reading);
  const metered = measured ?? { importWh: bought, exportWh: sold };
  const { importPrice, exportPrice } = rules.residual;
  const utilityImportWh = wh(Math.max(0, metered.importWh - bought) + Math.max(0, sold - metered.exportWh));
  const utilityExportWh = wh(Math.max(0, metered.exportWh - sold) + Math.max(0, bought - metered.importWh));
  const tradeAmount = sub(sum(sells.map(({ amount }) => amount)), sum(buys.map(({ amount }) => amount)));
  const utilityAmount = sub(cost(utilityExportWh, exportPrice), cost(utilityImportWh, importPrice));
  return {
    home,
    boughtWh: bought,
    soldWh: sold,
    ...metered,
    utilityImportWh,
    utilityExportWh,
    tradeAmount,
    amount: sub(add(tradeAmount, utilityAmount), charge),
    charge,
    quality: reading === undefined || measured === null ? "estimated" : reading.quality,
  };
}

type Metered = Pick<SettledHome, "importWh" | "exportWh">;

/** null when the meter can't tell: no reading, or one that only tells where counting begins: the first, or that of another meter. */
function meteredEnergy(rules: MarketRules, meter: Meter | null, reading: Reading | undefined): Metered | null {
  if (reading === undefined || meter === null) return null;
  const most = Math.min((reading.interval - meter.interval) * rules.maxOrderWh * rules.maxOrdersPerHome, MOST_WH);
  const importedWh = reading.importWh - meter.importWh;
  const exportedWh = reading.exportWh - meter.exportWh;
  if (Math.min(importedWh, exportedWh) < 0 || Math.max(importedWh, exportedWh) > most) return null;
  return { importWh: importedWh - meter.assumedImportWh, exportWh: exportedWh - meter.assumedExportWh };
}

/** No home moves more between two readings, however far apart; keeps what one home claims away from 2^53. */
export const MOST_WH = 100_000_000;

function post(account: Account, settled: SettledHome): Account {
  return {
    balance: add(account.balance, settled.amount),
    bought: add(account.bought, settled.boughtWh),
    sold: add(account.sold, settled.soldWh),
    utilityImport: add(account.utilityImport, settled.utilityImportWh),
    utilityExport: add(account.utilityExport, settled.utilityExportWh),
    meter: account.meter,
  };
}

function meterAfter(meter: Meter | null, { boughtWh, soldWh }: SettledHome, reading: Reading | undefined): Meter | null {
  if (reading !== undefined) return meterAt(reading);
  if (meter === null) return null;
  return { ...meter, assumedImportWh: add(meter.assumedImportWh, boughtWh), assumedExportWh: add(meter.assumedExportWh, soldWh) };
}

const meterAt = ({ interval, importWh, exportWh }: Reading): Meter => ({
  interval,
  importWh,
  exportWh,
  assumedImportWh: wh(0),
  assumedExportWh: wh(0),
});

/** The supplier's own books: what it delivered and took at its tariff, summed by energy and not from the homes' amounts. */
function residualOf(rules: MarketRules, homes: readonly SettledHome[]): Nano {
  const delivered = sum(homes.map((home) => home.utilityImportWh));
  const taken = sum(homes.map((home) => home.utilityExportWh));
  return sub(cost(delivered, rules.residual.importPrice), cost(taken, rules.residual.exportPrice));
}

function conservationOf(homes: readonly SettledHome[], residualAmount: Nano, surplus: Surplus): Conservation {
  const total = (of: (home: SettledHome) => number): number => homes.reduce((whole, home) => whole + of(home), 0);
  const amounts = [...homes.map((home) => home.amount), residualAmount, surplus.amount];
  return {
    energyIn: total((home) => home.exportWh) + total((home) => home.utilityImportWh),
    energyOut: total((home) => home.importWh) + total((home) => home.utilityExportWh) + surplus.lost,
    moneyIn: 0 - sum(amounts.filter((amount) => amount < 0)),
    moneyOut: sum(amounts.filter((amount) => amount > 0)),
  };
}

/** What some get others must give, to the last Wh and nano; checked at every interval, on every home. */
export function assertConserved({ interval, homes, surplus, conservation }: SettledInterval): void {
  const { energyIn, energyOut, moneyIn, moneyOut } = conservation;
  const bought = sum(homes.map((home) => home.boughtWh));
  const sold = sum(homes.map((home) => home.soldWh));
  assert(add(bought, surplus.lost) === sold, `interval ${interval}: ${bought} Wh bought, ${sold} Wh sold, ${surplus.lost} Wh lost`);
  assert(energyIn === energyOut, `interval ${interval}: ${energyIn} Wh in, ${energyOut} Wh out`);
  assert(moneyIn === moneyOut, `interval ${interval}: ${moneyIn} nano in, ${moneyOut} nano out`);
}

/** What the same metered energy would have brought and cost at the utility's tariff alone. */
export function utilityOnly(rules: MarketRules, { importWh, exportWh }: Pick<SettledHome, "importWh" | "exportWh">): Nano {
  return nano(exportWh * rules.residual.exportPrice - importWh * rules.residual.importPrice);
}
