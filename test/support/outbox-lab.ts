import { setTimeout as sleep } from "node:timers/promises";
import { SigningKey } from "ethers/crypto";
import { Transaction } from "ethers/transaction";
import { startAnvil } from "../../adapters/evm/index.ts";
import type { Outbox } from "../../adapters/evm/outbox/index.ts";
import { connect, type Rpc } from "../../adapters/evm/rpc.ts";
import { Sender, type SenderOptions } from "../../adapters/evm/sender.ts";
import { CURRENCY, view } from "../../adapters/evm/vault.ts";
import { TEST_CURRENCY_BYTECODE } from "../../contracts/abi/test-currency.ts";
import { type Address, address, assert } from "../../engine/kernel/index.ts";
import { addressOf, CHAIN_ID, keyOf } from "./test-chain.ts";

/** Who sends in these tests. */
export const SENDER = 1;
/** An account that gets the money of one effect and of no other: what it has tells how often the effect happened. */
export const receiverOf = (effect: number): Address => address(`0x${effect.toString(16).padStart(40, "e")}`);
/** What one effect gives. */
export const GIFT = 1_000;
export const giftTo = (effect: number): string => CURRENCY.encodeFunctionData("mint", [receiverOf(effect), GIFT]);

/** What anybody may do, and nobody is harmed by. */
export const ALLOWANCE = CURRENCY.encodeFunctionData("approve", [receiverOf(0), 1]);

/** An anvil with a contract whose effects can be counted: nothing stops a gift from being made twice. */
export class OutboxLab {
  readonly rpc: string;
  readonly token: Address;
  readonly stop: () => Promise<void>;
  private readonly node: Rpc;
  private readonly opened: Sender[] = [];

  private constructor(rpc: string, token: Address, stop: () => Promise<void>) {
    this.rpc = rpc;
    this.token = token;
    this.node = connect({ rpc, timeoutMs: 10_000 });
    this.stop = async () => {
      this.release();
      this.node.close();
      await stop();
    };
  }

  static async start(): Promise<OutboxLab> {
    const funded = [1, 2].map((n) => address(addressOf(n)));
    const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded, keptStates: 64 });
    assert(anvil.ok, anvil.ok ? "" : anvil.detail);
    return OutboxLab.on(anvil.value.rpc, anvil.value.stop);
  }

  static async on(rpc: string, stop: () => Promise<void>): Promise<OutboxLab> {
    const node = connect({ rpc });
    const sender = new Sender(node, { chainId: CHAIN_ID, key: keyOf(SENDER), finality: 0 });
    const made = await sender.send(null, TEST_CURRENCY_BYTECODE);
    node.close();
    assert(made.ok && made.value.contract !== null, made.ok ? "no contract" : made.detail);
    return new OutboxLab(rpc, made.value.contract, stop);
  }

  /** Impatient, as a test is; of the lab's own node unless told. */
  sender(options: Partial<SenderOptions> & { readonly rpc?: string } = {}): Sender {
    const { rpc = this.rpc, ...rest } = options;
    const node = connect({ rpc, timeoutMs: 2_000 });
    const impatient = { chainId: CHAIN_ID, key: keyOf(SENDER), finality: 0, minedMs: 400, resendMs: 100, bumpMs: 60_000 } as const;
    const sender = new Sender(node, { ...impatient, ...rest });
    this.opened.push(sender);
    return sender;
  }

  give(sender: Sender, effect: number): ReturnType<Sender["send"]> {
    return sender.send(this.token, giftTo(effect));
  }

  /** How often each of these effects happened. */
  async happened(...effects: readonly number[]): Promise<readonly number[]> {
    const counts: number[] = [];
    for (const effect of effects) {
      const balance = await view(this.node, { to: this.token, contract: CURRENCY, method: "balanceOf", args: [receiverOf(effect)] });
      assert(balance.ok, balance.ok ? "" : balance.detail);
      counts.push(Number(balance.value[0]) / GIFT);
    }
    return counts;
  }

  /** Another program with the sender's key: takes a nonce, `ahead` of the next one. */
  async intrude(ahead: number, gwei = 1_000): Promise<void> {
    const from = addressOf(SENDER);
    const nonce = Number(await this.ask("eth_getTransactionCount", [from, "latest"])) + ahead;
    const fee = BigInt(gwei) * 10n ** 9n;
    const transaction = Transaction.from({
      type: 2,
      chainId: CHAIN_ID,
      nonce,
      to: from,
      gasLimit: 21_000,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: fee,
    });
    transaction.signature = new SigningKey(keyOf(SENDER)).sign(transaction.unsignedHash);
    await this.ask("eth_sendRawTransaction", [transaction.serialized]);
  }

  async mining(isOn: boolean): Promise<void> {
    await this.ask("evm_setAutomine", [isOn]);
    if (isOn) await this.ask("evm_mine");
  }

  /** Hashes of what waits in the node, once there is as much. */
  async pool(least = 1): Promise<readonly string[]> {
    for (let tries = 0; tries < 200; tries++) {
      const { pending } = (await this.ask("txpool_content")) as { pending: Record<string, Record<string, { hash: string }>> };
      const hashes = Object.values(pending).flatMap((byNonce) => Object.values(byNonce).map(({ hash }) => hash));
      if (hashes.length >= least) return hashes;
      await sleep(10);
    }
    throw new Error("nothing was sent");
  }

  async ask(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = await this.node.ask(method, params);
    assert(answer.ok, answer.ok ? "" : `${method}: ${answer.detail}`);
    return answer.value;
  }

  release(): void {
    for (const sender of this.opened.splice(0)) sender.close();
  }
}

/** An outbox that tells before and after each change that it keeps. */
export function told(outbox: Outbox, hear: (when: "before" | "after", kind: string) => void): Outbox {
  return {
    get entries() {
      return outbox.entries;
    },
    record(changes) {
      for (const { kind } of changes) hear("before", kind);
      const kept = outbox.record(changes);
      for (const { kind } of changes) hear("after", kind);
      return kept;
    },
    close: () => outbox.close(),
  };
}
