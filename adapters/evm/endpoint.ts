import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import type { Socket } from "node:net";
import { fail, ok } from "../../engine/kernel/index.ts";
import { masked } from "./mask.ts";

/**
 * Asks a chain's node over JSON-RPC: one question per request, nothing cached, and an answer or a code within the time-out. (The ethers provider leaves a hung request's socket open, and its time-out starts anew with each byte.)
 */
export interface Rpc {
  ask(method: string, params: readonly unknown[]): Promise<Answer>;
  close(): void;
}

export type RpcCode = "CHAIN_UNREACHABLE" | "CHAIN_TIMEOUT" | "CHAIN_REFUSED" | "CHAIN_WRONG";

/** `data`: what a contract gave as its reason, as hex. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: RpcCode; readonly detail: string; readonly data?: string };

export interface EndpointOptions {
  /** Milliseconds for one question; 5 s by default. */
  readonly timeoutMs?: number;
  /** Milliseconds for a connection; 2 s by default, and never more than for the question. */
  readonly connectMs?: number;
}

const TIMEOUT_MS = 5_000;
const CONNECT_MS = 2_000;
const LATEST_TRIES = 5;
const TOO_MANY_REQUESTS = 429;
const MAX_BYTES = 32 * 1024 * 1024;

/** One node. Its address is never told as it is written, as there may be a key in it. */
export function endpoint(rpc: string, { timeoutMs = TIMEOUT_MS, connectMs = CONNECT_MS }: EndpointOptions = {}): Rpc {
  const url = URL.canParse(rpc) ? new URL(rpc) : null;
  const name = masked(rpc);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const detail = `"${withoutSecrets(rpc)}" is no address of a node; write http://host:port`;
    return { ask: async () => fail("CHAIN_UNREACHABLE", detail), close: () => undefined };
  }
  const agent = url.protocol === "https:" ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const closing = new AbortController();
  let id = 0;
  return {
    async ask(method, params) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([deadline, closing.signal]);
      try {
        for (let tries = 1; ; tries++) {
          id += 1;
          const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
          const answer = parse(await post(url, { agent, body, signal, connectMs: Math.min(connectMs, timeoutMs) }), method);
          if (answer.ok || tries === LATEST_TRIES || !hasMovedOn(answer)) return answer;
        }
      } catch (error) {
        if (deadline.aborted) return fail("CHAIN_TIMEOUT", `${name} did not answer ${method} within ${timeoutMs} ms`);
        return fail("CHAIN_UNREACHABLE", `${name}: ${closing.signal.aborted ? "closed" : reason(error)}`);
      }
    },
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

/** What was written in place of an address, as far as it can't hold a key. */
const withoutSecrets = (text: string): string => (/^[\w .:-]{0,24}$/.test(text) ? text : masked(text));

/** Anvil without history looks "latest" up first and uses it then; a block that comes in between makes it refuse its own answer. */
const hasMovedOn = ({ detail }: Answer & { readonly ok: false }): boolean => /BlockOutOfRange/.test(detail);

interface Post {
  readonly agent: Agent;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly connectMs: number;
}

function post(url: URL, { agent, body, signal, connectMs }: Post): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, { method: "POST", agent, headers, signal }, (response) => collect(response).then(resolve, reject));
    request.once("error", reject);
    const late = setTimeout(() => request.destroy(new Error(`no connection within ${connectMs} ms`)), connectMs);
    request.once("close", () => clearTimeout(late));
    request.once("socket", (socket: Socket) => {
      if (!socket.connecting) clearTimeout(late);
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => clearTimeout(late));
    });
    request.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  // Whatever its body says, this is no answer to the question.
  if (response.statusCode === TOO_MANY_REQUESTS) throw new Error("the node has too many requests (429)");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`an answer of more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A failed connection to several addresses has an empty message and a code. */
function reason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

function parse(text: string, method: string): Answer {
  const answer = json(text);
  if (typeof answer !== "object" || answer === null) return fail("CHAIN_UNREACHABLE", `no JSON-RPC answer to ${method}`);
  if ("result" in answer) return ok(answer.result);
  const error = (answer as { error?: { message?: unknown; data?: unknown } }).error;
  if (typeof error?.message !== "string") return fail("CHAIN_UNREACHABLE", `no JSON-RPC answer to ${method}`);
  const refused = fail("CHAIN_REFUSED", error.message);
  return typeof error.data === "string" ? { ...refused, data: error.data } : refused;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
