import type { Block } from "@ethereumjs/block";
import { bytesToHex } from "@ethereumjs/util";
import type { BlockTag } from "./params.ts";
import { REFUSED, RpcError } from "./rpc-error.ts";

/** Bytes as hex with 0x. */
export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface Receipt {
  readonly isDone: boolean;
  readonly gasUsed: bigint;
  /** Where the contract stands that the transaction made; null when it made none. */
  readonly contract: string | null;
  readonly logs: readonly Log[];
}

/** A block holds one transaction or none: each is mined as it comes. */
export interface MinedBlock {
  readonly block: Block;
  readonly hash: string;
  /** Who sent the transaction, its hash and what came of it. */
  readonly entry: { readonly hash: string; readonly from: string; readonly receipt: Receipt } | null;
  /** The place in the state's log behind this block. */
  readonly place: number;
}

/** As anvil counts with one slot in an epoch. */
const DEPTHS = { latest: 0, pending: 0, safe: 1, finalized: 2 } as const;

export const numberOf = ({ block }: MinedBlock): number => Number(block.header.number);

export const mined = (block: Block, entry: MinedBlock["entry"], place: number): MinedBlock => ({
  block,
  hash: bytesToHex(block.hash()),
  entry,
  place,
});

/** All blocks from the first one on, by number, hash and transaction. */
export class Blocks {
  private readonly list: MinedBlock[] = [];
  private readonly byHash = new Map<string, MinedBlock>();
  private readonly byTransaction = new Map<string, MinedBlock>();

  get head(): MinedBlock {
    return this.list.at(-1)!;
  }

  all(): readonly MinedBlock[] {
    return this.list;
  }

  add(block: MinedBlock): void {
    this.list.push(block);
    this.byHash.set(block.hash, block);
    if (block.entry !== null) this.byTransaction.set(block.entry.hash, block);
  }

  /** Takes the blocks after this number off again. */
  cut(number: number): void {
    for (const { hash, entry } of this.list.splice(number + 1)) {
      this.byHash.delete(hash);
      if (entry !== null) this.byTransaction.delete(entry.hash);
    }
  }

  at(number: number): MinedBlock | undefined {
    return this.list[number];
  }

  find(tag: BlockTag): MinedBlock | undefined {
    if (tag === "earliest") return this.list[0];
    if (typeof tag === "string") return this.list[Math.max(0, this.list.length - 1 - DEPTHS[tag])];
    return "hash" in tag ? this.byHash.get(tag.hash) : this.list[Number(tag.number)];
  }

  /** The same where a block must be there. */
  get(tag: BlockTag): MinedBlock {
    const found = this.find(tag);
    if (found === undefined) throw new RpcError(REFUSED, `there is no such block; the last one is ${numberOf(this.head)}`);
    return found;
  }

  ofTransaction(hash: string): MinedBlock | undefined {
    return this.byTransaction.get(hash);
  }
}
