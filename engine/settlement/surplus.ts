import type { Clearing } from "../auction/index.ts";
import { add, assert, type Nano, nano, sub, sum, type Wh, wh } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules } from "../messages/index.ts";

/** What stays between buyers and sellers of one interval; amount = fees + rents + kept + charges, and what was sold = what was bought + lost. */
export interface Surplus {
  /** Buyers' payments minus sellers' receipts. Below 0: somebody pays in. */
  readonly amount: Nano;
  /** The wires' fees. */
  readonly fees: Nano;
  /** What scarcity of the wires earned; rounding to whole watt-hours behind losses can bring it below 0. */
  readonly rents: Nano;
  /** What a mechanism that balances no budget keeps, or below 0 pays in; 0 on wires. */
  readonly kept: Nano;
  /** For sealed orders that were never shown. */
  readonly charges: Nano;
  /** Sold energy that was lost on the wires. Buyers have paid sellers for it. */
  readonly lost: Wh;
}

/** The account that surpluses are booked to, since the street began. */
export interface SurplusBooks {
  readonly balance: Nano;
  readonly lost: Wh;
  /** What of `balance` each interval's percent makes the community's, and the hundredths of a nano that it has beyond that, 0 to 99. */
  readonly share: Nano;
  readonly hundredths: number;
}

export const NO_SURPLUS: SurplusBooks = { balance: nano(0), lost: wh(0), share: nano(0), hundredths: 0 };

/** Whose a surplus is; both parts are 0 while somebody pays in. */
export interface SurplusParts {
  readonly community: Nano;
  /** Of the account that the rules name, when it is not the community's. */
  readonly rest: Nano;
}

type SurplusRules = Pick<MarketRules, "surplusTo" | "communityPercent">;

/** Percent of the surplus that the community gets, all in all. */
export const communityPercentOf = ({ surplusTo, communityPercent }: SurplusRules): number =>
  surplusTo === "community" ? WHOLE : (communityPercent ?? DEFAULT_RULES.communityPercent);

/**
 * Parts a surplus since the street began: the community's rounded down once, for all intervals together, so that nothing is lost. It has no
 * more than there is: what later intervals pay in may be more than what is left of the rest.
 */
export function partsOf({ balance, share }: Pick<SurplusBooks, "balance" | "share">): SurplusParts {
  const total = Math.max(0, balance);
  const community = Math.min(Math.max(0, share), total);
  return { community: nano(community), rest: nano(total - community) };
}

const WHOLE = 100;

/** The wires' part from what the clearing tells of each, summed apart from homes' payments, so that conservation holds one against the other. */
export function surplusOf(clearing: Clearing, charges: Nano): Surplus {
  if (clearing.kind === "no-trade") return { amount: charges, fees: nano(0), rents: nano(0), kept: nano(0), charges, lost: wh(0) };
  const { flows, surplus } = clearing;
  const fees = sum(flows.map((flow) => flow.fees));
  const rents = sum(flows.map((flow) => flow.rent));
  const lost = sum(flows.map(({ entered, left }) => sub(entered, left)));
  const wires = add(fees, rents);
  const kept = flows.length === 0 ? surplus : nano(0);
  const amount = add(wires, kept);
  assert(amount === surplus, `interval ${clearing.interval}: the wires earn ${amount} nano, between buyers and sellers are ${surplus}`);
  return { amount: add(amount, charges), fees, rents, kept, charges, lost };
}

/** Each interval is parted by the rules that it was cleared under: a vote parts nothing anew. */
export function postSurplus(rules: SurplusRules, account: SurplusBooks, { amount, lost }: Pick<Surplus, "amount" | "lost">): SurplusBooks {
  const percent = communityPercentOf(rules);
  // Hundreds apart from what is left, so that no product leaves the exact integers.
  const hundreds = Math.floor(amount / WHOLE);
  const hundredths = account.hundredths + (amount - hundreds * WHOLE) * percent;
  return {
    balance: add(account.balance, amount),
    lost: add(account.lost, lost),
    share: add(account.share, nano(hundreds * percent + Math.floor(hundredths / WHOLE))),
    hundredths: hundredths % WHOLE,
  };
}
