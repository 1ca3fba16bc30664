import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { startAnvil, startLocalChain } from "../../adapters/evm/index.ts";
import { type Address, assert } from "../../engine/kernel/index.ts";

interface Question {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A node's answer, or its refusal. */
interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: string };
}

type Json = Readonly<Record<string, unknown>>;

/** What is said of an account by whoever dumps a state. */
export interface DumpedAccount {
  readonly nonce: number;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

export type Contracts = Readonly<Record<string, DumpedAccount>>;

/** Two chains with the same transactions in blocks of the same time: anvil, and @ethereumjs/vm. */
interface Pair {
  readonly anvil: string;
  readonly ethereumjs: string;
}

const FIRST_TIME = 4_000_000_000;
const PATIENCE_MS = 3_000;

/**
 * Two EVMs behind one address: what is asked there is asked of both, and their answers are compared. Whoever uses it (ethers, our
 * adapter, a test's vault) needs to know nothing of that; anvil's answer goes out.
 */
export class TwinChain {
  /** In words; empty as long as both say the same. */
  readonly differences: string[] = [];
  /** How many answers of each method were compared. */
  readonly compared = new Map<string, number>();
  private readonly pair: Pair;
  private readonly server: Server;
  private readonly stopBoth: () => Promise<void>;
  private readonly snapshots = new Map<string, unknown>();
  private time = FIRST_TIME;
  private hasReverted = false;
  private readonly askedSince = new Map<string, number>();
  private last: Promise<unknown> = Promise.resolve();

  private constructor(pair: Pair, stopBoth: () => Promise<void>) {
    this.pair = pair;
    this.stopBoth = stopBoth;
    this.server = createServer(async (incoming, outgoing) => {
      const asked = JSON.parse(await textOf(incoming)) as Question;
      const answer = await this.inTurn(() => this.ask(asked));
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ...answer, jsonrpc: "2.0", id: asked.id }));
    });
  }

  static async start({ chainId, funded }: { readonly chainId: number; readonly funded: readonly Address[] }): Promise<TwinChain> {
    const options = { chainId, funded, stateFile: null };
    const [anvil, local] = [await startAnvil(options), await startLocalChain({ ...options, isLaboratory: true, keptStates: 1_000_000 })];
    assert(anvil.ok && local.ok, `${anvil.ok ? "" : anvil.detail} ${local.ok ? "" : local.detail}`);
    const twin = new TwinChain({ anvil: anvil.value.rpc, ethereumjs: local.value.rpc }, async () => {
      await Promise.all([anvil.value.stop(), local.value.stop()]);
    });
    await new Promise<void>((resolve) => twin.server.listen(0, "127.0.0.1", resolve));
    return twin;
  }

  get rpc(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.stopBoth();
  }

  /** Code, nonce and every word of every contract, as each of the two has them. */
  async contracts(): Promise<readonly [anvil: Contracts, ethereumjs: Contracts]> {
    const [anvil, ethereumjs] = await this.inTurn(() => this.both({ id: 1, method: "anvil_dumpState", params: [] }));
    return [contractsIn(anvil), contractsIn(ethereumjs)];
  }

  /** Asks @ethereumjs/vm alone, so that the two differ. */
  async plant(method: string, params: readonly unknown[]): Promise<void> {
    const { error } = await post(this.pair.ethereumjs, { id: 1, method, params });
    assert(error === undefined, error?.message ?? "");
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async ask(asked: Question): Promise<Answer> {
    const { method, params } = asked;
    if (method === "evm_increaseTime") {
      this.time += Number(params[0]);
      return { result: this.time };
    }
    if (method === "evm_revert") return this.revert(asked);
    if (method === "eth_sendRawTransaction" || method === "evm_mine") await this.setTime();
    const [anvil, ethereumjs] = await this.both(asked);
    if (method === "evm_snapshot") this.snapshots.set(String(anvil.result), ethereumjs.result);
    else if (!this.isEarly(asked, anvil)) this.compare(asked, anvil, ethereumjs);
    return anvil.result === null && !this.isEarly(asked, anvil) ? ethereumjs : anvil;
  }

  /** Anvil says that it has a transaction a moment before it mines it; who asks for its receipt asks again, but not for ever. */
  private isEarly({ method, params }: Question, { result }: Answer): boolean {
    if (method !== "eth_getTransactionReceipt" || result !== null) return false;
    const since = this.askedSince.get(String(params[0])) ?? performance.now();
    this.askedSince.set(String(params[0]), since);
    return performance.now() - since < PATIENCE_MS;
  }

  private async setTime(): Promise<void> {
    this.time += 1;
    const answers = await this.both({ id: 1, method: "evm_setNextBlockTimestamp", params: [this.time] });
    for (const { error } of answers) assert(error === undefined, `the time was refused: ${error?.message}`);
  }

  private async revert({ id, method, params }: Question): Promise<Answer> {
    const answer = await post(this.pair.anvil, { id, method, params });
    const other = await post(this.pair.ethereumjs, { id, method, params: [this.snapshots.get(String(params[0]))] });
    assert(answer.result === true && other.result === true, "both go back to the snapshot");
    this.hasReverted = true;
    return answer;
  }

  private both(asked: Question): Promise<[anvil: Answer, ethereumjs: Answer]> {
    return Promise.all([post(this.pair.anvil, asked), post(this.pair.ethereumjs, asked)]);
  }

  private compare({ method, params }: Question, anvil: Answer, ethereumjs: Answer): void {
    const part = COMPARED[method];
    if (part === undefined) return;
    this.compared.set(method, (this.compared.get(method) ?? 0) + 1);
    const [a, b] = [whatCounts(anvil, part), whatCounts(ethereumjs, part)];
    const apart = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
    for (const key of this.hasReverted ? apart.filter((each) => !FEES.has(each)) : apart)
      this.differences.push(
        `${method} ${JSON.stringify(params).slice(0, 200)}: ${key} anvil ${JSON.stringify(a[key])}, ethereumjs ${JSON.stringify(b[key])}`,
      );
  }
}

const all = (result: unknown): unknown => result;
const pick =
  (...keys: readonly string[]) =>
  (result: unknown): unknown =>
    result === null ? null : Object.fromEntries(keys.map((key) => [key, (result as Json)[key] ?? null]));
const LOG = ["address", "topics", "data", "blockNumber", "transactionHash", "transactionIndex", "logIndex", "removed"];
const logsOf = (logs: unknown): unknown => (logs as readonly Json[]).map(pick(...LOG));
const RECEIPT = [
  "type",
  "status",
  "transactionHash",
  "from",
  "to",
  "contractAddress",
  "gasUsed",
  "cumulativeGasUsed",
  "effectiveGasPrice",
  "blockNumber",
  "logsBloom",
];
const BLOCK = ["number", "timestamp", "gasUsed", "gasLimit", "baseFeePerGas", "transactionsRoot", "receiptsRoot", "logsBloom"];

/** At evm_revert anvil takes everything back but the base fee of its next block, so that fees go apart from there on. */
const FEES = new Set(["effectiveGasPrice", "baseFeePerGas"]);

/** What of an answer both must say alike. Hashes of blocks and roots of states are left out: the local chain keeps no trie. */
const COMPARED: Readonly<Record<string, (result: unknown) => unknown>> = {
  eth_chainId: all,
  eth_blockNumber: all,
  eth_call: all,
  eth_getBalance: all,
  eth_getCode: all,
  eth_getStorageAt: all,
  eth_getTransactionCount: all,
  eth_sendRawTransaction: all,
  // Each looks for the limit in its own way; a refusal has to be the same.
  eth_estimateGas: () => "a limit",
  eth_getLogs: logsOf,
  eth_getTransactionReceipt: (receipt) => receipt && { ...(pick(...RECEIPT)(receipt) as Json), logs: logsOf((receipt as Json).logs) },
  eth_getBlockByNumber: (block) => (block === null || (block as Json).number === "0x0" ? null : pick(...BLOCK)(block)),
};

/** Of a refusal its data, which is the contract's; the words are each node's own. */
function whatCounts({ result, error }: Answer, part: (result: unknown) => unknown): Json {
  if (error !== undefined) return { refused: error.data ?? "without data" };
  const counts = part(result);
  return typeof counts === "object" && counts !== null && !Array.isArray(counts) ? (counts as Json) : { result: counts };
}

/** Contracts that anvil puts on every new chain and nothing of ours asks: a deployer, and the hashes of earlier blocks (EIP-2935). */
const ANVILS_OWN = new Set(["0x4e59b44847b379578588920ca78fbf26c0b4956c", "0x0000f90827f1c53a10cb7a02335b175320002935"]);

function contractsIn({ result }: Answer): Contracts {
  const text = gunzipSync(Buffer.from(String(result).slice(2), "hex")).toString("utf8");
  const { accounts } = JSON.parse(text) as { readonly accounts: Readonly<Record<string, DumpedAccount>> };
  const contracts = Object.entries(accounts).filter(([address, { code }]) => code !== "0x" && !ANVILS_OWN.has(address));
  return Object.fromEntries(
    contracts.map(([address, { nonce, code, storage }]) => [address, { nonce, code, storage: withoutZeros(storage) }]),
  );
}

/** A word that became zero is dumped by one and left out by the other. */
const withoutZeros = (storage: DumpedAccount["storage"]): DumpedAccount["storage"] =>
  Object.fromEntries(Object.entries(storage).filter(([, word]) => BigInt(word) !== 0n));

function post(rpc: string, { method, params }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(rpc, { method: "POST", headers: { "content-type": "application/json" } }, (response) => {
      textOf(response).then((text) => resolve(JSON.parse(text)), reject);
    });
    request.once("error", reject);
    request.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  });
}

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
