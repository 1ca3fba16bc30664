import type { Connection, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { lpStream } from "@libp2p/utils";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Answerer, Log, PeerName, RequestCode, RequestKind } from "../../src/ports/index.ts";
import { Buckets } from "./buckets.ts";
import type { GossipLimits } from "./limits.ts";
import { protocolName, REQUEST_KINDS } from "./names.ts";
import type { Node } from "./node.ts";

/** gone: the peer left or gave up, which is no offence. */
export type ServeCode = "served" | "nothing" | "malformed" | "gone" | "flooding" | "busy" | "stranger";

export interface RequestModules {
  readonly log: Log;
  readonly now: () => number;
  readonly isMember: (peer: PeerName) => boolean;
  readonly onBadRequest: (from: PeerName) => void;
  readonly onServed: (kind: RequestKind, code: ServeCode) => void;
}

/** One length-prefixed request, one length-prefixed answer, each on a stream of its own; bounded on both sides. */
export class Requests {
  private readonly handlers = new Map<RequestKind, Answerer>();
  private readonly buckets: Buckets;
  private readonly node: Node;
  private readonly street: string;
  private readonly limits: GossipLimits["request"];
  private readonly modules: RequestModules;
  private serving = 0;
  private asking = 0;

  constructor(node: Node, street: string, limits: GossipLimits["request"], modules: RequestModules) {
    this.node = node;
    this.street = street;
    this.limits = limits;
    this.modules = modules;
    this.buckets = new Buckets(limits, modules.now);
  }

  async start(): Promise<void> {
    const options = { maxInboundStreams: this.limits.streams, maxOutboundStreams: this.limits.streams };
    for (const kind of REQUEST_KINDS) {
      const serve = (stream: Stream, connection: Connection) => void this.serve(kind, stream, connection);
      await this.node.handle(protocolName(this.street, kind), serve, options);
    }
  }

  handle(kind: RequestKind, handler: Answerer): void {
    this.handlers.set(kind, handler);
  }

  async ask(peer: PeerName, kind: RequestKind, body: Uint8Array, signal: AbortSignal): Promise<Result<Uint8Array, RequestCode>> {
    if (body.length > this.limits.maxBytes) return fail("PEER_MALFORMED", `a request holds at most ${this.limits.maxBytes} bytes`);
    if (this.asking >= this.limits.asking) return fail("PEER_UNREACHABLE", "too many requests are open");
    const connection = this.connectionTo(peer);
    if (connection === undefined) return fail("PEER_UNREACHABLE", "no connection");
    this.asking++;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.limits.timeoutMs)]);
    let stream: Stream | undefined;
    try {
      stream = await connection.newStream(protocolName(this.street, kind), { signal: limit });
      const answer = await this.exchange(stream, body, limit);
      void stream.close({ signal: AbortSignal.timeout(this.limits.timeoutMs) }).catch(() => undefined);
      return ok(answer);
    } catch (error) {
      stream?.abort(asError(error));
      return fail(codeOf(limit, connection, stream), String(error));
    } finally {
      this.asking--;
    }
  }

  private async exchange(stream: Stream, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { maxAnswerBytes } = this.limits;
    const lines = lpStream(stream, { maxDataLength: maxAnswerBytes, maxBufferSize: maxAnswerBytes + 16 });
    await lines.write(body, { signal });
    return new Uint8Array((await lines.read({ signal })).subarray());
  }

  private connectionTo(peer: PeerName): Connection | undefined {
    try {
      return this.node.getConnections(peerIdFromString(peer)).find((connection) => connection.status === "open");
    } catch {
      return undefined;
    }
  }

  private async serve(kind: RequestKind, stream: Stream, connection: Connection): Promise<void> {
    const from = connection.remotePeer.toString();
    const code = await this.answer(kind, stream, from);
    this.modules.onServed(kind, code);
    if (code === "malformed" || code === "flooding") this.modules.onBadRequest(from);
    if (code !== "served") stream.abort(new Error(code));
  }

  private async answer(kind: RequestKind, stream: Stream, from: PeerName): Promise<ServeCode> {
    if (!this.buckets.take(from)) return "flooding";
    if (kind !== "hello" && !this.modules.isMember(from)) return "stranger";
    if (this.serving >= this.limits.serving) return "busy";
    this.serving++;
    try {
      return await this.readAndAnswer(kind, stream, from);
    } finally {
      this.serving--;
    }
  }

  private async readAndAnswer(kind: RequestKind, stream: Stream, from: PeerName): Promise<ServeCode> {
    const { maxBytes, timeoutMs } = this.limits;
    const signal = AbortSignal.timeout(timeoutMs);
    const lines = lpStream(stream, { maxDataLength: maxBytes, maxBufferSize: maxBytes + 16 });
    let body: Uint8Array | undefined;
    try {
      body = new Uint8Array((await lines.read({ signal })).subarray());
      const answer = await this.judge(kind, body, from);
      if (answer === undefined) return "nothing";
      await lines.write(answer, { signal });
      await stream.close({ signal });
      return "served";
    } catch (error) {
      const { name } = asError(error);
      this.modules.log.debug("gossip.request-failed", { kind, from, cause: name });
      return body === undefined && !GIVEN_UP.has(name) ? "malformed" : "gone";
    }
  }

  /** What the handler says, kept from throwing and from growing too long. */
  private async judge(kind: RequestKind, body: Uint8Array, from: PeerName): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.handlers.get(kind)?.(body, from);
      if (answer === undefined || answer.length <= this.limits.maxAnswerBytes) return answer;
      this.modules.log.error("gossip.answer-too-long", { kind, bytes: answer.length });
    } catch (error) {
      this.modules.log.error("gossip.request-handler-threw", { kind, cause: String(error) });
    }
    return undefined;
  }
}

// What libp2p calls it when the other side ends a stream, or its connection, in the middle.
const GIVEN_UP: ReadonlySet<string> = new Set(["StreamResetError", "StreamAbortedError", "ConnectionClosedError"]);

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function codeOf(signal: AbortSignal, connection: Connection, stream: Stream | undefined): RequestCode {
  if (signal.aborted) return "PEER_TIMEOUT";
  return connection.status === "open" && stream !== undefined ? "PEER_MALFORMED" : "PEER_UNREACHABLE";
}
