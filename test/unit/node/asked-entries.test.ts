import { describe, expect, test } from "@jest/globals";
import { homeId, type Interval, interval, wh } from "../../../engine/kernel/index.ts";
import { encodeMessage, entryId, type Message, type Reading, signedOf } from "../../../engine/messages/index.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SimulatedStreet } from "../../../src/sim/index.ts";
import { AFTER_GATE, BEFORE_GATE, desk } from "../../support/inbox-desk.ts";
import { asMessage, order, reading, seal } from "../../support/node-parts.ts";

const AFTER_END = (100 * 900 + 5) * 1000;
const [one, two, three] = [51, 52, 53].map((energy) => order(1, { energy: wh(energy) }));
type Entry = Extract<Message, { kind: "order" | "commit" | "reading" }>;
const orders = [one!, two!, three!].map((each): Entry => ({ kind: "order", order: each }));
const seals = [one!, two!, three!].map((each): Entry => ({ kind: "commit", commit: seal(each) }));
const readings = [51, 52, 53].map((counter): Entry => ({ kind: "reading", reading: reading(1, 98, counter) }));
const falling = [reading(1, 99, 10), reading(1, 98, 50)].map((each): Entry => ({ kind: "reading", reading: each }));

describe("what enough lists name is taken, whatever this home holds beside it; unasked it isn't", () => {
  test.each<[string, readonly Entry[], number, boolean, string]>([
    ["an order beside two others of its place", orders, BEFORE_GATE, false, "TOO_MANY_ORDERS"],
    ["a seal beside two others of its place", seals, BEFORE_GATE, true, "TOO_MANY_ORDERS"],
    ["a reading beside two others of its place", readings, AFTER_GATE, false, "TOO_MANY_READINGS"],
    ["a reading whose counter lies above that of a later one", falling, AFTER_END, false, "COUNTER_FELL"],
  ])("%s", (_, entries, now, isSealed, unasked) => {
    const { say, pool } = desk({ now, isSealed });
    const named = entries.at(-1)!;
    for (const each of entries.slice(0, -1)) say(each);
    expect(say(named)).toBe(`ignore ${unasked}`);
    expect(say(named, "asked")).toBe("accept ACCEPTED");
    expect(pool.has(entryId(signedOf(named)))).toBe(true);
  });

  test("beside another of its place it convicts its home, as it does by gossip", () => {
    const { say, convictions } = desk();
    expect([say(orders[0]!), say(orders[1]!, "asked")]).toEqual(["accept ACCEPTED", "accept ACCEPTED"]);
    expect(convictions.all.map(({ home }) => home)).toEqual([1]);
  });

  test("not under a key that isn't in force: nobody honest has listed it", () => {
    const { say, pool, members, inbox } = desk({ now: AFTER_GATE });
    const old = order(1, {}, 9);
    expect(say(asMessage.order(old), "asked")).toBe("reject SIGNATURE_INVALID");
    // Who brought what was asked for isn't at fault; who brought it unasked is.
    const excused = [entryId(old), entryId(one!)].map((id) => inbox.isExcused(encodeMessage(asMessage.order(old)), new Set([id])));
    expect(excused).toEqual([true, false]);
    pool.add({ kind: "order", order: old }, { agent: cheapSigner(9).address, isTimely: true });
    expect(pool.listable(interval(100), interval(98), false, members.agentAt).orders).toEqual([]);
  });
});

function counted(counter: number): Uint8Array {
  const body: Reading = {
    home: homeId(3),
    interval: (FIRST + 1) as Interval,
    importWh: wh(counter),
    exportWh: wh(counter),
    quality: "measured",
  };
  const id = SIM_DIGESTS.reading(body);
  return encodeMessage({ kind: "reading", reading: { body, id, signature: cheapSigner(3).sign(id) } });
}

// With its own, told to its neighbours before, each of them holds as many as it takes; together the lists name more.
test.each<[string, readonly (readonly number[])[]]>([
  [
    "to all the same two",
    [
      [901, 902],
      [901, 902],
      [901, 902],
    ],
  ],
  [
    "to one neighbour two others",
    [
      [901, 902],
      [901, 902],
      [903, 904],
    ],
  ],
  [
    "to each two others",
    [
      [901, 902],
      [903, 904],
      [905, 906],
    ],
  ],
])("a home that signs many readings of one interval, %s, stops no street", async (_, told) => {
  const street = new SimulatedStreet({ seed: 7, homes: 4, faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } } });
  await street.start();
  await street.runTo(2, 165);
  for (const [neighbour, counters] of told.entries())
    for (const counter of counters) street.network.whisper("home-3", `home-${neighbour}`, "market", counted(counter));
  await street.runTo(8);
  expect(Math.min(...street.homes.map(({ node }) => node.rounds.current - FIRST))).toBeGreaterThan(6);
  street.stop();
});
