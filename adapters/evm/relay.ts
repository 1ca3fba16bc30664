import { isDeepStrictEqual } from "node:util";
import { type Address, fail, type HomeId, homeId, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import { type SurplusAccount, WIDE_ACCOUNTS } from "../../engine/messages/index.ts";
import type { BatchReceipt, ChainCode, Challenger, Relay, SignedBatch, ValidatorSet } from "../../src/ports/index.ts";
import { type ChainOptions, portOf, type Status, shield, VaultReader } from "./chain.ts";
import { challengerOf } from "./challenger.ts";
import { collectDebts } from "./debts.ts";
import { errandsOf } from "./errands.ts";
import { giveNotice, missingNotice } from "./governance.ts";
import { encodeName } from "./name.ts";
import { CLASSES, toSet } from "./registry-reader.ts";
import { connect } from "./rpc.ts";
import { type Receipt, Sender, type SenderOptions } from "./sender.ts";
import { balanceWords, CURRENCY, callData, TICK_MICRO, VAULT, view } from "./vault.ts";
import { payWide, wideStands } from "./wide.ts";

export type RelayOptions = ChainOptions & SenderOptions;
type NewHome = Parameters<Relay["register"]>[0];
type Step<T> = Promise<Result<T, ChainCode>>;

const MAX_ALLOWANCE = 2n ** 256n - 1n;
const TRIES = 4;

/** The chain for whoever pays fees. Every method may be called again after any failure: it goes on where the chain stands. */
export function openRelay(options: RelayOptions): Relay & Omit<Challenger, "close"> {
  const reader = new VaultReader(connect(options), options);
  const sender = new Sender(reader.rpc, options);
  const relay = new EvmRelay(reader, sender);
  sender.keepWatch();
  return {
    ...portOf(reader),
    close: async () => {
      sender.close();
      reader.close();
    },
    settle: (batch) => shield(() => relay.settle(batch)),
    register: (home) => shield(() => relay.register(home)),
    rotateAgent: (change) => shield(() => relay.rotateAgent(change)),
    leave: (change) => shield(() => relay.leave(change)),
    setValidators: (set) => shield(() => relay.setValidators(set)),
    namePayee: (account, payee) => shield(() => relay.namePayee(account, payee)),
    payWide: (spareOf) => shield(() => payWide(reader, relay.sender, spareOf)),
    wideStands: () => shield(() => wideStands(reader)),
    collectDebts: () => shield(() => collectDebts(reader, relay.sender)),
    ...errandsOf(reader, relay.sender),
    ...challengerOf(reader, relay.sender),
  };
}

export class EvmRelay {
  private readonly reader: VaultReader;
  readonly sender: Sender;
  private token: Address | null = null;
  private paying: Promise<unknown> = Promise.resolve();

  constructor(reader: VaultReader, sender: Sender) {
    this.reader = reader;
    this.sender = sender;
  }

  /** Looks where the chain stands, takes the next step, and looks again: another relay may take the same steps. */
  async settle(batch: SignedBatch): Step<BatchReceipt> {
    const wanted = await this.reader.read("digest", batch.result);
    if (!wanted.ok) return wanted;
    let refused: Result<Receipt, ChainCode> & { ok: false } = fail("CHAIN_REFUSED", "the vault's state kept changing");
    for (let tries = 0; tries < TRIES; tries++) {
      const status = await this.reader.status();
      if (!status.ok) return status;
      if (status.value.nextPeriod > batch.result.period) return this.settled(batch);
      const isProposed = status.value.proposal === wanted.value[0];
      const step = isProposed ? await this.finalize(batch, status.value) : await this.propose(batch);
      if (step.ok) continue;
      const paused = /^VaultPaused\(until=(\d+)\)/.exec(step.detail)?.[1];
      if (paused !== undefined) return fail("CHAIN_PENDING", `the vault is paused until ${timeOf(Number(paused))}`);
      // Refused twice in the same state: no other relay was in our way.
      if (step.code !== "CHAIN_REFUSED" || step.detail === refused.detail) return step;
      refused = step;
    }
    return refused;
  }

  /** A home whose agent is registered already keeps its id; it gets its deposit if its escrow is still empty. */
  async register(home: NewHome): Step<HomeId> {
    const name = encodeName(home.name);
    if (name === null) return fail("CHAIN_REFUSED", `"${home.name}" is longer than the 32 bytes that a name has on the chain`);
    const known = await this.find(home);
    if (!known.ok) return known;
    if (known.value === null) {
      const added = await this.order("register", home.owner, home.agent, name, home.since);
      if (!added.ok) return added;
    }
    const id = known.value === null ? await this.find(home) : known;
    if (!id.ok) return id;
    if (id.value === null) return fail("CHAIN_REFUSED", `${home.name} was registered and is not in the registry`);
    const escrow = await this.reader.read("balanceOf", id.value);
    if (!escrow.ok) return escrow;
    const isFunded = home.deposit === 0 || escrow.value[0] > 0n;
    const funded = isFunded ? ok(undefined) : await this.deposit("deposit", id.value, home.deposit);
    return funded.ok ? ok(id.value) : funded;
  }

  async rotateAgent({ home, agent, since, signature }: Parameters<Relay["rotateAgent"]>[0]): Step<void> {
    const known = await this.reader.read("home", home);
    if (!known.ok) return known;
    if (known.value[0].agent.toLowerCase() === agent && Number(known.value[0].agentSince) === since) return ok(undefined);
    return done(await this.order("rotateAgentFor", home, agent, since, toHex(signature)));
  }

  async leave({ home, until, signature }: Parameters<Relay["leave"]>[0]): Step<void> {
    const known = await this.reader.read("home", home);
    if (!known.ok) return known;
    if (Number(known.value[0].until) === until) return ok(undefined);
    if (signature === null) return done(await this.order("leaveStreet", home, until));
    return done(await this.order("leaveStreetFor", home, until, toHex(signature)));
  }

  async setValidators(set: ValidatorSet): Step<void> {
    const sets = await this.reader.read("validatorSets");
    if (!sets.ok) return sets;
    const last = [...sets.value[0]].at(-1);
    if (last !== undefined && isDeepStrictEqual(toSet(last), set)) return ok(undefined);
    const validators = set.validators.map((each) => [each.home, CLASSES.indexOf(each.class)]);
    const minimums = CLASSES.map((each) => set.minimums[each]);
    return this.govern("setValidators", set.since, validators, minimums);
  }

  async namePayee(account: SurplusAccount, payee: Address): Step<void> {
    const known = await this.reader.read("payee", WIDE_ACCOUNTS[account]);
    if (!known.ok) return known;
    if (known.value[0].toLowerCase() === payee) return ok(undefined);
    return this.govern("setPayee", WIDE_ACCOUNTS[account], payee);
  }

  /** What the governor may: where that needs notice, the first call gives it. */
  private async govern(method: string, ...args: readonly unknown[]): Step<void> {
    const to = this.reader.vault;
    const data = callData({ to, contract: VAULT, method, args });
    const named = await this.sender.send(to, data);
    const missing = named.ok ? null : missingNotice(named.detail);
    if (missing === null) return done(named);
    const authority = await this.reader.read("authority");
    if (!authority.ok) return authority;
    const manager = authority.value[0].toLowerCase() as Address;
    return giveNotice({ rpc: this.reader.rpc, sender: this.sender }, { manager, vault: to, data }, missing);
  }

  /** The residual supplier's escrow, unless it has one. */
  async endow(micro: number): Step<void> {
    const escrow = micro === 0 ? null : await this.reader.read("wideBalance", 0);
    if (escrow === null || !escrow.ok) return escrow ?? ok(undefined);
    return escrow.value[0] > 0n ? ok(undefined) : this.deposit("depositWide", 0, micro);
  }

  /** Makes the test currency that the account lacks and escrows it; `account` is a home or, with "depositWide", a wide account. */
  private deposit(method: "deposit" | "depositWide", account: number, micro: number): Step<void> {
    // One after the other: what was made for one must not be taken for another's.
    const paid = this.paying.then(() => this.pay(method, account, micro));
    this.paying = paid.catch(() => undefined);
    return paid;
  }

  private async pay(method: "deposit" | "depositWide", account: number, micro: number): Step<void> {
    if (micro % TICK_MICRO !== 0) return fail("CHAIN_REFUSED", `a deposit is a multiple of ${TICK_MICRO} micro-currency; ${micro} is not`);
    const token = await this.currency();
    if (!token.ok) return token;
    const minted = await this.mint(token.value, BigInt(micro));
    if (!minted.ok) return minted;
    const allowed = await this.allow(token.value);
    if (!allowed.ok) return allowed;
    const paid = await this.order(method, account, micro);
    return done(paid);
  }

  private async settled({ result }: SignedBatch): Step<BatchReceipt> {
    const batches = await this.reader.batches();
    if (!batches.ok) return batches;
    const batch = batches.value.find(({ period }) => period === result.period);
    if (batch === undefined) return fail("CHAIN_REFUSED", `period ${result.period} lies before the street's first one`);
    if (batch.head !== result.head) return fail("CHAIN_REFUSED", `period ${result.period} is settled with another head, ${batch.head}`);
    const { period, transaction, block, gas } = batch;
    return ok({ period, transaction, block, gas });
  }

  private propose({ result, vector, wide, certificate }: SignedBatch): Step<Receipt> {
    return this.order("propose", result, toHex(vector), toHex(wide), toHex(certificate));
  }

  private async finalize({ result, vector, wide }: SignedBatch, { finalizableAt }: Status): Step<Receipt> {
    const to = this.reader.vault;
    const data = callData({ to, contract: VAULT, method: "finalize", args: [result, toHex(vector), toHex(wide)] });
    const step = await this.sender.send(to, data, balanceWords(vector));
    if (step.ok || !step.detail.startsWith("WindowOpen")) return step;
    return fail("CHAIN_PENDING", `period ${result.period} can be challenged until ${timeOf(finalizableAt)}`);
  }

  private order(method: string, ...args: readonly unknown[]): Step<Receipt> {
    const to = this.reader.vault;
    return this.sender.send(to, callData({ to, contract: VAULT, method, args }));
  }

  private async find({ agent, owner, name }: NewHome): Step<HomeId | null> {
    const status = await this.reader.status();
    if (!status.ok) return status;
    for (let from = 0; from < status.value.homeCount; from += 256) {
      const page = await this.reader.read("homes", from, 256);
      if (!page.ok) return page;
      const at = [...page.value[0]].findIndex((each) => each.agent.toLowerCase() === agent);
      if (at < 0) continue;
      const isOwn = page.value[0][at].owner.toLowerCase() === owner;
      return isOwn
        ? ok(homeId(from + at))
        : fail("CHAIN_REFUSED", `the agent key of ${name} belongs to home ${from + at}, which has another owner`);
    }
    return ok(null);
  }

  private async currency(): Step<Address> {
    if (this.token !== null) return ok(this.token);
    const answer = await this.reader.read("token");
    if (!answer.ok) return answer;
    this.token = answer.value[0].toLowerCase() as Address;
    return ok(this.token);
  }

  /** As much as the account lacks of it: what an earlier life made and didn't escrow is still there. */
  private async mint(token: Address, micro: bigint): Step<void> {
    const { address: own } = this.sender;
    const held = await view(this.reader.rpc, { to: token, contract: CURRENCY, method: "balanceOf", args: [own] });
    if (!held.ok) return held;
    const lacking = micro - (held.value[0] as bigint);
    if (lacking <= 0n) return ok(undefined);
    return done(await this.sender.send(token, CURRENCY.encodeFunctionData("mint", [own, lacking])));
  }

  private async allow(token: Address): Step<void> {
    const { vault, rpc } = this.reader;
    const allowance = await view(rpc, { to: token, contract: CURRENCY, method: "allowance", args: [this.sender.address, vault] });
    if (!allowance.ok) return allowance;
    if (allowance.value[0] > MAX_ALLOWANCE / 2n) return ok(undefined);
    const approved = await this.sender.send(token, CURRENCY.encodeFunctionData("approve", [vault, MAX_ALLOWANCE]));
    return done(approved);
  }
}

const done = (step: Result<Receipt, ChainCode>): Result<void, ChainCode> => (step.ok ? ok(undefined) : step);

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
