import { describe, expect, test } from "@jest/globals";
import { type Digest, fail, type Interval, ok } from "../../../engine/kernel/index.ts";
import { encodeMessage, entryId, type Message } from "../../../engine/messages/index.ts";
import { CatchUp, type CatchUpModules } from "../../../src/node/catch-up.ts";
import { Pool } from "../../../src/node/pool.ts";
import { decodeFetch, decodeFetched, encodeFetch, encodeFetched, heldMark } from "../../../src/node/requests.ts";
import type { Adoption } from "../../../src/node/rounds.ts";
import { memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, asMessage, list, membership, order, periodVote, seal, someDigest, vote } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";

const BLOCK = Uint8Array.of(1, 2, 3);
const PERIOD_VOTE = periodVote(1, 5, someDigest(6));
/** By its first byte the inbox here knows what a message is. */
const [GOOD, EXCUSED, JUNK] = [10, 11, 12];
const REPORT = "report neighbour junk-answer";

/** A home that asks one neighbour; `answers` are what it gets, one after the other. */
function desk(answers: readonly (Uint8Array | null)[], adoptions: readonly Adoption[] = [], neighbours = ["neighbour"]) {
  const done: string[] = [];
  const asked: string[] = [];
  const questions: ReturnType<typeof decodeFetch>[] = [];
  const clock = new VirtualClock({ startMs: 0, speed: 1 });
  const handlers = new Map<string, (body: Uint8Array) => Uint8Array | undefined>();
  const left = [...answers];
  const verdicts = [...adoptions];
  const gossip = {
    peers: () => neighbours,
    onRequest: (kind: string, handler: (body: Uint8Array) => Uint8Array | undefined) => void handlers.set(kind, handler),
    report: (peer: string, misconduct: string) => void done.push(`report ${peer} ${misconduct}`),
    request: async (peer: string, kind: string, body: Uint8Array) => {
      if (kind === "fetch") questions.push(decodeFetch(body));
      asked.push(peer);
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
    inbox: {
      receive: (bytes: Uint8Array, way: ReadonlySet<Digest>) => {
        heard.push([bytes, way]);
        return bytes[0] === GOOD ? "accept" : "reject";
      },
      isExcused: (bytes: Uint8Array) => bytes[0] === EXCUSED,
    },
    rounds: {
      current: AT,
      round: {
        interval: AT,
        heard: [vote(1).id],
        messages: [asMessage.vote(vote(1))],
        message: (id: Digest) => (id === list(2).id ? asMessage.list(list(2)) : undefined),
      },
      adopt: () => {
        const adoption = verdicts.shift() ?? "unneeded";
        done.push(adoption);
        return adoption;
      },
    },
    membership: members,
    signing: { levelWith: (peer: string) => void done.push(`level with ${peer}`) },
    clock,
    log: QUIET,
    periodVotes: () => [asMessage.periodVote(PERIOD_VOTE)],
  } as unknown as CatchUpModules;
  return { catchUp: new CatchUp(modules), done, asked, questions, clock, heard, handlers, members, pool };
}
const blockAnswer = encodeFetched({ block: BLOCK, messages: [] });
const blocks = (count: number) => encodeFetched({ block: null, messages: Array.from({ length: count }, () => BLOCK) });

describe("a neighbour's blocks", () => {
  test.each<[string, readonly (Uint8Array | null)[], readonly Adoption[], readonly string[]]>([
    [
      "one that leads on: more are asked for until there is none",
      [blockAnswer, blocks(2), blocks(0)],
      ["adopted", "adopted", "adopted"],
      ["ask fetch", "adopted", "ask blocks", "ask blocks", "adopted", "adopted"],
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
      ["ask fetch", "adopted", "ask blocks", "ask blocks", "adopted", "forged", "report neighbour forged-chain"],
    ],
    ["one that isn't needed is no misconduct", [blockAnswer], ["unneeded"], ["ask fetch", "unneeded"]],
    ["no answer", [null], [], ["ask fetch"]],
    [
      "no block: it is no further than this home",
      [encodeFetched({ block: null, messages: [] })],
      [],
      ["ask fetch", "level with neighbour"],
    ],
    ["an answer that is none", [Uint8Array.of(0x0a, 9, 1)], [], ["ask fetch", REPORT]],
    ["blocks that are none", [blockAnswer, Uint8Array.of(0x0a, 9, 1)], ["adopted"], ["ask fetch", "adopted", "ask blocks", REPORT]],
  ])("%s", async (_, answers, adoptions, expected) => {
    const { catchUp, done } = desk(answers, adoptions);
    await catchUp.ask(AT, []);
    expect(done).toEqual(expected);
  });

  test("are worked out some at a time, so that whatever else is due has its turn", async () => {
    const { catchUp, done, clock } = desk([blockAnswer, blocks(20), blocks(0)], Array(21).fill("adopted"));
    const after = clock.after.bind(clock);
    const adopted: number[] = [];
    clock.after = (realMs, task) => {
      if (realMs === 0) adopted.push(done.filter((each) => each === "adopted").length);
      return after(realMs, task);
    };
    const asked = catchUp.ask(AT, []);
    await clock.run(0);
    await asked;
    expect([...adopted, done.filter((each) => each === "adopted").length]).toEqual([8, 16, 21]);
  });
});

test("messages of an answer go through the inbox, with what was asked for", async () => {
  const bytes = Uint8Array.of(GOOD);
  const { catchUp, heard } = desk([encodeFetched({ block: null, messages: [bytes] })]);
  await catchUp.ask(AT, [entryId(order(1)), someDigest(4)]);
  expect(heard).toEqual([[bytes, new Set([entryId(order(1)), someDigest(4)])]]);
});

test("a question tells what is heard already, of its own interval alone", async () => {
  const { catchUp, questions } = desk([null, null]);
  await catchUp.ask(AT, [someDigest(4)]);
  await catchUp.ask((AT + 1) as Interval, []);
  expect(questions).toEqual([
    { interval: AT, wanted: [someDigest(4)], held: [heldMark(entryId(PERIOD_VOTE)), heldMark(vote(1).id)] },
    { interval: AT + 1, wanted: [], held: [heldMark(entryId(PERIOD_VOTE))] },
  ]);
});

describe("messages that are refused", () => {
  const answer = (...kinds: readonly number[]) => encodeFetched({ block: null, messages: kinds.map((kind) => Uint8Array.of(kind)) });
  const many = (count: number, kind: number): readonly number[] => Array(count).fill(kind);

  test.each<[string, readonly number[], number, boolean]>([
    ["one that no honest peer holds, and the rest is taken", [GOOD, JUNK, GOOD], 3, true],
    ["many that one may hold: no more is looked at, and nobody blamed", [...many(20, EXCUSED), JUNK], 9, false],
    ["both", [EXCUSED, JUNK, ...many(6, EXCUSED), JUNK, GOOD], 9, true],
    ["eight that one may hold, and the rest is taken", [...many(8, EXCUSED), ...many(30, GOOD)], 38, false],
  ])("%s", async (_, kinds, read, isBlamed) => {
    const { catchUp, heard, done } = desk([answer(...kinds)]);
    await catchUp.ask(AT, []);
    expect([heard.length, done]).toEqual([read, ["ask fetch", isBlamed ? REPORT : "level with neighbour"]]);
  });

  test("who gave them isn't asked for a minute, unless there is nobody else", async () => {
    const { catchUp, asked, clock } = desk([answer(GOOD), answer(JUNK)], [], ["one", "two", "three"]);
    const turns = async (count: number): Promise<string> => {
      const before = asked.length;
      for (let turn = 0; turn < count; turn++) await catchUp.ask(AT, []);
      return asked.slice(before).join();
    };
    expect(await turns(6)).toBe("one,two,one,three,one,three");
    await clock.run(59_900);
    expect(await turns(2)).not.toContain("two");
    await clock.run(60_100);
    expect(await turns(3)).toContain("two");
    const alone = desk([answer(JUNK)]);
    await alone.catchUp.ask(AT, []);
    await alone.catchUp.ask(AT, []);
    expect(alone.asked).toEqual(["neighbour", "neighbour"]);
  });
});

describe("what is answered", () => {
  const answer = (wanted: readonly Digest[], about: number = AT, held: readonly Digest[] = []) => {
    const { handlers, pool, members } = desk([]);
    const how = { agent: agentAddressOf(1), isTimely: true };
    pool.add({ kind: "order", order: order(1) }, how);
    pool.add({ kind: "commit", commit: seal(order(2)) }, how);
    const question = encodeFetch({
      interval: about as Interval,
      wanted: wanted.length === 0 ? [members.digest] : wanted,
      held: held.map(heldMark),
    });
    expect(decodeFetch(question)).not.toBeNull();
    const bytes = handlers.get("fetch")!(question);
    const set: Message = { kind: "members", members: members.members, id: members.digest };
    return { told: bytes === undefined ? null : decodeFetched(bytes)!.messages.map((each) => Buffer.from(each).toString("hex")), set };
  };
  const hex = (message: Message) => Buffer.from(encodeMessage(message)).toString("hex");
  const counted = hex(asMessage.periodVote(PERIOD_VOTE));
  const said = [hex(asMessage.vote(vote(1))), counted];

  test("orders and seals by their digests, then what was said", () => {
    const wanted = [entryId(order(1)), entryId(seal(order(2))), order(1).id, someDigest(9)];
    expect(answer(wanted).told).toEqual([hex(asMessage.order(order(1))), hex(asMessage.commit(seal(order(2)))), ...said]);
  });

  test("a list by its digest, which a proposal has named", () =>
    expect(answer([list(2).id]).told).toEqual([hex(asMessage.list(list(2))), ...said]));

  test("a member set by its digest", () => {
    const { told, set } = answer([]);
    expect(told).toEqual([hex(set), ...said]);
  });

  test("without what the peer has heard, wanted or not", () => {
    expect(answer([entryId(order(1))], AT, [vote(1).id, someDigest(3)]).told).toEqual([hex(asMessage.order(order(1))), counted]);
    expect(answer([entryId(order(1))], AT, [entryId(PERIOD_VOTE)]).told).toEqual([hex(asMessage.order(order(1))), said[0]]);
    expect(answer([list(2).id], AT, [vote(1).id, list(2).id]).told).toEqual([hex(asMessage.list(list(2))), counted]);
  });

  test("with a period's vote, whoever else's the peer has: all of them sign one digest", () => {
    const other = periodVote(2, 5, someDigest(6));
    expect([other.id, answer([entryId(order(1))], AT, [entryId(other), other.id, vote(1).id]).told?.at(-1)]).toEqual([
      PERIOD_VOTE.id,
      counted,
    ]);
  });

  test("of an interval ahead nothing that was said", () =>
    expect(answer([entryId(order(1))], AT + 1).told).toEqual([hex(asMessage.order(order(1))), counted]));

  test("nothing to who asks nonsense", () => {
    const { handlers } = desk([]);
    expect(handlers.get("fetch")!(Uint8Array.of(0x0a, 1, 1))).toBeUndefined();
    expect(handlers.get("blocks")!(Uint8Array.of(0x0a, 1, 1))).toBeUndefined();
  });
});
