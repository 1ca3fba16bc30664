import type { FastifyInstance } from "fastify";
import { refuse } from "../errors.ts";
import type { LiveFeed } from "../live.ts";
import { liveMessage } from "../schema/answers.ts";

const isHandshake = (headers: Readonly<Record<string, unknown>>): boolean =>
  String(headers.upgrade).toLowerCase() === "websocket" &&
  headers["sec-websocket-version"] === "13" &&
  /^[+/0-9A-Za-z]{22}==$/.test(String(headers["sec-websocket-key"]));

/** The street as it changes. What a client sends is not read. */
export function liveRoute(app: FastifyInstance, feed: LiveFeed): void {
  app.route({
    method: "GET",
    url: "/ws",
    schema: {
      operationId: "live",
      summary: "WebSocket: the whole street at the start, then after each change, at most four times a second",
      tags: ["street"],
      response: {
        101: liveMessage,
        400: { $ref: "Error#", description: "UPGRADE_MALFORMED" },
        426: { $ref: "Error#", description: "UPGRADE_REQUIRED" },
        503: { $ref: "Error#", description: "TOO_MANY_CLIENTS" },
      },
    },
    preHandler: async (request, reply) => {
      if (request.ws && feed.full) return refuse(reply, "TOO_MANY_CLIENTS", "enough pages are open; try again later");
    },
    handler: (_request, reply) => {
      reply.header("upgrade", "websocket");
      return refuse(reply, "UPGRADE_REQUIRED", "speak WebSocket here");
    },
    wsHandler: (socket) => feed.join(socket),
  });
}

/** An upgrade that no WebSocket can come of is refused before the WebSocket library sees it. */
export function guardUpgrades(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!request.ws) return;
    if (request.routeOptions.url !== "/ws" || !isHandshake(request.headers)) {
      return refuse(reply, "UPGRADE_MALFORMED", "only /ws can be upgraded, and only to WebSocket version 13");
    }
  });
}
