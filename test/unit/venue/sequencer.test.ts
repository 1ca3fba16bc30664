import { describe, expect, test } from "@jest/globals";
import { ok } from "../../../engine/kernel/index.ts";
import type { SignedEvent } from "../../../engine/messages/index.ts";
import type { Journal } from "../../../src/ports/index.ts";
import { FrameReader, framesOf } from "../../../src/venue/frames.ts";
import { History, Recent, Sequencer } from "../../../src/venue/index.ts";
import { cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { contextOf, FIRST, MEMBERS, START, VENUE_DIGESTS, venueDesk, venueRules, verified } from "../../support/venue.ts";

describe("frames", () => {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + 1) & 0xff);
  const readAll = (...records: Int32Array[]): (Uint8Array | null)[] => {
    const reader = new FrameReader();
    return records.flatMap((words) => Array.from({ length: words.length / 7 }, (_, at) => reader.take(words, 7 * at)));
  };

  test.each([0, 1, 23, 24, 25, 48, 49, 500])("%i bytes come back", (length) => {
    const frames = framesOf(bytes(length));
    const read = readAll(frames);
    expect(read.slice(0, -1)).toEqual(Array(read.length - 1).fill(null));
    expect(read.at(-1)).toEqual(bytes(length));
  });

  test("what a crash left unfinished is passed over", () => {
    expect(readAll(framesOf(bytes(100)).subarray(0, 14), framesOf(bytes(30))).at(-1)).toEqual(bytes(30));
  });
});

test("the newest events are at hand", () => {
  const { ask, log } = venueDesk();
  for (let i = 0; i < 9; i++)
    ask({
      kind: "cancel",
      home: 0,
      order: VENUE_DIGESTS.request({
        kind: "cancel",
        home: MEMBERS[0]!.home,
        order: log[0]?.id ?? (`0x${"0".repeat(64)}` as never),
        seq: i,
      }),
    });
  const recent = new Recent(3);
  for (const event of log) recent.add(event);
  const numbers = (from: number, count: number) => recent.from(from, count)?.map(({ body }) => body.number);
  const oldest = [...Array(10).keys()].find((number) => recent.from(number, 1) !== null)!;
  expect(oldest).toBe(4);
  expect(numbers(oldest, 2)).toEqual([oldest, oldest + 1]);
  expect(numbers(9, 5)).toEqual([9]);
  expect(numbers(10, 5)).toEqual([]);
  expect(numbers(oldest - 1, 5)).toBeUndefined();
});

/** A journal whose disk the test turns: nothing is durable before `sync`. */
function slowJournal() {
  const records: Int32Array[] = [];
  const snapshots: { readonly sequence: number; readonly bytes: Uint8Array }[] = [];
  const waiting: { readonly sequence: number; readonly resolve: () => void }[] = [];
  const journal: Journal = {
    append: (words, at) => records.push(words.slice(at, at + 7)),
    whenDurable: (sequence) => new Promise((resolve) => waiting.push({ sequence, resolve })),
    snapshot: async (sequence, bytes) => {
      snapshots.push({ sequence, bytes });
      return ok(null);
    },
  };
  const sync = async (upTo = records.length): Promise<void> => {
    for (const { sequence, resolve } of waiting) if (sequence <= upTo) resolve();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { journal, records, snapshots, sync };
}

function running(rules = venueRules(), members = MEMBERS) {
  let now = START;
  let alarm: { readonly at: number; readonly task: () => void } | null = null;
  const delivered: SignedEvent[] = [];
  const failures: unknown[] = [];
  /** How many events had been delivered each time that they were made safe. */
  const secured: number[] = [];
  const clock = {
    now: () => now,
    speed: 1,
    at: (at: number, task: () => void) => {
      alarm = { at, task };
      return () => {
        alarm = null;
      };
    },
    after: () => () => {},
    monotonicMs: () => now,
  };
  const sequencer = (head?: History["head"]) =>
    new Sequencer(
      {
        rules,
        digests: VENUE_DIGESTS,
        signer: cheapSigner(99),
        recover: cheapRecover,
        clock,
        members: () => members,
        allowance: { burst: 2, perSecond: 1 },
        deliver: (event) => delivered.push(event),
        secure: () => secured.push(delivered.length),
        onFailure: (error) => failures.push(error),
      },
      head ?? new History(VENUE_DIGESTS).head,
    );
  return {
    sequencer,
    delivered,
    failures,
    secured,
    turnTo(time: number): void {
      now = time;
      if (alarm !== null && alarm.at <= time) alarm.task();
    },
    alarm: () => alarm?.at,
  };
}

const { sign } = venueDesk();
const order = (home: number, seq: number, side: "buy" | "sell", energy: number, interval: number = FIRST) =>
  sign({ kind: "order", home, interval, side, force: "good-till-gate", energy, limit: 200_000, seq } as never);

describe("the sequencer", () => {
  test("tells nothing that isn't on disk, and then in order", async () => {
    const { sequencer, delivered } = running();
    const { journal, sync } = slowJournal();
    const venue = sequencer();
    venue.start(journal, 0);
    const answers: number[] = [];
    const first = venue.submit(order(0, 0, "sell", 500)).then((result) => answers.push(result.ok ? result.value.body.number : -1));
    const second = venue.submit(order(1, 0, "buy", 200)).then((result) => answers.push(result.ok ? result.value.body.number : -1));
    await Promise.resolve();
    expect([delivered, answers]).toEqual([[], []]);
    await sync();
    await Promise.all([first, second]);
    expect(answers).toEqual([1, 2]);
    expect(delivered.map(({ body }) => body.number)).toEqual([0, 1, 2]);
    expect(verified(delivered, contextOf(venueRules()))).toBeNull();
  });

  test("an event is delivered when its own last record is on disk, not before", async () => {
    const { sequencer, delivered } = running();
    const { journal, records, sync } = slowJournal();
    const venue = sequencer();
    venue.start(journal, 0);
    const opening = records.length;
    void venue.submit(order(0, 0, "sell", 500));
    await sync(records.length - 1);
    expect(delivered.map(({ body }) => body.number)).toEqual([0]);
    expect(opening).toBeLessThan(records.length - 1);
    await sync();
    expect(delivered.map(({ body }) => body.number)).toEqual([0, 1]);
  });

  test("a clock that falls back doesn't take the venue with it", async () => {
    const { sequencer, delivered, turnTo } = running();
    const { journal, sync } = slowJournal();
    const venue = sequencer();
    turnTo(START + 5_000);
    venue.start(journal, 0);
    turnTo(START);
    void venue.submit(order(0, 0, "sell", 500));
    await sync();
    expect(delivered.map(({ body }) => body.time)).toEqual([START + 5_000, START + 5_000]);
    expect(verified(delivered, contextOf(venueRules()))).toBeNull();
  });

  test("wakes at the gate by itself, and at midnight keeps where it stands", async () => {
    const { sequencer, delivered, secured, turnTo, alarm } = running();
    const { journal, records, snapshots, sync } = slowJournal();
    const venue = sequencer();
    venue.start(journal, 0);
    const midnight = Date.UTC(2026, 10, 28);
    expect(alarm()).toBe(midnight);
    void venue.submit(order(0, 0, "sell", 500));
    expect(alarm()).toBe(START + 14 * 60_000);
    turnTo(START + 14 * 60_000);
    expect(alarm()).toBe(midnight);
    turnTo(midnight);
    // The opening says what goes on: while it isn't on disk, the day before must not be forgotten.
    await sync(records.length - 1);
    expect([delivered.length, snapshots, secured]).toEqual([3, [], []]);
    await sync();
    expect(secured).toEqual([4]);
    expect(delivered.map(({ body }) => body.input.kind)).toEqual(["opening", "request", "gate", "opening"]);
    expect(snapshots.map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)))).toEqual([{ number: 3, previous: delivered[2]!.id }]);
  });

  test("a journal that dies is told, also where only the clock has asked", async () => {
    const { sequencer, failures, turnTo } = running();
    const { journal, sync } = slowJournal();
    let isDead = false;
    const mortal: Journal = {
      ...journal,
      append(words, at) {
        if (isDead) throw new Error("dead");
        return journal.append(words, at);
      },
    };
    sequencer().start(mortal, 0);
    await sync();
    isDead = true;
    turnTo(Date.UTC(2026, 10, 28));
    expect(failures).toEqual([new Error("dead")]);
  });

  test("a home that asks too often has to wait; what nobody signed doesn't count", async () => {
    const { sequencer, turnTo } = running();
    const { journal, sync } = slowJournal();
    const venue = sequencer();
    venue.start(journal, 0);
    const ask = async (request: ReturnType<typeof order>) => {
      const answer = venue.submit(request);
      await sync();
      const result = await answer;
      return result.ok ? result.value.body.number : result.code;
    };
    const forged = { ...order(0, 5, "sell", 1), signature: cheapSigner(1).sign(VENUE_DIGESTS.request(order(0, 5, "sell", 1).body)) };
    expect(await ask(forged)).toBe("SIGNATURE_INVALID");
    const answers = [await ask(order(0, 0, "sell", 1)), await ask(order(0, 1, "sell", 1)), await ask(order(0, 2, "sell", 1))];
    expect(answers).toEqual([1, 2, "TOO_MANY_REQUESTS"]);
    expect(await ask(order(1, 0, "sell", 1))).toBe(3);
    turnTo(START + 999);
    expect(await ask(order(0, 2, "sell", 1))).toBe("TOO_MANY_REQUESTS");
    turnTo(START + 1_000);
    expect(await ask(order(0, 2, "sell", 1))).toBe(4);
  });

  test("a new life comes to the same events and goes on; new members open the day again", async () => {
    const before = running();
    const disk = slowJournal();
    const venue = before.sequencer();
    venue.start(disk.journal, 0);
    void venue.submit(order(0, 0, "sell", 500));
    void venue.submit(order(1, 0, "buy", 200));
    await disk.sync();
    const history = new History(VENUE_DIGESTS);
    for (const [at, words] of disk.records.entries()) history.record(at + 1, words, 0);
    const after = running(venueRules(), MEMBERS.slice(0, 3));
    const again = after.sequencer(history.head);
    expect(again.replay(history.steps)).toEqual(before.delivered);
    again.start(disk.journal, disk.records.length);
    void again.submit(order(2, 0, "buy", 300));
    await disk.sync();
    expect(after.delivered.map(({ body }) => body.input.kind)).toEqual(["opening", "request"]);
    expect(after.delivered[1]!.body.outcome).toMatchObject({ fate: "filled" });
    expect(verified([...before.delivered, ...after.delivered], contextOf(venueRules()))).toBeNull();
  });
});
