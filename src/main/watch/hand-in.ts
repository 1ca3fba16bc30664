import { fail, ok } from "../../../engine/kernel/index.ts";
import type { ChallengeAnswer } from "../../api/index.ts";
import type { HandIn } from "../../node/index.ts";
import type { Challenge, Challenger } from "../../ports/index.ts";
import type { HomeConfig } from "../config/index.ts";
import { requestOf } from "./challenge-file.ts";

const ASK_MS = 60_000;

/** Who may send a challenge or a drop, in this order: an account of one's own, if there is a coin in it, and the street's operator. */
export interface Senders {
  readonly own: Pick<Challenger, "challenge" | "expire"> | null;
  readonly by: "home" | "operator";
  /** Where the street is asked; a card that came as a file names no such place. */
  readonly street: HomeConfig["street"] | null;
}

export async function handIn({ own, by, street }: Senders, challenge: Challenge): Promise<HandIn> {
  const sent = own === null ? fail("CHALLENGE_UNSENT", "no account of its own") : await own.challenge(challenge);
  if (sent.ok) return ok({ by, transaction: sent.value });
  if (street?.kind !== "url") return fail(sent.code, sent.detail);
  const carried = await ask(new URL("/api/challenges", street.url), challenge);
  return typeof carried === "string"
    ? fail("CHALLENGE_UNSENT", `${sent.detail}; ${carried}`)
    : ok({ by: "operator", transaction: carried.transaction as never });
}

async function ask(url: URL, challenge: Challenge): Promise<ChallengeAnswer | string> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(requestOf(challenge));
  const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(ASK_MS) }).catch(String);
  if (typeof answer === "string") return `${url.host} does not answer (${answer})`;
  const said = (await answer.json().catch(() => ({}))) as ChallengeAnswer & { readonly message?: string };
  return answer.ok ? said : `the street's operator refused: ${said.message ?? answer.status}`;
}
