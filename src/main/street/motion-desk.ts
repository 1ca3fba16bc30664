import { openCommunityRelay } from "../../../adapters/evm/index.ts";
import type { AgentKey } from "../../../adapters/system/index.ts";
import { address, type Digest, fail, fromHex, homeId, interval, ok, type Result, toHex } from "../../../engine/kernel/index.ts";
import type { MotionAnswer, MotionCode, MotionQueries, MotionRequest, PaymentRequest, StreetCard, VoteRequest } from "../../api/index.ts";
import type { CommunityRelay, Log } from "../../ports/index.ts";
import { domainOf } from "../card.ts";
import { refusalText } from "../refusal-words.ts";

/** Carries what owners signed of motions and votes to the chain, as a household has no coin. */
export class MotionDesk implements MotionQueries {
  /** null: the street has no community. */
  readonly #relay: CommunityRelay | null;
  readonly #log: Log;

  constructor(card: StreetCard, operator: AgentKey, log: Log) {
    const { rpc, community } = card.chain;
    const { chainId, vault } = domainOf(card);
    const key = toHex(operator.reveal());
    this.#relay = community === undefined ? null : openCommunityRelay({ rpc, chainId, vault, community: address(community), key });
    this.#log = log;
  }

  async move({ home, rules, nonce, signature }: MotionRequest): Promise<Result<MotionAnswer, MotionCode>> {
    if (!homeId.is(home) || !interval.is(rules.since)) return fail("CHANGE_REFUSED", "there is no such home or interval");
    const wanted = { ...rules, hash: rules.hash as Digest, since: interval(rules.since) };
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
    return ok({ motion: done.value });
  }
}
