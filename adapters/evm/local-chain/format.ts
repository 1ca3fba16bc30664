import type { TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex } from "@ethereumjs/util";
import type { Log, MinedBlock } from "./blocks.ts";
import type { LogFilter } from "./params.ts";

/** What is answered, as the execution API of Ethereum has it: quantities as hex without leading zeros. */
type Json = Readonly<Record<string, unknown>>;

export const quantity = (value: bigint | number): string => `0x${value.toString(16)}`;

export function blockJson(mined: MinedBlock, withTransactions: boolean): Json {
  const { header, transactions } = mined.block;
  const { entry } = mined;
  const whole = withTransactions ? transactions.map(() => transactionJson(mined)) : transactions.map(() => entry?.hash);
  return {
    number: quantity(header.number),
    hash: mined.hash,
    parentHash: bytesToHex(header.parentHash),
    nonce: bytesToHex(header.nonce),
    sha3Uncles: bytesToHex(header.uncleHash),
    logsBloom: bytesToHex(header.logsBloom),
    transactionsRoot: bytesToHex(header.transactionsTrie),
    stateRoot: bytesToHex(header.stateRoot),
    receiptsRoot: bytesToHex(header.receiptTrie),
    miner: header.coinbase.toString(),
    difficulty: quantity(header.difficulty),
    extraData: bytesToHex(header.extraData),
    size: quantity(mined.block.serialize().length),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    mixHash: bytesToHex(header.mixHash),
    baseFeePerGas: quantity(header.baseFeePerGas!),
    withdrawalsRoot: bytesToHex(header.withdrawalsRoot!),
    withdrawals: [],
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
    parentBeaconBlockRoot: bytesToHex(header.parentBeaconBlockRoot!),
    requestsHash: bytesToHex(header.requestsHash!),
    uncles: [],
    transactions: whole,
  };
}

/** Of the block's one transaction. */
export function transactionJson(mined: MinedBlock): Json {
  const transaction = mined.block.transactions[0]!;
  const { gasLimit: gas, data: input, to, ...fields } = transaction.toJSON();
  return {
    ...fields,
    ...(transaction.type === 0 ? {} : { yParity: fields.v }),
    type: quantity(transaction.type),
    gas,
    gasPrice: quantity(priceOf(transaction, mined)),
    input,
    to: to ?? null,
    hash: mined.entry!.hash,
    from: mined.entry!.from,
    ...placeOf(mined),
  };
}

/** Of the block's one transaction. */
export function receiptJson(mined: MinedBlock): Json {
  const transaction = mined.block.transactions[0]!;
  const { from, hash, receipt } = mined.entry!;
  return {
    type: quantity(transaction.type),
    status: receipt.isDone ? "0x1" : "0x0",
    transactionHash: hash,
    from,
    to: transaction.to?.toString() ?? null,
    contractAddress: receipt.contract,
    cumulativeGasUsed: quantity(receipt.gasUsed),
    gasUsed: quantity(receipt.gasUsed),
    effectiveGasPrice: quantity(priceOf(transaction, mined)),
    logs: receipt.logs.map((log, at) => logJson(mined, log, at)),
    logsBloom: bytesToHex(mined.block.header.logsBloom),
    ...placeOf(mined),
  };
}

/** What a filter finds in a block. */
export function logsIn(mined: MinedBlock, { addresses, topics }: LogFilter): readonly Json[] {
  const all = (mined.entry?.receipt.logs ?? []).map((log, at) => [log, at] as const);
  const isWanted = ({ address, topics: has }: Log): boolean =>
    (addresses === null || addresses.has(address)) && topics.every((any, at) => at < has.length && (any === null || any.has(has[at]!)));
  return all.filter(([log]) => isWanted(log)).map(([log, at]) => logJson(mined, log, at));
}

const placeOf = ({ hash, block }: MinedBlock): Json => ({
  blockHash: hash,
  blockNumber: quantity(block.header.number),
  transactionIndex: "0x0",
});

const logJson = (mined: MinedBlock, log: Log, at: number): Json => ({
  ...log,
  ...placeOf(mined),
  transactionHash: mined.entry!.hash,
  logIndex: quantity(at),
  removed: false,
});

/** EIP-1559: the base fee and the tip, at most what was offered. */
function priceOf(transaction: TypedTransaction, { block }: MinedBlock): bigint {
  if (!("maxFeePerGas" in transaction)) return transaction.gasPrice;
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const wanted = block.header.baseFeePerGas! + maxPriorityFeePerGas;
  if (wanted > maxFeePerGas) return maxFeePerGas;
  return wanted;
}
