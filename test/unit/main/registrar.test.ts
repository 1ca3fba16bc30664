import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { assert, homeId, type Interval, interval, toHex } from "../../../engine/kernel/index.ts";
import { deliveryStart, type MarketRules } from "../../../engine/messages/index.ts";
import { nextEdge, withoutValidator } from "../../../src/main/membership-changes.ts";
import { Registrar } from "../../../src/main/street/registrar.ts";
import type { Log, Registry, ValidatorSet } from "../../../src/ports/index.ts";
import { RULES } from "../../support/rules.ts";
import { agentAddress, newHome, ownerAddress, TestStreet } from "../../support/test-street.ts";

const rules: MarketRules = { ...RULES, periodIntervals: 96 };
const clockAt = (at: number, speed = 1) => ({ now: () => deliveryStart(rules, at as Interval) * 1000, speed });

describe("the next edge", () => {
  test.each([
    ["in the middle of a period", 48_050, 1, 48_096],
    ["four intervals before its end", 48_092, 1, 48_096],
    ["three before, just in time", 48_093, 1, 48_096],
    ["two before: too late for this one", 48_094, 1, 48_192],
    ["at an edge itself", 48_096, 1, 48_192],
    ["a fast street needs more intervals: 12 s are four at 300 x", 48_092, 300, 48_096],
    ["and misses the edge with three left", 48_093, 300, 48_192],
  ])("%s", (_, at, speed, edge) => {
    expect(rules.intervalMinutes).toBe(15);
    expect(nextEdge(rules, clockAt(at, speed))).toBe(edge);
  });
});

describe("the validators without one", () => {
  const registryOf = (set: Partial<ValidatorSet>): Registry => ({
    homes: [],
    validatorSets: [{ since: interval(10), validators: [], minimums: { home: 0, operator: 0, utility: 0 }, ...set }],
    validators: [],
    quorum: 0,
  });
  const validators = [0, 1, 2].map((home) => ({ home: homeId(home), class: home === 2 ? "utility" : "home" }) as const);

  test("are the others, and ask for no more of a class than there is", () => {
    const registry = registryOf({ validators, minimums: { home: 2, operator: 0, utility: 1 } });
    expect(withoutValidator(registry, homeId(0), interval(20))).toEqual({
      since: 20,
      validators: validators.slice(1),
      minimums: { home: 1, operator: 0, utility: 1 },
    });
    expect(withoutValidator(registry, homeId(2), interval(5))).toEqual({
      since: 10,
      validators: validators.slice(0, 2),
      minimums: { home: 2, operator: 0, utility: 0 },
    });
  });

  test("stay as they are when it isn't one, or is the last", () => {
    expect(withoutValidator(registryOf({ validators }), homeId(7), interval(20))).toBeNull();
    expect(withoutValidator(registryOf({ validators: validators.slice(0, 1) }), homeId(0), interval(20))).toBeNull();
  });
});

describe("on a real chain", () => {
  let street: TestStreet;
  let node: Rpc;
  let registry: Registry;
  let registrar: Registrar;
  const told: string[] = [];
  const log: Log = {
    error: () => {},
    warn: () => {},
    debug: () => {},
    info: (event, data) => void told.push(`${event} ${(data as { from?: string }).from}`),
  };

  const read = async (): Promise<Registry> => {
    const answer = await street.chain.registry();
    assert(answer.ok, "the chain answers");
    return answer.value;
  };
  const at = (when: number, relay = street.relay): Registrar =>
    new Registrar({
      relay,
      node: { membership: { registry } },
      rules,
      clock: clockAt(when) as never,
      log,
      invitation: "come in",
      networkKey: "k",
    });

  beforeAll(async () => {
    street = await TestStreet.start();
    node = connect({ rpc: street.rpc });
  });
  let snapshot: unknown;
  beforeEach(async () => {
    if (snapshot !== undefined) await node.ask("evm_revert", [snapshot]);
    const answer = await node.ask("evm_snapshot", []);
    snapshot = answer.ok && answer.value;
    registry = await read();
    registrar = at(48_050);
    told.length = 0;
  });
  afterAll(async () => {
    node.close();
    await street.close();
  });

  test("an invited home joins at the next edge, and is told when that is", async () => {
    const { name, agent, owner } = newHome(7);
    const from = "1971-05-17T00:00:00.000Z";
    expect(new Date(deliveryStart(rules, interval(48_096)) * 1000).toISOString()).toBe(from);
    expect(await registrar.register({ name, agent, owner, invitation: "let me in" })).toMatchObject({
      ok: false,
      code: "INVITATION_INVALID",
    });
    expect(await registrar.register({ name, agent, owner, invitation: "come in" })).toEqual({
      ok: true,
      value: { home: 5, networkKey: "k", from },
    });
    expect(told).toEqual([`home.registered ${from}`]);
    registry = await read();
    expect(registry.homes[5]).toMatchObject({ since: 48_096 });
    expect(await at(48_060).register({ name, agent, owner, invitation: "come in" })).toEqual({
      ok: true,
      value: { home: 5, networkKey: "k", from },
    });
    const elsewhere = { name: "another", agent: agentAddress(3), owner: ownerAddress(9), invitation: "come in" };
    expect(await at(48_060).register(elsewhere)).toMatchObject({ code: "HOME_EXISTS" });
  });

  test("another key counts from an edge on that all can still read of, as the owner signed it", async () => {
    const change = (since: number) => ({ home: homeId(2), agent: agentAddress(8), since: interval(since) });
    const request = (since: number, by = 2) => ({
      agent: agentAddress(8),
      since,
      signature: toHex(street.signedByOwner(by, (digests) => digests.rotateAgent(change(since)))),
    });
    for (const since of [48_000, 48_095, 48_097])
      expect(await registrar.rotateAgent(2, request(since))).toMatchObject({ ok: false, code: "CHANGE_TOO_SOON" });
    expect(await at(48_095).rotateAgent(2, request(48_096))).toMatchObject({ code: "CHANGE_TOO_SOON" });
    expect(await registrar.rotateAgent(9, request(48_096))).toMatchObject({ code: "HOME_UNKNOWN" });
    expect(await registrar.rotateAgent(2, request(48_096, 3))).toEqual({ ok: false, code: "CHANGE_REFUSED", detail: "BadSignature()" });
    expect(await registrar.rotateAgent(2, request(48_096))).toMatchObject({ ok: true, value: { home: 2 } });
    expect((await read()).homes[2]!.keys).toEqual([
      { agent: agentAddress(2), since: 48_000 },
      { agent: agentAddress(8), since: 48_096 },
    ]);
  });

  test("a validator that leaves is followed by a set without it", async () => {
    const signature = toHex(street.signedByOwner(2, ({ leave }) => leave({ home: homeId(2), until: interval(48_096) })));
    expect(await registrar.leave(2, { until: 48_096, signature: `0x${"11".repeat(65)}` })).toMatchObject({ code: "CHANGE_REFUSED" });
    expect((await read()).validatorSets).toHaveLength(1);
    expect(await registrar.leave(2, { until: 48_096, signature })).toMatchObject({ ok: true, value: { home: 2 } });
    const after = await read();
    expect(after.homes[2]).toMatchObject({ until: 48_096 });
    expect(after.validatorSets[1]).toMatchObject({ since: 48_096, minimums: { home: 0, operator: 0, utility: 0 } });
    expect(after.validators).toEqual([0, 1, 3, 4]);
  });

  test("the operator takes a home out, and the others certify on", async () => {
    expect(await registrar.revoke("nobody")).toMatchObject({ code: "HOME_UNKNOWN" });
    expect(await registrar.revoke("home-2")).toMatchObject({ ok: true, value: { home: 2, from: "1971-05-17T00:00:00.000Z" } });
    const after = await read();
    expect(after.homes.map(({ until }) => until)).toEqual([null, null, 48_096, null, null]);
    expect(after.validators).toEqual([0, 1, 3, 4]);
  });

  test("without the chain nothing changes, and the code says so", async () => {
    const relay = street.openRelayAt("http://127.0.0.1:1");
    registrar = at(48_050, relay);
    const { name, agent, owner } = newHome(7);
    expect(await registrar.register({ name, agent, owner, invitation: "come in" })).toMatchObject({ code: "CHAIN_AWAY" });
    expect(await registrar.leave(2, { until: 48_096, signature: `0x${"11".repeat(65)}` })).toMatchObject({ code: "CHAIN_AWAY" });
    await relay.close();
  });
});
