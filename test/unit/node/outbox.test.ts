import { describe, expect, test } from "@jest/globals";
import { address, homeId, interval, ok, toHex, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage, entryId, type Message, type SignedVote, type Vote } from "../../../engine/messages/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import { Pool } from "../../../src/node/pool.ts";
import type { Gossip } from "../../../src/ports/index.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/index.ts";
import { idOf } from "../../support/book.ts";
import { agentAddressOf, cheapRecover } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { order, reading, seal } from "../../support/node-parts.ts";

const AT = interval(5);
const SELF = homeId(2);
/** Nothing in force: the newest key signs. */
const NO_KEYS = { agentAt: () => undefined, periodKey: () => undefined };

/** One home's lives: its disk stays, and what each life sends is written down. */
function lives() {
  const disk = memoryDisk();
  const sent: string[] = [];
  const gossip: Gossip = {
    self: "me",
    publish: async (topic, bytes) => void sent.push(`${topic} ${toHex(bytes)}`),
    onMessage: () => undefined,
    follow: () => undefined,
    peers: () => [],
    request: async () => ok(new Uint8Array(0)),
    onRequest: () => undefined,
    guard: () => undefined,
    report: () => undefined,
    close: async () => undefined,
  };
  const signer = { address: address(`0x${"01".repeat(20)}`), sign: () => new Uint8Array(65).fill(1) };
  return { sent, life: () => new Outbox({ signer, membership: NO_KEYS, store: memoryStore(disk), gossip, digests: DIGESTS }) };
}

const vote = (kind: Vote["kind"], validator = SELF, value = idOf(9)): Vote => ({ kind, interval: AT, view: 1, value, validator });
const heard = (validator: number): SignedVote => {
  const body = vote("notarize", homeId(validator));
  return { body, id: DIGESTS.vote(body), signature: new Uint8Array(65).fill(validator) };
};
const told = (message: Message): string =>
  message.kind === "vote" ? `${message.vote.body.kind} by ${message.vote.body.validator}` : message.kind;

describe("what was said stands", () => {
  test("a later life says the same again, whatever it would say now", () => {
    const { sent, life } = lives();
    const first = life().vote(vote("notarize"), []);
    const second = life().vote(vote("notarize", SELF, idOf(8)), []);
    expect(second).toEqual(first);
    expect(sent[1]).toBe(sent[0]);
  });

  test("a restarted home puts in its own words first, then the votes they rest on", () => {
    const { life } = lives();
    const before = life();
    before.list(
      { interval: AT, validator: SELF, members: ZERO_DIGEST, membersVersion: 1, stakes: [], commits: [], orders: [idOf(1)], readings: [] },
      [],
    );
    before.vote(vote("finalize"), [heard(0), heard(1), heard(3)]);
    before.proposal({ interval: AT, view: 2, leader: SELF, value: idOf(9), parentView: 1, isVoid: false, lists: [] });
    const earlier = life().earlier(AT);
    expect(earlier.slice(0, 3).map(told).sort()).toEqual(["finalize by 2", "list", "proposal"]);
    expect(earlier.slice(3)).toEqual([heard(0), heard(1), heard(3)].map((each) => ({ kind: "vote", vote: each })));
  });

  test("what a list names is kept with it, not sent, and held again by a later life, which may list it", () => {
    const { sent, life } = lives();
    const pool = new Pool();
    const agent = agentAddressOf(1);
    const [shown, hidden, foreign] = [order(1), order(2), order(3)];
    const read = reading(1, 98, 5);
    for (const each of [shown, foreign]) pool.add({ kind: "order", order: each }, { agent, isTimely: true });
    for (const each of [seal(shown), seal(hidden)]) pool.add({ kind: "commit", commit: each }, { agent, isTimely: true });
    pool.add({ kind: "reading", reading: read }, { agent, isTimely: true });
    const listed = pool.listable(interval(100), interval(98), true, () => agent);
    expect(listed).toEqual({ commits: [entryId(seal(hidden))], orders: [entryId(shown)], readings: [entryId(read)] });
    const body = { interval: interval(100), validator: SELF, members: ZERO_DIGEST, membersVersion: 1, stakes: [], ...listed };
    const list = life().list(body, pool.named(listed));
    expect(sent).toEqual([`agreement ${toHex(encodeMessage(list))}`]);

    const later = new Pool();
    expect(later.holdAgain(life().earlier(interval(100)), cheapRecover)).toEqual([list]);
    const held = [hidden, shown, foreign].map((each) => [later.has(entryId(seal(each))), later.has(entryId(each))]);
    expect(held).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
    expect(later.readings.get(entryId(read))).toEqual(read);
    // Under the key that signed it, as it was admitted.
    expect([later.orders.agentOf(entryId(shown)), later.commits.agentOf(entryId(seal(hidden)))]).toEqual([1, 2].map(agentAddressOf));
    // Another list in its place changes neither the list nor what is kept with it.
    life().list({ ...body, orders: [] }, [{ kind: "order", order: foreign }]);
    expect(life().earlier(interval(100))).toHaveLength(4);
  });

  test("what a vote rests on is kept, not sent", () => {
    const { sent, life } = lives();
    life().vote(vote("finalize"), []);
    const bare = [...sent];
    const other = lives();
    other.life().vote(vote("finalize"), [heard(0), heard(1), heard(3)]);
    expect(other.sent).toEqual(bare);
  });
});
