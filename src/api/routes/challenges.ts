import type { FastifyInstance } from "fastify";
import { refuse } from "../errors.ts";
import type { ChallengeQueries, ChallengeRequest } from "../queries.ts";
import { challengeAnswer, challengeRequest, recordParams, recordView } from "../schema/challenges.ts";
import { failure } from "./shape.ts";

/** The longest proof as hex, and what stands around it. */
const BODY_LIMIT = 270_000;

/** What these books say of an open proposal, and a door for who can prove that it is wrong and has no coin. */
export function challengeRoutes(app: FastifyInstance, queries: ChallengeQueries): void {
  app.get<{ Params: { interval: string } }>(
    "/api/records/:interval",
    {
      schema: {
        operationId: "record",
        summary: "One interval, by its number, with all that its result binds, while a proposal that covers it is open",
        tags: ["watch"],
        params: recordParams,
        response: { 200: recordView, ...failure("REQUEST_INVALID", "RECORD_UNKNOWN") },
      },
    },
    (request, reply) => {
      const { interval } = request.params;
      const record = queries.record(Number(interval));
      return record ?? refuse(reply, "RECORD_UNKNOWN", `no open proposal covers interval ${interval}, or it isn't known here`);
    },
  );

  app.post<{ Body: ChallengeRequest }>(
    "/api/challenges",
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: "challenge",
        summary: "A proof that the open proposal is wrong, to be sent to the vault",
        tags: ["watch"],
        body: challengeRequest,
        response: {
          200: challengeAnswer,
          ...failure("REQUEST_INVALID", "CHALLENGE_REFUSED", "BODY_TOO_LARGE", "MEDIA_TYPE_UNSUPPORTED", "TOO_MANY_REQUESTS", "CHAIN_AWAY"),
        },
      },
    },
    async (request, reply) => {
      const sent = await queries.challenge(request.body);
      return sent.ok ? sent.value : refuse(reply, sent.code, sent.detail);
    },
  );
}
