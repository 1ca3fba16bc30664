import { afterAll, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { computeAddress, recoverAddress, SigningKey } from "ethers";
import {
  type Address,
  address,
  digest,
  fromHex,
  type HomeId,
  homeId,
  type Interval,
  interval,
  ZERO_DIGEST,
} from "../../engine/kernel/index.ts";
import {
  asEvidence,
  decodeMessage,
  idOf,
  type MarketRules,
  type Members,
  type ResultKind,
  type Vote,
} from "../../engine/messages/index.ts";
import { type Advance, advance, genesis, type MarketState } from "../../engine/settlement/index.ts";
import { type EvidenceView, StreetView, streetState } from "../../src/api/index.ts";
import { intervalView } from "../../src/api/schema/answers.ts";
import type { Registry } from "../../src/ports/index.ts";
import { VirtualClock } from "../../src/sim/index.ts";
import { EXAMPLES } from "../support/example-street.ts";
import { DIGESTS } from "../support/messages.ts";
import { order, seal } from "../support/node-parts.ts";
import { RULES } from "../support/rules.ts";
import { ExampleQueries, exampleApi } from "../support/street-server.ts";

const LABEL = { name: "s", timeZone: "UTC", readings: "none", synthetic: true, equipment: new Map() };
const FIRST = interval(100);
const keyOf = (home: number): SigningKey => new SigningKey(`0x${String(home + 1).padStart(64, "0")}`);
const agentOf = (home: number): Address => address(computeAddress(keyOf(home).publicKey));
const registered = (home: number, name: string, until: Interval | null = null) => ({
  home: homeId(home),
  name,
  agent: agentOf(home),
  owner: agentOf(90),
  since: FIRST,
  until,
  keys: [{ agent: agentOf(home), since: FIRST }],
});
const REGISTRY: Registry = {
  homes: [registered(0, "Mill 1"), registered(1, "Mill 2"), registered(2, "Mill 3")],
  validatorSets: [],
  validators: [],
  quorum: 0,
};
const isState = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(JSON.stringify(streetState)));
const isInterval = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(JSON.stringify(intervalView)));

function watched(rules: MarketRules = RULES) {
  const clock = new VirtualClock({ startMs: 1_000_000, speed: 1 });
  const view = new StreetView(rules, LABEL, clock);
  view.registry(REGISTRY);
  const state = () => {
    const told = JSON.parse(JSON.stringify(view.state(FIRST)));
    expect([isState(told), isState.errors]).toEqual([true, null]);
    return told;
  };
  return { view, state };
}

interface Step {
  readonly kind: ResultKind;
  readonly withheld?: readonly number[];
}

/** Intervals one after the other, in which nobody orders and no meter is read. */
function pass(rules: MarketRules, steps: readonly Step[]): readonly Advance[] {
  let state: MarketState = genesis(rules, FIRST, ZERO_DIGEST);
  return steps.map(({ kind, withheld = [] }, i) => {
    const at = { interval: (FIRST + i) as Interval };
    const commits = withheld.map((home, seq) => ({ kind: "commit", commit: seal(order(home, { ...at, seq })) }) as const);
    const roots = { orderSetRoot: ZERO_DIGEST, readingSetRoot: ZERO_DIGEST, nextMembers: ZERO_DIGEST };
    const made = advance(rules, state, { kind, orders: [], readings: [], withheld: commits, ...roots });
    state = made.state;
    return made;
  });
}

describe("an interval that was agreed on too late", () => {
  const { view, state } = watched();
  for (const each of pass(RULES, [{ kind: "trade" }, { kind: "void" }])) view.certified(each, { orders: 0, readings: 0 }, null, null);

  test("is another thing than one in which nothing traded", () => {
    const { clearing, prices, certificates, sentence } = state();
    expect([clearing.kind, clearing.priceMicro]).toEqual(["void", null]);
    expect(clearing.noTradeReason).toBe("the homes agreed too late to trade in this interval; the utility covers it");
    expect(prices.map(({ kind }: { kind: string }) => kind)).toEqual(["no-trade", "void"]);
    expect(certificates.map(({ kind }: { kind: string }) => kind)).toEqual(["void", "trade"]);
    expect(sentence).toBe(`0 of 3 homes online; nothing traded: ${clearing.noTradeReason}`);
  });

  test("is told by its start as well", () => {
    const told = JSON.parse(JSON.stringify(view.interval(state().prices[1].interval)));
    expect([isInterval(told), told.clearing.kind, told.certificate.kind]).toEqual([true, "void", "void"]);
  });
});

describe("orders that were sealed and never shown", () => {
  const rules = { ...RULES, withheldCharge: 70_000 };
  const { view, state } = watched(rules);
  const steps: readonly Step[] = [{ kind: "trade", withheld: [1, 1, 2] }, { kind: "trade" }, { kind: "trade" }];
  const [first, ...later] = pass(rules, steps).map((each) => () => view.certified(each, { orders: 0, readings: 0 }, null, null));

  test("are told with the interval, and cost what the rules say when it is settled", () => {
    first!();
    expect(state().clearing.withheld).toEqual([
      { home: 1, name: "Mill 2" },
      { home: 1, name: "Mill 2" },
      { home: 2, name: "Mill 3" },
    ]);
    for (const next of later) next();
    const { settlement, surplus, homes } = state();
    expect(settlement.flows.map(({ name, chargeMicro }: { name: string; chargeMicro: number }) => [name, chargeMicro])).toEqual([
      ["Mill 2", 140_000],
      ["Mill 3", 70_000],
    ]);
    expect(settlement.surplus).toMatchObject({ account: "grid", amountMicro: 210_000, chargesMicro: 210_000 });
    expect([settlement.conservation.holds, surplus.balanceMicro]).toEqual([true, 210_000]);
    expect(homes.map(({ balanceMicro }: { balanceMicro: number }) => balanceMicro)).toEqual([0, -140_000, -70_000]);
  });
});

test.each<[string, Partial<MarketRules>, boolean]>([
  ["a small street's", {}, true],
  ["under rules that seal them", { orders: "sealed" }, true],
  ["under rules that don't", { orders: "open" }, false],
])("whether orders are sealed: %s", (_, rules, sealed) => {
  expect(watched({ ...RULES, ...rules }).state().street.sealedOrders).toBe(sealed);
});

describe("homes that come and go", () => {
  const members = (version: number, homes: readonly [number, number][], validators: Members["validators"]): Members => ({
    version,
    stakes: null,
    homes: homes.map(([home, key]) => ({ home: homeId(home), agent: agentOf(key) })),
    validators,
    minimums: { home: 0, operator: 0, utility: 0 },
  });

  test("are told before the edge at which they do, with who certifies until then", () => {
    const { view, state } = watched();
    expect(state().watch.membership).toBeNull();
    const validators = [
      { home: homeId(0), class: "home" },
      { home: homeId(2), class: "utility" },
    ] as const;
    const edge = interval(192);
    view.epochs({
      now: members(
        3,
        [
          [0, 0],
          [2, 2],
        ],
        validators,
      ),
      next: members(
        6,
        [
          [1, 1],
          [2, 40],
        ],
        [],
      ),
      edge,
    });
    expect(state().watch.membership).toEqual({
      version: 3,
      validators: 2,
      quorum: 2,
      nextEdge: "1970-01-03T00:00:00Z",
      joining: ["Mill 2"],
      leaving: ["Mill 1"],
      newKeys: ["Mill 3"],
    });
    expect(state().homes.map(({ validator, voice }: { validator: boolean; voice: string }) => [validator, voice])).toEqual([
      [true, "home"],
      [false, null],
      [true, "utility"],
    ]);
  });
});

test("what homes may spend: their stakes and what they are owed, once stakes are agreed", () => {
  const rules = { ...RULES, withheldCharge: 70_000 };
  const { view, state } = watched(rules);
  const credits = (): unknown[] => state().homes.map(({ creditMicro }: { creditMicro: number | null }) => creditMicro);
  const told = (stakes: Members["stakes"]): void => {
    const now: Members = {
      version: 1,
      stakes,
      homes: [],
      validators: [{ home: homeId(0), class: "home" }],
      minimums: { home: 0, operator: 0, utility: 0 },
    };
    view.epochs({ now, next: now, edge: interval(192) });
  };
  told([2_000, 1_000]);
  expect(credits()).toEqual([null, null, null]);
  for (const each of pass(rules, [{ kind: "trade", withheld: [1, 1, 2] }])) view.certified(each, { orders: 0, readings: 0 }, null, null);
  expect(credits()).toEqual([200_000, -40_000, -70_000]);
  told(null);
  expect(credits()).toEqual([null, null, null]);
});

test("what was wrongly proposed is told by its span, and fits the schema", () => {
  const { view, state } = watched();
  expect(state().watch.wrongSettlements).toEqual([]);
  const span = { fromInterval: FIRST, toInterval: interval(FIRST + 3) };
  view.disputed([
    { ...span, fault: "ledger-step", state: "refused", seenAt: 95_000_000 },
    { ...span, fault: null, state: "open", seenAt: 90_000_000 },
  ]);
  const told = { from: "1970-01-02T01:00:00Z", until: "1970-01-02T02:00:00Z" };
  expect(state().watch.wrongSettlements).toEqual([
    { ...told, fault: "ledger-step", state: "refused", seenAt: "1970-01-02T02:23:20Z" },
    { ...told, fault: null, state: "open", seenAt: "1970-01-02T01:00:00Z" },
  ]);
});

test("clocks: this node's beside the validators', and each home's; unknown is null", () => {
  const { view, state } = watched();
  expect(state().watch.clock).toEqual({ offsetMs: null, peers: 0, status: "ok" });
  view.clocks({ own: { offsetMs: -620, peers: 3, status: "bad" }, homes: new Map([[homeId(1), 1_900]]) });
  expect(state().watch.clock).toEqual({ offsetMs: -620, peers: 3, status: "bad" });
  expect(state().homes.map(({ clockOffsetMs }: { clockOffsetMs: number }) => clockOffsetMs)).toEqual([null, 1_900, null]);
});

describe("what was proved against homes", () => {
  const vote = (home: number, value: number, view = 1) => {
    const body: Vote = { kind: "notarize", interval: FIRST, view, value: digest(new Uint8Array(32).fill(value)), validator: homeId(home) };
    const id = DIGESTS.vote(body);
    return { kind: "vote", vote: { body, id, signature: fromHex(keyOf(home).sign(id).serialized) } } as const;
  };
  const lie = (home: number, view: number) => ({ home: homeId(home), evidence: asEvidence(vote(home, 1, view), vote(home, 2, view))! });
  const { view, state } = watched();
  view.proved(lie(1, 1), false);
  view.proved(lie(2, 1), true);
  view.proved(lie(1, 2), true);
  const queries = new ExampleQueries(EXAMPLES.midday());
  const app = exampleApi(queries);
  afterAll(() => app.close());

  test("is told once for each home, the newest first", () => {
    const common = { kind: "vote", interval: "1970-01-02T01:00:00Z", heardAt: "1970-01-01T00:16:40Z" };
    expect(state().watch.convictions).toEqual([
      { home: 1, name: "Mill 2", proofs: 2, ...common },
      { home: 2, name: "Mill 3", proofs: 1, ...common },
    ]);
  });

  test("the newest four of a home are handed out, however many it signed", () => {
    const { view: other } = watched();
    for (let round = 1; round <= 6; round++) other.proved(lie(1, round), true);
    other.proved(lie(2, 1), true);
    const newest = [6, 5, 4, 3].map((round) => lie(1, round).evidence.id);
    expect(other.evidence().map(({ id }) => id)).toEqual([lie(2, 1).evidence.id, ...newest]);
    expect(other.state(FIRST).watch.convictions.map(({ proofs }) => proofs)).toEqual([1, 6]);
  });

  test("can be checked by anybody with nothing but the answer and the street's card", async () => {
    queries.proofs = view.evidence();
    const reply = await app.inject("/api/evidence");
    const document = (await app.inject("/openapi.json")).json();
    const ajv = new Ajv2020({ strict: false }).addSchema({ $id: "doc", ...document });
    expect(ajv.validate({ $ref: "doc#/components/schemas/Evidence" }, reply.json()[0])).toBe(true);
    const told: readonly EvidenceView[] = reply.json();
    expect(told.map(({ name, heardAt }) => [name, heardAt])).toEqual([
      ["Mill 2", "1970-01-01T00:16:40Z"],
      ["Mill 3", "1970-01-01T00:16:40Z"],
      ["Mill 2", null],
    ]);
    for (const { home, first, second, keys } of told) {
      const messages = [first, second].map(({ digest, signature, message }) => {
        expect(keys).toContain(recoverAddress(digest, signature).toLowerCase());
        const decoded = decodeMessage(fromHex(message), DIGESTS);
        if (!decoded.ok || decoded.value.kind !== "vote") throw new Error("no vote");
        expect([idOf(decoded.value), decoded.value.vote.body.validator]).toEqual([digest, home as HomeId]);
        return decoded.value.vote.body;
      });
      expect([messages[0]!.view, messages[0]!.kind]).toEqual([messages[1]!.view, messages[1]!.kind]);
      expect(messages[0]!.value).not.toBe(messages[1]!.value);
    }
  });
});
