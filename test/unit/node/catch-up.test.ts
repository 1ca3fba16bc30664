import { describe, expect, test } from "@jest/globals";
import { type Digest, fail, type Interval, ok } from "../../../engine/kernel/index.ts";
import { encodeMessage, entryId, type Message } from "../../../engine/messages/index.ts";
import { CatchUp, type CatchUpModules } from "../../../src/node/catch-up.ts";
import { Pool } from "../../../src/node/pool.ts";
import { decodeFetch, decodeFetched, encodeFetch, encodeFetched } from "../../../src/node/requests.ts";
import type { Adoption } from "../../../src/node/rounds.ts";
import { memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, asMessage, list, membership, order, seal, someDigest, vote } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";

const BLOCK = Uint8Array.of(1, 2, 3);

/** A home that asks one neighbour; `answers` are what it gets, one after the other. */
function desk(answers: readonly (Uint8Array | null)[], adoptions: readonly Adoption[] = []) {
  const done: string[] = [];
  const handlers = new Map<string, (body: Uint8Array) => Uint8Array | undefined>();
  const left = [...answers];
  const verdicts = [...adoptions];
  const gossip = {
    peers: () => ["neighbour"],
    onRequest: (kind: string, handler: (body: Uint8Array) => Uint8Array | undefined) => void handlers.set(kind, handler),
    report: (peer: string, misconduct: string) => void done.push(`report ${peer} ${misconduct}`),
    request: async (_peer: string, kind: string) => {
      done.push(`ask ${kind}`);
      const answer = left.shift();
      return answer === undefined || answer === null ? fail("PEER_UNREACHABLE", "gone") : ok(answer);
    },
  };
  const heard: (readonly [Uint8Array, ReadonlySet<Digest>])[] = [];
  const members = membership();
  const pool = new Pool();
  const modules = {
    gossip,
    store: memoryStore(),
    pool,
    inbox: { receive: (bytes: Uint8Array, way: ReadonlySet<Digest>) => void heard.push([bytes, way]) },
    rounds: {
      current: AT,
      round: { messages: [asMessage.vote(vote(1))], message: (id: Digest) => (id === list(2).id ? asMessage.list(list(2)) : undefined) },
      adopt: () => {
        const adoption = verdicts.shift() ?? "unneeded";
        done.push(adoption);
        return adoption;
      },
    },
    membership: members,
    signing: { levelWith: (peer: string) => void done.push(`level with ${peer}`) },
    clock: new VirtualClock({ startMs: 0, speed: 1 }),
    log: QUIET,
    periodVotes: () => [],
  } as unknown as CatchUpModules;
  return { catchUp: new CatchUp(modules), done, heard, handlers, members, pool };
}
const blockAnswer = encodeFetched({ block: BLOCK, messages: [] });
const blocks = (count: number) => encodeFetched({ block: null, messages: Array.from({ length: count }, () => BLOCK) });

describe("a neighbour's blocks", () => {
  test.each<[string, readonly (Uint8Array | null)[], readonly Adoption[], readonly string[]]>([
    [
      "one that leads on: more are asked for until there is none",
      [blockAnswer, blocks(2), blocks(0)],
      ["adopted", "adopted", "adopted"],
      ["ask fetch", "adopted", "ask blocks", "adopted", "adopted", "ask blocks"],
    ],
    [
      "a forged one is reported, and no more is asked",
      [blockAnswer, blocks(2)],
      ["forged"],
      ["ask fetch", "forged", "report neighbour forged-chain"],
    ],
    [
      "a forged one among good ones",
      [blockAnswer, blocks(3)],
      ["adopted", "adopted", "forged", "adopted"],
      ["ask fetch", "adopted", "ask blocks", "adopted", "forged", "report neighbour forged-chain"],
    ],
    ["one that isn't needed is no misconduct", [blockAnswer], ["unneeded"], ["ask fetch", "unneeded"]],
    ["no answer", [null], [], ["ask fetch"]],
    [
      "no block: it is no further than this home",
      [encodeFetched({ block: null, messages: [] })],
      [],
      ["ask fetch", "level with neighbour"],
    ],
    ["an answer that is none", [Uint8Array.of(0x0a, 9, 1)], [], ["ask fetch"]],
  ])("%s", async (_, answers, adoptions, expected) => {
    const { catchUp, done } = desk(answers, adoptions);
    await catchUp.ask(AT, []);
    expect(done).toEqual(expected);
  });
});

test("messages of an answer go through the inbox, with what was asked for", async () => {
  const bytes = encodeMessage(asMessage.order(order(1)));
  const { catchUp, heard } = desk([encodeFetched({ block: null, messages: [bytes] })]);
  await catchUp.ask(AT, [entryId(order(1)), someDigest(4)]);
  expect(heard).toEqual([[bytes, new Set([entryId(order(1)), someDigest(4)])]]);
});

describe("what is answered", () => {
  const answer = (wanted: readonly Digest[], about: number = AT) => {
    const { handlers, pool, members } = desk([]);
    const how = { agent: agentAddressOf(1), isTimely: true };
    pool.add({ kind: "order", order: order(1) }, how);
    pool.add({ kind: "commit", commit: seal(order(2)) }, how);
    const question = encodeFetch({ interval: about as Interval, wanted: wanted.length === 0 ? [members.digest] : wanted });
    expect(decodeFetch(question)).not.toBeNull();
    const bytes = handlers.get("fetch")!(question);
    const set: Message = { kind: "members", members: members.members, id: members.digest };
    return { told: bytes === undefined ? null : decodeFetched(bytes)!.messages.map((each) => Buffer.from(each).toString("hex")), set };
  };
  const hex = (message: Message) => Buffer.from(encodeMessage(message)).toString("hex");
  const said = hex(asMessage.vote(vote(1)));

  test("orders and seals by their digests, then what was said", () => {
    const wanted = [entryId(order(1)), entryId(seal(order(2))), order(1).id, someDigest(9)];
    expect(answer(wanted).told).toEqual([hex(asMessage.order(order(1))), hex(asMessage.commit(seal(order(2)))), said]);
  });

  test("a list by its digest, which a proposal has named", () =>
    expect(answer([list(2).id]).told).toEqual([hex(asMessage.list(list(2))), said]));

  test("a member set by its digest", () => {
    const { told, set } = answer([]);
    expect(told).toEqual([hex(set), said]);
  });

  test("of an interval ahead nothing that was said", () =>
    expect(answer([entryId(order(1))], AT + 1).told).toEqual([hex(asMessage.order(order(1)))]));

  test("nothing to who asks nonsense", () => {
    const { handlers } = desk([]);
    expect(handlers.get("fetch")!(Uint8Array.of(0x0a, 1, 1))).toBeUndefined();
    expect(handlers.get("blocks")!(Uint8Array.of(0x0a, 1, 1))).toBeUndefined();
  });
});
