import type { HomeLeaf } from "../../auction/index.ts";
import type { Interval } from "../../kernel/index.ts";
import type { SettlementNumbers } from "../../messages/index.ts";
import { fitting, toTicks } from "../batch.ts";
import { type Meter, NEW_ACCOUNT, SETTLE_LAG } from "../ledger.ts";
import type { AccountLeaf } from "../merkle.ts";

/** One home's account over one interval, as `LedgerSteps` looks at it. */
export interface Step {
  /** Whose ledger `later` is of; it settles the interval two before. */
  readonly interval: Interval;
  /** false in a street's first two intervals. */
  readonly settles: boolean;
  /** null: the home had no account. */
  readonly earlier: AccountLeaf | null;
  readonly later: AccountLeaf;
  /** null: the home did nothing in the settled interval. */
  readonly traded: HomeLeaf | null;
}

/** What the next batch carries for an account. */
export const dueTicks = ({ account, carriedTicks }: Pick<AccountLeaf, "account" | "carriedTicks">): number =>
  fitting(toTicks(account.balance) - carriedTicks);

const NOTHING = { bought: 0, sold: 0, tradeAmount: 0, withheld: 0 };
const NANO_PER_MICRO = 1000;
/** No home moves more between two readings. */
const MOST_WH = 100_000_000;

/**
 * Whether an account moved as the rules say, written a second time from what `settle.ts` says of its rule: from leaves instead of
 * readings, and in big integers, as leaves may be anybody's.
 */
export function isStepRight(numbers: SettlementNumbers, { interval, settles, earlier, later, traded }: Step): boolean {
  const before = earlier ?? { account: NEW_ACCOUNT, carriedTicks: 0 };
  const did = traded ?? NOTHING;
  const { meter } = later.account;
  const isRead = meter !== null && meter.interval + SETTLE_LAG === interval;
  const [utilityImport, utilityExport] = settles && isRead ? deviations(numbers, before.account.meter, meter, did) : [0n, 0n];
  const amount =
    BigInt(did.tradeAmount) +
    utilityExport * BigInt(numbers.exportPrice) -
    utilityImport * BigInt(numbers.importPrice) -
    BigInt(did.withheld) * BigInt(numbers.withheldCharge * NANO_PER_MICRO);
  const moved = (key: "balance" | "bought" | "sold" | "utilityImport" | "utilityExport", by: bigint): boolean =>
    BigInt(later.account[key]) === BigInt(before.account[key]) + by;
  return (
    moved("bought", BigInt(did.bought)) &&
    moved("sold", BigInt(did.sold)) &&
    moved("utilityImport", utilityImport) &&
    moved("utilityExport", utilityExport) &&
    moved("balance", amount) &&
    later.carriedTicks === before.carriedTicks + (isAfterClose(numbers, interval) ? dueTicks(before) : 0) &&
    isMeterRight(before.account.meter, later.account.meter, did, isRead)
  );
}

/** The last interval of a period is settled two intervals later, and its batch is seen in the accounts of the one after. */
const isAfterClose = ({ periodIntervals }: SettlementNumbers, interval: Interval): boolean =>
  (interval - SETTLE_LAG) % periodIntervals === 0;

type Did = Pick<HomeLeaf, "bought" | "sold"> | typeof NOTHING;

/** What the utility covers; nothing where the meter can't tell: the home is taken at its word. */
function deviations(numbers: SettlementNumbers, earlier: Meter | null, later: Meter, did: Did): readonly [bigint, bigint] {
  if (earlier === null) return [0n, 0n];
  const [imported, exported] = [later.importWh - earlier.importWh, later.exportWh - earlier.exportWh];
  const most = Math.min((later.interval - earlier.interval) * numbers.maxOrderWh * numbers.maxOrdersPerHome, MOST_WH);
  if (Math.min(imported, exported) < 0 || Math.max(imported, exported) > most) return [0n, 0n];
  const moreImport = BigInt(imported) - BigInt(earlier.assumedImportWh) - BigInt(did.bought);
  const moreExport = BigInt(exported) - BigInt(earlier.assumedExportWh) - BigInt(did.sold);
  return [above(moreImport) + above(-moreExport), above(moreExport) + above(-moreImport)];
}

const above = (value: bigint): bigint => (value > 0n ? value : 0n);

function isMeterRight(earlier: Meter | null, later: Meter | null, did: Did, isRead: boolean): boolean {
  if (later === null) return earlier === null;
  if (isRead) return later.assumedImportWh === 0 && later.assumedExportWh === 0;
  return (
    earlier !== null &&
    later.interval === earlier.interval &&
    later.importWh === earlier.importWh &&
    later.exportWh === earlier.exportWh &&
    later.assumedImportWh === earlier.assumedImportWh + did.bought &&
    later.assumedExportWh === earlier.assumedExportWh + did.sold
  );
}
