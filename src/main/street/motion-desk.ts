import { openCommunityRelay } from "../../../adapters/evm/index.ts";
import type { AgentKey } from "../../../adapters/system/index.ts";
import { address, type Digest, fail, fromHex, type HomeId, interval, ok, type Result, toHex } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import type {
  Decisions,
  MotionAnswer,
  MotionCode,
  MotionQueries,
  MotionRequest,
  PaymentRequest,
  StreetCard,
  VoteRequest,
} from "../../api/index.ts";
import type { Clock, CommunityErrand, CommunityRelay, Log, Registry } from "../../ports/index.ts";
import { domainOf, rulesOf } from "../card.ts";
import { membersOf } from "../motion.ts";
import { refusalText } from "../refusal-words.ts";
import { refusalOf } from "../street-rules.ts";
import type { Allowance } from "./allowance.ts";
import { Turns } from "./turns.ts";

/** Real milliseconds between looks at what homes decide: votes run for days. */
const LOOK_MS = 30_000;
/** So many of one home's motions and votes may wait while others have their turn. */
const PLACES = 4;

interface Modules {
  readonly card: StreetCard;
  readonly operator: AgentKey;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Log;
  readonly allowance: Allowance;
  readonly registry: () => Pick<Registry, "homes">;
}

type Outcome = Promise<Result<MotionAnswer, MotionCode>>;

/**
 * Carries what owners signed of motions and votes to the chain, as a household has no coin, and reads what came of it. Each is tried on
 * the chain's node before anything is paid for it, and is booked against its home's allowance.
 */
export class MotionDesk implements MotionQueries {
  /** null: the street has no community. */
  readonly #relay: CommunityRelay | null;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #log: Log;
  readonly #first: MarketRules;
  readonly #allowance: Allowance;
  readonly #registry: Modules["registry"];
  readonly #turns = new Turns(PLACES);
  #lookAtMs = 0;

  constructor({ card, operator, clock, log, allowance, registry }: Modules) {
    const { rpc, community } = card.chain;
    const { chainId, vault } = domainOf(card);
    const key = toHex(operator.reveal());
    this.#relay = community === undefined ? null : openCommunityRelay({ rpc, chainId, vault, community: address(community), key });
    this.#clock = clock;
    this.#log = log;
    this.#first = rulesOf(card);
    this.#allowance = allowance;
    this.#registry = registry;
  }

  /** What was decided and what is voted on. null: read a moment ago and nothing carried since, no community, or the chain is away. */
  async look(registry: Pick<Registry, "homes">): Promise<Decisions | null> {
    const now = this.#clock.monotonicMs();
    if (this.#relay === null || now < this.#lookAtMs) return null;
    this.#lookAtMs = now + LOOK_MS;
    const [rules, motions] = [await this.#relay.rules(), await this.#relay.motions()];
    if (!rules.ok || !motions.ok) return null;
    const counted = motions.value.motions.map((motion) => ({ ...motion, members: membersOf(motion, registry) }));
    return { rules: rules.value, motions: counted, now: motions.value.now };
  }

  async move({ home, rules, nonce, signature }: MotionRequest): Outcome {
    if (!interval.is(rules.since)) return fail("CHANGE_REFUSED", "there is no such interval");
    const wanted = { ...rules, hash: rules.hash as Digest, since: interval(rules.since) };
    const refusal = refusalOf(this.#first, wanted);
    if (refusal !== null) return fail("CHANGE_REFUSED", refusal);
    return this.#carry(home, (id) => ({ kind: "motion", home: id, rules: wanted, nonce, signature: fromHex(signature) }));
  }

  async movePayment({ home, to, micro, nonce, signature }: PaymentRequest): Outcome {
    const payment = { to: address(to), micro };
    return this.#carry(home, (id) => ({ kind: "payment", home: id, payment, nonce, signature: fromHex(signature) }));
  }

  async vote(motion: number, { home, yes, signature }: VoteRequest): Outcome {
    return this.#carry(home, (id) => ({ kind: "vote", motion, home: id, yes, signature: fromHex(signature) }));
  }

  /** No home's allowance pays for it: it is done once for each motion that homes carried. */
  async execute(motion: number): Outcome {
    if (this.#relay === null) return NO_COMMUNITY;
    const executed = await this.#relay.execute(motion);
    return this.#done("motion.executed", executed.ok ? ok(motion) : executed);
  }

  async close(): Promise<void> {
    await this.#relay?.close();
  }

  async #carry(home: number, errandOf: (home: HomeId) => CommunityErrand): Outcome {
    const relay = this.#relay;
    if (relay === null) return NO_COMMUNITY;
    const known = this.#registry().homes.find((each) => each.home === home);
    if (known === undefined) return fail("HOME_UNKNOWN", `the registry doesn't know home ${home}`);
    const carried = this.#turns.take(home, () => this.#send(relay, errandOf(known.home)));
    return carried ?? fail("TOO_MANY_REQUESTS", `${PLACES} requests of home ${home} wait already; ask again when they are answered`);
  }

  async #send(relay: CommunityRelay, errand: CommunityErrand): Outcome {
    const kind = errand.kind === "vote" ? "vote" : "motion";
    const weighed = await relay.weigh(errand);
    if (!weighed.ok && weighed.code !== "CHAIN_REFUSED") return fail("CHAIN_AWAY", weighed.detail);
    // What the chain refuses costs nothing: it was carried before, or whoever carries it finds the words for it.
    const booked = weighed.ok ? this.#allowance.book(errand.home, kind, weighed.value) : ok(undefined);
    if (!booked.ok) return booked;
    return this.#done(kind === "vote" ? "motion.voted" : "motion.brought", await relay.carry(errand));
  }

  #done(event: string, done: Result<number>): Awaited<Outcome> {
    if (!done.ok) return fail(done.code === "CHAIN_REFUSED" ? "CHANGE_REFUSED" : "CHAIN_AWAY", refusalText(done.detail));
    this.#log.info(event, { motion: done.value });
    this.#lookAtMs = 0;
    return ok({ motion: done.value });
  }
}

const NO_COMMUNITY = fail("COMMUNITY_MISSING", "this street was made before homes could decide on its rules");
