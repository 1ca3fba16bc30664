import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Words of trouble, or the answer's text. "lose": a real node does what it is asked, and its answer gets lost; "busy": HTTP 429. */
type Reply = string | "hang" | "drop" | "lose" | "busy";

/** A node on loopback that answers whatever the test says, or hands on to a real one and counts what it is asked. */
export class RpcDouble {
  readonly asked: string[] = [];
  private readonly server: Server;

  private constructor(reply: (body: string, method: string) => Promise<Reply>) {
    this.server = createServer(async (incoming, outgoing) => {
      const body = await textOf(incoming);
      const method = (JSON.parse(body) as { method: string }).method;
      this.asked.push(method);
      const answer = await reply(body, method);
      if (answer === "drop") incoming.socket.destroy();
      else if (answer === "busy") outgoing.writeHead(429).end('{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"slow down"}}');
      else if (answer !== "hang") outgoing.end(answer);
    });
  }

  static async answering(reply: (method: string) => Reply): Promise<RpcDouble> {
    return new RpcDouble(async (_, method) => reply(method)).listen();
  }

  /** Hands on to `rpc`, unless `instead` has another answer; `alter` may say something else than `rpc` did. */
  static async before(
    rpc: string,
    instead: (method: string) => Reply | undefined = () => undefined,
    alter: (method: string, asked: string, answer: string) => string | Promise<string> = (_method, _asked, answer) => answer,
  ): Promise<RpcDouble> {
    return new RpcDouble(async (body, method) => {
      const reply = instead(method);
      if (reply !== undefined && reply !== "lose") return reply;
      const answer = await forward(rpc, body);
      return reply === "lose" ? "drop" : alter(method, body, answer);
    }).listen();
  }

  get rpc(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }
}

function forward(rpc: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(rpc, { method: "POST", agent: false, headers: { "content-type": "application/json" } }, (response) => {
      textOf(response).then(resolve, reject);
    });
    request.once("error", reject);
    request.end(body);
  });
}

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
