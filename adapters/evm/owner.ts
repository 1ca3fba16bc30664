import { TypedDataEncoder, type TypedDataField } from "ethers/hash";
import type { Address, Digest } from "../../engine/kernel/index.ts";
import type { Departure, KeyChange } from "../../src/ports/index.ts";

/** What an owner signs, so that anyone may carry it to the vault and nobody may change it. */
export interface OwnerDigests {
  rotateAgent(change: KeyChange): Digest;
  leave(departure: Departure): Digest;
}

const ROTATE_AGENT = {
  RotateAgent: [
    { name: "home", type: "uint32" },
    { name: "agent", type: "address" },
    { name: "since", type: "uint48" },
  ],
};
const LEAVE = {
  Leave: [
    { name: "home", type: "uint32" },
    { name: "until", type: "uint48" },
  ],
};

export function ownerDigests({ chainId, vault }: { readonly chainId: number; readonly vault: Address }): OwnerDigests {
  const domain = { name: "GridVault", version: "1", chainId, verifyingContract: vault };
  const digest = (types: Record<string, TypedDataField[]>, fields: Readonly<Record<string, unknown>>): Digest =>
    TypedDataEncoder.hash(domain, types, fields) as Digest;
  return {
    rotateAgent: ({ home, agent, since }) => digest(ROTATE_AGENT, { home, agent, since }),
    leave: ({ home, until }) => digest(LEAVE, { home, until }),
  };
}
