import { expect, test } from "@jest/globals";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import type { Message } from "../../../engine/messages/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import { keepSaid } from "../../../src/node/own-words.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/index.ts";
import { cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { AT, list, membership, proposal, someDigest, vote } from "../../support/node-parts.ts";

type Said = Extract<Message, { kind: "list" | "proposal" | "vote" }>;

const SELF = homeId(1);
const aList = (home: number): Said => ({ kind: "list", list: list(home) });
const aProposal = (home: number): Said => ({ kind: "proposal", proposal: proposal(home) });
const aVote = (...given: Parameters<typeof vote>): Said => ({ kind: "vote", vote: vote(...given) });

/** A life that remembers nothing but what it is told. */
function life(heard: readonly Said[]) {
  const store = memoryStore(memoryDisk());
  keepSaid(store, SELF, heard);
  const gossip = { publish: async () => undefined } as never;
  return new Outbox({ signer: cheapSigner(1), membership: membership(), store, gossip, digests: DIGESTS });
}

test("what neighbours heard of an earlier life stands in all its places: it is said again instead of anything else", () => {
  const said = [aList(1), aProposal(1), aVote(1), aVote(1, { view: 2, kind: "nullify" }), aVote(1, { view: 3, kind: "finalize" })];
  const outbox = life([aVote(2), ...said, aList(2), aProposal(0)]);
  expect(new Set(outbox.earlier(AT))).toEqual(new Set(said));
  const { body } = list(1, AT, [someDigest(1)]);
  const other = { value: someDigest(8) };
  expect([
    outbox.list(body, []),
    outbox.proposal({ ...proposal(1).body, ...other }),
    outbox.vote(vote(1, other).body, []),
    outbox.vote({ ...vote(1, { view: 2, kind: "nullify" }).body, ...other }, []),
    outbox.vote(vote(1, { view: 3, kind: "finalize", ...other }).body, []),
  ]).toEqual(said);
  // Where nobody heard anything it is free.
  expect(outbox.vote(vote(1, { view: 4, ...other }).body, [])).toEqual(aVote(1, { view: 4, ...other }));
  expect(outbox.earlier(interval(AT + 1))).toEqual([]);
});
