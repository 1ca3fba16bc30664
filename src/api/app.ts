import fastify, { type FastifyInstance } from "fastify";
import type { Log } from "../ports/index.ts";
import { answerGarbage } from "./client-errors.ts";
import { answerErrors, frameworkErrors } from "./errors.ts";

/** A Fastify that takes JSON as it is said and answers every failure with code and message. */
export function openApp(log: Log | undefined, bodyLimit = 65_536): FastifyInstance {
  const app = fastify({
    bodyLimit,
    connectionTimeout: 30_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 64 },
    // Ajv would otherwise turn "5" into 5, drop what it doesn't know and fill in defaults: a request says what it means or is refused.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    frameworkErrors,
    clientErrorHandler: answerGarbage,
  });
  // A serializer made from a schema drops or rounds what doesn't fit, silently; the tests hold the answers to the schemas instead.
  app.setSerializerCompiler(() => JSON.stringify);
  // A form of another site could send text without asking first; JSON it can't.
  app.removeContentTypeParser("text/plain");
  answerErrors(app, log);
  return app;
}
