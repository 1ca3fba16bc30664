import { COMMUNITY_BYTECODE } from "../../contracts/abi/community.ts";
import { type Address, type Digest, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode, Community, DecidedRules, RulesNumbers } from "../../src/ports/index.ts";
import { type ChainOptions, shield } from "./chain.ts";
import { finalBlock, finalityOf, toInterval } from "./registry-reader.ts";
import { connect, type Rpc } from "./rpc.ts";
import { Sender } from "./sender.ts";
import { COMMUNITY, refusal, view } from "./vault.ts";

export interface CommunityOptions extends ChainOptions {
  /** Where the community stands; it decides for `vault`. */
  readonly community: Address;
}

export interface CommunityPlan {
  readonly rpc: string;
  readonly chainId: number;
  /** Private key of whoever pays; it has no say afterwards. */
  readonly key: string;
  readonly vault: Address;
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

const WEEK = 7 * 86_400;

/** What homes of the street decided, read from the chain. Makes no contact before the first question. */
export function openCommunity(options: CommunityOptions): Community {
  const rpc = connect(options);
  return {
    rules: () => shield(() => readRules(rpc, options)),
    close: async () => rpc.close(),
  };
}

async function readRules(rpc: Rpc, options: CommunityOptions): Promise<Result<readonly DecidedRules[], ChainCode>> {
  const known = await identify(rpc, options);
  if (!known.ok) return known;
  const block = await finalBlock(rpc, options.finality ?? finalityOf(options.chainId));
  if (!block.ok) return block;
  const answer = await ask(rpc, options.community, "rulesHistory", block.value);
  return answer.ok ? ok([...answer.value[0]].map(toRules)) : answer;
}

/** Another chain, another contract, or the community of another street are none of ours. */
async function identify(rpc: Rpc, { chainId, community, vault }: CommunityOptions): Promise<Result<void, ChainCode>> {
  const id = await rpc.ask("eth_chainId", []);
  if (!id.ok) return refusal(id);
  if (Number(id.value) !== chainId)
    return fail("CHAIN_WRONG", `the node serves chain ${Number(id.value)}; this street lives on chain ${chainId}`);
  const domain = await ask(rpc, community, "eip712Domain");
  if (!domain.ok) return domain;
  const { name, version } = domain.value;
  if (name !== "Community" || version !== "1")
    return fail("CHAIN_WRONG", `at ${community} stands "${name}" version ${version}, no Community version 1`);
  const of = await ask(rpc, community, "vault");
  if (!of.ok) return of;
  return of.value[0].toLowerCase() === vault.toLowerCase()
    ? ok(undefined)
    : fail("CHAIN_WRONG", `the community at ${community} decides for the vault at ${of.value[0]}, not for ${vault}`);
}

const ask = (rpc: Rpc, community: Address, method: string, block?: string): ReturnType<typeof view> =>
  view(rpc, { to: community, contract: COMMUNITY, method, args: [], what: "community" }, block);

interface RawRules {
  readonly hash: string;
  readonly since: bigint;
  readonly numbers: Readonly<Record<keyof RulesNumbers, bigint>>;
}

function toRules({ hash, since, numbers }: RawRules): DecidedRules {
  const { communityPercent, kPermille, withheldCharge, maxPrice } = numbers;
  return {
    hash: hash as Digest,
    since: toInterval(since),
    numbers: {
      communityPercent: Number(communityPercent),
      kPermille: Number(kPermille),
      withheldCharge: Number(withheldCharge),
      maxPrice: Number(maxPrice),
    },
  };
}

/** Puts a community on the chain for a vault that stands there. */
export function deployCommunity(plan: CommunityPlan): Promise<Result<Address, ChainCode>> {
  return shield(() => deploy(plan));
}

async function deploy(plan: CommunityPlan): Promise<Result<Address, ChainCode>> {
  const { vault, rules, least, most, votingSeconds = WEEK, delaySeconds = 2 * WEEK, graceSeconds = WEEK } = plan;
  const construction = COMMUNITY.encodeDeploy([{ vault, rules, least, most, votingSeconds, delaySeconds, graceSeconds }]);
  const rpc = connect(plan);
  try {
    const made = await new Sender(rpc, plan).send(null, COMMUNITY_BYTECODE + construction.slice(2));
    if (!made.ok) return made;
    return made.value.contract === null ? fail("CHAIN_REFUSED", "the chain made no contract") : ok(made.value.contract);
  } finally {
    rpc.close();
  }
}
