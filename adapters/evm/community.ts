import type { Result as Decoded } from "ethers/abi";
import { COMMUNITY_BYTECODE } from "../../contracts/abi/community.ts";
import { type Address, address, fail, type HomeId, homeId, ok, type Result, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import type { ChainCode, Community, DecidedRules, Motion, RulesNumbers } from "../../src/ports/index.ts";
import { type ChainOptions, shield } from "./chain.ts";
import { finalBlock, finalityOf } from "./finality.ts";
import { connect, type Rpc, type RpcOptions } from "./rpc.ts";
import { type RawRules, readRules, toInterval, toRules } from "./rules-history.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { COMMUNITY, refusal, TICK_MICRO, view } from "./vault.ts";

export interface CommunityOptions extends ChainOptions {
  /** Where the community stands; it decides for `vault`. */
  readonly community: Address;
}

/** What a community begins with. */
export interface CommunityTerms {
  readonly rules: DecidedRules;
  /** What each number may ever be. */
  readonly least: RulesNumbers;
  readonly most: RulesNumbers;
  /** A week by default. */
  readonly votingSeconds?: number;
  /** Between the end of voting and the change, longer than the vault's escape delay; two weeks by default. */
  readonly delaySeconds?: number;
  /** In which the change must be executed; a week by default. */
  readonly graceSeconds?: number;
}

/** The key pays and has no say afterwards. */
export interface CommunityPlan extends CommunityTerms, Omit<RpcOptions, "chainId">, SenderOptions {
  readonly vault: Address;
}

const WEEK = 7 * 86_400;

const TIMES = ["votingSeconds", "delaySeconds", "graceSeconds", "motionCount"] as const;

/** What homes of the street decide, read from the chain. Makes no contact before the first question. */
export function openCommunity(options: CommunityOptions): Community {
  return communityOf(new CommunityReader(connect(options), options));
}

export const communityOf = (reader: CommunityReader): Community => ({
  rules: () => shield(() => reader.rules()),
  motions: () => shield(() => reader.motions()),
  nonceOf: (home) => shield(() => reader.nonceOf(home)),
  close: async () => reader.rpc.close(),
});

export class CommunityReader {
  readonly rpc: Rpc;
  private readonly options: CommunityOptions;

  constructor(rpc: Rpc, options: CommunityOptions) {
    this.rpc = rpc;
    this.options = options;
  }

  async rules(): Promise<Result<readonly DecidedRules[], ChainCode>> {
    const { finality, chainId } = this.options;
    const known = await this.identify();
    if (!known.ok) return known;
    const block = await finalBlock(this.rpc, finality ?? finalityOf(chainId));
    if (!block.ok) return block;
    return readRules(this.rpc, this.options.community, block.value);
  }

  async motions(): ReturnType<Community["motions"]> {
    const known = await this.identify();
    if (!known.ok) return known;
    const times = await this.all(TIMES.map((method) => [method]));
    if (!times.ok) return times;
    const [voting, delay, grace, count] = times.value.map(Number) as [number, number, number, number];
    const motions: Motion[] = [];
    while (motions.length < count) {
      const raw = await this.view("motionOf", [motions.length]);
      if (!raw.ok) return raw;
      const wants = await this.wanted(motions.length, raw.value[0].rules);
      if (!wants.ok) return wants;
      motions.push(toMotion(motions.length, raw.value[0], { wants: wants.value, voting, delay, grace }));
    }
    const block = await this.rpc.ask("eth_getBlockByNumber", ["latest", false]);
    return block.ok ? ok({ now: Number((block.value as { timestamp: string }).timestamp), motions }) : refusal(block);
  }

  /** Views with their arguments, one after the other; of each what it returns first. */
  private async all(calls: readonly (readonly [method: string, ...args: unknown[]])[]): Promise<Result<readonly unknown[], ChainCode>> {
    const answers: unknown[] = [];
    for (const [method, ...args] of calls) {
      const answer = await this.view(method, args);
      if (!answer.ok) return answer;
      answers.push(answer.value[0]);
    }
    return ok(answers);
  }

  /** A motion without rules is one for a payment. */
  private async wanted(motion: number, rules: RawRules): Promise<Result<Motion["wants"], ChainCode>> {
    if (rules.hash !== ZERO_DIGEST) return ok({ rules: toRules(rules) });
    const answer = await this.view("paymentOf", [motion]);
    if (!answer.ok) return answer;
    const { to, ticks } = answer.value[0];
    return ok({ payment: { to: address(to.toLowerCase()), micro: Number(ticks) * TICK_MICRO } });
  }

  async nonceOf(home: HomeId): Promise<Result<number, ChainCode>> {
    const answer = await this.read("motionsOf", home);
    return answer.ok ? ok(Number(answer.value[0])) : answer;
  }

  /** Asks a view, of the state as it is now. */
  async read(method: string, ...args: readonly unknown[]): Promise<Result<Decoded, ChainCode>> {
    const known = await this.identify();
    return known.ok ? this.view(method, args) : known;
  }

  private view(method: string, args: readonly unknown[], block?: string): ReturnType<typeof view> {
    return view(this.rpc, { to: this.options.community, contract: COMMUNITY, method, args, what: "community" }, block);
  }

  /** Another chain, another contract, or the community of another street are none of ours. */
  private async identify(): Promise<Result<void, ChainCode>> {
    const { chainId, community, vault } = this.options;
    const id = await this.rpc.ask("eth_chainId", []);
    if (!id.ok) return refusal(id);
    if (Number(id.value) !== chainId)
      return fail("CHAIN_WRONG", `the node serves chain ${Number(id.value)}; this street lives on chain ${chainId}`);
    const domain = await this.view("eip712Domain", []);
    if (!domain.ok) return domain;
    const { name, version } = domain.value;
    if (name !== "Community" || version !== "1")
      return fail("CHAIN_WRONG", `at ${community} stands "${name}" version ${version}, no Community version 1`);
    const of = await this.view("vault", []);
    if (!of.ok) return of;
    return of.value[0].toLowerCase() === vault.toLowerCase()
      ? ok(undefined)
      : fail("CHAIN_WRONG", `the community at ${community} decides for the vault at ${of.value[0]}, not for ${vault}`);
  }
}

interface RawMotion extends Readonly<Record<"home" | "interval" | "homes" | "yes" | "no" | "closesAt", bigint>> {
  readonly rules: RawRules;
  readonly isExecuted: boolean;
}

/** Times in seconds. */
interface Standing extends Pick<Motion, "wants"> {
  readonly voting: number;
  readonly delay: number;
  readonly grace: number;
}

function toMotion(motion: number, raw: RawMotion, { wants, voting, delay, grace }: Standing): Motion {
  const closesAt = Number(raw.closesAt);
  return {
    motion,
    home: homeId(Number(raw.home)),
    wants,
    interval: toInterval(raw.interval),
    homes: Number(raw.homes),
    yes: Number(raw.yes),
    no: Number(raw.no),
    broughtAt: closesAt - voting,
    closesAt,
    executableAt: closesAt + delay,
    lapsesAt: closesAt + delay + grace,
    isExecuted: raw.isExecuted,
  };
}

/** Puts a community on the chain for a vault that stands there; with an outbox, after a kill, it goes on where it was. */
export function deployCommunity(plan: CommunityPlan): Promise<Result<Address, ChainCode>> {
  return shield(async () => {
    const rpc = connect(plan);
    try {
      const sender = new Sender(rpc, plan);
      const finished = await sender.finish();
      return finished.ok ? await makeCommunity(sender, plan.vault, plan) : finished;
    } finally {
      rpc.close();
    }
  });
}

export async function makeCommunity(sender: Sender, vault: Address, terms: CommunityTerms): Promise<Result<Address, ChainCode>> {
  const { rules, least, most, votingSeconds = WEEK, delaySeconds = 2 * WEEK, graceSeconds = WEEK } = terms;
  const construction = COMMUNITY.encodeDeploy([{ vault, rules, least, most, votingSeconds, delaySeconds, graceSeconds }]);
  return sender.make(COMMUNITY_BYTECODE + construction.slice(2));
}
