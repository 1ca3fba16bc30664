import { isDeepStrictEqual } from "node:util";
import { type Address, address, type Digest, fail, homeId, interval, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode, DecidedRules, RegisteredHome, RegisteredKey, Registry, ValidatorSet } from "../../src/ports/index.ts";
import { type Finality, finalBlock } from "./finality.ts";
import { decodeName } from "./name.ts";
import type { Rpc } from "./rpc.ts";
import { readRules, toInterval } from "./rules-history.ts";
import { VAULT, view } from "./vault.ts";

const PAGE = 256;
const TRIES = 5;
/** In the contract's order. */
export const CLASSES: readonly (keyof ValidatorSet["minimums"])[] = ["home", "operator", "utility"];

/**
 * Reads the registry as it finally is, so that two homes read the same, and of the same block the rules that a community decided on. What was
 * read is kept under the head of its history: as long as the head is the same one question for each is enough, and a registry that a
 * reorganisation took back is read anew.
 */
export class RegistryReader {
  private readonly rpc: Rpc;
  private readonly vault: Address;
  private readonly community: Address | null;
  private readonly finality: Finality;
  private cached: { readonly head: Digest; readonly registry: Registry } | null = null;

  constructor(rpc: Rpc, { vault, community }: { readonly vault: Address; readonly community?: Address | undefined }, finality: Finality) {
    this.rpc = rpc;
    this.vault = vault;
    this.community = community ?? null;
    this.finality = finality;
  }

  async read(): Promise<Result<Registry, ChainCode>> {
    for (let tries = 0; tries < TRIES; tries++) {
      const block = await this.finalBlock();
      if (!block.ok) return block;
      const before = await this.status(block.value);
      if (!before.ok) return before;
      const { registryHead: head, homeCount } = before.value;
      const decided = await this.readDecided(block.value);
      if (!decided.ok) return decided;
      if (this.cached?.head === head) return ok(this.keep(head, this.cached.registry, decided.value));
      const registry = await this.readAll(homeCount, block.value);
      const after = await this.status(block.value);
      if (!after.ok) return after;
      // Pages of two histories are no registry.
      if (after.value.registryHead !== head) continue;
      if (!registry.ok) return registry;
      return ok(this.keep(head, registry.value, decided.value));
    }
    return fail("CHAIN_UNREACHABLE", "the registry changed each time that it was read");
  }

  /** The same object as long as nothing has changed. */
  private keep(head: Digest, registry: Registry, rules: readonly DecidedRules[] | undefined): Registry {
    if (this.cached?.head !== head || !isDeepStrictEqual(registry.rules, rules))
      this.cached = { head, registry: rules === undefined ? registry : { ...registry, rules } };
    return this.cached.registry;
  }

  private async readDecided(block: string): Promise<Result<readonly DecidedRules[] | undefined, ChainCode>> {
    return this.community === null ? ok(undefined) : readRules(this.rpc, this.community, block);
  }

  finalBlock(): Promise<Result<string, ChainCode>> {
    return finalBlock(this.rpc, this.finality);
  }

  private async status(block: string): Promise<Result<{ readonly registryHead: Digest; readonly homeCount: number }, ChainCode>> {
    const answer = await this.ask(block, "status");
    if (!answer.ok) return answer;
    const { registryHead, homeCount } = answer.value[0];
    const count = Number(homeCount);
    return count <= homeId.max
      ? ok({ registryHead, homeCount: count })
      : fail("CHAIN_WRONG", `the vault at ${this.vault} lists ${count} homes; a street has at most ${homeId.max}`);
  }

  private async readAll(count: number, block: string): Promise<Result<Registry, ChainCode>> {
    const answer = await this.ask(block, "validatorSets");
    if (!answer.ok) return answer;
    const sets = [...answer.value[0]].map(toSet);
    const homes: RegisteredHome[] = [];
    while (homes.length < count) {
      const page = await this.ask(block, "homes", homes.length, PAGE);
      if (!page.ok) return page;
      const [raw, former] = [[...page.value[0]], page.value[1]];
      if (raw.length === 0) return fail("CHAIN_UNREACHABLE", "the registry changed while it was read");
      homes.push(...raw.map((each, at) => toHome(homes.length + at, each, [...former[at]])));
    }
    return this.checked(homes, sets);
  }

  private checked(homes: readonly RegisteredHome[], validatorSets: readonly ValidatorSet[]): Result<Registry, ChainCode> {
    const last = validatorSets.at(-1);
    if (last === undefined) return fail("CHAIN_WRONG", `the vault at ${this.vault} has no validators; its deployment was not finished`);
    const validators = last.validators.map(({ home }) => home);
    if (validators.some((home, at) => home >= homes.length || home <= (validators[at - 1] ?? -1)))
      return fail("CHAIN_WRONG", `the vault at ${this.vault} does not list its validators by rising home id`);
    return ok({ homes, validatorSets, validators, quorum: Math.floor((2 * validators.length) / 3) + 1 });
  }

  private ask(block: string, method: string, ...args: readonly unknown[]): ReturnType<typeof view> {
    return view(this.rpc, { to: this.vault, contract: VAULT, method, args }, block);
  }
}

interface RawKey {
  readonly agent: string;
  readonly since: bigint;
}

interface RawHome {
  readonly owner: string;
  readonly since: bigint;
  readonly agent: string;
  readonly agentSince: bigint;
  readonly until: bigint;
  readonly name: string;
}

interface RawSet {
  readonly since: bigint;
  readonly minimums: readonly bigint[];
  readonly validators: readonly { readonly home: bigint; readonly class: bigint }[];
}

function toHome(id: number, raw: RawHome, former: readonly RawKey[]): RegisteredHome {
  const keys: RegisteredKey[] = [...former, { agent: raw.agent, since: raw.agentSince }].map(({ agent, since }) => ({
    agent: address(agent),
    since: toInterval(since),
  }));
  return {
    home: homeId(id),
    name: decodeName(raw.name),
    agent: address(raw.agent),
    owner: address(raw.owner),
    since: toInterval(raw.since),
    until: raw.until > BigInt(interval.max) ? null : toInterval(raw.until),
    keys,
  };
}

/** A set as the port tells it. */
export function toSet({ since, minimums, validators }: RawSet): ValidatorSet {
  const [home, operator, utility] = [...minimums].map(Number);
  return {
    since: toInterval(since),
    validators: [...validators].map((each) => ({ home: homeId(Number(each.home)), class: CLASSES[Number(each.class)]! })),
    minimums: { home: home!, operator: operator!, utility: utility! },
  };
}
