import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openOutbox } from "../../../adapters/evm/index.ts";
import type { FillLeaf } from "../../../engine/auction/index.ts";
import { address, homeId, keccakDigest, microPerKwh, nano, toHex } from "../../../engine/kernel/index.ts";
import { WIDE_ACCOUNTS } from "../../../engine/messages/index.ts";
import { type AccountLeaf, encodeWide, type Fraud, type Proposed } from "../../../engine/settlement/index.ts";
import { DisputeDesk } from "../../../src/main/street/dispute-desk.ts";
import { handIn } from "../../../src/main/watch/hand-in.ts";
import { viewOf } from "../../../src/main/watch/record-text.ts";
import { patienceOf } from "../../../src/main/watch/watching.ts";
import type { Challenge, RegisteredHome } from "../../../src/ports/index.ts";
import { forge } from "../../support/disputed-street.ts";
import { EXAMPLES } from "../../support/example-street.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";
import { QUIET } from "../../support/quiet.ts";
import { ExampleQueries, exampleApi } from "../../support/street-server.ts";
import { addressOf, CHAIN_ID, TestChain } from "../../support/test-chain.ts";
import { agentOf, OPERATOR } from "../../support/test-vault.ts";
import { WatchedStreet, WINDOW } from "../../support/watched-street.ts";

const SEED = 5;
/** Home 2 watches; its agent has a coin. */
const HOME = agentOf(2);
/** Nobody gave this one a coin. */
const POOR = 200;
const folder = mkdtempSync(join(tmpdir(), "commonwatt-watch-"));

let chain: TestChain;
let watched: WatchedStreet;
let honest: Proposed;
/** What liars show: a street's address. */
let showing: ExampleQueries;
let url: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  chain = await TestChain.start();
  watched = await WatchedStreet.start(chain, SEED);
  honest = watched.honest;
  showing = new ExampleQueries(EXAMPLES.empty());
  const app = exampleApi(showing);
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => app.close());
});
beforeEach(() => chain.restore());
afterEach(() => showing.records.clear());
afterAll(async () => {
  for (const close of closing) await close();
  await watched.stop();
  await chain.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** From the period's third interval on: what comes before is bound by the period before. */
const traded = (): number => honest.intervals.findIndex(({ fills }, at) => at >= 2 && at < 4 && fills.leaves.length > 1);
const replaced = <Leaf>(leaves: readonly Leaf[], change: (leaf: Leaf) => Partial<Leaf>): readonly Leaf[] =>
  leaves.with(0, { ...leaves[0]!, ...change(leaves[0]!) });
const withFills = (fills: (leaves: readonly FillLeaf[]) => readonly FillLeaf[]): Proposed =>
  forge(honest, [{ at: traded(), fills: (leaves) => fills(leaves).map((leaf, position) => ({ ...leaf, position })) }]);

function laneLie(): { readonly proposed: Proposed; readonly wide: Uint8Array } {
  const { vector, wide, wideHash } = watched.balanced(honest.vector.with(3, honest.vector[3]! ^ 2));
  return { proposed: forge(honest, [], { vector, wideHash }), wide };
}
const unbalanced = (proposed: Proposed) => ({ proposed, wide: watched.street.wides[1]! });

function show({ intervals }: Proposed): void {
  for (const record of intervals) showing.records.set(record.result.interval, viewOf(record));
}

const LIES: readonly (readonly [string, Fraud, () => { readonly proposed: Proposed; readonly wide: Uint8Array }])[] = [
  ["an account that isn't what the ledger says", "account", laneLie],
  ["an order filled twice", "double-fill", () => unbalanced(withFills((leaves) => [leaves[0]!, ...leaves]))],
  [
    "a ledger step",
    "ledger-step",
    () =>
      unbalanced(
        forge(honest, [
          {
            at: 3,
            accounts: (leaves) =>
              replaced<AccountLeaf>(leaves, ({ account }) => ({ account: { ...account, balance: nano(account.balance + 1) } })),
          },
        ]),
      ),
  ],
  ["a signature that is none", "order", () => unbalanced(withFills((l) => replaced(l, () => ({ signature: new Uint8Array(65) }))))],
  [
    "a price beyond the limit",
    "order",
    () =>
      unbalanced(
        withFills((leaves) =>
          replaced(leaves, ({ side, energy, limit }) => {
            const price = microPerKwh(side === "buy" ? limit + 1 : limit - 1);
            return { price, amount: nano(energy * price) };
          }),
        ),
      ),
  ],
];

describe("a quorum that lies", () => {
  test.each(LIES)("%s: the home's watch has it refused, and the honest period settles", async (_, fault, lie) => {
    const { proposed, wide } = lie();
    show(proposed);
    const own = watched.challenger(HOME);
    const { watch, log } = await watched.watch({
      url,
      folder,
      handIn: (challenge) => handIn({ own, by: "home", street: null }, challenge),
    });
    expect(await watched.propose(proposed, wide)).toBe("ok");
    await watch.look();
    const events = await chain.events(watched.vault.vault);
    expect(events).toEqual([expect.stringMatching(new RegExp(`^FraudProven\\(251, 0x\\w+, \\d, ${addressOf(HOME)}\\)$`))]);
    await watch.look();
    expect(log.names).toEqual(["error proposal.wrong", "info proposal.challenged", "info proposal.refused"]);
    expect(watch.wrong).toMatchObject([{ period: 251, fault, state: "refused" }]);

    expect(await watched.proposeHonest()).toBe("ok");
    await watch.look();
    expect(await watched.finalizeHonest()).toBe("ok");
    await watch.look();
    expect(log.names).toHaveLength(3);
  });

  test("what nobody shows is told with the guardian's way out, once, and is challenged as soon as somebody shows it", async () => {
    const { proposed, wide } = LIES[1]![2]();
    const own = watched.challenger(HOME);
    const look = { url, folder, handIn: (challenge: Challenge) => handIn({ own, by: "home" as const, street: null }, challenge) };
    const { watch, log, meta } = await watched.watch(look);
    await watched.propose(proposed, wide);
    await watch.look();
    await watch.look();
    expect(log.names).toEqual(["error proposal.unproved"]);
    expect(log.events[0]!.data).toMatchObject({ period: 251, wayOut: expect.stringMatching(/guardian.*commonwatt veto/) });
    const again = await watched.watch({ ...look, meta });
    await again.watch.look();
    expect(again.log.names).toEqual([]);
    show(proposed);
    await again.watch.look();
    expect(again.log.names).toEqual(["error proposal.wrong", "info proposal.challenged"]);
  });

  test("a wide account alone is beyond the contract's proofs: told, not challenged", async () => {
    const { sum } = watched.balanced(honest.vector);
    // The supplier pays one tick to the community: conserved, and no proof opens what the wide bytes say.
    const wide = encodeWide(-sum - 1, [{ account: WIDE_ACCOUNTS.community, delta: 1 }]);
    const proposed = forge(honest, [], { wideHash: keccakDigest(wide) });
    expect(await watched.propose(proposed, wide)).toBe("ok");
    const { watch, log } = await watched.watch({ url, folder });
    await watch.look();
    expect(log.names).toEqual(["error proposal.unproved"]);
  });

  test("a period that ends elsewhere, or in the future, is wrong before it is closed here", async () => {
    const short = forge({ ...honest, intervals: honest.intervals.slice(0, -1) }, [], {
      toInterval: (honest.period.toInterval - 1) as never,
    });
    const { watch, log } = await watched.watch({ url, folder, closed: 1 });
    expect(await watched.propose(short, watched.street.wides[1]!)).toBe("ok");
    await watch.look();
    expect(log.names[0]).toMatch(/^error proposal\./);

    await chain.restore();
    const early = await watched.watch({ url, folder, closed: 1, now: honest.period.fromInterval * 900_000 });
    await watched.proposeHonest();
    await early.watch.look();
    expect(early.log.names).toEqual(["error proposal.unproved"]);
  });

  test("when nobody took it back in time, that is told", async () => {
    const { proposed, wide } = laneLie();
    const { watch, log } = await watched.watch({ folder });
    await watched.propose(proposed, wide);
    await watch.look();
    expect(await watched.finalize(proposed, wide)).toBe("ok");
    await watch.look();
    expect(log.names).toEqual(["error proposal.wrong", "warn proposal.unchallenged", "error proposal.settled-wrong"]);
    expect(watch.wrong).toMatchObject([{ state: "settled" }]);
  });
});

describe("who sends it", () => {
  test("an account without a coin hands it to the operator, who sends what holds alone", async () => {
    const { proposed, wide } = laneLie();
    const desk = new DisputeDesk({ challenger: watched.challenger(OPERATOR), watch: { record: () => null }, log: QUIET });
    const operator = exampleApi(Object.assign(new ExampleQueries(EXAMPLES.empty()), { challenge: desk.challenge.bind(desk) }));
    closing.push(() => operator.close());
    const street = { kind: "url" as const, url: `${await operator.listen({ host: "127.0.0.1", port: 0 })}/api/street` };
    const senders = { own: watched.challenger(POOR), by: "home" as const, street };
    const kept: Parameters<typeof handIn>[1][] = [];
    const { watch, log } = await watched.watch({
      folder,
      handIn: (challenge) => {
        kept.push(challenge);
        return handIn(senders, challenge);
      },
    });
    await watched.propose(proposed, wide);
    await watch.look();
    expect(log.events.at(-1)).toMatchObject({ event: "proposal.challenged", data: { by: "operator" } });
    expect(await chain.events(watched.vault.vault)).toEqual([expect.stringMatching(`${addressOf(OPERATOR)}\\)$`)]);

    // Against the truth the same proof is refused, with the contract's word for it.
    await watched.proposeHonest();
    const against = await handIn(senders, { ...kept[0]!, period: honest.period });
    expect(against).toMatchObject({
      ok: false,
      code: "CHALLENGE_UNSENT",
      detail: expect.stringMatching(/refused: (NoFraud|ProofInvalid)\(\)/),
    });
  });

  test("what can't be sent is in a file, is told once over restarts, and is sent when it can be", async () => {
    const { proposed, wide } = laneLie();
    const own = mkdtempSync(join(folder, "own-"));
    const first = await watched.watch({ folder: own });
    await watched.propose(proposed, wide);
    await first.watch.look();
    await first.watch.look();
    expect(first.log.names).toEqual(["error proposal.wrong", "warn proposal.unchallenged"]);
    const [name] = readdirSync(own);
    const file = JSON.parse(readFileSync(join(own, name!), "utf8"));
    expect(file).toMatchObject({ fault: "account", kind: 0, chainId: 7713, period: { period: 251 } });
    expect(first.log.events[0]!.data).toMatchObject({ file: join(own, name!) });

    const challenger = watched.challenger(HOME);
    const later = await watched.watch({
      folder: own,
      meta: first.meta,
      handIn: (challenge) => handIn({ own: challenger, by: "home", street: null }, challenge),
    });
    await later.watch.look();
    await later.watch.look();
    expect(later.log.names).toEqual(["info proposal.challenged", "info proposal.refused"]);
  });

  test("a reorganisation that takes the challenge back is answered again", async () => {
    const { proposed, wide } = laneLie();
    const { watch, log } = await watched.watch({
      folder,
      handIn: (challenge) => handIn({ own: watched.challenger(HOME), by: "home", street: null }, challenge),
    });
    await watched.propose(proposed, wide);
    const before = (await chain.provider.send("evm_snapshot", [])) as string;
    await watch.look();
    await watch.look();
    expect(watch.wrong[0]!.state).toBe("refused");
    await chain.provider.send("evm_revert", [before]);
    await watch.look();
    expect(await watched.proposeHonest()).toBe("ok");
    expect(log.names).toEqual(["error proposal.wrong", "info proposal.challenged", "info proposal.refused", "info proposal.challenged"]);
  });
});

describe("a proposal whose time is over", () => {
  /** Seconds after the window in which a test vault's proposal can be settled. */
  const TTL = 3_600;
  const TURN = 60;
  /** The supplier pays one tick to the community: no proof shows it. */
  function unproved(): { readonly proposed: Proposed; readonly wide: Uint8Array } {
    const { sum } = watched.balanced(honest.vector);
    const wide = encodeWide(-sum - 1, [{ account: WIDE_ACCOUNTS.community, delta: 1 }]);
    return { proposed: forge(honest, [], { wideHash: keccakDigest(wide) }), wide };
  }
  const expired = async (): Promise<number> =>
    (await chain.events(watched.vault.vault)).filter((event) => event.startsWith("ProposalExpired(251,")).length;
  const sentBy = (person: number): Promise<number> => chain.provider.getTransactionCount(addressOf(person));

  test.each([
    ["that no proof shows to be wrong", unproved, "error proposal.unproved"],
    ["that could be shown to be wrong, if anybody had sent it", laneLie, "error proposal.wrong"],
  ])("%s is dropped, and the honest one settles", async (_, lie, told) => {
    const { proposed, wide } = lie();
    const { watch, log } = await watched.watch({ folder, own: watched.challenger(OPERATOR) });
    await watched.propose(proposed, wide);
    await chain.pass(WINDOW + TTL - TURN);
    await watch.look();
    const before = log.names.filter((name) => name !== "warn proposal.unchallenged");
    expect([before, await expired()]).toEqual([[told], 0]);
    await chain.pass(TURN);
    await watch.look();
    expect(await expired()).toBe(1);
    await watch.look();
    expect(log.names.slice(-2)).toEqual(["info proposal.expired", "info proposal.refused"]);
    expect(log.events.at(-2)!.data).toMatchObject({ period: 251, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    expect(await watched.proposeHonest()).toBe("ok");
    expect(await watched.finalizeHonest()).toBe("ok");
  });

  test("is dropped by one of many, each in its turn", async () => {
    const { proposed, wide } = unproved();
    const people = [OPERATOR, agentOf(0), agentOf(1), HOME];
    const watches = await Promise.all(
      people.map((person, turn) => watched.watch({ folder, own: watched.challenger(person), patience: turn * TURN })),
    );
    const lookAll = async (from: number): Promise<void> => {
      for (const { watch } of watches.slice(from)) await watch.look();
    };
    await watched.propose(proposed, wide);
    await chain.pass(WINDOW + TTL);
    const had = await Promise.all(people.map(sentBy));
    const added = async (): Promise<readonly number[]> => (await Promise.all(people.map(sentBy))).map((count, at) => count - had[at]!);
    await lookAll(0);
    expect(await added()).toEqual([1, 0, 0, 0]);

    // Once more, and the operator is away.
    await watched.propose(proposed, wide);
    await chain.pass(WINDOW + TTL);
    const again = await added();
    await lookAll(1);
    expect(await added()).toEqual(again);
    await chain.pass(TURN);
    await lookAll(1);
    expect((await added()).map((count, at) => count - again[at]!)).toEqual([0, 1, 0, 0]);
    expect(await expired()).toBe(1);
  });

  test("is nobody's to drop earlier, and one who comes second pays nothing", async () => {
    const { proposed, wide } = unproved();
    await watched.propose(proposed, wide);
    const [first, second] = [watched.challenger(OPERATOR), watched.challenger(HOME)];
    expect(await first.expire(proposed.period)).toMatchObject({
      ok: false,
      code: "CHAIN_PENDING",
      detail: expect.stringMatching(/^ProposalFresh\(/),
    });
    await chain.pass(WINDOW + TTL);
    expect(await first.expire(honest.period)).toEqual({ ok: true, value: null });
    expect(await first.expire(proposed.period)).toMatchObject({ ok: true, value: expect.stringMatching(/^0x/) });
    const had = await sentBy(HOME);
    expect(await second.expire(proposed.period)).toEqual({ ok: true, value: null });
    expect(await sentBy(HOME)).toBe(had);
  });

  test("the operator's turn is first, then homes by their numbers, a minute each; who isn't registered yet is last", () => {
    const homes = Array.from({ length: 5 }, () => ({}) as RegisteredHome);
    expect(patienceOf("operator", null, { homes })).toBe(0);
    expect([0, 1, 4].map((home) => patienceOf("home", homeId(home), { homes }))).toEqual([60, 120, 300]);
    expect(patienceOf("home", null, { homes })).toBe(360);
  });

  test("is known from the chain alone, and a drop is on disk before it is sent", async () => {
    const { proposed, wide } = unproved();
    const outbox = openOutbox(join(folder, "outbox"), { chainId: CHAIN_ID, address: address(addressOf(OPERATOR).toLowerCase()) });
    if (!outbox.ok) throw new Error(outbox.detail);
    await watched.propose(proposed, wide);
    const proposedAt = await chain.now();
    const seen = await watched.proposals().look();
    expect(seen.ok && [seen.value.proposal!.finalizableAt, seen.value.proposal!.expirableAt]).toEqual([
      proposedAt + WINDOW,
      proposedAt + WINDOW + TTL,
    ]);
    await chain.pass(WINDOW + TTL);
    const later = await watched.proposals().look();
    expect(later.ok && later.value.now).toBe(await chain.now());
    const { watch, log } = await watched.watch({ folder, own: watched.challenger(OPERATOR, outbox.value) });
    await watch.look();
    expect(outbox.value.entries).toMatchObject([{ purpose: "expire", state: expect.stringMatching(/mined|final/) }]);
    expect(log.events.at(-1)!.data).toMatchObject({ transaction: outbox.value.entries[0]!.mined!.hash });
  });

  test("waits on if it is what was closed here: somebody may still settle it", async () => {
    await watched.proposeHonest();
    await chain.pass(WINDOW + 2 * TTL);
    const { watch, log } = await watched.watch({ folder, own: watched.challenger(OPERATOR) });
    await watch.look();
    expect([log.names, await expired()]).toEqual([[], 0]);
    expect(await watched.finalizeHonest()).toBe("ok");
  });

  test("that can't be dropped for want of a coin is told once", async () => {
    const { proposed, wide } = laneLie();
    await watched.propose(proposed, wide);
    await chain.pass(WINDOW + TTL);
    const { watch, log } = await watched.watch({ folder, own: watched.challenger(POOR) });
    for (let i = 0; i < 3; i++) await watch.look();
    expect(log.names).toEqual(["error proposal.wrong", "warn proposal.unexpired"]);
  });
});

describe("an honest proposal is never challenged", () => {
  test("also by a home that is behind, and by one that has just restarted", async () => {
    await watched.proposeHonest();
    const behind = await watched.watch({ url, folder, closed: 1 });
    await behind.watch.look();
    behind.close(3);
    await behind.watch.look();
    const restarted = await watched.watch({ url, folder, meta: behind.meta });
    await restarted.watch.look();
    expect([...behind.log.names, ...restarted.log.names, ...behind.watch.wrong]).toEqual([]);
  });

  test("nor does a node that lies about what is proposed make a home cry wolf", async () => {
    const { proposed, wide } = laneLie();
    const [lie, digest] = [await watched.call(proposed, wide, [0, 1]), (await watched.vault.view("digest", proposed.period)) as string];
    const lies = watched.vault.vault.interface.encodeFunctionData("propose", lie);
    await watched.proposeHonest();
    const truth = (await watched.vault.view("digest", honest.period)) as string;
    const told = (input: boolean) => (method: string, _asked: string, answer: string) => {
      if (method === "eth_call") return answer.replaceAll(truth.slice(2), digest.slice(2));
      if (method === "eth_getLogs") return JSON.stringify({ jsonrpc: "2.0", id: 1, result: [{ transactionHash: digest }] });
      return method === "eth_getTransactionByHash"
        ? JSON.stringify({ jsonrpc: "2.0", id: 1, result: input ? { input: lies } : null })
        : answer;
    };
    for (const [hasInput, word] of [
      [true, "unfounded"],
      [false, "unreadable"],
    ] as const) {
      const node = await RpcDouble.before(chain.rpc, (method) => (method.includes("trace") ? NO_TRACES : undefined), told(hasInput));
      const { watch, log } = await watched.watch({ rpc: node.rpc, url, folder });
      await watch.look();
      await watch.look();
      expect([log.names, watch.wrong]).toEqual([[`warn proposal.${word}`], []]);
      await node.close();
    }
  });

  test("nor one whose node doesn't answer", async () => {
    const node = await RpcDouble.answering(() => "nothing that makes sense");
    const { watch, log } = await watched.watch({ rpc: node.rpc, folder });
    await watch.look();
    await watch.look();
    expect([log.names, watch.wrong]).toEqual([["warn proposal.unseen"], []]);
    await node.close();
  });
});

const NO_TRACES = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}';

describe("what is proposed is read", () => {
  /** A contract that sends these bytes to the vault when it is called: they stand in no transaction but the one that makes it. */
  async function courier(data: string): Promise<string> {
    const bytes = data.slice(2);
    const size = (bytes.length / 2).toString(16).padStart(4, "0");
    const to = (await watched.vault.vault.getAddress()).slice(2).toLowerCase();
    const code = `61${size}602b5f395f5f61${size}5f5f73${to}5af1${"5b".repeat(2)}00`;
    const runtime = code.padEnd(2 * 0x2b, "00") + bytes;
    const made = await chain.person(OPERATOR).sendTransaction({
      data: `0x61${(runtime.length / 2).toString(16).padStart(4, "0")}80600a5f395ff3${runtime}`,
    });
    return (await made.wait())!.contractAddress!;
  }

  const look = async (rpc?: string) => {
    const seen = await watched.proposals(rpc).look();
    if (!seen.ok) throw new Error(seen.detail);
    return seen.value.proposal;
  };

  test("from a transaction of its own, through a contract that hands it on, and through one that had it before", async () => {
    const wide = watched.street.wides[1]!;
    const blind = await RpcDouble.before(chain.rpc, (method) => (method.includes("trace") ? NO_TRACES : undefined));
    expect(await look()).toBeNull();
    const call = await watched.call(honest, wide);
    const wanted = { period: 251, batch: { result: honest.period, wide } };
    await watched.propose(honest, wide);
    expect(await look()).toMatchObject(wanted);

    await chain.restore();
    const data = watched.vault.vault.interface.encodeFunctionData("propose", call);
    expect(await chain.send(watched.vault.manager, OPERATOR, "execute", await watched.vault.vault.getAddress(), data)).toBe("ok");
    expect(await look(blind.rpc)).toMatchObject(wanted);

    await chain.restore();
    const to = await courier(data);
    await (await chain.person(OPERATOR).sendTransaction({ to, gasLimit: 3_000_000 })).wait();
    const seen = await look();
    expect(seen).toMatchObject(wanted);
    expect(toHex(seen!.batch!.vector)).toBe(toHex(honest.vector));
    // As geth tells what anvil tells flat.
    const geth = await RpcDouble.before(
      chain.rpc,
      (method) => (method === "trace_transaction" ? NO_TRACES : undefined),
      (method, _asked, answer) =>
        method === "debug_traceTransaction"
          ? `{"jsonrpc":"2.0","id":1,"result":{"to":"${to}","calls":[{"to":"${watched.vault.vault.target}","input":"${data}"}]}}`
          : answer,
    );
    expect(await look(geth.rpc)).toMatchObject(wanted);
    await geth.close();
    expect(await look(blind.rpc)).toMatchObject({ period: 251, digest: seen!.digest, batch: null, transaction: seen!.transaction });
    await blind.close();
  });

  test("not from another call than the one that the vault's digest is of", async () => {
    const { proposed, wide } = laneLie();
    const other = watched.vault.vault.interface.encodeFunctionData("propose", await watched.call(proposed, wide));
    await watched.proposeHonest();
    const node = await RpcDouble.before(
      chain.rpc,
      (method) => (method.includes("trace") ? NO_TRACES : undefined),
      (method, _asked, answer) =>
        method === "eth_getTransactionByHash" ? JSON.stringify({ jsonrpc: "2.0", id: 1, result: { input: other } }) : answer,
    );
    expect(await look(node.rpc)).toMatchObject({ period: 251, batch: null });
    await node.close();
  });

  test("long after, from a node that answers for few blocks at once", async () => {
    await watched.proposeHonest();
    const real = await chain.provider.getBlockNumber();
    const said = (result: unknown): string => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
    // Blocks that nothing happened in stand on top of the real ones.
    const node = await RpcDouble.before(
      chain.rpc,
      () => undefined,
      async (method, asked, answer) => {
        if (method === "eth_blockNumber") return said(`0x${(real + 4_100).toString(16)}`);
        if (method !== "eth_getLogs") return answer;
        const [filter] = JSON.parse(asked).params;
        const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
        if (to - from >= 2_000) return '{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"too many blocks"}}';
        return said(from > real ? [] : await chain.provider.send("eth_getLogs", [{ ...filter, toBlock: "latest" }]));
      },
    );
    expect(await look(node.rpc)).toMatchObject({ period: 251, batch: { result: honest.period } });
    expect(node.asked.filter((method) => method === "eth_getLogs")).toHaveLength(3);
    await node.close();
  });
});
