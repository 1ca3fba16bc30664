import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { compare, type HomeId, homeId, type Interval, interval } from "../../../engine/kernel/index.ts";
import { entryId, idOf, type Reading, signedOf } from "../../../engine/messages/index.ts";
import { type Admitted, type EntryMessage, Pool } from "../../../src/node/pool.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, order, reading, seal, signedAgain } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";

/** Entries of two homes in three intervals: several in one place, and some signed twice. */
const ORDERS = [0, 1].flatMap((home) =>
  [0, 1, 2].flatMap((ahead) => [150_000, 160_000].map((limit) => order(home, { interval: interval(AT + ahead), limit: limit as never }))),
);
const READINGS = [0, 1].flatMap((home) => [-2, -1, 0, 1].flatMap((ahead) => [10, 20].map((wh) => reading(home, AT + ahead, wh))));
const MESSAGES: readonly EntryMessage[] = [
  ...[...ORDERS, ...ORDERS.slice(0, 4).map((each) => signedAgain(each))].map((each) => ({ kind: "order", order: each }) as const),
  ...ORDERS.map((each) => ({ kind: "commit", commit: seal(each) }) as const),
  ...[...READINGS, ...READINGS.slice(0, 4).map((each) => signedAgain(each))].map((each) => ({ kind: "reading", reading: each }) as const),
];
const AGENTS = [agentAddressOf(0), agentAddressOf(9)] as const;

type Held = { readonly message: EntryMessage; readonly how: Admitted };

/** The same without any index: everything in the order in which it came, looked through from the beginning. */
class PlainPool {
  held: Held[] = [];
  readonly settled = new Map<HomeId, Reading>();

  add(message: EntryMessage, how: Admitted): void {
    const id = entryId(signedOf(message));
    if (this.held.every((each) => entryId(signedOf(each.message)) !== id)) this.held.push({ message, how });
  }

  settle(at: Interval, settledAt: Interval, readings: readonly EntryMessage[]): void {
    for (const each of readings) if (each.kind === "reading") this.settled.set(each.reading.body.home, each.reading.body);
    this.held = this.held.filter(({ message }) => signedOf(message).body.interval > (message.kind === "reading" ? settledAt : at));
  }

  beside(message: EntryMessage): readonly EntryMessage[] {
    const placeOf = (each: EntryMessage) => {
      const { home, interval: at } = signedOf(each).body;
      return `${each.kind} ${home} ${at} ${"seq" in signedOf(each).body ? (signedOf(each).body as { readonly seq: number }).seq : ""}`;
    };
    const those = this.held.map((each) => each.message).filter((each) => placeOf(each) === placeOf(message));
    return those.sort((a, b) => compare(idOf(a), idOf(b)));
  }

  neighbours(home: HomeId, at: Interval) {
    const held = this.held.flatMap(({ message }) => (message.kind === "reading" ? [message.reading] : []));
    const own = held.filter(({ body }) => body.home === home).sort((a, b) => compare(a.id, b.id));
    const known = [...own.map(({ body }) => body), ...[this.settled.get(home)].flatMap((body) => body ?? [])];
    const before = known.filter((body) => body.interval < at).sort((a, b) => b.interval - a.interval)[0];
    const after = known.filter((body) => body.interval > at).sort((a, b) => a.interval - b.interval)[0];
    return { before: before ?? null, after: after ?? null };
  }
}

type Change =
  | { readonly kind: "add"; readonly place: number; readonly agent: 0 | 1 }
  | { readonly kind: "settle"; readonly ahead: number; readonly readings: readonly number[] }
  | { readonly kind: "keep"; readonly agent: 0 | 1 };

const place = fc.nat(MESSAGES.length - 1);
const agent = fc.constantFrom(0 as const, 1 as const);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("add" as const), place, agent }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("settle" as const), ahead: fc.nat(1), readings: fc.array(place, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("keep" as const), agent }) },
);

function apply(each: Change, pool: Pool, plain: PlainPool): void {
  if (each.kind === "add") {
    const how = { agent: AGENTS[each.agent], isTimely: each.place % 2 === 0 };
    for (const one of [pool, plain]) one.add(MESSAGES[each.place]!, how);
  } else if (each.kind === "settle") {
    const [at, settledAt] = [interval(AT + each.ahead), interval(AT + each.ahead - 2)];
    const readings = each.readings.flatMap((which) => (MESSAGES[which]!.kind === "reading" ? [MESSAGES[which]!] : []));
    plain.settle(at, settledAt, readings);
    pool.settle(
      at,
      settledAt,
      readings.flatMap((message) => (message.kind === "reading" ? [message.reading] : [])),
    );
  } else {
    plain.held = plain.held.filter(({ how }) => how.agent === AGENTS[each.agent]);
    pool.keepOf({ agentAt: () => AGENTS[each.agent], rulesAt: () => RULES });
  }
}

/** All that anybody asks a pool. */
const answers = (pool: Pool | PlainPool) => ({
  beside: MESSAGES.map((message) => pool.beside(message).map((each) => entryId(signedOf(each)))),
  neighbours: [0, 1].map((home) => [-3, -2, -1, 0, 1, 2].map((ahead) => pool.neighbours(homeId(home), interval(AT + ahead)))),
});

test("a pool with its indexes says what one without any says, whatever comes, is settled, and is kept of it", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const [pool, plain] = [new Pool(), new PlainPool()];
      for (const each of changes) apply(each, pool, plain);
      expect(answers(pool)).toEqual(answers(plain));
      const held = new Set(plain.held.map(({ message }) => entryId(signedOf(message))));
      for (const id of MESSAGES.map((message) => entryId(signedOf(message)))) {
        expect([pool.has(id), pool.message(id) !== null]).toEqual([held.has(id), held.has(id)]);
      }
    }),
    { numRuns: 100 },
  );
});
