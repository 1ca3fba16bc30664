import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Interval } from "../../../engine/kernel/index.ts";
import { asEvidence, type Message, membersDigest, type Vote } from "../../../engine/messages/index.ts";
import type { Certified } from "../../../src/node/index.ts";
import { FIRST, SIM_DIGESTS, type SimulatedHome, SimulatedStreet } from "../../../src/sim/index.ts";
import type { Law } from "../../../src/sim/swarm/law.ts";
import { certifiedByItsSet, membersAlone, type Roll, setsAsRead, takenBackKeys } from "../../../src/sim/swarm/member-laws.ts";
import { AgreedSets } from "../../../src/sim/swarm/sets.ts";

// Periods of three intervals. From the fourth on home 1 has another key, home 2 is gone, and home 4 is there and certifies.
const EDGE = (FIRST + 3) as Interval;
type Event = { readonly home: SimulatedHome; readonly said: Message } | { readonly home: SimulatedHome; readonly certified: Certified };
const events: Event[] = [];
let street: SimulatedStreet;

beforeAll(async () => {
  const witness = {
    said: (home: SimulatedHome, said: Message) => void events.push({ home, said }),
    certified: (home: SimulatedHome, certified: Certified) => void events.push({ home, certified }),
  };
  street = new SimulatedStreet({
    seed: 5,
    homes: 4,
    joiners: 1,
    faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } },
    witness,
  });
  await street.start();
  await street.change({ kind: "rotate", home: 1, since: EDGE, generation: 1 });
  await street.change({ kind: "leave", home: 2, since: EDGE });
  await street.change({ kind: "join", home: 4, since: EDGE, certifies: true });
  street.homes[1]!.takeUpKey(1);
  await street.runTo(8);
  street.stop();
});

const roll = (): Roll => ({ sets: new AgreedSets(street.chain), rules: street.rules, digests: SIM_DIGESTS, recover: street.keys.recover });
type Change = (event: Event) => Event;
const unchanged: Change = (event) => event;

/** What a law says of the street's history, some of it told otherwise; null: it holds. */
function verdictOf(law: (roll: Roll) => Law, change: Change = unchanged): string | null {
  const own = roll();
  const laws = [setsAsRead(own), law(own)];
  for (const event of events.map(change))
    for (const each of laws) {
      const verdict = "said" in event ? each.said?.(event.home, event.said) : each.certified?.(event.home, event.certified);
      if (verdict) return `${each.name}: ${verdict}`;
    }
  return null;
}
const certified = (at: number): Certified =>
  events.flatMap((event) =>
    "certified" in event && event.certified.evaluation.result.interval === FIRST + at ? [event.certified] : [],
  )[0]!;
const certifiedAs = (at: number, change: (certified: Certified) => Certified): Change => {
  const is = (event: Event): event is Extract<Event, { certified: Certified }> =>
    "certified" in event && event.certified.evaluation.result.interval === FIRST + at;
  return (event) => (is(event) ? { ...event, certified: change(event.certified) } : event);
};
const signedBy =
  (change: (signatures: Certified["block"]["certificate"]["signatures"]) => Certified["block"]["certificate"]["signatures"]) =>
  (certified: Certified): Certified => ({
    ...certified,
    block: {
      ...certified.block,
      certificate: { ...certified.block.certificate, signatures: change(certified.block.certificate.signatures) },
    },
  });
const evaluated =
  (change: (evaluation: Certified["evaluation"]) => Partial<Certified["evaluation"]>) =>
  (certified: Certified): Certified => ({
    ...certified,
    evaluation: { ...certified.evaluation, ...change(certified.evaluation) },
  });

test("the street went over the edge: the laws have something to hold", () => {
  const sets = events.flatMap((event) => ("certified" in event ? [event.certified.evaluation.result.nextMembers] : []));
  expect(new Set(sets).size).toBe(2);
  for (const law of [certifiedByItsSet, membersAlone]) expect(verdictOf(law)).toBeNull();
});

describe("certified by its own set", () => {
  const broken = (at: number, change: Parameters<typeof signedBy>[0]) => verdictOf(certifiedByItsSet, certifiedAs(at, signedBy(change)));
  const vote = (at: number, validator: number, number: number) => {
    const { certificate } = events.flatMap((event) =>
      "certified" in event && event.certified.evaluation.result.interval === FIRST + at ? [event.certified.block] : [],
    )[0]!;
    const body: Vote = {
      kind: "finalize",
      interval: certificate.interval,
      view: certificate.view,
      value: certificate.value,
      validator: validator as Vote["validator"],
    };
    return { validator: body.validator, signature: street.keys.signer(number).sign(SIM_DIGESTS.vote(body)) };
  };

  test.each<[string, number, Parameters<typeof signedBy>[0]]>([
    ["one signature less than a quorum", 1, (all) => all.slice(0, 2)],
    ["one that counts twice", 1, (all) => [...all.slice(0, 2), all[0]!]],
    ["one under another's name", 1, (all) => [...all.slice(0, 2), { ...all[0]!, validator: all[2]!.validator }]],
    ["who joins later", 2, (all) => [...all.slice(0, 2), vote(2, 4, 4)]],
    ["who has left", 3, (all) => [...all.slice(0, 2), vote(3, 2, 2)]],
    ["the key that was taken back", 3, (all) => [...all.filter(({ validator }) => validator !== 1).slice(0, 2), vote(3, 1, 1)]],
    ["the key that isn't in force yet", 2, (all) => [...all.filter(({ validator }) => validator !== 1).slice(0, 2), vote(2, 1, 10_001)]],
  ])("%s", (_, at, change) => expect(broken(at, change)).toContain("certified by its own set: "));

  test("the same with the right key holds", () => {
    expect(broken(3, (all) => [...all.filter(({ validator }) => validator !== 1).slice(0, 2), vote(3, 1, 10_001)])).toBeNull();
  });
});

describe("sets as read", () => {
  const stays = (digest: Certified["evaluation"]["result"]["nextMembers"]) =>
    certifiedAs(
      2,
      evaluated(({ result }) => ({ result: { ...result, nextMembers: digest } })),
    );
  const nothing = () => ({ name: "nothing" });

  test("one that the chain never had", () => {
    expect(verdictOf(nothing, stays(`0x${"11".repeat(32)}` as never))).toContain("that the chain never had");
  });

  test("the old one where all read the new one", () => {
    const old = certified(0).evaluation.result.nextMembers;
    const kept: Change = (event) => {
      const changed = stays(old)(event);
      return changed === event || !("certified" in changed)
        ? changed
        : { ...changed, certified: { ...changed.certified, block: { ...changed.certified.block, members: null } } };
    };
    expect(verdictOf(nothing, kept)).toContain("all honest validators read newer members");
  });

  test("stakes: one tick more than any honest validator read", () => {
    const richer: Change = (event) => {
      if (!("certified" in event) || event.certified.block.members === null) return event;
      const { block, evaluation } = event.certified;
      const { members } = block;
      const told = { ...members!, stakes: members!.stakes!.map((stake, home) => stake + (home === 1 ? 1 : 0)) };
      const result = { ...evaluation.result, nextMembers: membersDigest(told) };
      return { ...event, certified: { ...event.certified, block: { ...block, members: told }, evaluation: { ...evaluation, result } } };
    };
    expect(verdictOf(nothing, richer)).toContain("home-1 trades against 10000001 ticks, which no honest validator read");
  });

  const INSIDE = 1;
  /** What homes trade against after an interval within an epoch, told otherwise, and what every list of it says. */
  const inside =
    (stakes: readonly number[], said: readonly number[]): Change =>
    (event) => {
      if ("said" in event) {
        const { said: message, home } = event;
        if (message.kind !== "list" || message.list.body.interval !== FIRST + INSIDE) return event;
        return { home, said: { ...message, list: { ...message.list, body: { ...message.list.body, stakes: said } } } };
      }
      const { evaluation, block } = event.certified;
      if (evaluation.result.interval !== FIRST + INSIDE) return event;
      const before = certified(0).block.members!;
      const members = { ...before, stakes: before.stakes!.map((stake, home) => stakes[home] ?? stake) };
      const result = { ...evaluation.result, nextMembers: membersDigest(members) };
      return { ...event, certified: { ...event.certified, block: { ...block, members }, evaluation: { ...evaluation, result } } };
    };
  const FULL = 10_000_000;
  test.each<[string, readonly number[], readonly number[], string]>([
    ["stays where all read less", [FULL, FULL], [FULL, 7], "home-1 trades against 10000000 ticks, and every honest validator read less"],
    ["falls below what all read", [FULL, 6], [FULL, 7], "home-1 trades against 6 ticks, which no honest validator read"],
    ["falls where nobody read less", [FULL, 6], [FULL], "home-1 trades against 6 ticks, which no honest validator read"],
    ["rises", [FULL + 1], [FULL + 1], "home-0 trades against 10000001 ticks, which is more than before, within an epoch"],
  ])("a stake within an epoch %s", (_, stakes, said, verdict) => expect(verdictOf(nothing, inside(stakes, said))).toContain(verdict));

  test("a stake that falls within an epoch as all read it", () => {
    expect(verdictOf(nothing, inside([FULL, 7], [FULL, 7]))).toBeNull();
  });

  test("one that nobody honest read", () => {
    const blind: Change = (event) =>
      "said" in event && event.said.kind === "list" ? { home: event.home, said: { kind: "members" } as never } : event;
    expect(verdictOf(nothing, blind)).toContain("no honest validator read");
  });
});

describe("members alone", () => {
  const broken = (at: number, change: Parameters<typeof evaluated>[0]) => verdictOf(membersAlone, certifiedAs(at, evaluated(change)));
  const orderOf = (home: number, at: number) =>
    events.flatMap((event) =>
      "said" in event && event.said.kind === "order" && event.said.order.body.home === home && event.said.order.body.interval === FIRST + at
        ? [event.said.order]
        : [],
    )[0]!;

  test("an order of who has left, and of who has not joined", () => {
    // They go on ordering; nobody takes it.
    expect(broken(4, ({ orders }) => ({ orders: [...orders, orderOf(2, 4)] }))).toContain("counts what isn't home-2's");
    expect(broken(2, ({ orders }) => ({ orders: [...orders, orderOf(4, 4)] }))).toContain("counts what isn't home-4's");
    expect(broken(4, ({ orders }) => ({ orders: [...orders, orderOf(4, 4)] }))).toBeNull();
  });

  test("a reading under a key that is none", () => {
    expect(
      broken(4, ({ readings }) => ({ readings: readings.map((each) => ({ ...each, signature: each.signature.slice(1) })) })),
    ).toContain("counts a reading");
  });

  test("an account of who has left long ago", () => {
    const moved = ({ state }: Certified["evaluation"]) => ({
      state: { ...state, accounts: new Map(state.accounts).set(2 as never, { ...state.accounts.get(2 as never)!, balance: 77 as never }) },
    });
    expect(broken(7, moved)).toContain("home-2 isn't a member");
    expect(broken(2, moved)).toBeNull();
  });
});

describe("keys taken back convict nobody", () => {
  const judged = (at: number, number: number) => {
    const said = (kind: Vote["kind"]) => {
      const body: Vote = {
        kind,
        interval: (FIRST + at) as Interval,
        view: 1,
        value: `0x${"22".repeat(32)}` as never,
        validator: 1 as never,
      };
      const id = SIM_DIGESTS.vote(body);
      return { kind: "vote" as const, vote: { body, id, signature: street.keys.signer(number).sign(id) } };
    };
    const evidence = asEvidence(said("nullify"), said("finalize"))!;
    const home = { name: "home-0", isHonest: true, node: { convictions: { all: [{ home: 1, evidence }] } } } as never as SimulatedHome;
    return verdictOf(({ sets, ...others }) => {
      const law = takenBackKeys({ sets, ...others }, new Set([1 as never]));
      // Heard before anything is agreed on.
      expect(law.logged!(home, "warn", "agreement.evidence", { home: 1, evidence: evidence.id })).toBeNull();
      return law;
    });
  };

  test("before the edge it does, after it it does not, and its successor the other way round", () => {
    expect([judged(2, 1), judged(4, 10_001)]).toEqual([null, null]);
    expect(judged(4, 1)).toContain("home-0 holds evidence against home-1 under another key");
    expect(judged(2, 10_001)).toContain("under another key");
  });
});
