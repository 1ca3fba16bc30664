import { describe, expect, test } from "@jest/globals";
import { toHex, wh } from "../../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, encodeMessage } from "../../../engine/messages/index.ts";
import { Convictions, type EvidenceMessage } from "../../../src/node/convictions.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/index.ts";
import { cheapRecover } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { list, membership, order, someDigest, vote } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";

const aVote = (home: number, value: number, signer = home): Contradictable => ({
  kind: "vote",
  vote: vote(home, { value: someDigest(value) }, signer),
});
const pairOf = (one: Contradictable, other: Contradictable): EvidenceMessage => asEvidence(one, other)!;
const lie = (home: number, value = 20, signer = home): EvidenceMessage => pairOf(aVote(home, 9), aVote(home, value, signer));

function desk(disk = memoryDisk()) {
  const told: string[] = [];
  const warned: unknown[] = [];
  const convictions = new Convictions({
    digests: DIGESTS,
    membership: membership(),
    recover: cheapRecover,
    store: memoryStore(disk),
    gossip: { publish: async (topic, bytes) => void told.push(`${topic} ${toHex(bytes)}`) },
    log: { ...QUIET, warn: (event, data) => void warned.push([event, data]) },
  });
  const heard = (message: EvidenceMessage): string => convictions.hear(message).code ?? "accept";
  const against = () => convictions.all.map(({ home }) => home);
  return { disk, convictions, heard, against, told, warned };
}

describe("a stranger's evidence", () => {
  test.each<[string, EvidenceMessage, string]>([
    ["two votes in one place", lie(1), "accept"],
    [
      "two orders with one seq",
      pairOf({ kind: "order", order: order(1) }, { kind: "order", order: order(1, { energy: wh(600) }) }),
      "accept",
    ],
    ["what goes together", pairOf(aVote(1, 9), { kind: "vote", vote: vote(1, { kind: "nullify" }) }), "EVIDENCE_UNFOUNDED"],
    ["two homes' words", pairOf(aVote(1, 9), aVote(2, 20)), "EVIDENCE_UNFOUNDED"],
    ["a forged half", lie(1, 20, 2), "SIGNATURE_INVALID"],
    ["against nobody that is known", lie(5), "HOME_UNKNOWN"],
  ])("%s: %s", (_, message, code) => {
    const { heard, against, disk } = desk();
    expect(heard(message)).toBe(code);
    expect(against()).toEqual(code === "accept" ? [1] : []);
    expect(disk.evidence.size).toBe(code === "accept" ? 1 : 0);
  });

  test("the verdict is that of the table: what is unfounded or forged costs its sender", () => {
    const { convictions } = desk();
    expect(convictions.hear(pairOf(aVote(1, 9), aVote(2, 20)))).toMatchObject({ kind: "reject" });
    expect(convictions.hear(lie(1, 20, 2))).toMatchObject({ kind: "reject" });
    expect(convictions.hear(lie(5))).toMatchObject({ kind: "ignore" });
    expect(convictions.hear(lie(1))).toEqual({ kind: "accept" });
    expect(convictions.hear(lie(1))).toMatchObject({ kind: "ignore", code: "EVIDENCE_SEEN" });
  });

  test("what was heard is not told again: gossip hands it on itself", () => {
    const { heard, told } = desk();
    heard(lie(1));
    expect(told).toEqual([]);
  });
});

describe("what is found here", () => {
  test("is kept, told to the street and to the listeners, once", () => {
    const { convictions, told, warned, disk } = desk();
    const listened: number[] = [];
    convictions.onConviction(({ home }) => listened.push(home));
    for (let again = 0; again < 3; again++) convictions.found(aVote(1, 9), aVote(1, 20));
    convictions.found(aVote(1, 20), aVote(1, 9));
    expect(told).toEqual([`agreement ${toHex(encodeMessage(lie(1)))}`]);
    expect(listened).toEqual([1]);
    expect(warned).toEqual([["agreement.evidence", { home: 1, of: "vote", evidence: lie(1).id }]]);
    expect([...disk.evidence.keys()]).toEqual([lie(1).id]);
  });

  test("once found it is no news from a neighbour, and once heard none here", () => {
    const { convictions, heard, told } = desk();
    convictions.found(aVote(1, 9), aVote(1, 20));
    expect(heard(lie(1))).toBe("EVIDENCE_SEEN");
    expect(heard(lie(2))).toBe("accept");
    convictions.found(aVote(2, 9), aVote(2, 20));
    expect(told).toHaveLength(1);
  });

  test("the same message twice and what goes together are nothing", () => {
    const { convictions, told, against } = desk();
    convictions.found(aVote(1, 9), aVote(1, 9));
    convictions.found(aVote(1, 9), { kind: "vote", vote: vote(1, { kind: "nullify" }) });
    expect([against(), told]).toEqual([[], []]);
  });

  test("two lists too long for one message are kept, and not told", () => {
    const { convictions, told, against } = desk();
    const long = (from: number) => Array.from({ length: 2_100 }, (_, i) => `0x${(from + i).toString(16).padStart(64, "0")}` as never);
    const lists = [0, 1].map((from): Contradictable => ({ kind: "list", list: list(1, undefined, long(from)) }));
    convictions.found(lists[0]!, lists[1]!);
    expect([against(), told]).toEqual([[1], []]);
  });
});

describe("over restarts", () => {
  test("a later life holds what an earlier one kept, in its order, and tells it to nobody", () => {
    const { disk, heard } = desk();
    expect([lie(2), lie(1), lie(1, 21)].map(heard)).toEqual(["accept", "accept", "accept"]);
    const later = desk(disk);
    expect(later.against()).toEqual([2, 1, 1]);
    expect(later.convictions.all.map(({ evidence }) => evidence)).toEqual([lie(2), lie(1), lie(1, 21)]);
    expect(later.heard(lie(1))).toBe("EVIDENCE_SEEN");
    expect([later.told, later.warned]).toEqual([[], []]);
  });
});

describe("of one home enough is enough", () => {
  test("32 pairs, found or heard, before and after a restart; others have their own room", () => {
    const { disk, convictions, heard, against } = desk();
    for (let value = 20; value < 36; value++) heard(lie(1, value));
    for (let value = 36; value < 52; value++) convictions.found(aVote(1, 9), aVote(1, value));
    expect(against()).toHaveLength(32);
    expect(heard(lie(1, 60))).toBe("EVIDENCE_ENOUGH");
    convictions.found(aVote(1, 9), aVote(1, 61));
    expect(against()).toHaveLength(32);
    expect(heard(lie(2))).toBe("accept");
    const later = desk(disk);
    expect(later.heard(lie(1, 62))).toBe("EVIDENCE_ENOUGH");
    expect(later.heard(lie(2, 63))).toBe("accept");
    expect(disk.evidence.size).toBe(34);
  });
});
