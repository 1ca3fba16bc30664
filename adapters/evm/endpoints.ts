import { fail } from "../../engine/kernel/index.ts";
import { apart, type Sight } from "./apart.ts";
import { type Answer, type EndpointOptions, endpoint, type Rpc } from "./endpoint.ts";
import { masked } from "./mask.ts";

interface Options extends EndpointOptions {
  readonly chainId?: number;
  readonly tell?: (node: string, what: string) => void;
}

/** How far a node can be relied on: "wrong" is for good, "apart" is asked when nobody else answers, never about what is final. */
type Standing = "unknown" | "well" | "away" | "apart" | "wrong";

interface Member {
  readonly name: string;
  readonly rpc: Rpc;
  standing: Standing;
  /** What was last told of it. */
  told: string;
  /** Until when an absent one isn't asked first, monotonic milliseconds. */
  restsUntil: number;
  identifying: Promise<Answer | null> | null;
}

/** When the first has said nothing for so long, the next is asked as well. */
const HEDGE_MS = 250;
const REST_MS = 5_000;
const COMPARE_EVERY_MS = 10_000;

/**
 * Several nodes of one chain. A question goes to the first that can be relied on, and to the next as soon as that one fails or is slow;
 * a transaction goes to all. Now and then their heads are compared: one that lags behind or tells another final block is put last.
 */
export class Endpoints implements Rpc {
  private readonly members: readonly Member[];
  private readonly chainId: number | null;
  private readonly tell: (node: string, what: string) => void;
  private comparedAt = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(addresses: readonly string[], { chainId, tell = () => undefined, ...options }: Options) {
    this.chainId = chainId ?? null;
    this.tell = tell;
    this.members = addresses.map((rpc) => ({
      name: masked(rpc),
      rpc: endpoint(rpc, options),
      standing: "unknown",
      told: "",
      restsUntil: 0,
      identifying: null,
    }));
  }

  async ask(method: string, params: readonly unknown[]): Promise<Answer> {
    const trusted = this.inOrder();
    if (trusted.length === 0) return this.nobody();
    const answer = method === "eth_sendRawTransaction" ? await this.toAll(trusted, params) : await this.toFirst(trusted, method, params);
    if (performance.now() - this.comparedAt > COMPARE_EVERY_MS) void this.compare();
    return answer;
  }

  close(): void {
    this.isClosed = true;
    for (const { rpc } of this.members) rpc.close();
  }

  /** Looks at all heads; a node that is far behind, or that holds another block for final, is put last. Happens by itself. */
  async compare(): Promise<void> {
    this.comparedAt = performance.now();
    const asked = this.members.filter(({ standing }) => standing !== "wrong");
    const sights = await Promise.all(asked.map((member) => this.sightOf(member)));
    if (this.isClosed) return;
    for (const { at, what } of await apart(sights)) {
      const member = asked[at]!;
      if (member.standing === "wrong" || sights[at] === null) continue;
      member.standing = what === null ? "well" : "apart";
      this.say(member, what ?? "");
    }
  }

  private async sightOf(member: Member): Promise<Sight | null> {
    const head = await this.askOne(member, "eth_blockNumber", []);
    if (!head.ok) return null;
    const final = await this.askOne(member, "eth_getBlockByNumber", ["finalized", false]);
    const number = Number((final.ok ? (final.value as { number?: unknown } | null) : null)?.number ?? -1);
    return {
      head: Number(head.value),
      final: Number.isSafeInteger(number) ? number : -1,
      hashAt: async (block) => {
        const answer = await this.askOne(member, "eth_getBlockByNumber", [`0x${block.toString(16)}`, false]);
        const hash = answer.ok ? (answer.value as { hash?: unknown } | null)?.hash : null;
        return typeof hash === "string" ? hash : null;
      },
    };
  }

  /** Those that aren't of another chain: the good ones as they are listed, then who was away a moment ago, then who stands apart. */
  private inOrder(): readonly Member[] {
    const now = performance.now();
    const rank = ({ standing, restsUntil }: Member): number => (standing === "apart" ? 2 : standing === "away" && now < restsUntil ? 1 : 0);
    return this.members.filter(({ standing }) => standing !== "wrong").sort((a, b) => rank(a) - rank(b));
  }

  private nobody(): Answer {
    const { name, told } = this.members[0]!;
    return fail("CHAIN_WRONG", `no node of ${this.members.length} serves the street's chain; ${name}: ${told}`);
  }

  private toFirst(members: readonly Member[], method: string, params: readonly unknown[]): Promise<Answer> {
    return new Promise((resolve) => {
      let asked = 0;
      let failed = 0;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        const member = members[asked];
        if (member === undefined) return;
        asked += 1;
        timer = setTimeout(next, HEDGE_MS);
        void this.askOne(member, method, params).then((answer) => {
          const isUseless = !answer.ok && answer.code !== "CHAIN_REFUSED";
          if (isUseless) failed += 1;
          if (isUseless && failed < members.length) return next();
          clearTimeout(timer);
          resolve(answer);
        });
      };
      next();
    });
  }

  /** One that takes it is enough; a refusal counts when nobody takes it. */
  private async toAll(members: readonly Member[], params: readonly unknown[]): Promise<Answer> {
    const answers = await Promise.all(members.map((member) => this.askOne(member, "eth_sendRawTransaction", params)));
    const rank = (answer: Answer): number =>
      answer.ok ? 0 : /known|already imported/i.test(answer.detail) ? 1 : answer.code === "CHAIN_REFUSED" ? 2 : 3;
    return answers.toSorted((a, b) => rank(a) - rank(b))[0]!;
  }

  private async askOne(member: Member, method: string, params: readonly unknown[]): Promise<Answer> {
    const stranger = await this.identify(member);
    if (stranger !== null) return stranger;
    const answer = await member.rpc.ask(method, params);
    if (!answer.ok && answer.code !== "CHAIN_REFUSED") this.isAway(member, answer.detail);
    else if (member.standing === "away") {
      member.standing = "well";
      this.say(member, "");
    }
    return answer;
  }

  /** null: it serves our chain, as far as we know. Asked again after each absence. */
  private identify(member: Member): Promise<Answer | null> {
    if (member.standing === "wrong") return Promise.resolve(fail("CHAIN_WRONG", `${member.name}: ${member.told}`));
    if (this.chainId === null || member.standing === "well" || member.standing === "apart") return Promise.resolve(null);
    member.identifying ??= this.askWho(member).finally(() => {
      member.identifying = null;
    });
    return member.identifying;
  }

  private async askWho(member: Member): Promise<Answer | null> {
    const id = await member.rpc.ask("eth_chainId", []);
    if (!id.ok) {
      this.isAway(member, id.detail);
      return id;
    }
    if (Number(id.value) === this.chainId) {
      member.standing = "well";
      this.say(member, "");
      return null;
    }
    member.standing = "wrong";
    this.say(member, `it serves chain ${Number(id.value)} and not ${this.chainId}: it is not asked again`);
    return fail("CHAIN_WRONG", `${member.name}: ${member.told}`);
  }

  private isAway(member: Member, detail: string): void {
    if (this.isClosed) return;
    member.standing = "away";
    member.restsUntil = performance.now() + REST_MS;
    this.say(member, `it doesn't answer: ${detail.replace(`${member.name}: `, "")}`);
  }

  /** Once for each change. */
  private say(member: Member, what: string): void {
    if (member.told === what) return;
    member.told = what;
    this.tell(member.name, what === "" ? "it answers as it should" : what);
  }
}
