import { describe, expect, test } from "@jest/globals";
import { type Digest, homeId, type Interval, interval, wh } from "../../../engine/kernel/index.ts";
import { decodeMessage, entryId, type Message } from "../../../engine/messages/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import { OwnEntries } from "../../../src/node/own-entries.ts";
import { Pool } from "../../../src/node/pool.ts";
import { Signing } from "../../../src/node/signing.ts";
import { type MemoryDisk, memoryDisk, memoryStore, VirtualClock } from "../../../src/sim/index.ts";
import { cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { AT, membership, order, REGISTRY, reading } from "../../support/node-parts.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";

/** The gate of interval 100, in street seconds: orders are shown half a real second later. */
const GATE = 100 * 900 - 60;
const told = (message: Message): string =>
  `${message.kind}${message.kind === "order" || message.kind === "commit" ? ` ${seqOf(message)}` : ""}`;
const seqOf = (message: Extract<Message, { kind: "order" | "commit" }>) =>
  message.kind === "order" ? message.order.body.seq : message.commit.body.seq;

interface Life {
  readonly disk?: MemoryDisk;
  readonly orders?: "open" | "sealed";
  /** Real seconds after the gate of interval 100 at which this life begins. */
  readonly from?: number;
  readonly speed?: number;
  readonly current?: number;
  /** The number of the key that this life signs with. */
  readonly key?: number;
}

/** One life of home 1; `sent` is what the street hears, by real milliseconds of this life. */
function life({ disk = memoryDisk(), orders = "sealed", from = -10, speed = 1, current = AT, key = 1 }: Life = {}) {
  const clock = new VirtualClock({ startMs: (GATE + from * speed) * 1000, speed });
  const store = memoryStore(disk);
  const place = { current: current as Interval };
  const pool = new Pool();
  const sent: string[] = [];
  const delivered: string[] = [];
  const gossip = {
    publish: async (_topic: string, bytes: Uint8Array) => {
      const message = decodeMessage(bytes, DIGESTS);
      if (message.ok) sent.push(`${clock.monotonicMs()} ${told(message.value)}`);
    },
  } as never;
  const members = membership(REGISTRY, orders);
  const outbox = new Outbox({ signer: cheapSigner(key), membership: members, store, gossip, digests: DIGESTS });
  const signing = new Signing({
    rules: RULES,
    clock,
    store,
    membership: members,
    log: QUIET,
    homeOf: () => null,
    self: homeId(1),
    current: () => place.current,
  });
  const own = new OwnEntries({
    rules: RULES,
    clock,
    pool,
    membership: members,
    signing,
    outbox,
    self: homeId(1),
    recover: cheapRecover,
    current: () => place.current,
    deliver: (message) => void delivered.push(told(message)),
  });
  return { disk, clock, place, pool, sent, delivered, own };
}
const held = (pool: Pool, id: Digest) => pool.orders.of(AT).filter(({ entry }) => entry.id === id);

describe("open: an order goes out at once", () => {
  test("and counts as held in time", () => {
    const { own, sent, delivered, pool } = life({ orders: "open" });
    own.order(order(1).body);
    expect([sent, delivered]).toEqual([["0 order 0"], ["order 0"]]);
    expect(held(pool, order(1).id).map(({ isTimely, agent }) => [isTimely, agent])).toEqual([[true, cheapSigner(1).address]]);
  });

  test("after a restart it is held again, and not sent again", () => {
    const { disk, own } = life({ orders: "open" });
    own.order(order(1).body);
    const later = life({ disk, orders: "open", from: -5 });
    later.own.restore();
    expect([later.sent, later.delivered]).toEqual([[], ["order 0"]]);
  });
});

test("what an earlier life signed with another key stays that key's", () => {
  const { disk, own } = life({ orders: "open" });
  own.order(order(1).body);
  own.reading(reading(1, AT - 1, 5).body);
  const later = life({ disk, orders: "open", from: -5, key: 7 });
  later.own.restore();
  expect(held(later.pool, order(1).id).map(({ agent }) => agent)).toEqual([cheapSigner(1).address]);
  expect(later.pool.readings.of(interval(AT - 1)).map(({ agent }) => agent)).toEqual([cheapSigner(1).address]);
});

describe("sealed: first the seal, and the order half a second after the gate", () => {
  test("nothing of the order is out or in the pool before", async () => {
    const { own, clock, sent, pool, delivered } = life();
    own.order(order(1).body);
    own.order(order(1, { seq: 1, energy: wh(700) }).body);
    expect([sent, delivered]).toEqual([
      ["0 commit 0", "0 commit 1"],
      ["commit 0", "commit 1"],
    ]);
    expect(
      pool.commits
        .of(AT)
        .map(({ entry }) => entry.body.commitment)
        .sort(),
    ).toEqual([order(1), order(1, { seq: 1, energy: wh(700) })].map(entryId).sort());
    await clock.run(10_499);
    expect([sent.length, pool.orders.of(AT)]).toEqual([2, []]);
    await clock.run(10_500);
    expect(sent.slice(2)).toEqual(["10500 order 0", "10500 order 1"]);
    expect(held(pool, order(1).id)).toHaveLength(1);
  });

  test("in a replay at 300 times it is half a real second too", async () => {
    const { own, clock, sent } = life({ speed: 300 });
    own.order(order(1).body);
    await clock.run(11_000);
    expect(sent).toEqual(["0 commit 0", "10500 order 0"]);
  });

  test("as soon as all gates are said to be closed, once, and only those of that interval", async () => {
    const { own, clock, sent } = life();
    own.order(order(1).body);
    own.order(order(1, { interval: interval(101) }).body);
    await clock.run(10_020);
    own.showNow(AT);
    own.showNow(AT);
    await clock.run(11_000);
    expect(sent).toEqual(["0 commit 0", "0 commit 0", "10020 order 0"]);
  });

  test("not when its interval is over by then", async () => {
    const { own, clock, sent, place } = life();
    own.order(order(1).body);
    place.current = interval(101);
    own.showNow(AT);
    await clock.run(11_000);
    expect(sent).toEqual(["0 commit 0"]);
  });

  test("and not by a home that was stopped", async () => {
    const { own, clock, sent } = life();
    own.order(order(1).body);
    own.stop();
    await clock.run(11_000);
    expect(sent).toEqual(["0 commit 0"]);
  });
});

describe("after a restart", () => {
  const sealed = () => {
    const { disk, own } = life();
    own.order(order(1).body);
    own.order(order(1, { interval: interval(101), seq: 2 }).body);
    own.reading(reading(1, 98, 50).body);
    return disk;
  };

  test("what was sealed is shown when its time comes", async () => {
    const { own, clock, sent, delivered } = life({ disk: sealed(), from: -3 });
    own.restore();
    expect([sent, [...delivered].sort()]).toEqual([[], ["commit 0", "commit 2", "reading"]]);
    await clock.run(4_000);
    expect(sent).toEqual(["3500 order 0"]);
    await clock.run(904_000);
    expect(sent).toEqual(["3500 order 0", "903500 order 2"]);
  });

  test("at once when its time has passed while the interval is still agreed on", async () => {
    const { own, clock, sent } = life({ disk: sealed(), from: 30 });
    own.restore();
    await clock.run(0);
    expect(sent).toEqual(["0 order 0"]);
  });

  test("never when the interval is over", async () => {
    const { own, clock, sent, delivered } = life({ disk: sealed(), from: 30, current: 102 });
    own.restore();
    await clock.run(1_000_000);
    expect([sent, delivered]).toEqual([[], []]);
  });

  // The power went between an order and its seal.
  const unsealed = () => {
    const disk = sealed();
    disk.own.delete(`${AT}/commit/0`);
    return disk;
  };

  test("what was to be sealed is sealed while there is time, and nobody can have it before", async () => {
    const { own, clock, sent, pool } = life({ disk: unsealed(), from: -3 });
    own.restore();
    expect([sent, pool.orders.of(AT)]).toEqual([["0 commit 0"], []]);
    expect(pool.commits.of(AT).map(({ entry, isTimely }) => [entry.body.commitment, isTimely])).toEqual([[entryId(order(1)), true]]);
    await clock.run(4_000);
    expect(sent).toEqual(["0 commit 0", "3500 order 0"]);
  });

  test("after the gate it is neither sealed nor shown", async () => {
    const { own, clock, sent, pool } = life({ disk: unsealed(), from: 0 });
    own.restore();
    await clock.run(4_000);
    expect([sent, pool.orders.of(AT), pool.commits.of(AT)]).toEqual([[], [], []]);
  });

  test("another wish under the same seq changes nothing: the seal is that of the order on disk", async () => {
    const { own, clock, sent, pool } = life({ disk: sealed(), from: -3 });
    own.order(order(1, { energy: wh(900) }).body);
    expect(pool.commits.of(AT).map(({ entry }) => entry.body.commitment)).toEqual([entryId(order(1))]);
    await clock.run(4_000);
    expect(sent).toEqual(["0 commit 0", "3500 order 0"]);
    expect(held(pool, order(1).id)).toHaveLength(1);
  });
});

test("a home that may not sign yet says nothing", () => {
  const disk = { ...memoryDisk(), signFrom: interval(101) };
  const { own, sent } = life({ disk });
  own.order(order(1).body);
  own.reading(reading(1, 98, 50).body);
  expect(sent).toEqual([]);
  own.order(order(1, { interval: interval(101) }).body);
  expect(sent).toEqual(["0 commit 0"]);
});
