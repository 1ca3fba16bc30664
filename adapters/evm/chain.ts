import {
  type Address,
  AssertionError,
  address,
  type Digest,
  fail,
  homeId,
  interval,
  ok,
  period,
  type Result,
} from "../../engine/kernel/index.ts";
import type {
  BatchReceipt,
  Chain,
  ChainCode,
  RegisteredHome,
  Registry,
  ValidatorSet,
  VaultBalances,
  VaultHead,
} from "../../src/ports/index.ts";
import { BatchLog, type SettledBatch } from "./batch-log.ts";
import { decodeName } from "./name.ts";
import { connect, type Rpc } from "./rpc.ts";
import { refusal, VAULT, view } from "./vault.ts";

export interface ChainOptions {
  readonly rpc: string;
  readonly chainId: number;
  readonly vault: Address;
  /** Milliseconds for one question; 3 s by default. */
  readonly timeoutMs?: number;
}

/** A vault's state that changes. */
export interface Status extends VaultHead {
  /** Digest of the open proposal; null when there is none. */
  readonly proposal: Digest | null;
  /** Unix seconds on the chain's clock from when on the proposal may be settled. */
  readonly finalizableAt: number;
  /** Changes when a home is added. */
  readonly registryHead: Digest;
  readonly homeCount: number;
}

/** Micro-currency in one tick of the vault. */
export const TICK_MICRO = 100;
const NONE = `0x${"0".repeat(64)}`;
const PAGE = 256;

/** What the vault on the chain says. Makes no contact before the first question, and finds its way back after an outage. */
export function openChain(options: ChainOptions): Chain {
  return portOf(new VaultReader(connect(options), options));
}

export function portOf(reader: VaultReader): Chain {
  return {
    registry: () => shield(() => reader.registry()),
    head: () => shield(() => reader.head()),
    balances: () => shield(() => reader.balances()),
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
  private cached: { readonly head: Digest; readonly registry: Registry } | null = null;

  constructor(rpc: Rpc, { chainId, vault }: ChainOptions) {
    this.rpc = { ask: (method, params) => this.watch(rpc.ask(method, params)), close: () => rpc.close() };
    this.vault = vault;
    this.chainId = chainId;
    this.log = new BatchLog(this.rpc, vault);
  }

  /** One question when no home was added since the last time. */
  async registry(): Promise<Result<Registry, ChainCode>> {
    const status = await this.status();
    if (!status.ok) return status;
    const { registryHead: head, homeCount } = status.value;
    if (this.cached?.head === head) return ok(this.cached.registry);
    const registry = await this.readRegistry(homeCount);
    if (registry.ok) this.cached = { head, registry: registry.value };
    return registry;
  }

  async status(): Promise<Result<Status, ChainCode>> {
    const answer = await this.read("status");
    if (!answer.ok) return answer;
    const raw = answer.value[0];
    const nextPeriod = Number(raw.nextPeriod);
    if (!period.is(nextPeriod))
      return fail("CHAIN_WRONG", `the vault at ${this.vault} expects period ${nextPeriod}, which no street reaches`);
    return ok({
      nextPeriod,
      head: raw.head,
      settledUntil: Number(raw.settledUntil),
      proposal: raw.proposal === NONE ? null : raw.proposal,
      finalizableAt: Number(raw.finalizableAt),
      registryHead: raw.registryHead,
      homeCount: Number(raw.homeCount),
    });
  }

  async head(): Promise<Result<VaultHead, ChainCode>> {
    const status = await this.status();
    if (!status.ok) return status;
    const { nextPeriod, head, settledUntil } = status.value;
    return ok({ nextPeriod, head, settledUntil });
  }

  async balances(): Promise<Result<VaultBalances, ChainCode>> {
    const answer = await this.read("balances", 0, 2 ** 32);
    if (!answer.ok) return answer;
    const [homes, requested, wide] = answer.value as unknown as [bigint[], bigint[], bigint[]];
    const micro = (ticks: bigint): number => Number(ticks) * TICK_MICRO;
    return ok({ homes: [...homes].map(micro), requested: [...requested].map(micro), residual: micro(wide[0]!) });
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

  /** Asks a view of the vault. */
  async read(method: string, ...args: readonly unknown[]): ReturnType<typeof view> {
    const known = await this.identify();
    return known.ok ? view(this.rpc, { to: this.vault, contract: VAULT, method, args }) : known;
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
    this.isKnown = true;
    return ok(undefined);
  }

  private async readRegistry(count: number): Promise<Result<Registry, ChainCode>> {
    if (count > homeId.max)
      return fail("CHAIN_WRONG", `the vault at ${this.vault} lists ${count} homes; a street has at most ${homeId.max}`);
    const agents = await this.read("validators");
    if (!agents.ok) return agents;
    const quorum = await this.read("quorum");
    if (!quorum.ok) return quorum;
    const homes: RegisteredHome[] = [];
    while (homes.length < count) {
      const page = await this.read("homes", homes.length, PAGE);
      if (!page.ok) return page;
      // Fewer than a moment ago: the chain went back. The next question sees it as it is.
      if (page.value[0].length === 0) return fail("CHAIN_UNREACHABLE", "the registry changed while it was read");
      for (const raw of page.value[0]) homes.push(toHome(homes.length, raw));
    }
    return withValidators(homes, agents.value[0], Number(quorum.value[0]));
  }
}

interface RawHome {
  readonly owner: string;
  readonly agent: string;
  readonly since: bigint;
  readonly name: string;
}

function toHome(id: number, raw: RawHome): RegisteredHome {
  const agent = address(raw.agent);
  // Beyond what an interval can be means never.
  const since = interval(Math.min(Number(raw.since), interval.max));
  return { home: homeId(id), name: decodeName(raw.name), agent, owner: address(raw.owner), since, until: null, keys: [{ agent, since }] };
}

function withValidators(homes: readonly RegisteredHome[], agents: readonly string[], quorum: number): Result<Registry, ChainCode> {
  const byAgent = new Map(homes.map(({ home, agent }) => [agent, home]));
  const validators = [];
  for (const agent of agents) {
    const home = byAgent.get(address(agent));
    if (home === undefined) return fail("CHAIN_WRONG", `validator ${agent} is no home of the street; its deployment was not finished`);
    if (home < (validators.at(-1) ?? 0)) return fail("CHAIN_WRONG", "the vault does not list its validators by rising home id");
    validators.push(home);
  }
  const set: ValidatorSet = {
    since: interval(0),
    validators: validators.map((home) => ({ home, class: "home" })),
    minimums: { home: 0, operator: 0, utility: 0 },
  };
  return ok({ homes, validatorSets: [set], validators, quorum });
}
