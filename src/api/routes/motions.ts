import type { FastifyInstance } from "fastify";
import { refuse } from "../errors.ts";
import type { MotionQueries, MotionRequest, PaymentRequest, VoteRequest } from "../queries.ts";
import { motionAnswer, motionParams, motionRequest, paymentRequest, voteRequest } from "../schema/motions.ts";
import { failure } from "./shape.ts";

const BODY_LIMIT = 4096;
const CODES = [
  "REQUEST_INVALID",
  "HOME_UNKNOWN",
  "COMMUNITY_MISSING",
  "CHANGE_REFUSED",
  "BODY_TOO_LARGE",
  "LIMIT_REACHED",
  "CHAIN_AWAY",
] as const;

interface MotionParams {
  readonly motion: string;
}

/** What owners signed of motions and votes: who runs the street carries it to the chain and can change nothing of it. */
export function motionRoutes(app: FastifyInstance, queries: MotionQueries): void {
  const schema = (operationId: string, summary: string, parts: object) => ({
    operationId,
    summary,
    tags: ["community"],
    ...parts,
    response: { 200: motionAnswer, ...failure(...CODES) },
  });

  app.post<{ Body: MotionRequest }>(
    "/api/motions",
    { bodyLimit: BODY_LIMIT, schema: schema("move", "A home's owner brings other market rules to a vote", { body: motionRequest }) },
    async (request, reply) => {
      const result = await queries.move(request.body);
      return result.ok ? result.value : refuse(reply, result.code, result.detail);
    },
  );

  app.post<{ Body: PaymentRequest }>(
    "/api/payments",
    {
      bodyLimit: BODY_LIMIT,
      schema: schema("movePayment", "A home's owner brings a payment from the community's account to a vote", { body: paymentRequest }),
    },
    async (request, reply) => {
      const result = await queries.movePayment(request.body);
      return result.ok ? result.value : refuse(reply, result.code, result.detail);
    },
  );

  app.post<{ Params: MotionParams; Body: VoteRequest }>(
    "/api/motions/:motion/votes",
    { bodyLimit: BODY_LIMIT, schema: schema("vote", "A home's owner votes, once", { params: motionParams, body: voteRequest }) },
    async (request, reply) => {
      const result = await queries.vote(Number(request.params.motion), request.body);
      return result.ok ? result.value : refuse(reply, result.code, result.detail);
    },
  );

  app.post<{ Params: MotionParams }>(
    "/api/motions/:motion/execution",
    { bodyLimit: BODY_LIMIT, schema: schema("execute", "Puts a motion into force whose time has come", { params: motionParams }) },
    async (request, reply) => {
      const result = await queries.execute(Number(request.params.motion));
      return result.ok ? result.value : refuse(reply, result.code, result.detail);
    },
  );
}
