import { type Block, createBlock } from "@ethereumjs/block";
import { type Common, createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createTx, type TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex, createAddressFromString, hexToBytes, type PrefixedHexString } from "@ethereumjs/util";
import { buildBlock, createVM, type RunTxResult, runTx, type VM } from "@ethereumjs/vm";
import type { CallRequest } from "./params.ts";
import { REFUSED, REVERTED, RpcError } from "./rpc-error.ts";
import type { WorldState } from "./world-state.ts";

/** EIP-7825: the most that one transaction may use. */
export const MOST_GAS = 2n ** 24n;
/** As anvil has it. */
export const BLOCK_GAS = 30_000_000n;
/** An empty block takes an eighth off (EIP-1559): the first transaction finds 1 gwei, as it does on anvil. */
const FIRST_BASE_FEE = 1_142_857_142n;
/** What a transaction costs that runs no code. */
const TRANSFER_GAS = 21_000n;
/** A call passes on at most 63/64 of what it has (EIP-150); so much more, and what was refunded at the end, is nearly always enough. */
const withHeadroom = (gas: bigint): bigint => (gas * 64n) / 63n + 2_300n;

/** The rules that this chain has: Osaka, and a chain id of its own. */
export const rulesOf = (chainId: number): Common =>
  createCustomCommon({ chainId, name: "commonwatt" }, Mainnet, { hardfork: Hardfork.Osaka });

/** Runs code on a state, by the rules of Osaka. Not for two runs at once. */
export class Executor {
  readonly common: Common;
  private readonly state: WorldState;
  private readonly vm: VM;

  private constructor(vm: VM, state: WorldState) {
    this.vm = vm;
    this.common = vm.common;
    this.state = state;
  }

  /** `hashOf`: what BLOCKHASH answers. */
  static async create(chainId: number, state: WorldState, hashOf: (number: number) => Uint8Array): Promise<Executor> {
    const common = rulesOf(chainId);
    const blockchain = {
      getBlock: async (number: number) => ({ hash: () => hashOf(number) }),
      putBlock: async () => undefined,
      shallowCopy: () => blockchain,
    };
    return new Executor(await createVM({ common, stateManager: state, blockchain }), state);
  }

  firstBlock(timestamp: bigint): Block {
    return createBlock({ header: { number: 0n, timestamp, gasLimit: BLOCK_GAS, baseFeePerGas: FIRST_BASE_FEE } }, { common: this.common });
  }

  /** The block that would follow, without transactions. */
  nextBlock(parent: Block, timestamp: bigint): Block {
    const header = {
      parentHash: parent.hash(),
      number: parent.header.number + 1n,
      timestamp,
      gasLimit: BLOCK_GAS,
      baseFeePerGas: parent.header.calcNextBaseFee(),
    };
    return createBlock({ header }, { common: this.common });
  }

  /** Runs a transaction, or none, and makes the block of it. What can't be run changes nothing. */
  async mine(
    parent: Block,
    timestamp: bigint,
    transaction: TypedTransaction | null,
  ): Promise<{ readonly block: Block; readonly result: RunTxResult | null }> {
    const { place } = this.state;
    try {
      const builder = await buildBlock(this.vm, {
        parentBlock: parent,
        headerData: { timestamp, gasLimit: BLOCK_GAS, parentBeaconBlockRoot: new Uint8Array(32) },
        withdrawals: [],
        blockOpts: { putBlockIntoBlockchain: false },
      });
      const result = transaction && (await builder.addTransaction(transaction));
      return { block: (await builder.build()).block, result };
    } catch (error) {
      this.abandon(place);
      throw refusal(error);
    }
  }

  /** What a call gives back, as hex. Unlike a transaction it may use a whole block's gas, and a contract may be its sender. */
  async call(request: CallRequest, block: Block): Promise<string> {
    const { from, to, data, value, gas } = request;
    const gasLimit = (gas ?? BLOCK_GAS) - this.transactionOf(request, block, MOST_GAS).getIntrinsicGas();
    if (gasLimit < 0n) throw new RpcError(REFUSED, `intrinsic gas too low: ${-gasLimit} more are needed`);
    const { execResult } = await this.withoutTrace(() => {
      this.warm(request, block);
      return this.vm.evm.runCall({
        block,
        caller: createAddressFromString(from),
        ...(to === null ? {} : { to: createAddressFromString(to) }),
        data: hexToBytes(data as PrefixedHexString),
        value,
        gasLimit,
        skipBalance: true,
      });
    });
    if (execResult.exceptionError !== undefined) throw failure(execResult.exceptionError.error, execResult.returnValue);
    return bytesToHex(execResult.returnValue);
  }

  /** A limit with which it runs, and hardly more than it needs. */
  async estimate(request: CallRequest, block: Block): Promise<bigint> {
    const most = request.gas === null || request.gas > MOST_GAS ? MOST_GAS : request.gas;
    const { totalGasSpent, gasRefund, execResult } = await this.dryRun(request, block, most);
    if (execResult.exceptionError !== undefined) throw failure(execResult.exceptionError.error, execResult.returnValue);
    if (totalGasSpent === TRANSFER_GAS) return totalGasSpent;
    let low = totalGasSpent;
    let high = most;
    const first = withHeadroom(totalGasSpent + (gasRefund ?? 0n));
    if (first < high && (await this.fits(request, block, first))) return first;
    if (first < high) low = first;
    while (high - low > high / 64n) {
      const middle = (low + high) / 2n;
      if (await this.fits(request, block, middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  private async fits(request: CallRequest, block: Block, gas: bigint): Promise<boolean> {
    return (await this.dryRun(request, block, gas)).execResult.exceptionError === undefined;
  }

  /** The whole transaction, whoever signed it and whatever they own. */
  private dryRun(request: CallRequest, block: Block, gasLimit: bigint): Promise<RunTxResult> {
    const transaction = this.transactionOf(request, block, gasLimit);
    return this.withoutTrace(() => runTx(this.vm, { tx: transaction, block, skipNonce: true, skipBalance: true }));
  }

  private transactionOf({ from, to, data, value, accessList }: CallRequest, block: Block, gasLimit: bigint): TypedTransaction {
    const fields = { data: data as PrefixedHexString, value, gasLimit, gasPrice: block.header.baseFeePerGas!, accessList: [...accessList] };
    const type = accessList.length === 0 ? 0 : 1;
    const receiver = to === null ? {} : { to: createAddressFromString(to) };
    const transaction = createTx({ ...fields, type, ...receiver } as Parameters<typeof createTx>[0], {
      common: this.common,
      freeze: false,
    });
    transaction.getSenderAddress = () => createAddressFromString(from);
    return transaction;
  }

  /** What a transaction has looked at before it begins (EIP-2929, EIP-2930, EIP-3651). */
  private warm({ from, to, accessList }: CallRequest, { header }: Block): void {
    const { journal, precompiles } = this.vm.evm;
    for (const address of [...precompiles.keys(), from, to ?? from, header.coinbase.toString()]) journal.addAlwaysWarmAddress(address);
    for (const { address, storageKeys } of accessList) {
      journal.addAlwaysWarmAddress(address);
      for (const slot of storageKeys) journal.addAlwaysWarmSlot(address, slot);
    }
  }

  private async withoutTrace<T>(run: () => Promise<T>): Promise<T> {
    const { place } = this.state;
    try {
      return await run();
    } catch (error) {
      throw refusal(error);
    } finally {
      this.abandon(place);
    }
  }

  private abandon(place: number): void {
    this.state.abandon(place);
    this.vm.evm.journal.cleanJournal();
  }
}

const failure = (why: string, data: Uint8Array): RpcError =>
  why === "revert" ? new RpcError(REVERTED, "execution reverted", bytesToHex(data)) : new RpcError(REFUSED, why);

/** The library's words without its description of block and transaction. */
const refusal = (error: unknown): RpcError =>
  error instanceof RpcError ? error : new RpcError(REFUSED, (error as Error).message.replace(/ \((?:vm hf|tx type|block number)=.*$/s, ""));
