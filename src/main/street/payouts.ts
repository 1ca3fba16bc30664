import type { Interval, Period } from "../../../engine/kernel/index.ts";
import { type MarketRules, type SurplusAccount, WIDE_ACCOUNTS } from "../../../engine/messages/index.ts";
import { type Batch, lackingTicks, spareWideTicks, type WideHolding } from "../../../engine/settlement/index.ts";
import { nextGate, type StreetNode } from "../../node/index.ts";
import type { Clock, Log, Relay, WidePayout, WideStand } from "../../ports/index.ts";
import { amountText } from "../amount.ts";

export interface PayoutModules {
  readonly relay: Pick<Relay, "payWide" | "wideStands">;
  /** Follows the street. */
  readonly node: {
    readonly rounds: Pick<StreetNode["rounds"], "state">;
    readonly periods: Pick<StreetNode["periods"], "open">;
    readonly membership: Pick<StreetNode["membership"], "rules" | "rulesAt" | "members">;
  };
  /** Batches that were handed over to be carried and that the chain may lack. */
  readonly waiting: () => readonly Batch[];
  readonly clock: Pick<Clock, "now" | "monotonicMs" | "speed">;
  readonly log: Log;
}

/** Until a payout that is sent is in a block, real ms. */
const PAID_MS = 15_000;
/** Between looks at whether accounts bear what is certified, real ms. */
const LOOK_MS = 30_000;
/** Micro-currency in one tick of the vault. */
const TICK_MICRO = 100;
const ACCOUNTS = Object.keys(WIDE_ACCOUNTS) as SurplusAccount[];

/**
 * Pays supplier, grid and community what they asked for, no home's allowance, and only what every closed period still leaves there: the
 * vault knows what is proposed, and not what is certified and isn't yet. Anybody else may send the same to the vault; so it is told when
 * an account doesn't bear what is certified.
 */
export class Payouts {
  readonly #modules: PayoutModules;
  readonly #told = new Map<string, string>();
  #lookAtMs = 0;

  constructor(modules: PayoutModules) {
    this.#modules = modules;
  }

  async pay(): Promise<void> {
    const { relay, log } = this.#modules;
    const done = await relay.payWide((stand) => this.#spare(stand));
    if (!done.ok) return;
    for (const payout of done.value) {
      if (payout.kind === "paid") log.info("withdrawal.paid", { account: payout.account });
      else this.#hold(payout);
    }
    const held = done.value.flatMap((payout) => (payout.kind === "held" ? [payout.account] : []));
    for (const account of ACCOUNTS) if (!held.includes(account)) this.#told.delete(`payout.held/${account}`);
    await this.#look();
  }

  /** What can be spared changes from interval to interval; it is told once for what is asked for. */
  #hold({ account, micro, spare }: Extract<WidePayout, { kind: "held" }>): void {
    if (spare === null) this.#modules.log.debug("payout.unclear", { account });
    else this.#tell("payout.held", account, { of: String(micro), detail: heldText(account, micro, spare) });
  }

  async #look(): Promise<void> {
    const { relay, clock } = this.#modules;
    const now = clock.monotonicMs();
    if (now < this.#lookAtMs) return;
    this.#lookAtMs = now + LOOK_MS;
    const stands = await relay.wideStands();
    if (stands.ok) for (const stand of stands.value) this.#compare(stand);
  }

  #compare(stand: WideStand): void {
    const { node } = this.#modules;
    const holding = this.#holdingOf(stand);
    if (holding === null) return;
    const lacking = lackingTicks(node.membership.rules, node.rounds.state, holding);
    if (lacking === 0) this.#told.delete(`account.short/${stand.account}`);
    else this.#tell("account.short", stand.account, { of: "", detail: shortText(stand, lacking * TICK_MICRO) });
  }

  /** Micro-currency; null: this node's books and the vault aren't level. */
  #spare(stand: WideStand): number | null {
    const { node, clock } = this.#modules;
    const { rules, members } = node.membership;
    const holding = this.#holdingOf(stand);
    if (holding === null) return null;
    const until = (nextGate(rules, clock.now() + PAID_MS * clock.speed) - 1) as Interval;
    const homes = members.homes.map(({ home }) => home);
    return spareWideTicks(this.#dearest(until), node.rounds.state, holding, { homes, until }) * TICK_MICRO;
  }

  /** Homes may have voted on a higher price for an interval until then. */
  #dearest(until: Interval): MarketRules {
    const { rules, rulesAt } = this.#modules.node.membership;
    const later = rulesAt(until);
    return later.maxPrice > rules.maxPrice ? later : rules;
  }

  #holdingOf({ account, held, homes, nextPeriod }: WideStand): WideHolding | null {
    const { node, waiting } = this.#modules;
    const { carried } = node.rounds.state;
    const closed = new Map<Period, Batch>();
    for (const batch of [...waiting(), ...node.periods.open.map((open) => open.batch)])
      if (batch.result.period >= nextPeriod) closed.set(batch.result.period, batch);
    if (closed.size !== carried.period - nextPeriod) return null;
    const unsettled = [...closed.values()].sort((a, b) => a.result.period - b.result.period);
    return { account, ticks: held / TICK_MICRO, homes: homes.map((micro) => micro / TICK_MICRO), unsettled };
  }

  /** Once, until it is over or of something else. */
  #tell(event: keyof typeof CODES, account: SurplusAccount, { of, detail }: { readonly of: string; readonly detail: string }): void {
    const place = `${event}/${account}`;
    if (this.#told.get(place) === of) return;
    this.#told.set(place, of);
    this.#modules.log.warn(event, { code: CODES[event], account, detail });
  }
}

const CODES = { "payout.held": "PAYOUT_SHORT", "account.short": "ACCOUNT_SHORT" } as const;

const heldText = (account: SurplusAccount, micro: number, spare: number): string =>
  `the ${account}'s account can spare ${amountText(spare)} now, and ${amountText(micro)} are asked for: the rest may be needed for closed ` +
  "periods and for what is traded; it is paid once there is enough, or when somebody pays in";

const shortText = ({ account, held, nextPeriod }: WideStand, lacking: number): string =>
  `the ${account}'s account holds ${amountText(held)}, and ${amountText(lacking)} more are needed for what is certified from period ` +
  `${nextPeriod} on: pay in, or the street waits with settling`;
