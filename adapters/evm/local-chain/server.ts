import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Method } from "./methods.ts";
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, RpcError, UNKNOWN_METHOD } from "./rpc-error.ts";

/** Twice the largest transaction as hex, and a batch of such. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_IN_BATCH = 1_000;
const HOST = "127.0.0.1";

type Methods = Readonly<Record<string, Method>>;

export interface RpcServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers JSON-RPC 2.0 over HTTP on loopback. Whatever comes in, an answer goes out and the process lives. */
export async function serveRpc(methods: Methods, port: number): Promise<RpcServer> {
  const server = createServer((request, response) => {
    // A client that goes away is its own affair.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    void answerHttp(methods, request, response);
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answerHttp(methods: Methods, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, answer] =
    request.method === "POST" ? await answerPost(methods, request) : [405, refused(null, INVALID_REQUEST, "ask by POST")];
  // Only notifications: nothing to say.
  if (answer === null) return void response.writeHead(204).end();
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

async function answerPost(methods: Methods, request: IncomingMessage): Promise<[number, unknown]> {
  const text = await textOf(request).catch(() => "");
  if (text === null) return [413, refused(null, INVALID_REQUEST, `a question has at most ${MOST_BYTES} bytes`)];
  let asked: unknown;
  try {
    asked = JSON.parse(text);
  } catch {
    return [400, refused(null, PARSE_ERROR, "not JSON")];
  }
  return [200, await answer(methods, asked)];
}

/** null when it is too long; what comes after that isn't kept. */
async function textOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MOST_BYTES) chunks.push(chunk);
  }
  return size > MOST_BYTES ? null : Buffer.concat(chunks).toString("utf8");
}

/** Of one question or a batch; null when nobody asked for an answer. */
export async function answer(methods: Methods, asked: unknown): Promise<unknown> {
  if (!Array.isArray(asked)) return answerOne(methods, asked);
  if (asked.length === 0 || asked.length > MOST_IN_BATCH)
    return refused(null, INVALID_REQUEST, `a batch has 1 to ${MOST_IN_BATCH} questions`);
  const answers = (await Promise.all(asked.map((each) => answerOne(methods, each)))).filter((each) => each !== null);
  return answers.length === 0 ? null : answers;
}

async function answerOne(methods: Methods, asked: unknown): Promise<object | null> {
  if (typeof asked !== "object" || asked === null || Array.isArray(asked))
    return refused(null, INVALID_REQUEST, "a question is an object with method and params");
  const { id, method, params = [] } = asked as { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown };
  const isId = id === null || typeof id === "string" || typeof id === "number";
  if (id !== undefined && !isId) return refused(null, INVALID_REQUEST, "id: a number, a text or null");
  if (typeof method !== "string") return refused(id ?? null, INVALID_REQUEST, "method: a text");
  if (!Array.isArray(params)) return refused(id ?? null, INVALID_REQUEST, "params: a list");
  const said = await run(methods, method, params);
  if (id === undefined) return null;
  return said instanceof RpcError ? refused(id, said.code, said.message, said.data) : { jsonrpc: "2.0", id, result: said };
}

async function run(methods: Methods, method: string, params: readonly unknown[]): Promise<unknown> {
  if (!Object.hasOwn(methods, method)) return new RpcError(UNKNOWN_METHOD, `the method ${method.slice(0, 80)} is not served here`);
  try {
    return await methods[method]!(params);
  } catch (error) {
    return error instanceof RpcError ? error : new RpcError(INTERNAL_ERROR, `${method} failed: ${(error as Error).message}`);
  }
}

const refused = (id: unknown, code: number, message: string, data?: string): object => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
