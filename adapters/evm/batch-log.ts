import { type Address, type Digest, fail, ok, type Period, type Result } from "../../engine/kernel/index.ts";
import type { BatchReceipt, ChainCode } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import { refusal, VAULT } from "./vault.ts";

/** A settled period as the chain tells it. */
export interface SettledBatch extends BatchReceipt {
  readonly head: Digest;
}

interface Log {
  readonly topics: readonly string[];
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
}

const PROPOSED = VAULT.getEvent("PeriodProposed")!.topicHash;
const SETTLED = VAULT.getEvent("PeriodSettled")!.topicHash;

/** Reads what the vault settled from its events, asking only for what is new; a chain that went back is read again from its start. */
export class BatchLog {
  private logs: readonly Log[] = [];
  private batches: readonly SettledBatch[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private readonly rpc: Rpc;
  private readonly vault: Address;

  constructor(rpc: Rpc, vault: Address) {
    this.rpc = rpc;
    this.vault = vault;
  }

  /** One at a time: two readers would both add what is new. */
  read(): Promise<Result<readonly SettledBatch[], ChainCode>> {
    const batches = this.last.then(() => this.readOn());
    this.last = batches.catch(() => undefined);
    return batches;
  }

  private async readOn(): Promise<Result<readonly SettledBatch[], ChainCode>> {
    const last = this.logs.at(-1);
    const fresh = await this.fetch(last?.blockNumber ?? "0x0");
    // Asked beyond its last block, a chain that went back refuses.
    if (!fresh.ok) return fresh.code === "CHAIN_REFUSED" && last !== undefined ? this.readAnew() : fresh;
    // The last block that we know is asked for again: if it isn't the same any more, nothing that we know counts.
    const known = this.logs.filter(({ blockNumber }) => blockNumber === last?.blockNumber);
    const isSame = known.every((log, i) => isSameLog(log, fresh.value[i]));
    return isSame ? this.extend(fresh.value.slice(known.length)) : this.readAnew();
  }

  private readAnew(): Promise<Result<readonly SettledBatch[], ChainCode>> {
    this.logs = [];
    this.batches = [];
    return this.readOn();
  }

  private async extend(fresh: readonly Log[]): Promise<Result<readonly SettledBatch[], ChainCode>> {
    const logs = [...this.logs, ...fresh];
    const added: SettledBatch[] = [];
    for (const settled of fresh.filter(({ topics }) => topics[0] === SETTLED)) {
      const proposed = logs.findLast(({ topics }) => topics[0] === PROPOSED && topics[2] === settled.topics[3]);
      const gas = await this.gas([settled, ...(proposed ? [proposed] : [])]);
      if (!gas.ok) return gas;
      added.push({
        period: Number(settled.topics[1]) as Period,
        head: settled.topics[2] as Digest,
        transaction: settled.transactionHash as Digest,
        block: Number(settled.blockNumber),
        gas: gas.value,
      });
    }
    this.logs = logs;
    this.batches = [...this.batches, ...added];
    return ok(this.batches);
  }

  private async fetch(fromBlock: string): Promise<Result<readonly Log[], ChainCode>> {
    const answer = await this.rpc.ask("eth_getLogs", [{ address: this.vault, fromBlock, topics: [[PROPOSED, SETTLED]] }]);
    if (!answer.ok) return refusal(answer);
    return Array.isArray(answer.value) ? ok(answer.value as readonly Log[]) : fail("CHAIN_UNREACHABLE", "the node lists no events");
  }

  private async gas(logs: readonly Log[]): Promise<Result<number, ChainCode>> {
    const transactions = new Set(logs.map(({ transactionHash }) => transactionHash));
    let gas = 0;
    for (const transaction of transactions) {
      const answer = await this.rpc.ask("eth_getTransactionReceipt", [transaction]);
      if (!answer.ok) return refusal(answer);
      const receipt = answer.value as { gasUsed: string } | null;
      if (receipt === null) return fail("CHAIN_UNREACHABLE", `the node lists transaction ${transaction} and does not know it`);
      gas += Number(receipt.gasUsed);
    }
    return ok(gas);
  }
}

const isSameLog = (a: Log, b: Log | undefined): boolean =>
  a.blockHash === b?.blockHash && a.transactionHash === b.transactionHash && a.topics.every((topic, i) => topic === b.topics[i]);
