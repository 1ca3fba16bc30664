import { type Wh, wh } from "../../../engine/kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type NetworkRules } from "../../../engine/messages/index.ts";
import type { CrossCheck } from "./cross-check.ts";
import { type NetworkFile, networkRulesOf, refuseRules } from "./network.ts";
import { refuseSequencer, type SequencerFile, sequencerOf } from "./sequencer.ts";

/** The file's values, defaults filled in; prices stand in the source as they were written. */
export interface MarketFile {
  readonly market: string;
  readonly currency: string;
  readonly intervalMinutes: number;
  readonly gateLeadSeconds: number;
  readonly openIntervals: number;
  readonly periodIntervals: number;
  readonly maxOrderWh: number;
  readonly maxOrdersPerHome: number;
  readonly kPermille: number;
  readonly mechanism: NonNullable<MarketRules["mechanism"]>;
  readonly rationing: NonNullable<MarketRules["rationing"]>;
  readonly surplusTo: NonNullable<MarketRules["surplusTo"]>;
  readonly communityPercent: number;
  readonly orders?: NonNullable<MarketRules["orders"]>;
  readonly network?: NetworkFile;
  readonly sequencer?: SequencerFile;
}

/** Finest tick whose product with any Wh is a whole micro: nano are thousandths of it. */
const WHOLE_MICRO = 1_000;
/** Orders of so many homes must add up without leaving the exact integers. */
const MOST_ORDERS = 1_024;

/** Market rules in the engine's units; null where a price is no price. */
export function marketOf(file: MarketFile, check: CrossCheck): MarketRules | null {
  const tick = check.price(["tickPerKwh"], "0.001");
  const maxPrice = check.price(["maxPricePerKwh"], "1.000");
  const importPrice = check.price(["residual", "importPricePerKwh"], "");
  const exportPrice = check.price(["residual", "exportPricePerKwh"], "");
  if (file.gateLeadSeconds >= file.intervalMinutes * 60)
    check.conflict(
      ["gateLeadSeconds"],
      `${file.gateLeadSeconds} s is not shorter than the interval of ${file.intervalMinutes} minutes`,
      "a third of the interval is usual",
    );
  if (tick === null || maxPrice === null || importPrice === null || exportPrice === null) return null;
  const rules = { ...rulesOf(file, { tick, maxPrice, importPrice, exportPrice }), ...choicesOf(file, check) };
  checkPrices(rules, check);
  refuseSequencer(rules, check);
  return refuseRules(rules, check);
}

/** Rules that are as they always were are left out, so that their hash is what it was. */
function choicesOf(
  file: MarketFile,
  check: CrossCheck,
): Pick<MarketRules, keyof typeof DEFAULT_RULES | "orders" | "network" | "sequencer"> {
  const { mechanism, rationing, surplusTo, communityPercent, orders, network, sequencer } = file;
  const withheldCharge = chargeOf(check);
  return {
    ...(mechanism === DEFAULT_RULES.mechanism ? {} : { mechanism }),
    ...(rationing === DEFAULT_RULES.rationing ? {} : { rationing }),
    ...(surplusTo === DEFAULT_RULES.surplusTo ? {} : { surplusTo }),
    ...(communityPercent === DEFAULT_RULES.communityPercent ? {} : { communityPercent }),
    ...(orders === undefined ? {} : { orders }),
    ...(withheldCharge === DEFAULT_RULES.withheldCharge ? {} : { withheldCharge }),
    ...(network === undefined ? {} : { network: networkRulesOf(network, check) }),
    ...(sequencer === undefined ? {} : { sequencer: sequencerOf(sequencer) }),
  };
}

/** What is no decimal at all is told here. */
function chargeOf(check: CrossCheck): number {
  const charge = check.micro(["withheldCharge"], "0.05");
  if (charge === null) {
    const written = check.written(["withheldCharge"])?.slice(0, 40);
    check.refuse("CONFIG_VALUE", ["withheldCharge"], `"${written}" is no amount`, 'write a decimal with a point, such as "0.05"');
  }
  return charge ?? DEFAULT_RULES.withheldCharge;
}

type Prices = Pick<MarketRules, "tick" | "maxPrice"> & MarketRules["residual"];

const rulesOf = (file: MarketFile, prices: Prices): MarketRules => ({
  market: file.market,
  currency: file.currency,
  intervalMinutes: file.intervalMinutes,
  gateLeadSeconds: file.gateLeadSeconds,
  openIntervals: file.openIntervals,
  periodIntervals: file.periodIntervals,
  tick: prices.tick,
  maxPrice: prices.maxPrice,
  maxOrderWh: wh(file.maxOrderWh),
  maxOrdersPerHome: file.maxOrdersPerHome,
  kPermille: file.kPermille,
  residual: { importPrice: prices.importPrice, exportPrice: prices.exportPrice },
});

function checkPrices(rules: MarketRules, check: CrossCheck): void {
  const { tick, maxPrice, residual } = rules;
  const wholeMoney = tick !== 0 && tick % WHOLE_MICRO === 0;
  if (!wholeMoney)
    check.conflict(["tickPerKwh"], "is no multiple of 0.001", "use 0.001, 0.002, 0.005, 0.010 ..., so that money is whole millionths");
  const fitting = [
    [["maxPricePerKwh"], maxPrice],
    [["residual", "importPricePerKwh"], residual.importPrice],
    [["residual", "exportPricePerKwh"], residual.exportPrice],
  ] as const;
  for (const [path, price] of fitting)
    if (wholeMoney && price % tick !== 0)
      check.conflict(path, "is no multiple of the tick", "round it to the tick, or make tickPerKwh finer");
  if (residual.importPrice < residual.exportPrice)
    check.conflict(
      ["residual", "exportPricePerKwh"],
      "is more than the import price",
      "the utility would pay more than it charges; correct them",
    );
  if (residual.importPrice > maxPrice)
    check.conflict(["maxPricePerKwh"], "is less than the import price", "raise it: nobody could pay what the utility charges");
  if (rules.maxOrderWh * maxPrice * MOST_ORDERS > Number.MAX_SAFE_INTEGER)
    check.conflict(["maxOrderWh"], "times the highest price is too much money to count exactly", "lower maxOrderWh or maxPricePerKwh");
}

/** The same rules for another interval: the gate keeps its third, the period stays a day, unless told; wires carry as much power as before. */
export function withInterval(rules: MarketRules, intervalMinutes: number, periodIntervals?: number): MarketRules {
  if (intervalMinutes === rules.intervalMinutes) return { ...rules, periodIntervals: periodIntervals ?? rules.periodIntervals };
  return {
    ...rules,
    intervalMinutes,
    gateLeadSeconds: intervalMinutes * 20,
    periodIntervals: periodIntervals ?? 1440 / intervalMinutes,
    ...(rules.network === undefined ? {} : { network: scaled(rules.network, intervalMinutes, rules.intervalMinutes) }),
  };
}

/** Capacities for an interval of other length, rounded down. */
function scaled(network: NetworkRules, minutes: number, before: number): NetworkRules {
  const capacity = (energy: Wh | null): Wh | null =>
    energy === null ? null : wh(Math.min(wh.max, Math.floor((energy * minutes) / before)));
  return {
    ...network,
    nodes: network.nodes.map((node) => ({
      ...node,
      importCapacity: capacity(node.importCapacity),
      exportCapacity: capacity(node.exportCapacity),
    })),
  };
}
