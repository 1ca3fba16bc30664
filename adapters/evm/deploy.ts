import { DISPUTES_BYTECODE } from "../../contracts/abi/disputes.ts";
import { GRID_VAULT_BYTECODE } from "../../contracts/abi/grid-vault.ts";
import { TEST_CURRENCY_BYTECODE } from "../../contracts/abi/test-currency.ts";
import { type Address, type Digest, fail, homeId, type Interval, ok, type Period, type Result } from "../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../engine/messages/index.ts";
import type { ChainCode, ValidatorSet } from "../../src/ports/index.ts";
import { shield, VaultReader } from "./chain.ts";
import { assignRoles, delayGovernance, managerCode } from "./governance.ts";
import { EvmRelay } from "./relay.ts";
import { connect, type RpcOptions } from "./rpc.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { DISPUTES, VAULT } from "./vault.ts";

export interface StreetPlan extends RpcOptions, Pick<SenderOptions, "feeCap" | "minedMs"> {
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
  /** Who may have what the supplier and the grid hold; whoever runs the street by default. Of the community's: `namePayee` of the relay. */
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
  /** Contract that judges proofs of fraud; by default one that is made for `rulesHash`, and none without it. */
  readonly disputes?: Address;
}

type Step = Promise<Result<void, ChainCode>>;

const DAY = 86_400;
const NOBODY = `0x${"0".repeat(40)}` as Address;
const NO_MINIMUMS = { home: 0, operator: 0, utility: 0 } as const;
/** Where a street stands on its chain. */
export interface Street {
  readonly vault: Address;
  readonly token: Address;
}

/** Puts a street on a chain: currency, vault, its validators as homes, and their escrow. Tells the vault only when all of it stands. */
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
    const token = await make(sender, TEST_CURRENCY_BYTECODE);
    if (!token.ok) return token;
    const manager = await make(sender, managerCode(sender.address));
    if (!manager.ok) return manager;
    const disputes = await judgeOf(sender, plan);
    if (!disputes.ok) return disputes;
    const parts = { token: token.value, authority: manager.value, disputes: disputes.value };
    const vault = await make(sender, GRID_VAULT_BYTECODE + construction(plan, parts).slice(2));
    if (!vault.ok) return vault;
    const { guardian = sender.address } = plan;
    const assigned = await assignRoles(sender, { manager: manager.value, vault: vault.value, guardian });
    if (!assigned.ok) return assigned;
    const relay = new EvmRelay(new VaultReader(rpc, { ...plan, vault: vault.value }), sender);
    const settled = await settleIn(relay, plan);
    if (!settled.ok) return settled;
    const { supplier = sender.address, grid = sender.address } = plan.payees ?? {};
    for (const [account, payee] of Object.entries({ supplier, grid })) {
      const named = await relay.namePayee(account as SurplusAccount, payee);
      if (!named.ok) return named;
    }
    const delayed = governanceSeconds === 0 ? ok(undefined) : await delayGovernance(sender, manager.value, governanceSeconds);
    return delayed.ok ? ok({ vault: vault.value, token: token.value }) : delayed;
  } finally {
    rpc.close();
  }
}

async function judgeOf(sender: Sender, { disputes, rulesHash }: StreetPlan): Promise<Result<Address, ChainCode>> {
  if (disputes !== undefined || rulesHash === undefined) return ok(disputes ?? NOBODY);
  return make(sender, DISPUTES_BYTECODE + DISPUTES.encodeDeploy([rulesHash]).slice(2));
}

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
  return residualDeposit === 0 ? ok(undefined) : relay.deposit("depositWide", 0, residualDeposit);
}

async function make(sender: Sender, code: string): Promise<Result<Address, ChainCode>> {
  const made = await sender.send(null, code);
  if (!made.ok) return made;
  return made.value.contract === null ? fail("CHAIN_REFUSED", "the chain made no contract") : ok(made.value.contract);
}
