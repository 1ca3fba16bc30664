import type { MechanismName } from "../../messages/index.ts";
import type { ClearingMechanism } from "../types.ts";

export type { MechanismName };

export interface Mechanism {
  readonly clear: ClearingMechanism;
  readonly properties: Properties;
}

/** What a mechanism promises on one node, whatever the orders; property tests hold it to each. */
export interface Properties {
  /** No fills have more welfare, by the limits as they were told. */
  readonly efficient: boolean;
  /** Nobody pays more, or gets less, than its limit for the energy it trades. */
  readonly individuallyRational: boolean;
  /** Buyers' payments minus sellers' receipts: always 0, never below 0, never above 0. */
  readonly budget: "balanced" | "surplus" | "deficit";
  /**
   * What a home can't gain by misreporting. "limit": with one order, by another limit. "limit-and-energy": with orders of one
   * side, by any limits and energies (more than it needs is worth nothing to a buyer). "no": there are books where it gains.
   */
  readonly truthful: "no" | "limit" | "limit-and-energy";
}

/** What the rules may say beside the name. */
export interface MechanismParameters {
  /** Thousandths of the spread between the residual supplier's prices that sellers get on top; "supply-demand-ratio" alone. */
  readonly compensationPermille?: number;
  /** By what the sum of the residual supplier's two prices is divided, usually 2; "mid-market-rate" alone. */
  readonly divisor?: number;
}
