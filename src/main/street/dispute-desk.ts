import { fail, type Interval, ok, type Result } from "../../../engine/kernel/index.ts";
import type { ChallengeAnswer, ChallengeCode, ChallengeQueries, ChallengeRequest, RecordView } from "../../api/index.ts";
import type { ProposalWatch } from "../../node/index.ts";
import type { Challenger, Log } from "../../ports/index.ts";
import { challengeOf } from "../watch/challenge-file.ts";
import { viewOf } from "../watch/record-text.ts";

interface Modules {
  readonly challenger: Pick<Challenger, "challenge">;
  readonly watch: Pick<ProposalWatch, "record">;
  readonly log: Log;
}

/**
 * Shows what the operator's books say of an open proposal, and sends proofs against it for homes that have no coin. Only a
 * proof that holds costs anything; one at a time, as one is enough.
 */
export class DisputeDesk implements ChallengeQueries {
  readonly #modules: Modules;
  #isBusy = false;

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  record(interval: number): RecordView | null {
    const record = this.#modules.watch.record(interval as Interval);
    return record === null ? null : viewOf(record);
  }

  async challenge(request: ChallengeRequest): Promise<Result<ChallengeAnswer, ChallengeCode>> {
    if (this.#isBusy) return fail("TOO_MANY_REQUESTS", "another challenge is on its way; ask again when it has been answered");
    this.#isBusy = true;
    try {
      return await this.#send(request);
    } finally {
      this.#isBusy = false;
    }
  }

  async #send(request: ChallengeRequest): Promise<Result<ChallengeAnswer, ChallengeCode>> {
    const { challenger, log } = this.#modules;
    const sent = await challenger.challenge(challengeOf(request));
    if (!sent.ok) return fail(sent.code === "CHAIN_REFUSED" ? "CHALLENGE_REFUSED" : "CHAIN_AWAY", sent.detail);
    log.info("challenge.carried", { period: request.period.period, transaction: sent.value as string | null });
    return ok({ transaction: sent.value as string | null });
  }
}
