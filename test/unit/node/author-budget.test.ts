import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Digest, homeId, type Period } from "../../../engine/kernel/index.ts";
import { encodeMessage } from "../../../engine/messages/index.ts";
import { AuthorBudget } from "../../../src/node/author-budget.ts";
import { Convictions } from "../../../src/node/convictions.ts";
import { Inbox } from "../../../src/node/inbox.ts";
import { Pool } from "../../../src/node/pool.ts";
import { memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { cheapRecover } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { AT, asMessage, membership, someDigest, vote } from "../../support/node-parts.ts";
import { QUIET, UNCOUNTED } from "../../support/quiet.ts";
import { realTime } from "../../support/real-time.ts";
import { RULES } from "../../support/rules.ts";

const [A, B] = [homeId(1), homeId(2)];

describe("an author's budget", () => {
  test("is spent by what it signed, and comes back with time", () => {
    const budget = new AuthorBudget({ burst: 3, perSecond: 2 });
    for (let i = 0; i < 3; i++) {
      expect(budget.isSpent(A, 0)).toBe(false);
      budget.charge(A, 0);
    }
    expect([budget.isSpent(A, 0), budget.isSpent(A, 499), budget.isSpent(A, 500), budget.isSpent(A, 60_000)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("is one author's own, and asking costs nothing", () => {
    const budget = new AuthorBudget({ burst: 1, perSecond: 1 });
    for (let i = 0; i < 100; i++) expect(budget.isSpent(A, 0)).toBe(false);
    budget.charge(A, 0);
    expect([budget.isSpent(A, 0), budget.isSpent(B, 0)]).toEqual([true, false]);
  });

  test("in any stretch of time no more is taken than burst and rate allow, nor less than the rate", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pauses) => {
        const budget = new AuthorBudget({ burst: 5, perSecond: 10 });
        let [at, taken] = [0, 0];
        for (const pause of pauses) {
          at += pause;
          if (budget.isSpent(A, at)) continue;
          budget.charge(A, at);
          taken++;
        }
        expect(taken).toBeLessThanOrEqual(5 + (at / 1_000) * 10);
        expect(taken).toBeGreaterThanOrEqual(Math.min(pauses.length, 5));
      }),
    );
  });
});

/** An inbox of a street whose homes 0 to 3 are validators, on a clock that a test moves. */
function desk() {
  const codes: string[] = [];
  const time = { at: 0 };
  const clock = new VirtualClock({ startMs: (100 * 900 - 70) * 1000, speed: 1 });
  const members = membership();
  const inbox = new Inbox({
    rules: RULES,
    digests: DIGESTS,
    clock: { ...realTime(() => clock.now()), monotonicMs: () => time.at },
    pool: new Pool(),
    membership: members,
    convictions: new Convictions({
      digests: DIGESTS,
      membership: members,
      recover: cheapRecover,
      store: memoryStore(),
      gossip: { publish: async () => undefined },
      log: QUIET,
    }),
    recover: cheapRecover,
    metrics: { ...UNCOUNTED, counter: () => ({ add: (labels) => void codes.push(Object.values(labels).join()) }) },
    current: () => AT,
    hasRoom: () => true,
    hasClosed: () => false,
    nextPeriod: () => 1 as Period,
    inReach: () => false,
    deliver: () => undefined,
  });
  const say = (home: number, value: number, { signer = home, way = "gossip" as "gossip" | ReadonlySet<Digest> } = {}) => {
    const message = asMessage.vote(vote(home, { value: someDigest(1 + (value % 200)), view: 1 + Math.floor(value / 200) }, signer));
    return `${inbox.receive(encodeMessage(message), way)} ${codes.at(-1)}`;
  };
  return { say, time };
}

describe("a validator that signs without end", () => {
  test("is ignored beyond its budget, and nobody else is", () => {
    const { say, time } = desk();
    const said = Array.from({ length: 200 }, (_, i) => say(1, i));
    expect(said.slice(0, 128).every((each) => each === "accept ACCEPTED")).toBe(true);
    expect(said.slice(128).every((each) => each === "ignore TOO_MANY_MESSAGES")).toBe(true);
    expect(say(2, 0)).toBe("accept ACCEPTED");
    time.at = 1_000;
    expect([say(1, 300), say(2, 1)]).toEqual(["accept ACCEPTED", "accept ACCEPTED"]);
  });

  test("isn't made of one by those who forge its name", () => {
    const { say } = desk();
    for (let i = 0; i < 500; i++) expect(say(1, i, { signer: 2 })).toBe("reject SIGNATURE_INVALID");
    expect(say(1, 600)).toBe("accept ACCEPTED");
  });

  test("is heard in answers that were asked for, whatever it said by gossip", () => {
    const { say } = desk();
    for (let i = 0; i < 200; i++) say(1, i);
    expect(say(1, 300, { way: new Set() })).toBe("accept ACCEPTED");
  });
});
