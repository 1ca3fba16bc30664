import type { FastifyInstance } from "fastify";
import { refuse } from "../errors.ts";
import type { HomeRequest, StreetQueries } from "../queries.ts";
import { homeAnswer, homeRequest, intervalParams } from "../schema/answers.ts";
import { failure, HOME_BODY_LIMIT, ref } from "./shape.ts";

/** The street to read, and the door by which a home comes in. */
export function marketRoutes(app: FastifyInstance, queries: StreetQueries): void {
  app.get(
    "/api/state",
    { schema: { operationId: "state", summary: "The whole street, now", tags: ["street"], response: { 200: ref("StreetState") } } },
    () => queries.state(),
  );

  app.get<{ Params: { interval: string } }>(
    "/api/intervals/:interval",
    {
      schema: {
        operationId: "interval",
        summary: "One delivery interval by its start: clearing, certificate, settlement",
        tags: ["street"],
        params: intervalParams,
        response: { 200: ref("Interval"), ...failure("REQUEST_INVALID", "INTERVAL_UNKNOWN") },
      },
    },
    (request, reply) => {
      const view = queries.interval(request.params.interval);
      return view ?? refuse(reply, "INTERVAL_UNKNOWN", `nothing is known here of the interval that starts at ${request.params.interval}`);
    },
  );

  app.get(
    "/api/street",
    { schema: { operationId: "street", summary: "What another home needs to join", tags: ["join"], response: { 200: ref("StreetCard") } } },
    () => queries.street(),
  );

  app.post<{ Body: HomeRequest }>(
    "/api/homes",
    {
      bodyLimit: HOME_BODY_LIMIT,
      schema: {
        operationId: "join",
        summary: "A home with an invitation asks to be registered",
        tags: ["join"],
        body: homeRequest,
        response: {
          201: homeAnswer,
          ...failure("REQUEST_INVALID", "INVITATION_INVALID", "HOME_EXISTS", "BODY_TOO_LARGE", "MEDIA_TYPE_UNSUPPORTED", "CHAIN_AWAY"),
        },
      },
    },
    async (request, reply) => {
      const result = await queries.register(request.body);
      return result.ok ? reply.code(201).send(result.value) : refuse(reply, result.code, result.detail);
    },
  );
}

/** What was proved against homes, for whoever wants to check it. */
export function evidenceRoute(app: FastifyInstance, queries: Pick<StreetQueries, "evidence">): void {
  app.get(
    "/api/evidence",
    {
      schema: {
        operationId: "evidence",
        summary: "Who was proved to have signed two things where one is allowed, with both messages, the newest first",
        tags: ["street"],
        response: { 200: { type: "array", items: ref("Evidence") } },
      },
    },
    () => queries.evidence(),
  );
}
