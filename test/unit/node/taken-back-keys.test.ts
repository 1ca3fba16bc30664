import { describe, expect, test } from "@jest/globals";
import { homeId, interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, type Vote } from "../../../engine/messages/index.ts";
import { membersAt } from "../../../src/node/membership.ts";
import type { Registry } from "../../../src/ports/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { desk } from "../../support/inbox-desk.ts";
import { asMessage, REGISTRY, vote } from "../../support/node-parts.ts";

/** Epochs of five intervals: from 105 on, the next one's first, home 1 has another key. */
const ROTATED: Registry = {
  ...REGISTRY,
  homes: REGISTRY.homes.map((home) =>
    home.home === homeId(1)
      ? { ...home, agent: agentAddressOf(11), keys: [...home.keys, { agent: agentAddressOf(11), since: interval(105) }] }
      : home,
  ),
};
function rotated() {
  const made = desk({ epoch: 5 });
  made.members.update(ROTATED);
  return made;
}
const no = (at: number, signer: number) => asMessage.vote(vote(1, { interval: interval(at), kind: "nullify", value: ZERO_DIGEST }, signer));

describe("of the epoch that comes nothing is taken yet, and nobody who brings it is punished", () => {
  test.each<[string, number, number, string]>([
    ["the key in force, until the epoch's end", 104, 1, "accept ACCEPTED"],
    ["its successor until then", 104, 11, "reject SIGNATURE_INVALID"],
    ["the key that is taken back, afterwards", 105, 1, "ignore INTERVAL_AHEAD"],
    ["its successor afterwards", 105, 11, "ignore INTERVAL_AHEAD"],
  ])("%s", (_, at, signer, expected) => expect(rotated().say(no(at, signer))).toBe(expected));

  test("once it has begun, its key alone speaks", () => {
    const { say, members, place } = rotated();
    const { digest } = members.wanted(interval(105));
    members.enter(digest, interval(105));
    place.current = interval(105);
    expect([1, 11].map((signer) => say(no(105, signer)))).toEqual(["reject SIGNATURE_INVALID", "accept ACCEPTED"]);
  });
});

describe("a pair convicts under the key of its interval", () => {
  const said = (kind: Vote["kind"], at: number, signer: number): Contradictable => ({
    kind: "vote",
    vote: vote(1, { interval: interval(at), kind }, signer),
  });
  const pair = (at: number, signer: number, other = signer) => asEvidence(said("nullify", at, signer), said("finalize", at, other))!;
  function begun() {
    const made = rotated();
    made.members.enter(made.members.wanted(interval(105)).digest, interval(105));
    return made;
  }
  test.each<[string, number, number, string]>([
    ["what it signed while it was in force", 104, 1, "accept"],
    ["what it signed for the time after", 105, 1, "reject"],
    ["and long after", 109, 1, "reject"],
    ["what its successor signed", 105, 11, "accept"],
    ["what that signed for the time before", 104, 11, "reject"],
  ])("%s", (_, at, signer, expected) => expect(begun().convictions.hear(pair(at, signer)).kind).toBe(expected));

  test("of the epoch that comes it convicts nobody yet: the chain may have taken the key back, and not have told this home", () => {
    const made = desk({ epoch: 5 });
    expect([1, 11].map((signer) => made.convictions.hear(pair(105, signer)))).toEqual(
      [1, 11].map(() => expect.objectContaining({ kind: "ignore", code: "INTERVAL_AHEAD" })),
    );
    made.convictions.found(said("nullify", 105, 1), said("finalize", 105, 1));
    expect(made.convictions.all).toEqual([]);
    expect(made.convictions.hear(pair(104, 1)).kind).toBe("accept");
  });

  test("nor by what the chain said before, when the street has agreed on more of it", () => {
    const made = desk({ epoch: 5 });
    const fresh = rotated().members.wanted(interval(105)).digest;
    made.members.learn(membersAt(ROTATED, interval(105)));
    made.members.enter(fresh, interval(105));
    expect(made.convictions.hear(pair(105, 1)).kind).toBe("reject");
    expect(made.convictions.hear(pair(105, 11)).kind).toBe("accept");
  });

  test("two keys may be in two hands: each must have said both", () => {
    const made = desk({ epoch: 5 });
    made.members.enter(made.members.digest, interval(105));
    made.members.update(ROTATED);
    // The street went on with the old set, and the chain knows the new key.
    expect(made.convictions.hear(pair(106, 1, 11)).kind).toBe("reject");
    expect(made.convictions.hear(pair(106, 1)).kind).toBe("accept");
  });
});
