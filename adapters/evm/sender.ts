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

  /** `to` null makes a contract. */
  send(to: Address | null, data: string): Promise<Result<Receipt, ChainCode>> {
    const result = this.last.then(() => this.attempt(to, data, 1));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async attempt(to: Address | null, data: string, count: number): Promise<Result<Receipt, ChainCode>> {
    const signed = await this.sign(to, data);
    if (!signed.ok) return signed;
    const sent = await this.rpc.ask("eth_sendRawTransaction", [signed.value]);
    if (!sent.ok && isNonceTaken(sent) && count < TRIES) {
      // Another relay with this key was faster.
      await sleep(20 * count);
      return this.attempt(to, data, count + 1);
    }
    if (!sent.ok && sent.code === "CHAIN_REFUSED" && !isKnown(sent)) return refusal(sent);
    // Without an answer it may have arrived all the same.
    return this.mined(keccak256(signed.value) as Digest, { to, data });
  }

  private async sign(to: Address | null, data: string): Promise<Result<string, ChainCode>> {
    const call = { from: this.address, data, ...(to === null ? {} : { to }) };
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
      gasLimit: gasLimit < MAX_GAS ? gasLimit : MAX_GAS,
      maxFeePerGas: 2n * baseFee + TIP,
      maxPriorityFeePerGas: TIP,
    });
    transaction.signature = this.key.sign(transaction.unsignedHash);
    return ok(transaction.serialized);
  }

  private async mined(hash: Digest, call: { readonly to: Address | null; readonly data: string }): Promise<Result<Receipt, ChainCode>> {
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
  private async judge(
    receipt: RawReceipt,
    { to, data }: { readonly to: Address | null; readonly data: string },
  ): Promise<Result<Receipt, ChainCode>> {
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
