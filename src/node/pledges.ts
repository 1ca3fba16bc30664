import { fromHex, type HomeId, type Interval, microPerKwh, toHex } from "../../engine/kernel/index.ts";
import { type Digests, decodeWithdrawNow, type MarketRules, numbersOf, type SignedWithdrawNow } from "../../engine/messages/index.ts";
import { changeIn, type Holding, type MarketState, NANO_PER_TICK, spareTicks } from "../../engine/settlement/index.ts";
import type { Chain, Clock, Gossip, Log, RecoverSigner, Standing, Store } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import type { Outbox } from "./outbox.ts";
import type { OpenBatch } from "./periods.ts";
import { encodePledgeAnswer, type PledgeAnswer, type PledgeRefusal } from "./pledge-answers.ts";
import { CHAIN_MS, nextGate } from "./schedule.ts";
import type { Signing } from "./signing.ts";

export interface PledgesModules {
  readonly rules: MarketRules;
  readonly digests: Digests;
  readonly clock: Clock;
  readonly store: Pick<Store, "getMeta" | "setMeta">;
  readonly gossip: Pick<Gossip, "onRequest">;
  readonly chain: Pick<Chain, "standing">;
  readonly membership: Pick<Membership, "registered" | "periodKey" | "rules" | "rulesAt">;
  readonly signing: Pick<Signing, "maySign">;
  /** null: this home follows and signs nothing. */
  readonly outbox: Pick<Outbox, "holds" | "pledge"> | null;
  readonly self: HomeId | null;
  readonly recover: RecoverSigner;
  readonly log: Log;
  /** The ledger, and the closed periods that the vault may still lack. */
  readonly state: () => MarketState;
  readonly open: () => readonly OpenBatch[];
}

/** A pledge may be paid for so many seconds of the chain's clock at most: its home's neighbours wait for no longer. */
export const LONGEST_SECONDS = 120;
/** So many are looked at together: each asks the chain. */
const AT_ONCE = 8;
/** Seconds by which a block may come later than its deadline says, and clocks differ; in a replay all clocks are one. */
const SLACK_SECONDS = { live: 30, replay: 1 } as const;
const LATER_FINAL = 2;
const PLACE = "pledges";
const NANO_PER_MICRO = 1_000;

/** As it is kept, so that it counts after a restart. */
interface Pledge {
  readonly id: string;
  readonly nonce: number;
  readonly period: number;
  readonly deadline: number;
  readonly signature: string;
}

/**
 * A validator's word that the vault may pay a home at once: its signature under what the owner signed, given only when every period
 * that the street may settle before the payment counts against the home still finds its money, whatever the home does. One home has one pledge at a time; of
 * two that were given under one number the vault takes one. Each is on disk before it goes out.
 */
export class Pledges {
  readonly #modules: PledgesModules;
  readonly #given: Map<number, Pledge>;
  #asking = 0;

  constructor(modules: PledgesModules) {
    this.#modules = modules;
    this.#given = new Map(JSON.parse(modules.store.getMeta(PLACE) ?? "[]") as [number, Pledge][]);
    modules.gossip.onRequest("pledge", (bytes) => this.#answer(bytes));
  }

  /** undefined: no wish, or this home is no validator that the vault would count. */
  async #answer(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const { digests, log } = this.#modules;
    const wish = decodeWithdrawNow(bytes, digests.withdrawNow);
    if (wish === null || !this.#isAsked(wish)) return undefined;
    if (this.#asking >= AT_ONCE) return encodePledgeAnswer({ why: "busy" });
    this.#asking++;
    try {
      const answer = await this.#judge(wish);
      const { home, ticks, deadline } = wish.body;
      if ("signature" in answer) log.info("pledge.given", { member: home, ticks, deadline });
      else log.info("pledge.refused", { member: home, ticks, ...answer });
      return encodePledgeAnswer(answer);
    } finally {
      this.#asking--;
    }
  }

  #isAsked({ body }: SignedWithdrawNow): boolean {
    const { outbox, self, membership } = this.#modules;
    return outbox !== null && self !== null && outbox.holds(membership.periodKey(self, body.period));
  }

  async #judge(wish: SignedWithdrawNow): Promise<PledgeAnswer> {
    const { membership, recover, chain } = this.#modules;
    const { home } = wish.body;
    if (recover(wish.id, wish.signature) !== membership.registered(home)?.owner) return { why: "unsigned" };
    const standing = await chain.standing(home);
    // Said already, and perhaps paid: it is said again.
    const given = this.#given.get(home);
    if (given?.id === wish.id) return { signature: fromHex(given.signature) };
    if (!standing.ok) return { why: "behind" };
    return this.#refusal(wish, standing.value) ?? this.#give(wish);
  }

  #refusal({ body }: SignedWithdrawNow, standing: Standing): PledgeRefusal | null {
    const { signing, state } = this.#modules;
    const { home, period, nonce, deadline, ticks } = body;
    if (period !== standing.nextPeriod) return { why: "period", next: standing.nextPeriod };
    if (nonce !== standing.nonce) return { why: "nonce", next: standing.nonce };
    if (deadline < standing.now || deadline > standing.now + LONGEST_SECONDS) return { why: "deadline", now: standing.now };
    const given = this.#given.get(home);
    if (given !== undefined && isPayable(given, standing)) return { why: "pledged", until: given.deadline };
    if (!signing.maySign((state().interval + 1) as Interval)) return { why: "paused" };
    const holding = this.#holdingOf(home, standing);
    if (holding === null) return { why: "behind" };
    const until = this.#lastUntold(deadline - standing.now, standing.now - standing.finalAt);
    const most = spareTicks(this.#dearest(until), state(), home, holding, until);
    return ticks > most ? { why: "short", most } : null;
  }

  /** With the highest price and charge of all that counts until then: homes may have voted on others in between. */
  #dearest(until: Interval): MarketRules {
    const { rules, membership, state } = this.#modules;
    const counting = [membership.rules, membership.rulesAt(until), ...state().cleared.map((each) => each.rules)].map(numbersOf);
    return {
      ...rules,
      maxPrice: microPerKwh(Math.max(...counting.map(({ maxPrice }) => maxPrice))),
      withheldCharge: Math.max(...counting.map(({ withheldCharge }) => withheldCharge)),
    };
  }

  /**
   * The last interval that the home trades in against what is paid to it within so many seconds: the one whose lists tell that its stake
   * has fallen, as the first whose gate closes when the payment is final and validators have looked at the chain. Blocks that become
   * final now have waited for `lag` seconds; those to come may wait twice as long.
   */
  #lastUntold(seconds: number, lag: number): Interval {
    const { rules, clock } = this.#modules;
    const slack = clock.speed === 1 ? SLACK_SECONDS.live : SLACK_SECONDS.replay;
    const readMs = (seconds + slack + LATER_FINAL * lag) * 1_000 + CHAIN_MS;
    return nextGate(rules, clock.now() + readMs * clock.speed);
  }

  /** null: this home's books don't hold all that lies between them and the vault's. */
  #holdingOf(home: HomeId, { escrow, requested, nextPeriod }: Standing): Holding | null {
    const { state, open } = this.#modules;
    const lacking = open().filter(({ batch }) => batch.result.period >= nextPeriod);
    if (state().carried.period - nextPeriod !== lacking.length) return null;
    const ticks = (micro: number): number => Math.floor((micro * NANO_PER_MICRO) / NANO_PER_TICK);
    return { ticks: ticks(escrow), requested: ticks(requested), unsettled: lacking.map(({ batch }) => changeIn(batch.vector, home)) };
  }

  #give(wish: SignedWithdrawNow): PledgeAnswer {
    const { outbox, self, store } = this.#modules;
    const { home, nonce, period, deadline } = wish.body;
    const signature = outbox!.pledge(wish, self!);
    this.#given.set(home, { id: wish.id, nonce, period, deadline, signature: toHex(signature) });
    store.setMeta(PLACE, JSON.stringify([...this.#given]));
    return { signature };
  }
}

/** Until the vault has for good taken another withdrawal, settled the period, or gone past the deadline. */
const isPayable = ({ nonce, period, deadline }: Pledge, standing: Standing): boolean =>
  nonce === standing.nonce && period === standing.nextPeriod && standing.finalAt <= deadline;
