import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { Clock, Log } from "../ports/index.ts";
import { openApp } from "./app.ts";
import { guard } from "./guard.ts";
import { LIVE_LIMITS, LiveFeed, type LiveLimits } from "./live.ts";
import { servePage } from "./page.ts";
import type { StreetQueries } from "./queries.ts";
import { challengeRoutes } from "./routes/challenges.ts";
import { guardUpgrades, liveRoute } from "./routes/live.ts";
import { evidenceRoute, marketRoutes } from "./routes/market.ts";
import { motionRoutes } from "./routes/motions.ts";
import { operationRoutes } from "./routes/operations.ts";
import { ownerRoutes } from "./routes/owner.ts";
import { errorAnswer, evidenceView, healthAnswer, intervalView, streetCard } from "./schema/answers.ts";
import { streetState } from "./schema/street-state.ts";

export interface ApiOptions {
  readonly queries: StreetQueries;
  /** The built page; null (or a folder without index.html) serves the API alone. */
  readonly staticFolder: string | null;
  /** The Prometheus text. */
  readonly metrics: () => string | Promise<string>;
  readonly version: string;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** Names besides IP addresses and localhost under which browsers may ask, lower case: "street.local". */
  readonly hosts?: readonly string[];
  readonly log?: Log;
  readonly liveLimits?: LiveLimits;
}

/** The street over HTTP and WebSocket. It listens nowhere by itself: host and port are the caller's matter. */
export function buildApi(options: ApiOptions): FastifyInstance {
  const app = openApp(options.log);
  app.register(websocket, { options: { maxPayload: 1024 } });
  app.register(swagger, { openapi: openapi(options.version), refResolver: { buildLocalReference: (json) => String(json.$id) } });
  addSchemas(app);
  // After the WebSocket plugin: only a request that it has marked is hung up on when a hook refuses it.
  app.after(() => {
    guard(app, options.hosts ?? []);
    guardUpgrades(app);
  });
  app.register(async (scope) => routes(scope, options));
  return app;
}

async function routes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const feed = new LiveFeed(options, options.liveLimits ?? LIVE_LIMITS);
  app.addHook("preClose", async () => feed.close());
  marketRoutes(app, options.queries);
  evidenceRoute(app, options.queries);
  ownerRoutes(app, options.queries);
  motionRoutes(app, options.queries);
  challengeRoutes(app, options.queries);
  operationRoutes(app, options);
  liveRoute(app, feed);
  servePage(app, options.staticFolder);
}

function addSchemas(app: FastifyInstance): void {
  app.addSchema({ $id: "Error", ...errorAnswer });
  app.addSchema({ $id: "Evidence", ...evidenceView });
  app.addSchema({ $id: "Health", ...healthAnswer });
  app.addSchema({ $id: "Interval", ...intervalView });
  app.addSchema({ $id: "StreetCard", ...streetCard });
  app.addSchema({ $id: "StreetState", ...streetState });
}

const openapi = (version: string) => ({
  openapi: "3.1.0",
  info: {
    title: "Commonwatt",
    description:
      "A street of homes that trade solar power. Reads are open to whoever can reach this address; money moves only as its owner signed it.",
    version,
  },
  tags: [{ name: "street" }, { name: "join" }, { name: "community" }, { name: "watch" }, { name: "operations" }],
});
