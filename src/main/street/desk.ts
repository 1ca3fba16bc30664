import { address, fail, fromHex, type HomeId, type Interval, ok, type Result } from "../../../engine/kernel/index.ts";
import type {
  AgentRequest,
  ChangeAnswer,
  ChangeCode,
  DepositRequest,
  LeaveRequest,
  MoneyAnswer,
  RedirectionRequest,
  WithdrawalNowRequest,
  WithdrawalRequest,
} from "../../api/index.ts";
import type { Errand, Log, MoneyErrand, RegisteredHome, Registry, Relay, VaultBalances } from "../../ports/index.ts";
import { refusalText } from "../refusal-words.ts";
import type { Allowance } from "./allowance.ts";
import type { Registrar } from "./registrar.ts";
import { Turns } from "./turns.ts";

/** So many errands of one home may wait while others have their turn. */
const PLACES = 4;
/** So many withdrawals are looked at in one look, so that many that aren't due don't keep the operator from its work. */
const LOOKED_AT = 8;

export interface DeskModules {
  readonly relay: Pick<Relay, "weigh" | "carry" | "collectDebts">;
  readonly registrar: Pick<Registrar, "rotateAgent" | "leave">;
  readonly allowance: Allowance;
  /** What validators vouch for. */
  readonly vouch: (home: RegisteredHome, request: WithdrawalNowRequest) => Promise<Outcome<MoneyErrand>>;
  readonly registry: () => Registry;
  readonly log: Log;
}

type Outcome<T> = Result<T, ChangeCode>;

/**
 * Where owners hand in what they signed, as a household has no coin. Each errand is tried on the chain's node before anything is paid for
 * it, is booked against the home's allowance, and waits in its own home's turn.
 */
export class Desk {
  readonly #modules: DeskModules;
  readonly #turns = new Turns(PLACES);
  #lookFrom = 0;
  readonly #told = new Map<HomeId, string>();
  #debts: readonly number[] = [];

  constructor(modules: DeskModules) {
    this.#modules = modules;
  }

  rotateAgent(home: number, request: AgentRequest): Promise<Outcome<ChangeAnswer>> {
    const { agent, since, signature } = request;
    return this.#carry(
      home,
      async ({ home: id }) =>
        ok({ kind: "rotate", home: id, agent: address(agent), since: since as Interval, signature: fromHex(signature) }),
      () => this.#modules.registrar.rotateAgent(home, request),
    );
  }

  leave(home: number, request: LeaveRequest): Promise<Outcome<ChangeAnswer>> {
    const { until, signature } = request;
    return this.#carry(
      home,
      async ({ home: id }) => ok({ kind: "leave", home: id, until: until as Interval, signature: fromHex(signature) }),
      () => this.#modules.registrar.leave(home, request),
    );
  }

  deposit(home: number, { micro, deadline, signature }: DepositRequest): Promise<Outcome<MoneyAnswer>> {
    return this.#carryMoney(home, async ({ home: id, owner }) =>
      ok({ kind: "deposit", home: id, owner, micro, deadline, signature: fromHex(signature) }),
    );
  }

  withdraw(home: number, { to, micro, feeMicro, deadline, signature }: WithdrawalRequest): Promise<Outcome<MoneyAnswer>> {
    return this.#carryMoney(home, async ({ home: id }) =>
      ok({ kind: "withdraw", home: id, to: address(to), micro, feeMicro, deadline, signature: fromHex(signature) }),
    );
  }

  redirect(home: number, { to, deadline, signature }: RedirectionRequest): Promise<Outcome<MoneyAnswer>> {
    return this.#carryMoney(home, async ({ home: id }) =>
      ok({ kind: "redirect", home: id, to: address(to), deadline, signature: fromHex(signature) }),
    );
  }

  /** Nothing is paid when it is refused: what the chain refuses it has not taken. */
  async withdrawNow(home: number, request: WithdrawalNowRequest): Promise<Outcome<MoneyAnswer>> {
    const done = await this.#carryMoney(home, (known) => this.#modules.vouch(known, request));
    return !done.ok && done.code === "CHANGE_REFUSED" ? fail("NOT_AT_ONCE", done.detail) : done;
  }

  #carryMoney(home: number, errandOf: (known: RegisteredHome) => Promise<Outcome<MoneyErrand>>): Promise<Outcome<MoneyAnswer>> {
    return this.#carry(home, errandOf, async (errand) => {
      const done = await this.#modules.relay.carry(errand);
      if (!done.ok) return fail(done.code === "CHAIN_REFUSED" ? "CHANGE_REFUSED" : "CHAIN_AWAY", done.detail);
      this.#modules.log.info(`home.${errand.kind}`, { home, transaction: done.value });
      return ok({ home, transaction: done.value });
    });
  }

  /** What is to be done with money that nobody hands anything in for. */
  async look(balances: VaultBalances): Promise<void> {
    await this.collectDebts(balances);
    await this.payDue(balances);
  }

  /** Pays what is due of what owners have asked for. What is refused is looked at again next time. */
  async payDue({ requested }: Pick<VaultBalances, "requested">): Promise<void> {
    const asking = requested.flatMap((micro, home) => (micro > 0 ? [home] : []));
    const from = asking.findIndex((home) => home >= this.#lookFrom);
    const round = from < 0 ? asking : [...asking.slice(from), ...asking.slice(0, from)];
    for (const home of round.slice(0, LOOKED_AT)) {
      this.#lookFrom = home + 1;
      await this.#pay(home as HomeId);
    }
  }

  /** Says which homes owe the supplier more than before, or less; what those that owe have since earned goes to it. */
  async collectDebts({ debts }: Pick<VaultBalances, "debts">): Promise<void> {
    const { relay, log } = this.#modules;
    for (const [home, micro] of debts.entries()) {
      const before = this.#debts[home] ?? 0;
      if (micro > before) log.warn("home.indebted", { home, micro });
      else if (micro < before) log.info("home.repaid", { home, micro });
    }
    this.#debts = debts;
    if (debts.some((micro) => micro > 0)) await relay.collectDebts();
  }

  async #pay(home: HomeId): Promise<void> {
    const { relay, log } = this.#modules;
    const weighed = await relay.weigh({ kind: "pay", home });
    if (!weighed.ok) return this.#refused(home, weighed);
    const paid = await this.#turns.take(home, () =>
      this.#booked({ kind: "pay", home }, weighed.value, () => relay.carry({ kind: "pay", home })),
    );
    if (paid === null) return;
    if (!paid.ok) return this.#refused(home, paid);
    this.#told.delete(home);
    log.info("withdrawal.paid", { home });
  }

  /** Told once for each reason; that the vault doesn't pay yet is no trouble. */
  #refused(home: HomeId, { code, detail }: { readonly code: string; readonly detail: string }): void {
    if (detail.startsWith("WithdrawalLocked") || this.#told.get(home) === code) return;
    this.#told.set(home, code);
    this.#modules.log.warn("withdrawal.unpaid", { home, code, detail });
  }

  async #carry<T, Own extends Errand>(
    home: number,
    errandOf: (known: RegisteredHome) => Promise<Outcome<Own>>,
    run: (errand: Own) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const known = this.#modules.registry().homes.find((each) => each.home === home);
    if (known === undefined) return fail("HOME_UNKNOWN", `the registry doesn't know home ${home}`);
    const carried = this.#turns.take(home, async () => {
      const made = await errandOf(known);
      if (!made.ok) return made;
      const errand = made.value;
      const weighed = await this.#modules.relay.weigh(errand);
      // What the chain refuses costs nothing: whoever carries it finds the words for it.
      const result = await (weighed.ok ? this.#booked(errand, weighed.value, () => run(errand)) : run(errand));
      return result.ok ? result : fail(result.code, refusalText(result.detail));
    });
    return carried ?? fail("TOO_MANY_REQUESTS", `${PLACES} requests of home ${home} wait already; ask again when they are answered`);
  }

  async #booked<T, Code extends string>(
    { home, kind }: Errand,
    gas: number,
    run: () => Promise<Result<T, Code>>,
  ): Promise<Result<T, Code | "LIMIT_REACHED">> {
    const { allowance } = this.#modules;
    const booked = allowance.book(home, kind, gas);
    if (!booked.ok) return booked;
    const result = await run();
    if (!result.ok && UNSENT.has(result.code)) allowance.giveBack(home, kind, gas);
    return result.ok ? ok(result.value) : result;
  }
}

/** Refused before anything went to the chain. */
const UNSENT: ReadonlySet<string> = new Set<ChangeCode>(["HOME_UNKNOWN", "CHANGE_TOO_SOON"]);
