import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { refuse } from "./errors.ts";

/** Own files only: no inline script or style, no frame, no form, nothing from elsewhere. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

/**
 * The browser of a neighbour must not become the tool of another site: a name that someone else's DNS points at us is refused
 * (DNS rebinding), and so is a request that a page of another origin sends. A client without these headers is no browser.
 */
export function guard(app: FastifyInstance, hosts: readonly string[]): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    if (!isOwnHost(request.headers.host, hosts)) {
      return refuse(reply, "HOST_NOT_ALLOWED", "ask by IP address, as localhost, or by a name given to this node in its options");
    }
    if (!isOwnOrigin(request)) return refuse(reply, "ORIGIN_NOT_ALLOWED", "pages of other sites may not ask here");
  });
}

function isOwnHost(host: string | undefined, hosts: readonly string[]): boolean {
  if (host === undefined) return true;
  const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host);
  const bare = (name?.[1] ?? name?.[2] ?? "").toLowerCase();
  return isIP(bare) !== 0 || bare === "localhost" || hosts.includes(bare);
}

function isOwnOrigin({ headers: { origin, host } }: FastifyRequest): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
