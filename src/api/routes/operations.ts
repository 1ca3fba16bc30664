import type { FastifyInstance } from "fastify";
import type { StreetQueries } from "../queries.ts";
import { type HealthAnswer, metricsText, openapiAnswer } from "../schema/answers.ts";

/** For those who watch over the node: is it well, how much of what, and what can be asked. */
export function operationRoutes(
  app: FastifyInstance,
  { queries, metrics, version }: { queries: Pick<StreetQueries, "health">; metrics: () => string | Promise<string>; version: string },
): void {
  const health = { $ref: "Health#" };

  app.get(
    "/healthz",
    {
      schema: {
        operationId: "health",
        summary: "Whether this node does its work",
        tags: ["operations"],
        response: { 200: { ...health, description: "ok" }, 503: { ...health, description: "degraded" } },
      },
    },
    (_request, reply) => {
      const { healthy, ...facts } = queries.health();
      const answer: HealthAnswer = { status: healthy ? "ok" : "degraded", version, ...facts };
      return reply
        .code(healthy ? 200 : 503)
        .header("cache-control", "no-store")
        .send(answer);
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        operationId: "metrics",
        summary: "Prometheus metrics",
        tags: ["operations"],
        response: { 200: { description: "metrics", content: { "text/plain": { schema: metricsText } } } },
      },
    },
    async (_request, reply) => reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics()),
  );

  app.get(
    "/openapi.json",
    { schema: { operationId: "openapi", summary: "This document", tags: ["operations"], response: { 200: openapiAnswer } } },
    (_request, reply) => reply.type("application/json; charset=utf-8").send(app.swagger()),
  );
}
