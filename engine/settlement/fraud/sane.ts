import type { FillLeaf, HomeLeaf } from "../../auction/index.ts";
import type { AccountLeaf } from "../merkle.ts";

/** Values that no honest home writes are a fault by themselves, so that no number is too large to be counted with. */
const areCounts = (...values: readonly number[]): boolean => values.every((value) => Number.isSafeInteger(value) && value >= 0);

export const isSaneFill = ({ position, home, energy, price, amount, wanted, limit, seq }: FillLeaf): boolean =>
  areCounts(position, home, energy, price, wanted, limit, seq) && Number.isSafeInteger(amount);

export const isSaneHome = (leaf: HomeLeaf): boolean =>
  areCounts(leaf.position, leaf.home, leaf.nextHome, leaf.firstFill, leaf.fillCount, leaf.bought, leaf.sold, leaf.withheld) &&
  Number.isSafeInteger(leaf.tradeAmount);

export function isSaneAccount({ position, home, nextHome, account, carriedTicks }: AccountLeaf): boolean {
  const { balance, bought, sold, utilityImport, utilityExport, meter } = account;
  const counters = meter === null ? [] : [meter.interval, meter.importWh, meter.exportWh, meter.assumedImportWh, meter.assumedExportWh];
  return (
    areCounts(position, home, nextHome, bought, sold, utilityImport, utilityExport, ...counters) &&
    Number.isSafeInteger(balance) &&
    Number.isSafeInteger(carriedTicks)
  );
}
