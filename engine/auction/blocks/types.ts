import type { Digest, HomeId, Interval, MicroPerKwh, Nano, Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { Clearing, ClearingMechanism } from "../types.ts";

/** An order that is taken whole or not at all, or at least in a part that it names; over one interval or several. */
export interface BlockOrder {
  /** Its legs carry it as their order id; no order of these intervals has it. */
  readonly id: Digest;
  readonly home: HomeId;
  /** At most one for each interval. Legs of both sides make a loop: a battery's charge and its discharge, both or neither. */
  readonly legs: readonly BlockLeg[];
  /** The most it pays for all legs together; below 0 the least it must get. One limit for all is `valueAt`. */
  readonly value: Nano;
  /** 1000: all or nothing; 0: any part. Several legs are cut in one proportion, in steps of the greatest common divisor of their energies. */
  readonly minRatioPermille: number;
  /** Accepted only if that block is. */
  readonly parent: Digest | null;
  /** At most one block of a group is accepted; null belongs to none. */
  readonly group: string | null;
}

export interface BlockLeg {
  readonly interval: Interval;
  readonly side: Side;
  readonly energy: Wh;
}

export interface BlockOptions {
  /** Clears each interval; it has one price for each node and serves better limits first. */
  readonly mechanism?: ClearingMechanism;
  /** How many clearings of an interval the search may spend beyond those without any block. */
  readonly clearings?: number;
}

export interface BlockClearing {
  /** One for each input, in their order; accepted legs are orders in them, with the block's id and home. */
  readonly clearings: readonly Clearing[];
  /** By rising id. */
  readonly accepted: readonly AcceptedBlock[];
  /** By rising id. */
  readonly refused: readonly RefusedBlock[];
  /** Those refused though in the money at the final prices. */
  readonly paradoxical: readonly Digest[];
  /** Of all intervals together, blocks at their values. */
  readonly welfare: Nano;
  /** No set of blocks that this rule would accept has more welfare. */
  readonly bound: Nano;
  /** bound - welfare; 0: nothing better exists. */
  readonly gap: Nano;
  /** No set has more welfare even if blocks were divisible and could trade at a loss. Equal to `welfare`: prices alone support all that happened. */
  readonly relaxedBound: Nano;
  readonly search: BlockSearch;
}

export interface BlockSearch {
  readonly clearings: number;
  /** Sets of blocks that were cleared. */
  readonly tried: number;
  /** The budget sufficed. */
  readonly finished: boolean;
}

export interface AcceptedBlock {
  readonly block: Digest;
  readonly home: HomeId;
  /** Of a thousand, rounded down. */
  readonly ratioPermille: number;
  readonly legs: readonly AcceptedLeg[];
  /** Its value for this part minus what it pays; never below 0. */
  readonly surplus: Nano;
}

export interface AcceptedLeg extends BlockLeg {
  readonly price: MicroPerKwh;
  readonly amount: Nano;
}

export interface RefusedBlock {
  readonly block: Digest;
  readonly home: HomeId;
  readonly reason: BlockRefusal;
  /** What it would have gained, whole, at the final prices; null where a leg has no price. */
  readonly surplus: Nano | null;
}

/** What is wrong with a block itself; public, never renamed. */
export type BlockTrouble =
  | "BLOCK_NO_LEGS"
  | "BLOCK_LEG_TWICE"
  | "BLOCK_INTERVAL_UNKNOWN"
  | "BLOCK_ENERGY_OUT_OF_RANGE"
  | "BLOCK_VALUE_OUT_OF_RANGE"
  | "BLOCK_RATIO_OUT_OF_RANGE"
  | "BLOCK_ID_TAKEN"
  | "BLOCK_PARENT_UNKNOWN"
  | "BLOCK_PARENT_CYCLE"
  | "BLOCK_TOO_LARGE";

/** Why a block was not accepted; public, never renamed. */
export type BlockRefusal =
  | BlockTrouble
  | "BLOCK_OUT_OF_MONEY"
  | "BLOCK_AT_THE_MONEY"
  | "BLOCK_PARADOXICAL"
  | "BLOCK_PARENT_REFUSED"
  | "BLOCK_EXCLUDED"
  | "BLOCK_NO_COUNTERPART";
