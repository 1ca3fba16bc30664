import { describe, expect, test } from "@jest/globals";
import { leaderOf, leadersOf } from "../../../engine/agreement/index.ts";
import type { Digest, HomeId } from "../../../engine/kernel/index.ts";
import type { Message, OrderList, Proposal, SignedList, SignedProposal } from "../../../engine/messages/index.ts";
import { Round } from "../../../src/node/round.ts";
import { cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { AT, asMessage, list, membership, messageId, proposal, someDigest, vote } from "../../support/node-parts.ts";

const { validators } = membership();
const LEADER = leaderOf(leadersOf(validators, AT), 1);
const [OTHER] = validators.ids.filter((home) => home !== LEADER) as [HomeId];

/** A round as a follower of four validators sees it; no choice of lists can be worked out, as the entry 77 is missing. */
function following() {
  const worked: string[] = [];
  const fetches: (readonly Digest[])[] = [];
  const round: Round = new Round(AT, validators, null, {
    speak: () => {
      throw new Error("a follower says nothing");
    },
    evaluate: ({ lists, isVoid }) => {
      worked.push(`${isVoid ? "void" : "trade"} of ${lists.map(({ body }) => body.validator).join()}`);
      return { missing: [someDigest(77)] };
    },
    holds: () => false,
    after: () => undefined,
    fetchSoon: () => void fetches.push(round.missing),
    decided: () => undefined,
    evidence: () => undefined,
  });
  return { round, worked, fetches };
}

const listOf = (home: number, version = 0): SignedList => {
  const body: OrderList = { ...list(home).body, membersVersion: version };
  const id = DIGESTS.list(body);
  return { body, id, signature: cheapSigner(home).sign(id) };
};
function proposed(by: HomeId, change: Partial<Proposal>): SignedProposal {
  const body = { ...proposal(by).body, ...change };
  const id = DIGESTS.proposal(body);
  return { body, id, signature: cheapSigner(by).sign(id) };
}
const lists = [0, 1, 2].map((home) => listOf(home));
const ids = (of: readonly SignedList[]) => of.map(({ id }) => id);
const hear = (round: Round, ...messages: readonly Message[]) => {
  for (const each of messages) round.hear(each);
};

describe("what is proposed is worked out once, if it is a leader's first word of its view and may count", () => {
  test.each<[string, SignedProposal[], readonly string[]]>([
    ["the leader's", [proposed(LEADER, { lists: ids(lists) })], ["trade of 0,1,2"]],
    ["twice the same", Array(2).fill(proposed(LEADER, { lists: ids(lists) })), ["trade of 0,1,2"]],
    ["a void one", [proposed(LEADER, { lists: ids(lists), isVoid: true })], ["void of 0,1,2"]],
    ["another validator's", [proposed(OTHER, { lists: ids(lists) })], []],
    ["of two lists", [proposed(LEADER, { lists: ids(lists.slice(1)) })], []],
    ["of five", [proposed(LEADER, { lists: [...ids(lists), someDigest(1), someDigest(2)] })], []],
    ["of one list twice", [proposed(LEADER, { lists: ids([...lists.slice(1), lists[1]!]) })], []],
    [
      "a second in the view",
      [{}, { isVoid: true }].map((change) => proposed(LEADER, { lists: ids(lists), ...change })),
      ["trade of 0,1,2"],
    ],
  ])("%s", (_, proposals, expected) => {
    const { round, worked } = following();
    hear(round, ...lists.map(asMessage.list), ...proposals.map(asMessage.proposal));
    expect([...new Set(worked)]).toEqual(expected);
    expect(round.missing).toEqual(expected.length > 0 ? [someDigest(77)] : []);
  });

  test("who leads nothing makes nobody work or ask, however much it proposes", () => {
    const { round, fetches } = following();
    hear(round, ...lists.map(asMessage.list));
    for (let i = 0; i < 100; i++) hear(round, asMessage.proposal(proposed(OTHER, { lists: ids(lists), value: someDigest(i + 1) })));
    for (let entry = 0; entry < 10; entry++) round.retry();
    expect([fetches, round.messages.length]).toEqual([[], 3]);
  });
});

describe("lists", () => {
  const three = [1, 2, 3].map((version) => listOf(3, version));

  test("two of one validator are kept, for they are evidence; a third is not", () => {
    const { round } = following();
    hear(round, ...three.map(asMessage.list), asMessage.list(lists[0]!));
    expect(round.messages.map(messageId).sort()).toEqual(ids([...three.slice(0, 2), lists[0]!]).sort());
    expect(round.message(three[2]!.id)).toBeUndefined();
  });

  test("one that a proposal names is asked for, and then kept as a third", () => {
    const { round, worked, fetches } = following();
    const named = [...lists.slice(0, 2), three[2]!];
    hear(round, ...[...lists, ...three].map(asMessage.list));
    expect([new Set(worked), round.missing]).toEqual([new Set(["trade of 0,1,2,3"]), [someDigest(77)]]);
    hear(round, asMessage.proposal(proposed(LEADER, { lists: ids(named) })));
    expect([round.missing, fetches.at(-1)]).toEqual(Array(2).fill([three[2]!.id, someDigest(77)]));
    hear(round, asMessage.list(three[2]!));
    expect(round.message(three[2]!.id)).toEqual(asMessage.list(three[2]!));
    expect([worked.includes("trade of 0,1,3"), round.missing]).toEqual([true, [someDigest(77)]]);
  });

  test("what is missing is crossed off as it comes, and the choice worked out again when all of it has", () => {
    const held = new Set<Digest>();
    const lacking = [someDigest(77), someDigest(78), someDigest(79)];
    const worked: number[] = [];
    const fetches: number[] = [];
    const round: Round = new Round(AT, validators, null, {
      speak: () => {
        throw new Error("a follower says nothing");
      },
      evaluate: () => {
        const missing = lacking.filter((id) => !held.has(id));
        worked.push(missing.length);
        return { missing: missing.length > 0 ? missing : [someDigest(80)] };
      },
      holds: (id) => held.has(id),
      after: () => undefined,
      fetchSoon: () => void fetches.push(round.missing.length),
      decided: () => undefined,
      evidence: () => undefined,
    });
    hear(round, ...lists.map(asMessage.list), asMessage.list(listOf(3)));
    expect([worked, round.missing]).toEqual([[3], lacking]);
    const missingWith = (come: Digest): readonly Digest[] => {
      held.add(come);
      round.retry();
      return round.missing;
    };
    expect([missingWith(lacking[1]!), missingWith(lacking[0]!)]).toEqual([[lacking[0], lacking[2]], [lacking[2]]]);
    expect([worked.length, fetches]).toEqual([1, [3, 2, 1]]);
    expect([missingWith(lacking[2]!), worked]).toEqual([[someDigest(80)], [3, 0]]);
  });

  test("one of each validator is foreseen as the choice, two of one are none", () => {
    const { round, worked } = following();
    hear(round, ...[...lists.slice(0, 2), ...three.slice(0, 2)].map(asMessage.list));
    expect(worked).toEqual([]);
    hear(round, asMessage.list(lists[2]!));
    expect(worked).toEqual(["trade of 0,1,2,3"]);
  });

  test("a peer that missed some gets what is small first, then one list of each, then seconds", () => {
    const { round } = following();
    const heard = [asMessage.list(three[0]!), asMessage.list(three[1]!), asMessage.list(lists[0]!), asMessage.vote(vote(1))];
    hear(round, ...heard, asMessage.proposal(proposed(LEADER, { lists: [] })));
    expect(round.messages.map((message) => (message.kind === "list" ? message.list.body : message.kind))).toEqual([
      "vote",
      "proposal",
      three[0]!.body,
      lists[0]!.body,
      three[1]!.body,
    ]);
  });
});
