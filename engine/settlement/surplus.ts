import type { Clearing } from "../auction/index.ts";
import { add, assert, type Nano, nano, sub, sum, type Wh, wh } from "../kernel/index.ts";

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
}

export const NO_SURPLUS: SurplusBooks = { balance: nano(0), lost: wh(0) };

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

export const postSurplus = (account: SurplusBooks, { amount, lost }: Surplus): SurplusBooks => ({
  balance: add(account.balance, amount),
  lost: add(account.lost, lost),
});
