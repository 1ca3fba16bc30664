import { afterEach, describe, expect, test } from "@jest/globals";
import type { Gossip, Judgement } from "../../src/ports/index.ts";

/** Opens so many homes that all hear each other; `close` leaves nothing behind. */
export type OpenHomes = (count: number) => Promise<{ readonly homes: readonly Gossip[]; close(): Promise<void> }>;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function listen(home: Gossip, judge: (text: string) => Judgement | Promise<Judgement> = () => "accept"): string[] {
  const heard: string[] = [];
  home.onMessage((topic, message, from) => {
    heard.push(`${topic} ${text(message)} ${from}`);
    return judge(text(message));
  });
  return heard;
}

/** What every implementation of the gossip port keeps to. */
export function gossipContract(name: string, open: OpenHomes): void {
  describe(`gossip: ${name}`, () => {
    let close = async (): Promise<void> => {};

    async function three(): Promise<[Gossip, Gossip, Gossip]> {
      const opened = await open(3);
      close = opened.close;
      return opened.homes as [Gossip, Gossip, Gossip];
    }

    afterEach(() => close());

    test("a message reaches every other home once, under its topic, and not its author", async () => {
      const [a, b, c] = await three();
      const heard = [listen(a), listen(b), listen(c)];
      await a.publish("market", bytes("order"));
      await a.publish("agreement", bytes("vote"));
      const sorted = (lines: string[]) => lines.map((line) => line.split(" ").slice(0, 2).join(" ")).sort();
      await until("both messages at b and c", () => heard[1]!.length >= 2 && heard[2]!.length >= 2);
      await b.publish("market", bytes("last"));
      await until("the last one at a", () => heard[0]!.length >= 1);
      expect(sorted(heard[0]!)).toEqual(["market last"]);
      expect(sorted(heard[1]!)).toEqual(["agreement vote", "market order"]);
    });

    test("the same bytes are heard once per topic", async () => {
      const [a, b] = await three();
      const heard = listen(b);
      for (const topic of ["market", "market", "agreement"] as const) await a.publish(topic, bytes("again"));
      await a.publish("market", bytes("end"));
      await until("the end", () => heard.some((line) => line.startsWith("market end")) && heard.length >= 3);
      expect(heard.map((line) => line.split(" ").slice(0, 2).join(" ")).sort()).toEqual(["agreement again", "market again", "market end"]);
    });

    test("what a home doesn't follow it doesn't hear, and may say; peers() names who hears all; following again is hearing again", async () => {
      const [a, b, c] = await three();
      const heard = [listen(a), listen(b), listen(c)];
      b.follow("market", false);
      await until("b out of a's and c's peers", () => [a, c].every((home) => !home.peers().includes(b.self)));
      expect(a.peers()).toContain(c.self);
      expect(b.peers()).toEqual(expect.arrayContaining([a.self, c.self]));
      await a.publish("market", bytes("order of a"));
      await b.publish("market", bytes("order of b"));
      await a.publish("agreement", bytes("vote"));
      await until("a's vote at b, b's order at a and c", () => heard[1]!.length > 0 && heard[0]!.length > 0 && heard[2]!.length > 2);
      const said = (lines: string[]) => lines.map((line) => line.slice(0, line.lastIndexOf(" "))).sort();
      expect(heard.map(said)).toEqual([
        ["market order of b"],
        ["agreement vote"],
        ["agreement vote", "market order of a", "market order of b"],
      ]);

      b.follow("market", true);
      await until("b among a's peers again", () => a.peers().includes(b.self));
      await a.publish("market", bytes("once more"));
      await until("it at b", () => heard[1]!.some((line) => line.startsWith("market once more")));
    });

    test("what is handed on is plain bytes, and the receiver's own", async () => {
      const [a, b] = await three();
      const heard: Uint8Array[] = [];
      b.onMessage((_topic, message) => {
        heard.push(message);
        return "accept";
      });
      await a.publish("market", bytes("plain"));
      await until("it", () => heard.length === 1);
      // A Buffer's slice() shares memory where everybody else's copies.
      expect(heard[0]).toEqual(bytes("plain"));
      expect(heard[0]!.buffer.byteLength).toBe(5);
    });

    test("a message comes from a neighbour that peers() names", async () => {
      const [a, b, c] = await three();
      const heard = listen(b);
      await a.publish("market", bytes("hello"));
      await until("hello", () => heard.length === 1);
      expect([a.self, c.self]).toContain(heard[0]!.split(" ")[2]);
      expect([...b.peers()].sort()).toEqual([a.self, c.self].sort());
    });

    test("a handler that throws, refuses or answers late stops nothing", async () => {
      const [a, b] = await three();
      const heard = listen(b, (message) => {
        if (message === "throw") throw new Error("our own bug");
        if (message === "fail") return Promise.reject(new Error("our own bug, later"));
        if (message === "late") return new Promise((resolve) => setTimeout(() => resolve("accept"), 50));
        return "accept";
      });
      for (const message of ["throw", "fail", "late", "fine"]) await a.publish("agreement", bytes(message));
      await until("all four", () => heard.length === 4);
      await a.publish("agreement", bytes("after"));
      await until("after", () => heard.length === 5);
    });

    test("a request is answered by the peer that was asked, with its own bytes", async () => {
      const [a, b, c] = await three();
      b.onRequest("fetch", (body, from) => bytes(`b: ${text(body)} ${from}`));
      c.onRequest("fetch", () => new Uint8Array(0));
      b.onRequest("blocks", (body) => body);
      b.onRequest("pledge", (body) => new Promise((resolve) => setTimeout(() => resolve(bytes(`late: ${text(body)}`)), 50)));
      expect(await a.request(b.self, "fetch", bytes("x"), soon())).toEqual({ ok: true, value: bytes(`b: x ${a.self}`) });
      expect(await a.request(c.self, "fetch", bytes("x"), soon())).toEqual({ ok: true, value: new Uint8Array(0) });
      expect(await a.request(b.self, "pledge", bytes("x"), soon())).toEqual({ ok: true, value: bytes("late: x") });
      const large = new Uint8Array(16_384).fill(7);
      expect(await a.request(b.self, "blocks", large, soon())).toEqual({ ok: true, value: large });
    });

    test("what can go wrong with a request is a code", async () => {
      const [a, b] = await three();
      b.onRequest("fetch", () => undefined);
      b.onRequest("blocks", () => {
        throw new Error("our own bug");
      });
      b.onRequest("pledge", () => Promise.reject(new Error("our own bug, later")));
      const code = async (peer: string, kind: "fetch" | "blocks" | "pledge", signal = soon()) => {
        const answer = await a.request(peer, kind, bytes("x"), signal);
        return answer.ok ? "ok" : answer.code;
      };
      expect(await code(b.self, "fetch")).toBe("PEER_MALFORMED");
      expect(await code(b.self, "blocks")).toBe("PEER_MALFORMED");
      expect(await code(b.self, "pledge")).toBe("PEER_MALFORMED");
      expect(await code("nobody", "fetch")).toBe("PEER_UNREACHABLE");
      expect(await code(b.self, "fetch", AbortSignal.abort())).toBe("PEER_TIMEOUT");
    });

    test("one report is survived by the reported, the reporter, and whoever isn't there", async () => {
      const [a, b] = await three();
      const heard = listen(b);
      b.report(a.self, "forged-chain");
      b.report("nobody", "forged-chain");
      await a.publish("market", bytes("still here"));
      await until("the reported peer is heard", () => heard.length === 1);
      expect(b.peers()).toContain(a.self);
    });

    test("members of a door hear each other as before", async () => {
      const homes = await three();
      for (const home of homes) home.guard({ isMember: (peer) => homes.some(({ self }) => self === peer), meet: async () => false });
      const heard = listen(homes[1]);
      await homes[0].publish("agreement", bytes("vote"));
      await until("the vote", () => heard.length === 1);
      expect(homes[1].peers()).toHaveLength(2);
    });

    test("after close nothing is heard, sent or thrown, and closing twice is once", async () => {
      const [a, b] = await three();
      const heard = listen(b);
      await Promise.all([b.close(), b.close()]);
      await b.close();
      await b.publish("market", bytes("from the grave"));
      expect(await b.request(a.self, "fetch", bytes("x"), soon())).toMatchObject({ ok: false, code: "PEER_UNREACHABLE" });
      expect(b.peers()).toEqual([]);
      await until("a sees b go", () => !a.peers().includes(b.self));
      await a.publish("market", bytes("too late"));
      expect(heard).toEqual([]);
    });
  });
}
