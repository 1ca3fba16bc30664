import { TypedDataEncoder, type TypedDataField } from "ethers/hash";
import type { Address, Digest } from "../../engine/kernel/index.ts";
import type { CurrencyDomain, Departure, KeyChange, Permit, Redirection, WithdrawalNow, WithdrawalRequest } from "../../src/ports/index.ts";
import { TICK_MICRO } from "./vault.ts";

/** What an owner signs, so that anyone may carry it to the vault and nobody may change it. */
export interface OwnerDigests {
  rotateAgent(change: KeyChange): Digest;
  leave(departure: Departure): Digest;
  withdraw(request: WithdrawalRequest): Digest;
  redirect(redirection: Redirection): Digest;
  withdrawNow(request: WithdrawalNow): Digest;
}

type Types = Record<string, TypedDataField[]>;
const fields = (text: string): TypedDataField[] =>
  text.split(", ").map((field) => {
    const [type, name] = field.split(" ") as [string, string];
    return { name, type };
  });

const ROTATE_AGENT = { RotateAgent: fields("uint32 home, address agent, uint48 since") };
const LEAVE = { Leave: fields("uint32 home, uint48 until") };
const WITHDRAW = { Withdraw: fields("uint32 home, address to, uint64 ticks, uint64 feeTicks, uint256 nonce, uint256 deadline") };
const REDIRECT = { Redirect: fields("uint32 home, address to, uint256 nonce, uint256 deadline") };
const WITHDRAW_NOW = { WithdrawNow: fields("uint32 home, address to, uint64 ticks, uint256 nonce, uint64 period, uint256 deadline") };
/** https://eips.ethereum.org/EIPS/eip-2612 */
const PERMIT = { Permit: fields("address owner, address spender, uint256 value, uint256 nonce, uint256 deadline") };

export function ownerDigests({ chainId, vault }: { readonly chainId: number; readonly vault: Address }): OwnerDigests {
  const domain = { name: "GridVault", version: "1", chainId, verifyingContract: vault };
  const digest = (types: Types, values: Readonly<Record<string, unknown>>): Digest =>
    TypedDataEncoder.hash(domain, types, values) as Digest;
  return {
    rotateAgent: ({ home, agent, since }) => digest(ROTATE_AGENT, { home, agent, since }),
    leave: ({ home, until }) => digest(LEAVE, { home, until }),
    withdraw: ({ home, to, micro, feeMicro, nonce, deadline }) =>
      digest(WITHDRAW, { home, to, ticks: ticksOf(micro), feeTicks: ticksOf(feeMicro), nonce, deadline }),
    redirect: ({ home, to, nonce, deadline }) => digest(REDIRECT, { home, to, nonce, deadline }),
    withdrawNow: ({ home, to, micro, nonce, period, deadline }) =>
      digest(WITHDRAW_NOW, { home, to, ticks: ticksOf(micro), nonce, period, deadline }),
  };
}

/** What the owner of currency signs so that `spender` may take `micro` of it, once (ERC-2612). */
export function permitDigest({ name, version, chainId, token }: CurrencyDomain, permit: Permit): Digest {
  const { owner, spender, micro, nonce, deadline } = permit;
  const domain = { name, version, chainId, verifyingContract: token };
  return TypedDataEncoder.hash(domain, PERMIT, { owner, spender, value: micro, nonce, deadline }) as Digest;
}

/** What a currency calls its domain (`DOMAIN_SEPARATOR`). */
export const domainSeparatorOf = ({ name, version, chainId, token }: CurrencyDomain): Digest =>
  TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract: token }) as Digest;

/** Whole ticks; what is finer is refused before it is signed. */
export const ticksOf = (micro: number): bigint => BigInt(micro) / BigInt(TICK_MICRO);
