import { createServer } from "node:http";
import { type AddressInfo, createServer as createMute, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { apart, type Sight } from "../../../adapters/evm/apart.ts";
import { Endpoints } from "../../../adapters/evm/endpoints.ts";
import { hasSecret, masked } from "../../../adapters/evm/mask.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";

const CHAIN = 7713;
const answer = (result: unknown): string => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
const refusal = (message: string): string => JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32000, message } });

type Say = (method: string) => string | "hang" | "drop" | "busy";
/** A node of the right chain that says who it is. */
const node =
  (name: string, change: Say = () => ""): Say =>
  (method) =>
    change(method) ||
    (method === "eth_chainId" ? answer(`0x${CHAIN.toString(16)}`) : method === "eth_blockNumber" ? answer("0x64") : answer(name));

const doubles: RpcDouble[] = [];
const pools: Rpc[] = [];
let heard: string[] = [];
beforeEach(() => {
  heard = [];
});
afterEach(async () => {
  for (const each of pools.splice(0)) each.close();
  for (const each of doubles.splice(0)) await each.close();
});

async function start(...says: readonly Say[]): Promise<readonly RpcDouble[]> {
  const started = await Promise.all(says.map((say) => RpcDouble.answering(say)));
  doubles.push(...started);
  return started;
}
function pool(nodes: readonly RpcDouble[], timeoutMs = 1_000): Endpoints {
  const names = new Map(nodes.map(({ rpc }, at) => [rpc, `node ${at + 1}`]));
  const tell = (name: string, what: string): void =>
    void heard.push(`${names.get(name)}: ${what.replaceAll(/https?:\/\/[\d.]+:\d+/g, "it")}`);
  const endpoints = new Endpoints(
    nodes.map(({ rpc }) => rpc),
    { chainId: CHAIN, tell, timeoutMs },
  );
  pools.push(endpoints);
  return endpoints;
}
const ask = async (rpc: Rpc, method = "eth_call"): Promise<unknown> => {
  const said = await rpc.ask(method, []);
  return said.ok ? said.value : `${said.code}: ${said.detail.replaceAll(/https?:\/\/[\d.]+:\d+/g, "it")}`;
};

describe("several nodes", () => {
  test("the first answers, as long as it does", async () => {
    const rpc = pool(await start(node("first"), node("second")));
    expect([await ask(rpc), await ask(rpc)]).toEqual(["first", "first"]);
  });

  test.each<readonly [string, string]>([
    ["drops what it is asked", "drop"],
    ["has too many requests", "busy"],
    ["answers garbage", "<html>"],
  ])("one that %s is passed over at once, and the next answers", async (_, trouble) => {
    const nodes = await start(
      node("first", () => trouble),
      node("second"),
    );
    const rpc = pool(nodes, 10_000);
    await ask(rpc);
    const began = performance.now();
    expect(await ask(rpc)).toBe("second");
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(heard[0]).toMatch(/^node 1: it doesn't answer: /);
  });

  test("one that hangs is not waited for", async () => {
    const rpc = pool(
      await start(
        node("first", (method) => (method === "eth_call" ? "hang" : "")),
        node("second"),
      ),
      5_000,
    );
    const began = performance.now();
    expect(await ask(rpc)).toBe("second");
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("one that comes back is asked again, and told", async () => {
    let isAway = true;
    const nodes = await start(
      node("first", () => (isAway ? "drop" : "")),
      node("second"),
    );
    const rpc = pool(nodes);
    expect(await ask(rpc)).toBe("second");
    isAway = false;
    await rpc.compare();
    expect(await ask(rpc)).toBe("first");
    expect(heard.at(-1)).toBe("node 1: it answers as it should");
  });

  test("one of another chain is told by name and never asked again", async () => {
    const nodes = await start(
      node("first", (method) => (method === "eth_chainId" ? answer("0x1") : "")),
      node("second"),
    );
    const rpc = pool(nodes);
    expect(await ask(rpc)).toBe("second");
    await rpc.compare();
    expect(await ask(rpc)).toBe("second");
    expect(nodes[0]!.asked).toEqual(["eth_chainId"]);
    expect(heard).toContain("node 1: it serves chain 1 and not 7713: it is not asked again");
  });

  test("all of another chain: told so", async () => {
    const wrong = node("x", (method) => (method === "eth_chainId" ? answer("0x1") : ""));
    const rpc = pool(await start(wrong, wrong));
    expect(await ask(rpc)).toBe("CHAIN_WRONG: it: it serves chain 1 and not 7713: it is not asked again");
    expect(await ask(rpc)).toMatch(/^CHAIN_WRONG: no node of 2 serves the street's chain; it: it serves chain 1 and not 7713/);
  });

  test("all away: told in the last one's words, and asked again", async () => {
    let isAway = true;
    const ill: Say = () => (isAway ? "drop" : "");
    const rpc = pool(await start(node("first", ill), node("second", ill)));
    expect(await ask(rpc)).toMatch(/^CHAIN_UNREACHABLE: it: /);
    isAway = false;
    expect(await ask(rpc)).toBe("first");
  });

  test("a contract's refusal is an answer", async () => {
    const nodes = await start(
      node("first", (method) => (method === "eth_call" ? refusal("no") : "")),
      node("second"),
    );
    expect(await ask(pool(nodes))).toBe("CHAIN_REFUSED: no");
  });

  test("a transaction goes to all, and one that takes it is enough", async () => {
    const said: readonly Say[] = [
      node("first", (method) => (method === "eth_sendRawTransaction" ? refusal("txpool is full") : "")),
      node("second"),
      node("third", (method) => (method === "eth_sendRawTransaction" ? "drop" : "")),
    ];
    const nodes = await start(...said);
    expect(await ask(pool(nodes), "eth_sendRawTransaction")).toBe("second");
    for (const { asked } of nodes) expect(asked).toContain("eth_sendRawTransaction");
  });

  test("that one knows it already goes before that another refuses it", async () => {
    const says = (message: string): Say => node("x", (method) => (method === "eth_sendRawTransaction" ? refusal(message) : ""));
    const rpc = pool(await start(says("nonce too low"), says("already known")));
    expect(await ask(rpc, "eth_sendRawTransaction")).toBe("CHAIN_REFUSED: already known");
  });

  test("one that lags or tells another final block is put last, until it has caught up", async () => {
    let head = "0x5b";
    const nodes = await start(
      node("first", (method) => (method === "eth_blockNumber" ? answer(head) : "")),
      node("second"),
    );
    const rpc = pool(nodes);
    await rpc.compare();
    expect(await ask(rpc)).toBe("second");
    expect(heard).toContain("node 1: it is 9 blocks behind another node: it is asked last");
    head = "0x64";
    await rpc.compare();
    expect(await ask(rpc)).toBe("first");
  });

  test("one that is put last still answers when nobody else does", async () => {
    let isAway = false;
    const nodes = await start(
      node("first", (method) => (method === "eth_blockNumber" ? answer("0x1") : "")),
      node("second", () => (isAway ? "drop" : "")),
    );
    const rpc = pool(nodes);
    await rpc.compare();
    isAway = true;
    expect(await ask(rpc)).toBe("first");
  });
});

describe("who stands apart", () => {
  const sight = (head: number, final: number, hash: string | null): Sight => ({ head, final, hashAt: async () => hash });
  const lag = (blocks: number) => `it is ${blocks} blocks behind another node: it is asked last`;
  const lie = (block: number, own: string, others: string) =>
    `its final block ${block} is ${own}, and others have ${others}: it is asked last`;

  test.each<readonly [string, readonly (Sight | null)[], readonly (string | null)[]]>([
    ["nobody", [sight(100, 90, "a"), sight(92, 85, "a")], [null, null]],
    ["who is nine blocks behind", [sight(91, 80, "a"), sight(100, 90, "a")], [lag(9), null]],
    ["who doesn't answer isn't judged", [null, sight(100, 90, "a")], [null]],
    ["of two, the one that is listed later", [sight(100, 90, "a"), sight(100, 90, "b")], [null, lie(90, "b", "a")]],
    [
      "the minority of three, wherever it stands",
      [sight(100, 90, "x"), sight(100, 88, "a"), sight(100, 90, "a")],
      [lie(88, "x", "a"), null, null],
    ],
    ["not who knows no final block", [sight(100, -1, "x"), sight(100, 90, "a")], [null, null]],
    ["not who has no such block", [sight(100, 90, null), sight(100, 90, "a")], [null, null]],
  ])("%s", async (_, sights, expected) => {
    expect((await apart(sights)).map(({ what }) => what)).toEqual(expected);
  });
});

describe("secrets in addresses", () => {
  test.each([
    ["http://127.0.0.1:8545", "http://127.0.0.1:8545"],
    ["https://node.example/", "https://node.example"],
    ["https://node.example/v3/0123456789abcdef", "https://node.example/***"],
    ["https://me:secret@node.example:8545", "https://***@node.example:8545"],
    ["https://node.example/?key=secret", "https://node.example?***"],
    ["not an address", "(no address)"],
  ])("%s is shown as %s", (rpc, shown) => {
    expect(masked(rpc)).toBe(shown);
    expect(hasSecret(rpc)).toBe(shown.includes("***"));
  });

  test("no error tells them", async () => {
    for (const rpc of [
      "http://me:hunter2@127.0.0.1:1/hunter2?key=hunter2",
      "me:hunter2@host/key",
      "ftp://me:hunter2@host",
      "http://[hunter2",
    ]) {
      for (const each of [rpc, [rpc, "http://127.0.0.1:1"]]) {
        const node = connect({ rpc: each, chainId: CHAIN });
        expect(JSON.stringify(await node.ask("eth_chainId", []))).not.toMatch(/hunter2/);
        node.close();
      }
    }
  });

  test("a password goes to the node it is for", async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(answer("well"));
    });
    const rpc = connect({ rpc: `http://me:hunter2@127.0.0.1:${await portOf(server)}` });
    expect(await ask(rpc)).toBe("well");
    expect(seen).toEqual([`Basic ${Buffer.from("me:hunter2").toString("base64")}`]);
    rpc.close();
    server.close();
  });
});

test("no connection within its time is told as that, long before the answer's time is over", async () => {
  // Takes the call and never says who it is, so that an encrypted connection is never there.
  const sockets: Socket[] = [];
  const mute = createMute((socket) => void sockets.push(socket));
  const rpc = connect({ rpc: `https://127.0.0.1:${await portOf(mute)}`, connectMs: 100, timeoutMs: 5_000 });
  const began = performance.now();
  expect(await ask(rpc)).toBe("CHAIN_UNREACHABLE: it: no connection within 100 ms");
  expect(performance.now() - began).toBeLessThan(2_500);
  rpc.close();
  for (const socket of sockets) socket.destroy();
  mute.close();
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
