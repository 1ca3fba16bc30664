import type { Block } from "@ethereumjs/block";
import { createTxFromRLP, type TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex, hexToBytes, KECCAK256_NULL_S, type PrefixedHexString } from "@ethereumjs/util";
import type { RunTxResult } from "@ethereumjs/vm";
import { Blocks, mined, numberOf, type Receipt } from "./blocks.ts";
import { Executor } from "./executor.ts";
import type { BlockTag, CallRequest } from "./params.ts";
import { REFUSED, RpcError } from "./rpc-error.ts";
import { WorldState } from "./world-state.ts";

export interface LocalChainOptions {
  readonly chainId: number;
  /** So many last blocks can be asked for their state. */
  readonly keptStates: number;
  /** Unix seconds. */
  readonly now: () => number;
  /** Accounts that get enough for fees, whenever they have less than half of it. */
  readonly funded: readonly string[];
}

/** What outlives a stop. */
export interface ChainContents {
  readonly state: WorldState;
  readonly blocks: Blocks;
  /** Seconds that the chain's clock runs ahead of the world's. */
  readonly ahead: number;
}

/** Enough for a lifetime of transactions, as startAnvil gives: 2^96 wei. */
const PLENTY = 2n ** 96n;
/** geth's limit for a transaction in its pool. */
const MOST_BYTES = 128 * 1024;

/** A chain of one node: each transaction becomes a block at once. One question after the other, since they share a state. */
export class LocalChain {
  readonly chainId: number;
  readonly state: WorldState;
  readonly blocks: Blocks;
  /** Counts what was written, so that whoever saves it knows when. */
  version = 0;
  ahead: number;
  /** Unix seconds of the next block, if somebody has said them. */
  private given: bigint | null = null;
  private readonly options: LocalChainOptions;
  private readonly executor: Executor;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(options: LocalChainOptions, { state, blocks, ahead }: ChainContents, executor: Executor) {
    this.chainId = options.chainId;
    this.options = options;
    this.state = state;
    this.blocks = blocks;
    this.ahead = ahead;
    this.executor = executor;
  }

  /** A chain as it was saved, or a new one. */
  static async open(options: LocalChainOptions, contents: ChainContents | null): Promise<LocalChain> {
    const { state, blocks, ahead } = contents ?? { state: new WorldState(), blocks: new Blocks(), ahead: 0 };
    const executor = await Executor.create(options.chainId, state, (number) => blocks.at(number)?.block.hash() ?? new Uint8Array(32));
    for (const address of options.funded) fund(state, address);
    if (contents === null) blocks.add(mined(executor.firstBlock(BigInt(options.now())), null, state.place));
    return new LocalChain(options, { state, blocks, ahead }, executor);
  }

  /** Mines a signed transaction; its hash. */
  send(raw: string): Promise<string> {
    return this.inTurn(async () => {
      const transaction = this.decode(raw);
      const hash = bytesToHex(transaction.hash());
      this.check(transaction, hash);
      await this.mine(transaction);
      return hash;
    });
  }

  /** Mines blocks without a transaction. */
  mineEmpty(count: number): Promise<void> {
    return this.inTurn(async () => {
      for (let each = 0; each < count; each++) await this.mine(null);
    });
  }

  call(request: CallRequest, tag: BlockTag): Promise<string> {
    return this.inTurn(() => this.at(tag, (block) => this.executor.call(request, block)));
  }

  /** In the block that would follow: on a chain that mines only when it is asked to, the last one may be old. */
  estimate(request: CallRequest): Promise<bigint> {
    return this.inTurn(() => this.at("pending", (block) => this.executor.estimate(request, block)));
  }

  /** Looks at the state after a block. */
  read<T>(tag: BlockTag, look: (state: WorldState) => T): Promise<T> {
    return this.inTurn(() => this.at(tag, async () => look(this.state)));
  }

  /** Writes to the state without a transaction. */
  write(change: (state: WorldState) => void): Promise<void> {
    return this.inTurn(async () => {
      change(this.state);
      this.version += 1;
    });
  }

  /** Runs when everything that was asked before has been answered. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Unix seconds of the block that would follow: later than the last one's, as every client demands. */
  nextTimestamp(): bigint {
    if (this.given !== null) return this.given;
    const now = BigInt(this.options.now() + this.ahead);
    const { timestamp } = this.blocks.head.block.header;
    return now > timestamp ? now : timestamp + 1n;
  }

  /** So many seconds pass, counted from where the chain stands: many transactions in one second push its clock ahead. */
  passTime(seconds: number): void {
    this.ahead = Number(this.nextTimestamp()) + seconds - this.options.now();
  }

  /** The next block has this time, and the clock goes on from there. */
  giveTimestamp(timestamp: bigint): void {
    if (timestamp <= this.blocks.head.block.header.timestamp) throw new RpcError(REFUSED, "a block is later than the one before it");
    this.given = timestamp;
    this.ahead = Number(timestamp) - this.options.now();
  }

  /** Goes back to an earlier state, if need be, and forth again. */
  private async at<T>(tag: BlockTag, work: (block: Block) => Promise<T>): Promise<T> {
    const found = this.blocks.get(tag);
    if (tag === "pending") return work(this.executor.nextBlock(found.block, this.nextTimestamp()));
    if (found === this.blocks.head) return work(found.block);
    if (found.place < this.state.earliest)
      throw new RpcError(REFUSED, `the state of block ${numberOf(found)} isn't kept; only the last ${this.options.keptStates} are`);
    const taken = this.state.undo(found.place);
    try {
      return await work(found.block);
    } finally {
      this.state.redo(taken);
    }
  }

  private decode(raw: string): TypedTransaction {
    const bytes = hexToBytes(raw as PrefixedHexString);
    if (bytes.length > MOST_BYTES) throw new RpcError(REFUSED, `oversized data: a transaction has at most ${MOST_BYTES} bytes`);
    let transaction: TypedTransaction;
    try {
      transaction = createTxFromRLP(bytes, { common: this.executor.common });
    } catch (error) {
      throw new RpcError(REFUSED, `not a transaction for this chain: ${(error as Error).message}`);
    }
    if (transaction.type > 2) throw new RpcError(REFUSED, `transactions of type ${transaction.type} are not supported; 0, 1 and 2 are`);
    if (!transaction.isSigned() || !transaction.verifySignature())
      throw new RpcError(REFUSED, "invalid sender: the signature is missing or wrong");
    return transaction;
  }

  /** In the words of geth, which clients know. */
  private check(transaction: TypedTransaction, hash: string): void {
    if (this.blocks.ofTransaction(hash) !== undefined) throw new RpcError(REFUSED, "already known");
    const { nonce = 0n, balance = 0n } = this.state.account(transaction.getSenderAddress().toString()) ?? {};
    if (transaction.nonce < nonce) throw new RpcError(REFUSED, `nonce too low: next nonce ${nonce}, tx nonce ${transaction.nonce}`);
    if (transaction.nonce > nonce)
      throw new RpcError(REFUSED, `nonce too high: next nonce ${nonce}, tx nonce ${transaction.nonce}; this chain keeps no queue`);
    const fee = "maxFeePerGas" in transaction ? transaction.maxFeePerGas : transaction.gasPrice;
    const base = this.blocks.head.block.header.calcNextBaseFee();
    if (fee < base) throw new RpcError(REFUSED, `max fee per gas less than block base fee: maxFeePerGas ${fee}, baseFee ${base}`);
    const cost = transaction.value + transaction.gasLimit * fee;
    if (balance < cost) throw new RpcError(REFUSED, `insufficient funds for gas * price + value: have ${balance}, want ${cost}`);
  }

  private async mine(transaction: TypedTransaction | null): Promise<void> {
    const { block, result } = await this.executor.mine(this.blocks.head.block, this.nextTimestamp(), transaction);
    const entry = transaction && {
      hash: bytesToHex(transaction.hash()),
      from: transaction.getSenderAddress().toString(),
      receipt: receiptOf(result!),
    };
    this.blocks.add(mined(block, entry, this.state.place));
    this.given = null;
    this.state.forget(this.blocks.at(numberOf(this.blocks.head) - this.options.keptStates)?.place ?? 0);
    this.version += 1;
  }
}

function fund(state: WorldState, address: string): void {
  const account = state.account(address) ?? NO_ACCOUNT;
  if (account.balance < PLENTY / 2n) state.setAccount(address, { ...account, balance: PLENTY });
}

function receiptOf({ totalGasSpent, execResult, createdAddress }: RunTxResult): Receipt {
  const isDone = execResult.exceptionError === undefined;
  const logs = execResult.logs ?? [];
  return {
    isDone,
    gasUsed: totalGasSpent,
    contract: createdAddress?.toString() ?? null,
    logs: logs.map(([address, topics, data]) => ({
      address: bytesToHex(address),
      topics: topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(data),
    })),
  };
}

/** An account as long as it has never been touched. */
export const NO_ACCOUNT = { nonce: 0n, balance: 0n, codeHash: KECCAK256_NULL_S } as const;
