import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Serves the built page. Its files carry a hash in their names and never change; the page itself is asked for anew each time. */
export function servePage(app: FastifyInstance, folder: string | null): void {
  if (folder === null || !existsSync(join(folder, "index.html"))) return;
  app.register(fastifyStatic, {
    root: folder,
    dotfiles: "ignore",
    redirect: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header("cache-control", /[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
