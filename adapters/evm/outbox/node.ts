import { type Address, type Digest, ok, type Result } from "../../../engine/kernel/index.ts";
import type { ChainCode } from "../../../src/ports/index.ts";
import type { Finality } from "../finality.ts";
import type { Answer, Rpc } from "../rpc.ts";
import { refusal } from "../vault.ts";
import { type Entry, isLive, type Mined } from "./machine.ts";
import { contested, type Look } from "./plan.ts";

export interface RawReceipt {
  readonly status: string;
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly gasUsed: string;
  readonly contractAddress: string | null;
}

/** Where a node names no final block, what lies so deep counts as final: two epochs, as on Ethereum. */
const DEPTH = 64;
const LEAST_TIP = 1_000_000n;

/** Asks a node what an outbox needs to know. */
export class NodeView {
  private readonly rpc: Rpc;
  private readonly account: Address;
  private readonly finality: Finality;

  constructor(rpc: Rpc, account: Address, finality: Finality) {
    this.rpc = rpc;
    this.account = account;
    this.finality = finality;
  }

  /** Whether every block counts as final. */
  get isFinalAtOnce(): boolean {
    return this.finality === 0;
  }

  /** Everything that follows from one look; counts first, so that what is mined in between shows as mined. */
  async look(entries: readonly Entry[], nowMs: number): Promise<Result<Look, ChainCode>> {
    const [count, pending, block, tip] = await Promise.all([
      this.rpc.ask("eth_getTransactionCount", [this.account, "latest"]),
      this.rpc.ask("eth_getTransactionCount", [this.account, "pending"]),
      this.rpc.ask("eth_getBlockByNumber", ["latest", false]),
      this.rpc.ask("eth_maxPriorityFeePerGas", []),
    ]);
    if (!count.ok) return refusal(count);
    if (!block.ok) return refusal(block);
    const head = block.value as { readonly baseFeePerGas: string; readonly number: string };
    const suggested = tip.ok ? BigInt(tip.value as string) : 0n;
    const receipts = await this.receipts(entries, numberOf(count.value));
    if (!receipts.ok) return receipts;
    const counts = { count: numberOf(count.value), pending: pending.ok ? numberOf(pending.value) : 0, receipts: receipts.value };
    return ok({
      ...counts,
      nowMs,
      baseFee: BigInt(head.baseFeePerGas),
      tip: suggested > LEAST_TIP ? suggested : LEAST_TIP,
      finalBlock: await this.finalBlock(numberOf(head.number), receipts.value.size > 0),
      gone: await this.gone(contested(entries, counts)),
    });
  }

  /** What became of a transaction; null: it is in no block. */
  async receipt(hash: Digest): Promise<Result<RawReceipt | null, ChainCode>> {
    const answer = await this.rpc.ask("eth_getTransactionReceipt", [hash]);
    if (!answer.ok) return refusal(answer);
    const receipt = answer.value as RawReceipt | null;
    // An answer about another transaction is none.
    return ok(receipt?.transactionHash === hash ? receipt : null);
  }

  private async receipts(entries: readonly Entry[], count: number): Promise<Result<ReadonlyMap<string, Mined>, ChainCode>> {
    const found = new Map<string, Mined>();
    const asked = entries.filter((entry) => isLive(entry) || entry.state === "mined" || entry.nonce >= count);
    for (const { hash } of asked.flatMap(({ variants }) => variants)) {
      const receipt = await this.receipt(hash);
      if (!receipt.ok) return receipt;
      if (receipt.value !== null) found.set(hash, minedOf(receipt.value));
    }
    return ok(found);
  }

  /** -1: not even the first block is sure. */
  private async finalBlock(head: number, isNeeded: boolean): Promise<number> {
    if (this.finality === 0) return Number.POSITIVE_INFINITY;
    if (!isNeeded) return -1;
    if (this.finality !== "finalized") return head - this.finality;
    const answer = await this.rpc.ask("eth_getBlockByNumber", ["finalized", false]);
    const final = answer.ok ? (answer.value as { readonly number?: string } | null) : null;
    return final?.number === undefined ? head - DEPTH : Number(final.number);
  }

  /** Of entries whose nonce was passed, those that nobody knows any more and whose nonce is taken in the final chain as well. */
  private async gone(entries: readonly Entry[]): Promise<ReadonlySet<number>> {
    const gone = new Set<number>();
    if (entries.length === 0) return gone;
    const count = await this.finalCount();
    for (const entry of entries) if (entry.nonce < count && (await this.isUnknown(entry))) gone.add(entry.id);
    return gone;
  }

  /** Transactions of ours in the chain that is never taken back; 0 when the node can't say. */
  private async finalCount(): Promise<number> {
    const block = this.finality === 0 ? "latest" : this.finality === "finalized" ? this.finality : await this.depth(this.finality);
    const answer = await this.rpc.ask("eth_getTransactionCount", [this.account, block]);
    if (answer.ok) return numberOf(answer.value);
    if (this.finality !== "finalized") return 0;
    const deep = await this.rpc.ask("eth_getTransactionCount", [this.account, await this.depth(DEPTH)]);
    return deep.ok ? numberOf(deep.value) : 0;
  }

  private async depth(blocks: number): Promise<string> {
    const head = await this.rpc.ask("eth_blockNumber", []);
    return `0x${Math.max(0, head.ok ? numberOf(head.value) - blocks : 0).toString(16)}`;
  }

  /** A node can be late with a receipt. It takes the same bytes again, or knows them, as long as they have a chance. */
  private async isUnknown({ variants }: Entry): Promise<boolean> {
    for (const { hash, raw } of variants) {
      const known = await this.rpc.ask("eth_getTransactionByHash", [hash]);
      if (!known.ok || known.value !== null) return false;
      const again = await this.rpc.ask("eth_sendRawTransaction", [raw]);
      if (again.ok || !isNonceTaken(again)) return false;
    }
    return true;
  }
}

export const minedOf = ({ transactionHash, blockNumber, blockHash, status }: RawReceipt): Mined => ({
  hash: transactionHash as Digest,
  block: Number(blockNumber),
  blockHash: blockHash as Digest,
  isDone: status === "0x1",
});

function numberOf(value: unknown): number {
  const number = Number(value);
  if (typeof value !== "string" || !Number.isSafeInteger(number) || number < 0) throw new TypeError(`${value} is no count`);
  return number;
}

type Refused = Answer & { readonly ok: false };
// Nodes tell these apart in words only.
export const isNonceTaken = ({ detail }: Refused): boolean => /nonce too low|nonce has already/i.test(detail);
export const isKnown = ({ detail }: Refused): boolean => /already known|already imported|known transaction/i.test(detail);
/** No node will ever take these bytes. */
export const isHopeless = ({ detail }: Refused): boolean =>
  /intrinsic gas|exceeds|oversized|invalid (sender|signature|chain)|wrong chain|not supported|gas limit|init ?code|too large/i.test(detail);
