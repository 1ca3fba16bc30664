import { describe, expect, test } from "@jest/globals";
import { homeId, interval, period } from "../../../engine/kernel/index.ts";
import type { Batch } from "../../../engine/settlement/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import { Periods } from "../../../src/node/periods.ts";
import { memoryStore, SeededNetwork, VirtualClock } from "../../../src/sim/index.ts";
import { cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { membership, periodVote, REGISTRY, REKEYED, someDigest } from "../../support/node-parts.ts";

function batch(number: number, head = number): Batch {
  const result = {
    period: period(number),
    fromInterval: interval(10 * number),
    toInterval: interval(10 * number + 9),
    coversUntil: 900 * (10 * number + 10),
    prevPeriod: someDigest(number - 1),
    head: someDigest(head),
    accountsRoot: someDigest(1),
    vectorHash: someDigest(2),
    wideHash: someDigest(3),
    dataHash: someDigest(0),
  };
  return { result, vector: Uint8Array.of(1, 2), wide: Uint8Array.of(3) };
}
const contentOf = (of: Batch) => DIGESTS.period(of.result);
const vote = (home: number, of: Batch, content = contentOf(of)) => periodVote(home, of.result.period, content);

/** Periods of an observer, or of a home that signs, with the keys of these numbers, the newest first; the chain lacks period 5 first. */
function periods(self: number | null = null, keys: readonly number[] = self === null ? [] : [self], members = membership()) {
  const gossip = new SeededNetwork(new VirtualClock({ startMs: 0, speed: 1 }), () => 0).open("me");
  const own = { membership: members, store: memoryStore(), gossip, digests: DIGESTS };
  const outbox = self === null ? null : new Outbox({ signer: cheapSigner(keys[0]!), earlier: keys.slice(1).map(cheapSigner), ...own });
  return new Periods(
    { digests: DIGESTS, membership: members, outbox, recover: cheapRecover, self: self === null ? null : homeId(self) },
    period(5),
  );
}

const votesOf = (of: Periods) => of.open.map(({ batch: { result }, votes }) => `${result.period}: ${[...votes.keys()].sort().join()}`);

describe("periods on their way to the chain", () => {
  test("three of four signatures make a batch ready; the certificate names places by rising place", () => {
    const own = periods();
    const five = batch(5);
    own.close(five);
    expect(own.ready()).toBeNull();
    own.hear(vote(3, five));
    own.hear(vote(0, five));
    expect(own.ready()).toBeNull();
    own.hear(vote(1, five));
    const ready = own.ready()!;
    expect(ready.result).toEqual(five.result);
    expect([ready.vector, ready.wide]).toEqual([five.vector, five.wide]);
    expect([0, 66, 132].map((at) => ready.certificate[at])).toEqual([0, 1, 3]);
    expect(ready.certificate).toHaveLength(3 * 66);
    expect(ready.certificate.subarray(67, 132)).toEqual(vote(1, five).signature);
  });

  test("a fourth signature is not carried", () => {
    const own = periods();
    const five = batch(5);
    own.close(five);
    for (const home of [3, 2, 1, 0]) own.hear(vote(home, five));
    expect([0, 66, 132].map((at) => own.ready()!.certificate[at])).toEqual([0, 1, 2]);
  });

  test("one validator's vote counts once", () => {
    const own = periods();
    const five = batch(5);
    own.close(five);
    for (let again = 0; again < 3; again++) own.hear(vote(2, five));
    expect(own.ready()).toBeNull();
    expect(votesOf(own)).toEqual(["5: 2"]);
  });

  test("votes that come before the period is closed here are kept for it", () => {
    const own = periods();
    const [five, six] = [batch(5), batch(6)];
    for (const home of [0, 1, 2]) own.hear(vote(home, five));
    own.hear(vote(3, six));
    expect(own.open).toEqual([]);
    own.close(five);
    expect(votesOf(own)).toEqual(["5: 0,1,2"]);
    expect(own.ready()).not.toBeNull();
    own.close(six);
    expect(votesOf(own)).toEqual(["5: 0,1,2", "6: 3"]);
  });

  test("votes for another content don't count, before or after", () => {
    const own = periods();
    const [five, other] = [batch(5), batch(5, 99)];
    own.hear(vote(0, other));
    own.close(five);
    for (const home of [1, 2]) own.hear(vote(home, other));
    own.hear(vote(3, five));
    expect(votesOf(own)).toEqual(["5: 3"]);
    expect(own.ready()).toBeNull();
  });

  test("a validator signs what it closes, once, and not what the chain has", () => {
    const own = periods(1);
    own.close(batch(5));
    own.close(batch(5, 99));
    own.close(batch(4));
    expect(votesOf(own)).toEqual(["5: 1"]);
    expect(own.open[0]!.batch).toEqual(batch(5));
  });

  test("a home that is no validator signs nothing", () => {
    const own = periods(4);
    own.close(batch(5));
    expect(votesOf(own)).toEqual(["5: "]);
  });

  describe("the chain tells of another key when a period has been signed", () => {
    const signed = (own: Periods, place: number) => own.ready()?.certificate.subarray(66 * place + 1, 66 * (place + 1));

    test("its home signs once more, and the vote under the old key goes into no batch", () => {
      const members = membership();
      const [own, five] = [periods(1, [77, 1], members), batch(5)];
      own.close(five);
      for (const home of [0, 2]) own.hear(vote(home, five));
      expect(signed(own, 1)).toEqual(vote(1, five).signature);
      members.update(REKEYED);
      expect(own.ready()).toBeNull();
      own.review();
      expect(signed(own, 1)).toEqual(periodVote(1, five.result.period, contentOf(five), 77).signature);
    });

    test("a home that didn't have the key before signs now", () => {
      const members = membership(REKEYED);
      const [own, five] = [periods(1, [1], members), batch(5)];
      own.close(five);
      expect(votesOf(own)).toEqual(["5: "]);
      members.update(REGISTRY);
      own.review();
      expect(votesOf(own)).toEqual(["5: 1"]);
    });
  });

  test("only the next period that the chain lacks is ready, in its order", () => {
    const own = periods();
    const [five, six] = [batch(5), batch(6)];
    own.close(six);
    for (const home of [0, 1, 2]) own.hear(vote(home, six));
    expect(own.ready()).toBeNull();
    own.close(five);
    expect(votesOf(own)).toEqual(["5: ", "6: 0,1,2"]);
    for (const home of [0, 1, 2]) own.hear(vote(home, five));
    expect(own.ready()!.result.period).toBe(5);
    own.settledUntil(period(6));
    expect(own.ready()!.result.period).toBe(6);
  });

  test("what the chain has is forgotten, early votes with it", () => {
    const own = periods();
    const [five, seven] = [batch(5), batch(7)];
    own.hear(vote(0, batch(6)));
    own.hear(vote(0, seven));
    own.close(five);
    own.settledUntil(period(7));
    expect(own.next).toBe(7);
    expect(own.open).toEqual([]);
    own.close(batch(6));
    expect(own.open).toEqual([]);
    own.close(seven);
    expect(votesOf(own)).toEqual(["7: 0"]);
  });

  test("peers that missed votes get those of the first two open periods", () => {
    const own = periods();
    for (const number of [5, 6, 7]) {
      own.close(batch(number));
      for (const home of [0, 1]) own.hear(vote(home, batch(number)));
    }
    const told = own.messages().map(({ periodVote: { body } }) => [body.period, body.validator]);
    expect(told).toEqual([
      [5, 0],
      [5, 1],
      [6, 0],
      [6, 1],
    ]);
  });
});
