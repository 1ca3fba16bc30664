import { DISPUTES_BYTECODE } from "../../contracts/abi/disputes.ts";
import { GRID_VAULT_BYTECODE } from "../../contracts/abi/grid-vault.ts";
import { TEST_CURRENCY_BYTECODE } from "../../contracts/abi/test-currency.ts";
import { type Address, type Digest, fail, homeId, type Interval, ok, type Period, type Result } from "../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../engine/messages/index.ts";
import type { ChainCode, ValidatorSet } from "../../src/ports/index.ts";
import { shield, VaultReader } from "./chain.ts";
import { type CommunityTerms, makeCommunity } from "./community.ts";
import { assignRoles, delayGovernance, managerCode } from "./governance.ts";
import { EvmRelay } from "./relay.ts";
import { connect, type RpcOptions } from "./rpc.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { DISPUTES, VAULT } from "./vault.ts";

export interface StreetPlan extends RpcOptions, Pick<SenderOptions, "feeCap" | "minedMs" | "outbox" | "finality"> {
  readonly chainId: number;
  /** Private key of whoever runs the street: registers and revokes homes, names validators and makes the test currency. */
  readonly key: string;
  /** Become homes 0, 1, 2... in this order, and certify once the last of them is in the street. `deposit` in micro-currency, a multiple of 100. */
  readonly validators: readonly {
    readonly name: string;
    readonly agent: Address;
    readonly owner: Address;
    readonly since: Interval;
    readonly deposit: number;
    /** "home" by default. */
    readonly class?: keyof ValidatorSet["minimums"];
  }[];
  /** Signatures that a certificate needs of each class; none by default. */
  readonly minimums?: ValidatorSet["minimums"];
  /** Further homes, without a vote; their numbers follow the validators'. */
  readonly homes?: StreetPlan["validators"];
  /** Who may have what the supplier and the grid hold; whoever runs the street by default. What the community holds its contract may have. */
  readonly payees?: { readonly supplier?: Address; readonly grid?: Address };
  /** Of the residual supplier; it pays for what no neighbour buys. */
  readonly residualDeposit: number;
  readonly firstPeriod: Period;
  /** What the first period links to. */
  readonly prevPeriod: Digest;
  /** Seconds that the street's clock may run ahead of the chain's; a replay at speed needs its whole length. */
  readonly aheadSeconds: number;
  /** Seconds in which a proposal can be challenged; 0 by default. */
  readonly challengeSeconds?: number;
  /** Seconds after the window at which an unsettled proposal may be dropped; a day by default. */
  readonly proposalSeconds?: number;
  /** Seconds after which a withdrawal is paid without settlement; a week by default. */
  readonly escapeSeconds?: number;
  /**
   * Seconds of notice before others certify and before anybody's role changes; 0 by default, for demonstration streets. Otherwise more
   * than `escapeSeconds`, so that who disagrees has left by then; at most 2^32 - 1.
   */
  readonly governanceSeconds?: number;
  /** Who may veto periods and pause the vault; whoever runs the street by default. */
  readonly guardian?: Address;
  /** The longest pause; a day by default, 0 for never. */
  readonly pauseSeconds?: number;
  /** Of the market rules: proofs of fraud are judged by a contract that knows it. */
  readonly rulesHash?: Digest;
  /** Contract that judges proofs of fraud; by default one that is made for `rulesHash` and `community`, and none without the first. */
  readonly disputes?: Address;
  /** What homes decide by vote; without it they don't. */
  readonly community?: CommunityTerms;
}

type Step = Promise<Result<void, ChainCode>>;

const DAY = 86_400;
const NOBODY = `0x${"0".repeat(40)}` as Address;
const NO_MINIMUMS = { home: 0, operator: 0, utility: 0 } as const;
/** Where a street stands on its chain. */
export interface Street {
  readonly vault: Address;
  readonly token: Address;
  /** null: its homes don't vote. */
  readonly community: Address | null;
}

/**
 * Puts a street on a chain: currency, vault, its validators as homes, and their escrow. Tells the vault only when all of it stands. Asked
 * again with the same plan and outbox after a failure or a kill, it goes on where it was, and nothing that was mined is paid for again.
 */
export function deployStreet(plan: StreetPlan): Promise<Result<Street, ChainCode>> {
  return shield(() => deploy(plan));
}

async function deploy(plan: StreetPlan): Promise<Result<Street, ChainCode>> {
  const { governanceSeconds = 0, escapeSeconds = 7 * DAY } = plan;
  if (governanceSeconds !== 0 && governanceSeconds <= escapeSeconds)
    return fail("CHAIN_REFUSED", `governanceSeconds is ${governanceSeconds}; take more than escapeSeconds, ${escapeSeconds}, or 0`);
  const rpc = connect(plan);
  try {
    const sender = new Sender(rpc, plan);
    const finished = await sender.finish();
    if (!finished.ok) return finished;
    const token = await sender.make(TEST_CURRENCY_BYTECODE);
    if (!token.ok) return token;
    const manager = await sender.make(managerCode(sender.address));
    if (!manager.ok) return manager;
    const contracts = await judgedVault(sender, plan, { token: token.value, authority: manager.value });
    if (!contracts.ok) return contracts;
    const { vault, community } = contracts.value;
    const { guardian = sender.address } = plan;
    const assigned = await assignRoles({ rpc, sender }, { manager: manager.value, vault, guardian });
    if (!assigned.ok) return assigned;
    const relay = new EvmRelay(new VaultReader(rpc, { rpc: plan.rpc, chainId: plan.chainId, vault }), sender);
    const settled = await settleIn(relay, plan);
    if (!settled.ok) return settled;
    const { supplier = sender.address, grid = sender.address } = plan.payees ?? {};
    const payees = { supplier, grid, ...(community === null ? {} : { community }) };
    for (const [account, payee] of Object.entries(payees)) {
      const named = await relay.namePayee(account as SurplusAccount, payee);
      if (!named.ok) return named;
    }
    const delayed = governanceSeconds === 0 ? ok(undefined) : await delayGovernance({ rpc, sender }, manager.value, governanceSeconds);
    return delayed.ok ? ok({ vault, token: token.value, community }) : delayed;
  } finally {
    rpc.close();
  }
}

/**
 * The judge, the vault that knows it, and the community that knows the vault. The judge knows the community too, and none of them ever
 * changes: so it is told beforehand where the community will stand, which follows from the sender and its transactions after the authority.
 */
async function judgedVault(
  sender: Sender,
  plan: StreetPlan,
  parts: Omit<Parts, "disputes">,
): Promise<Result<Pick<Street, "vault" | "community">, ChainCode>> {
  const { disputes: given, rulesHash, community: terms } = plan;
  const makesJudge = given === undefined && rulesHash !== undefined;
  const place = terms === undefined ? ok(NOBODY) : await sender.placeAfter(parts.authority, makesJudge ? 3 : 2);
  if (!place.ok) return place;
  const disputes = makesJudge ? await judgeOf(sender, rulesHash, place.value) : ok(given ?? NOBODY);
  if (!disputes.ok) return disputes;
  const vault = await sender.make(GRID_VAULT_BYTECODE + construction(plan, { ...parts, disputes: disputes.value }).slice(2));
  if (!vault.ok || terms === undefined) return vault.ok ? ok({ vault: vault.value, community: null }) : vault;
  const community = await makeCommunity(sender, vault.value, terms);
  if (!community.ok) return community;
  return community.value === place.value
    ? ok({ vault: vault.value, community: community.value })
    : fail("CHAIN_REFUSED", `the community stands at ${community.value}, not at ${place.value}: its key was used meanwhile; begin anew`);
}

const judgeOf = (sender: Sender, rulesHash: Digest, community: Address): Promise<Result<Address, ChainCode>> =>
  sender.make(DISPUTES_BYTECODE + DISPUTES.encodeDeploy([rulesHash, community]).slice(2));

interface Parts {
  readonly token: Address;
  readonly authority: Address;
  readonly disputes: Address;
}

function construction(plan: StreetPlan, { token, authority, disputes }: Parts): string {
  const { firstPeriod, prevPeriod, challengeSeconds = 0, proposalSeconds = DAY, escapeSeconds = 7 * DAY, aheadSeconds } = plan;
  const { pauseSeconds = DAY } = plan;
  const config = {
    token,
    authority,
    firstPeriod,
    prevPeriod,
    challengeWindow: challengeSeconds,
    proposalTtl: proposalSeconds,
    escapeDelay: escapeSeconds,
    aheadSeconds,
    maxPause: pauseSeconds,
    disputes,
  };
  return VAULT.encodeDeploy([config]);
}

async function settleIn(relay: EvmRelay, { validators, homes = [], minimums = NO_MINIMUMS, residualDeposit }: StreetPlan): Step {
  for (const each of [...validators, ...homes]) {
    const home = await relay.register(each);
    if (!home.ok) return home;
  }
  const named = await relay.setValidators({
    since: Math.max(...validators.map(({ since }) => since)) as Interval,
    validators: validators.map((validator, home) => ({ home: homeId(home), class: validator.class ?? "home" })),
    minimums,
  });
  if (!named.ok) return named;
  return relay.endow(residualDeposit);
}
