import { setTimeout as sleep } from "node:timers/promises";
import { getAddress } from "ethers/address";
import { keccak256, SigningKey } from "ethers/crypto";
import { computeAddress, Transaction } from "ethers/transaction";
import { type Address, address, type Digest, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { Answer, Rpc } from "./rpc.ts";
import { explain, refusal } from "./vault.ts";

export interface Receipt {
  readonly transaction: Digest;
  readonly block: number;
  readonly gas: number;
  /** Where the contract stands that this transaction made. */
  readonly contract: Address | null;
}

export interface SenderOptions {
  readonly chainId: number;
  /** Private key, 0x and 64 hex digits. */
  readonly key: string;
  /** Milliseconds to wait for a transaction to be mined; 15 s by default. */
  readonly minedMs?: number;
}

const MINED_MS = 15_000;
/** EIP-7825. */
const MAX_GAS = 2n ** 24n;
const TIP = 1_000_000n;
const TRIES = 5;

/**
 * Sends one transaction after the other from one key, each mined before the next, so that no nonce is ever left out.
 * What it sends again is byte for byte the same (same nonce, deterministic signature), so nothing happens twice.
 */
export class Sender {
  readonly address: Address;
  private readonly rpc: Rpc;
  private readonly key: SigningKey;
  private readonly chainId: number;
  private readonly minedMs: number;
  private last: Promise<unknown> = Promise.resolve();

  constructor(rpc: Rpc, { chainId, key, minedMs = MINED_MS }: SenderOptions) {
    this.rpc = rpc;
    this.key = new SigningKey(key);
    this.address = address(computeAddress(this.key));
    this.chainId = chainId;
    this.minedMs = minedMs;
  }

  /** `to` null makes a contract; `words` of its storage, named beforehand, cost a little less to change (EIP-2930). */
  send(to: Address | null, data: string, words: readonly number[] = []): Promise<Result<Receipt, ChainCode>> {
    const result = this.last.then(() => this.attempt({ to, data, words }, 1));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async attempt(call: Call, count: number): Promise<Result<Receipt, ChainCode>> {
    const signed = await this.sign(call);
    if (!signed.ok) return signed;
    const sent = await this.rpc.ask("eth_sendRawTransaction", [signed.value]);
    if (!sent.ok && isNonceTaken(sent) && count < TRIES) {
      // Another relay with this key was faster.
      await sleep(20 * count);
      return this.attempt(call, count + 1);
    }
    if (!sent.ok && sent.code === "CHAIN_REFUSED" && !isKnown(sent)) return refusal(sent);
    // Without an answer it may have arrived all the same.
    return this.mined(keccak256(signed.value) as Digest, call);
  }

  private async sign({ to, data, words }: Call): Promise<Result<string, ChainCode>> {
    const accessList = accessListOf(to, words);
    const call = { from: this.address, data, ...(to === null ? {} : { to }), ...(accessList.length === 0 ? {} : { accessList }) };
    const [estimate, count, block] = await Promise.all([
      this.rpc.ask("eth_estimateGas", [call]),
      this.rpc.ask("eth_getTransactionCount", [this.address, "latest"]),
      this.rpc.ask("eth_getBlockByNumber", ["latest", false]),
    ]);
    if (!estimate.ok) return refusal(estimate);
    if (!count.ok) return refusal(count);
    if (!block.ok) return refusal(block);
    const baseFee = BigInt((block.value as { baseFeePerGas: string }).baseFeePerGas);
    // A fifth more: the state may change between now and then.
    const gasLimit = (BigInt(estimate.value as string) * 6n) / 5n;
    const transaction = Transaction.from({
      type: 2,
      chainId: this.chainId,
      nonce: Number(count.value),
      to,
      data,
      accessList,
      gasLimit: gasLimit < MAX_GAS ? gasLimit : MAX_GAS,
      maxFeePerGas: 2n * baseFee + TIP,
      maxPriorityFeePerGas: TIP,
    });
    transaction.signature = this.key.sign(transaction.unsignedHash);
    return ok(transaction.serialized);
  }

  private async mined(hash: Digest, call: Call): Promise<Result<Receipt, ChainCode>> {
    let pause = 10;
    for (let waited = 0; waited < this.minedMs; waited += pause) {
      const answer = await this.rpc.ask("eth_getTransactionReceipt", [hash]);
      if (!answer.ok) return refusal(answer);
      if (answer.value !== null) return this.judge(answer.value as RawReceipt, call);
      pause = Math.min(500, pause * 2);
      await sleep(pause);
    }
    return fail("CHAIN_TIMEOUT", `transaction ${hash} was sent and not mined within ${this.minedMs} ms`);
  }

  /** A mined failure doesn't tell its reason; asking the same again does. */
  private async judge(receipt: RawReceipt, { to, data }: Call): Promise<Result<Receipt, ChainCode>> {
    if (receipt.status !== "0x1") {
      const again = await this.rpc.ask("eth_call", [{ from: this.address, to, data }, receipt.blockNumber]);
      const reason = again.ok || again.data === undefined ? null : explain(again.data);
      return fail("CHAIN_REFUSED", reason ?? `transaction ${receipt.transactionHash} failed without a reason`);
    }
    return ok({
      transaction: receipt.transactionHash as Digest,
      block: Number(receipt.blockNumber),
      gas: Number(receipt.gasUsed),
      contract: receipt.contractAddress === null ? null : address(getAddress(receipt.contractAddress)),
    });
  }
}

interface Call {
  readonly to: Address | null;
  readonly data: string;
  readonly words: readonly number[];
}

/** To name a contract costs 2,400, and each word saves 100: 1,900 instead of 2,000 for the first look (EIP-2930, EIP-2929). */
const FEWEST_WORDS = 25;

/** Empty when it would cost more than it saves. */
export function accessListOf(to: Address | null, words: readonly number[]) {
  if (to === null || words.length < FEWEST_WORDS) return [];
  return [{ address: to, storageKeys: words.map((word) => `0x${word.toString(16).padStart(64, "0")}`) }];
}

interface RawReceipt {
  readonly status: string;
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
  readonly contractAddress: string | null;
}

type Refused = Answer & { readonly ok: false };
// Nodes tell these apart in words only.
const isNonceTaken = ({ detail }: Refused): boolean => /nonce too low|replacement transaction underpriced|nonce has already/i.test(detail);
const isKnown = ({ detail }: Refused): boolean => /already known|already imported|known transaction/i.test(detail);
