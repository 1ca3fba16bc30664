import type { OrderPrivacy } from "../../../engine/messages/index.ts";
import type { AdversaryName } from "../adversaries/index.ts";
import type { Faults } from "../seeded-network.ts";
import type { CrashStep } from "../street/home.ts";

/** One thing that goes wrong; times in real ms from the street's beginning, homes by number. */
export type Fault =
  | { readonly kind: "weather"; readonly at: number; readonly until: number; readonly faults: Faults }
  | { readonly kind: "partition"; readonly at: number; readonly until: number; readonly groups: readonly (readonly number[])[] }
  | { readonly kind: "deaf"; readonly at: number; readonly until: number; readonly from: readonly number[]; readonly to: readonly number[] }
  | { readonly kind: "crash"; readonly at: number; readonly home: number; readonly step: CrashStep; readonly downMs: number }
  | { readonly kind: "clock"; readonly at: number; readonly until: number; readonly home: number; readonly byMs: number }
  /** For all, or for some homes alone. */
  | { readonly kind: "chain-away"; readonly at: number; readonly until: number; readonly homes?: readonly number[] };

/**
 * One change of the registry: when the chain has it, real ms from the street's beginning, and from which interval it counts, the
 * street's first being 0. Who joins is numbered behind the homes that began, in the order of these changes.
 */
export type Change = { readonly at: number; readonly since: number } & (
  | { readonly kind: "join"; readonly certifies: boolean }
  | { readonly kind: "leave"; readonly home: number }
  /** The home signs with its other key so many real ms after the usual moment, half an interval before the first gate. */
  | { readonly kind: "rotate"; readonly home: number; readonly takenUpMs: number }
);

/** Everything that a run depends on, as plain data: the same scenario is the same run, to the bit. */
export interface Scenario {
  readonly seed: number;
  readonly homes: number;
  readonly intervals: number;
  /** Whether orders are sealed until the gate. */
  readonly orders: OrderPrivacy;
  readonly adversaries: readonly { readonly home: number; readonly name: AdversaryName }[];
  /** Largest differences of homes' clocks: ms of street time, and millionths. */
  readonly skewMs: number;
  readonly driftPpm: number;
  /** What goes wrong on the way all the time. */
  readonly ambient: Faults;
  readonly faults: readonly Fault[];
  /** SIM_RULES' if not said. */
  readonly periodIntervals?: number;
  /** None if not said. */
  readonly changes?: readonly Change[];
}

/** What a caller wants of the scenarios; the seed draws the rest. */
export interface Wishes {
  readonly homes?: number | undefined;
  readonly intervals?: number | undefined;
  /** Each of them takes part, as far as fewer than a third lie. */
  readonly adversaries?: readonly AdversaryName[] | undefined;
  /** false: nothing goes wrong but adversaries. */
  readonly hasFaults?: boolean | undefined;
  /** false: who belongs to the street stays the same. */
  readonly hasChanges?: boolean | undefined;
}

/** Nothing goes wrong but what liars do: then honest homes have more to expect. */
export const isCalm = ({ faults, ambient, skewMs }: Scenario): boolean =>
  faults.length === 0 && ambient.loss === 0 && ambient.delayMs.most <= 90 && skewMs <= 5_000;
