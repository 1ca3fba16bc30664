import type { Digest, HomeId, MicroPerKwh, Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { Clearing, RefusalReason } from "../types.ts";

/** Who is served first when the street is on its own; nobody of a lower class before everybody of the higher. */
export type PriorityClass = "critical" | "normal" | "flexible";

export interface IslandRules {
  /** No price goes above it, however scarce energy is; on the tick. */
  readonly priceCap: MicroPerKwh;
  /** What counts as critical of every home's first energy, whatever class its orders say. */
  readonly essential: Wh;
  /** How homes of one class share what doesn't suffice for all of them. */
  readonly sharing: "pro-rata" | "max-min";
}

export interface IslandOrders {
  /** Class of each buy; one that isn't listed is normal. */
  readonly classes: ReadonlyMap<Digest, PriorityClass>;
  /** Homes that stand for the grid outside: their orders can't be reached. */
  readonly outside: ReadonlySet<HomeId>;
}

export interface IslandClearing {
  /** The market of what is served: fills and prices as ever; buys that were shed are smaller in it or not there. */
  readonly clearing: Clearing;
  /** Every order, by rising id. */
  readonly outcomes: readonly IslandOutcome[];
  readonly classes: Readonly<Record<PriorityClass, ClassService>>;
  /** Over the homes that wanted energy. */
  readonly fairness: Fairness | null;
  /** Somebody who would have paid the price went short. */
  readonly scarce: boolean;
}

export interface IslandOutcome {
  readonly order: Digest;
  readonly home: HomeId;
  readonly side: Side;
  /** null for a sell. */
  readonly priority: PriorityClass | null;
  readonly wanted: Wh;
  /** What of it counts as critical. */
  readonly critical: Wh;
  readonly energy: Wh;
  readonly reason: IslandRefusal | null;
}

export interface ClassService {
  readonly wanted: Wh;
  readonly served: Wh;
  readonly unserved: Wh;
  /** Over the homes that wanted energy of this class; null if none did or none got any. */
  readonly fairness: Fairness | null;
}

/** Jain's index of the homes' shares served / wanted, (sum)^2 / (n x sum of squares), exact: 1 if all are served alike, 1/n if one alone is. */
export interface Fairness {
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** Rounded down. */
  readonly permille: number;
}

/** Why an order got less than it wanted; public, never renamed. */
export type IslandRefusal = RefusalReason | "ISLAND_SHED" | "ISLAND_NO_GRID" | "ISLAND_ABOVE_CAP";

/** What is wrong with the rules of an island; public, never renamed. */
export type IslandTrouble = "ISLAND_CAP_OFF_TICK" | "ISLAND_CAP_OUT_OF_RANGE" | "ISLAND_ESSENTIAL_OUT_OF_RANGE" | "ISLAND_TOO_LARGE";
