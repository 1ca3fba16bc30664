import type { Address } from "../../../engine/kernel/index.ts";
import { ether, gwei } from "./fees.ts";

/** The most gas that a transaction may ask for (EIP-7825). */
export const MAX_GAS = 2n ** 24n;
/** The largest transaction that nodes pass on (geth's `txMaxSize`). */
export const MAX_BYTES = 131_072;

const grouped = (value: bigint | number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");

/** A fifth more than a node thinks it needs, as the state may change between now and then, but never more than is allowed. */
export function gasLimitOf(estimate: bigint): bigint {
  const wanted = (estimate * 6n) / 5n;
  return wanted < MAX_GAS ? wanted : MAX_GAS;
}

/** Why a transaction that needs so much gas can't be sent; null when it can. */
export const refuseGas = (estimate: bigint): string | null =>
  estimate <= MAX_GAS
    ? null
    : `it needs ${grouped(estimate)} gas, and a transaction may use ${grouped(MAX_GAS)} (EIP-7825): settle shorter periods, or split the street`;

/** Why signed bytes can't be sent; null when they can. `raw` is hex with 0x. */
export function refuseSize(raw: string): string | null {
  const bytes = (raw.length - 2) / 2;
  if (bytes <= MAX_BYTES) return null;
  return `it has ${grouped(bytes)} bytes, and nodes pass on ${grouped(MAX_BYTES)}: settle shorter periods, or split the street`;
}

interface Purse {
  readonly account: Address;
  readonly balance: bigint;
  /** Wei. */
  readonly needed: bigint;
}

/** Why an account can't pay for a transaction; null when it can. */
export const refusePoor = ({ account, balance, needed }: Purse): string | null =>
  balance >= needed
    ? null
    : `insufficient funds: the relay's account ${account} holds ${ether(balance)} for fees and needs ${ether(needed)}; send it some`;

/** What is said while the chain asks for more than the owner wants to pay. */
export const tooDear = (baseFee: bigint, cap: bigint): string =>
  `the chain's base fee is ${gwei(baseFee)}, which is not below the cap of ${gwei(cap)}: it waits until fees fall, or raise the cap`;
