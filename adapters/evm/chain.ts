import { type Address, AssertionError, type Digest, fail, ok, period, type Result } from "../../engine/kernel/index.ts";
import type { BatchReceipt, Chain, ChainCode, Registry, VaultBalances, VaultEscrows, VaultHead } from "../../src/ports/index.ts";
import { BatchLog, type SettledBatch } from "./batch-log.ts";
import { refuseCode } from "./code.ts";
import { type Finality, finalityOf } from "./finality.ts";
import { RegistryReader } from "./registry-reader.ts";
import { connect, type Rpc, type RpcOptions } from "./rpc.ts";
import { readStanding } from "./standing.ts";
import { balancesOf, refusal, TICK_MICRO, VAULT, view } from "./vault.ts";

export interface ChainOptions extends RpcOptions {
  readonly chainId: number;
  readonly vault: Address;
  /** What the street's homes decide with; left out: the registry tells of no rules. */
  readonly community?: Address;
  /** What is settled for good: what the chain says so of ("finalized"), or what lies so many blocks back. By default the first, and on the development chain everything. */
  readonly finality?: Finality;
}

/** A vault's state that changes. */
export interface Status extends VaultHead {
  /** Digest of the open proposal; null when there is none. */
  readonly proposal: Digest | null;
  /** Unix seconds on the chain's clock from when on the proposal may be settled. */
  readonly finalizableAt: number;
  /** The interval that the next period begins with; 0 before the first one is proposed. */
  readonly nextInterval: number;
  /** Changes whenever the registry does. */
  readonly registryHead: Digest;
  readonly homeCount: number;
}

/** From the first home on, as many as there are. */
const ALL = [0, 2 ** 32] as const;
const TRIES = 5;
const NONE = `0x${"0".repeat(64)}`;

/** What the vault on the chain says. Makes no contact before the first question, and finds its way back after an outage. */
export function openChain(options: ChainOptions): Chain {
  return portOf(new VaultReader(connect(options), options));
}

export function portOf(reader: VaultReader): Chain {
  return {
    registry: () => shield(() => reader.registry()),
    head: () => shield(() => reader.head()),
    escrows: () => shield(() => reader.escrows()),
    balances: () => shield(() => reader.balances()),
    standing: (home) => shield(() => readStanding(reader, home)),
    batches: () => shield(() => reader.receipts()),
    close: async () => reader.close(),
  };
}

/** A node whose answers have the wrong shape is as good as none; only a broken rule of our own goes on as an exception. */
export async function shield<T>(run: () => Promise<Result<T, ChainCode>>): Promise<Result<T, ChainCode>> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    return fail("CHAIN_UNREACHABLE", `the node's answer makes no sense: ${(error as Error).message}`);
  }
}

export class VaultReader {
  readonly rpc: Rpc;
  readonly vault: Address;
  private readonly chainId: number;
  private readonly log: BatchLog;
  /** Once it has answered as our vault; asked again after every outage, when another chain may stand there. */
  private isKnown = false;
  private readonly registryReader: RegistryReader;

  constructor(rpc: Rpc, { chainId, vault, community, finality = finalityOf(chainId) }: ChainOptions) {
    this.rpc = { ask: (method, params) => this.watch(rpc.ask(method, params)), close: () => rpc.close() };
    this.vault = vault;
    this.chainId = chainId;
    this.log = new BatchLog(this.rpc, vault);
    this.registryReader = new RegistryReader(this.rpc, { vault, community }, finality);
  }

  /** As it finally is; one question when nothing has changed since the last time. */
  async registry(): Promise<Result<Registry, ChainCode>> {
    const known = await this.identify();
    return known.ok ? this.registryReader.read() : known;
  }

  /** As it is now, final or not. */
  async status(block = "latest"): Promise<Result<Status, ChainCode>> {
    const known = await this.identify();
    if (!known.ok) return known;
    const answer = await view(this.rpc, { to: this.vault, contract: VAULT, method: "status", args: [] }, block);
    if (!answer.ok) return answer;
    const raw = answer.value[0];
    const nextPeriod = Number(raw.nextPeriod);
    if (!period.is(nextPeriod))
      return fail("CHAIN_WRONG", `the vault at ${this.vault} expects period ${nextPeriod}, which no street reaches`);
    return ok({
      nextPeriod,
      lastPeriod: raw.proposal === NONE ? raw.link : null,
      settledUntil: Number(raw.settledUntil),
      proposal: raw.proposal === NONE ? null : raw.proposal,
      finalizableAt: Number(raw.finalizableAt),
      nextInterval: Number(raw.nextInterval),
      registryHead: raw.registryHead,
      homeCount: Number(raw.homeCount),
    });
  }

  async head(): Promise<Result<VaultHead, ChainCode>> {
    const block = await this.finalBlock();
    if (!block.ok) return block;
    const status = await this.status(block.value);
    if (!status.ok) return status;
    const { nextPeriod, lastPeriod, settledUntil } = status.value;
    return ok({ nextPeriod, lastPeriod, settledUntil });
  }

  /** Balances and the period they stand at are two questions: asked again when a period was settled between them. */
  async escrows(): Promise<Result<VaultEscrows, ChainCode>> {
    for (let tries = 0; tries < TRIES; tries++) {
      const block = await this.registryReader.finalBlock();
      if (!block.ok) return block;
      const before = await this.status(block.value);
      if (!before.ok) return before;
      const answer = await view(this.rpc, { to: this.vault, contract: VAULT, method: "balances", args: ALL }, block.value);
      if (!answer.ok) return answer;
      const after = await this.status(block.value);
      if (!after.ok) return after;
      const { nextPeriod } = after.value;
      if (before.value.nextPeriod !== nextPeriod) continue;
      const { homes } = balancesOf(answer.value);
      return ok({ nextPeriod, ticks: homes.map(({ ticks, debt }) => ticks - debt), requested: homes.map(({ requested }) => requested) });
    }
    return fail("CHAIN_UNREACHABLE", "a period was settled each time that the balances were read");
  }

  async balances(): Promise<Result<VaultBalances, ChainCode>> {
    const answer = await this.read("balances", ...ALL);
    if (!answer.ok) return answer;
    const { homes, wide } = balancesOf(answer.value);
    return ok({
      homes: homes.map(({ ticks }) => ticks * TICK_MICRO),
      requested: homes.map(({ requested }) => requested * TICK_MICRO),
      debts: homes.map(({ debt }) => debt * TICK_MICRO),
      residual: wide[0]! * TICK_MICRO,
    });
  }

  async receipts(): Promise<Result<readonly BatchReceipt[], ChainCode>> {
    const batches = await this.batches();
    if (!batches.ok) return batches;
    return ok(batches.value.map(({ period, transaction, block, gas }) => ({ period, transaction, block, gas })));
  }

  async batches(): Promise<Result<readonly SettledBatch[], ChainCode>> {
    const known = await this.identify();
    return known.ok ? this.log.read() : known;
  }

  close(): void {
    this.rpc.close();
  }

  /** A block whose state is final, as its number or a name. */
  finalBlock(): Promise<Result<string, ChainCode>> {
    return this.registryReader.finalBlock();
  }

  /** Asks a view of the vault. */
  async read(method: string, ...args: readonly unknown[]): ReturnType<typeof view> {
    return this.readAt("latest", method, ...args);
  }

  async readAt(block: string, method: string, ...args: readonly unknown[]): ReturnType<typeof view> {
    const known = await this.identify();
    return known.ok ? view(this.rpc, { to: this.vault, contract: VAULT, method, args }, block) : known;
  }

  private async watch(answer: ReturnType<Rpc["ask"]>): ReturnType<Rpc["ask"]> {
    const settled = await answer;
    if (!settled.ok && settled.code !== "CHAIN_REFUSED") this.isKnown = false;
    return settled;
  }

  private async identify(): Promise<Result<void, ChainCode>> {
    if (this.isKnown) return ok(undefined);
    const id = await this.rpc.ask("eth_chainId", []);
    if (!id.ok) return refusal(id);
    if (Number(id.value) !== this.chainId)
      return fail("CHAIN_WRONG", `the node serves chain ${Number(id.value)}; this street lives on chain ${this.chainId}`);
    const domain = await view(this.rpc, { to: this.vault, contract: VAULT, method: "eip712Domain", args: [] });
    if (!domain.ok) return domain;
    const { name, version } = domain.value;
    if (name !== "GridVault" || version !== "1")
      return fail("CHAIN_WRONG", `at ${this.vault} stands "${name}" version ${version}, no GridVault version 1`);
    const code = await this.rpc.ask("eth_getCode", [this.vault, "latest"]);
    if (!code.ok) return refusal(code);
    const refused = refuseCode(code.value);
    if (refused !== null) return fail("CHAIN_WRONG", `at ${this.vault} ${refused}`);
    this.isKnown = true;
    return ok(undefined);
  }
}
