import { openCommunityRelay } from "../../../adapters/evm/index.ts";
import type { AgentKey } from "../../../adapters/system/index.ts";
import { address, type Digest, fail, fromHex, homeId, interval, ok, type Result, toHex } from "../../../engine/kernel/index.ts";
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
import type { Clock, CommunityRelay, Log, Registry } from "../../ports/index.ts";
import { domainOf, rulesOf } from "../card.ts";
import { membersOf } from "../motion.ts";
import { refusalText } from "../refusal-words.ts";
import { refusalOf } from "../street-rules.ts";

/** Real milliseconds between looks at what homes decide: votes run for days. */
const LOOK_MS = 30_000;

interface Modules {
  readonly card: StreetCard;
  readonly operator: AgentKey;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Log;
}

/** Carries what owners signed of motions and votes to the chain, as a household has no coin, and reads what came of it. */
export class MotionDesk implements MotionQueries {
  /** null: the street has no community. */
  readonly #relay: CommunityRelay | null;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #log: Log;
  readonly #first: MarketRules;
  #lookAtMs = 0;

  constructor({ card, operator, clock, log }: Modules) {
    const { rpc, community } = card.chain;
    const { chainId, vault } = domainOf(card);
    const key = toHex(operator.reveal());
    this.#relay = community === undefined ? null : openCommunityRelay({ rpc, chainId, vault, community: address(community), key });
    this.#clock = clock;
    this.#log = log;
    this.#first = rulesOf(card);
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

  async move({ home, rules, nonce, signature }: MotionRequest): Promise<Result<MotionAnswer, MotionCode>> {
    if (!homeId.is(home) || !interval.is(rules.since)) return fail("CHANGE_REFUSED", "there is no such home or interval");
    const wanted = { ...rules, hash: rules.hash as Digest, since: interval(rules.since) };
    const refusal = refusalOf(this.#first, wanted);
    if (refusal !== null) return fail("CHANGE_REFUSED", refusal);
    return this.#carry("motion.brought", async (relay) =>
      relay.move({ home: homeId(home), rules: wanted, nonce, signature: fromHex(signature) }),
    );
  }

  async movePayment({ home, to, micro, nonce, signature }: PaymentRequest): Promise<Result<MotionAnswer, MotionCode>> {
    if (!homeId.is(home)) return fail("CHANGE_REFUSED", "there is no such home");
    return this.#carry("motion.brought", async (relay) =>
      relay.movePayment({ home: homeId(home), payment: { to: address(to), micro }, nonce, signature: fromHex(signature) }),
    );
  }

  async vote(motion: number, { home, yes, signature }: VoteRequest): Promise<Result<MotionAnswer, MotionCode>> {
    if (!homeId.is(home)) return fail("CHANGE_REFUSED", "there is no such home");
    return this.#carry("motion.voted", async (relay) => {
      const voted = await relay.vote({ motion, home: homeId(home), yes, signature: fromHex(signature) });
      return voted.ok ? ok(motion) : voted;
    });
  }

  async execute(motion: number): Promise<Result<MotionAnswer, MotionCode>> {
    return this.#carry("motion.executed", async (relay) => {
      const executed = await relay.execute(motion);
      return executed.ok ? ok(motion) : executed;
    });
  }

  async close(): Promise<void> {
    await this.#relay?.close();
  }

  async #carry(event: string, step: (relay: CommunityRelay) => Promise<Result<number>>): Promise<Result<MotionAnswer, MotionCode>> {
    if (this.#relay === null) return fail("COMMUNITY_MISSING", "this street was made before homes could decide on its rules");
    const done = await step(this.#relay);
    if (!done.ok) return fail(done.code === "CHAIN_REFUSED" ? "CHANGE_REFUSED" : "CHAIN_AWAY", refusalText(done.detail));
    this.#log.info(event, { motion: done.value });
    this.#lookAtMs = 0;
    return ok({ motion: done.value });
  }
}
