import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { homeId, interval } from "../../engine/kernel/index.ts";
import { periodHash } from "../../engine/messages/index.ts";
import type { Chain, Relay } from "../../src/ports/index.ts";
import { agentAddress, FIRST_PERIOD, GENESIS, headAfter, newHome, ownerAddress, type TestStreet } from "../support/test-street.ts";

/** What every chain promises to a home and to whoever relays; the street has five validators with 10,000 ticks each. */
export function chainContract(name: string, open: () => Promise<TestStreet>): void {
  describe(`chain contract: ${name}`, () => {
    let street: TestStreet;
    let chain: Chain;
    let relay: Relay;

    beforeEach(async () => {
      street = await open();
      ({ chain, relay } = street);
    });
    afterEach(() => street.close());

    test("a new street has its validators as homes, by rising id", async () => {
      const registry = await chain.registry();
      expect(registry).toEqual({
        ok: true,
        value: {
          homes: [0, 1, 2, 3, 4].map((home) => ({
            home,
            name: `home-${home}`,
            agent: agentAddress(home),
            owner: ownerAddress(home),
            since: 48_000,
            until: null,
            keys: [{ agent: agentAddress(home), since: 48_000 }],
          })),
          validatorSets: [
            {
              since: 48_000,
              validators: [0, 1, 2, 3, 4].map((home) => ({ home, class: "home" })),
              minimums: { home: 0, operator: 0, utility: 0 },
            },
          ],
          validators: [0, 1, 2, 3, 4],
          quorum: 4,
        },
      });
      expect(await relay.registry()).toEqual(registry);
    });

    test("a new street has settled nothing", async () => {
      expect(await chain.head()).toEqual({ ok: true, value: { nextPeriod: FIRST_PERIOD, lastPeriod: GENESIS, settledUntil: 0 } });
      expect(await chain.batches()).toEqual({ ok: true, value: [] });
      const value = { homes: Array(5).fill(1_000_000), requested: Array(5).fill(0), debts: Array(5).fill(0), residual: 50_000_000 };
      expect(await chain.balances()).toEqual({ ok: true, value });
    });

    test("a settled batch moves balances and head", async () => {
      const batch = street.batch(0, [-10, 4, 0, 1]);
      const settled = await relay.settle(batch);
      expect(settled).toMatchObject({ ok: true, value: { period: FIRST_PERIOD } });
      expect(await chain.head()).toEqual({
        ok: true,
        value: { nextPeriod: FIRST_PERIOD + 1, lastPeriod: periodHash(batch.result), settledUntil: 1_000_000 },
      });
      const homes = [999_000, 1_000_400, 1_000_000, 1_000_100, 1_000_000];
      const value = { homes, requested: Array(5).fill(0), debts: Array(5).fill(0), residual: 50_000_500 };
      expect(await chain.balances()).toEqual({ ok: true, value });
      const escrows = { nextPeriod: FIRST_PERIOD + 1, ticks: [9_990, 10_004, 10_000, 10_001, 10_000], requested: Array(5).fill(0) };
      expect(await chain.escrows()).toEqual({ ok: true, value: escrows });
    });

    test("its receipt can be had again, from anyone and at any time", async () => {
      const first = await relay.settle(street.batch(0, [-10, 10]));
      const second = await relay.settle(street.batch(1, [-5, 5]));
      expect(await relay.settle(street.batch(0, [-10, 10]))).toEqual(first);
      const other = street.openRelay();
      expect(await other.settle(street.batch(1, [-5, 5]))).toEqual(second);
      await other.close();
      expect(first.ok && second.ok && (await chain.batches())).toEqual({
        ok: true,
        value: [first.ok && first.value, second.ok && second.value],
      });
      const balances = await chain.balances();
      expect(balances.ok && balances.value.homes.slice(0, 2)).toEqual([998_500, 1_001_500]);
    });

    test("two relays that settle the same batch at once settle it once", async () => {
      const other = street.openRelay();
      const [a, b] = await Promise.all([relay.settle(street.batch(0, [-10, 10])), other.settle(street.batch(0, [-10, 10]))]);
      await other.close();
      expect(a).toMatchObject({ ok: true });
      expect(b).toEqual(a);
      expect(await chain.balances()).toMatchObject({ value: { homes: [999_000, 1_001_000, 1_000_000, 1_000_000, 1_000_000] } });
    });

    test("another batch for a settled period is refused", async () => {
      await relay.settle(street.batch(0, [-10, 10]));
      const other = await relay.settle(street.batch(0, [-10, 10], { head: headAfter(9) }));
      expect(other).toMatchObject({ ok: false, code: "CHAIN_REFUSED", detail: expect.stringContaining(headAfter(1)) });
      const before = await relay.settle(street.batch(-1, [-10, 10], { head: GENESIS }));
      expect(before).toMatchObject({ ok: false, code: "CHAIN_REFUSED" });
    });

    test("a batch that leaves a period out is refused with the contract's reason", async () => {
      expect(await relay.settle(street.batch(1, []))).toEqual({
        ok: false,
        code: "CHAIN_REFUSED",
        detail: "WrongPeriod(expected=500, got=501)",
      });
    });

    test("a batch without a quorum is refused", async () => {
      const batch = street.batch(0, [-10, 10]);
      const few = { ...batch, certificate: batch.certificate.subarray(66) };
      expect(await relay.settle(few)).toEqual({ ok: false, code: "CHAIN_REFUSED", detail: "QuorumNotReached(got=3, need=4)" });
    });

    test("a home that uses more than it has owes it, the street goes on settling, and what it earns pays it back", async () => {
      const told = async () => {
        const [balances, escrows] = [await chain.balances(), await chain.escrows()];
        if (!balances.ok || !escrows.ok) throw new Error("no answer");
        const { homes, debts, residual } = balances.value;
        return { homes: homes.slice(0, 2), debts: debts.slice(0, 2), residual, stakes: escrows.value.ticks.slice(0, 2) };
      };
      // It uses 10,300 ticks of 10,000, of which 100 are a neighbour's.
      expect(await relay.settle(street.batch(0, [-10_300, 100]))).toMatchObject({ ok: true });
      const first = { homes: [0, 1_010_000], debts: [30_000, 0], residual: 50_990_000, stakes: [-300, 10_100] };
      expect(await told()).toEqual(first);
      expect(await relay.collectDebts()).toEqual({ ok: true, value: [] });
      expect(await relay.settle(street.batch(1, [-50, 50]))).toMatchObject({ ok: true });
      expect(await relay.settle(street.batch(2, [400, -50]))).toMatchObject({ ok: true });
      expect(await told()).toEqual({ homes: [40_000, 1_010_000], debts: [35_000, 0], residual: 50_950_000, stakes: [50, 10_100] });
      expect(await relay.collectDebts()).toEqual({ ok: true, value: [0] });
      expect(await relay.collectDebts()).toEqual({ ok: true, value: [] });
      expect(await told()).toEqual({ homes: [5_000, 1_010_000], debts: [0, 0], residual: 50_985_000, stakes: [50, 10_100] });
    });

    test("a batch that neither a home nor the supplier can pay is refused, and says what is lacking", async () => {
      const batch = street.batch(0, [-510_007, 510_007]);
      const refused = { ok: false, code: "CHAIN_REFUSED", detail: "WideUnderflow(id=0, lacking=7)" };
      expect(await relay.settle(batch)).toEqual(refused);
      expect(await relay.settle(batch)).toEqual(refused);
      expect(await chain.head()).toMatchObject({ value: { nextPeriod: FIRST_PERIOD } });
    });

    test("a home joins with its escrow, once", async () => {
      const since = interval(48_500);
      expect(await relay.register(newHome(7, { since, name: "Grüne Straße 7" }))).toEqual({ ok: true, value: 5 });
      expect(await relay.register(newHome(7, { since }))).toEqual({ ok: true, value: 5 });
      const registry = await chain.registry();
      expect(registry.ok && registry.value.homes[5]).toEqual({
        home: 5,
        name: "Grüne Straße 7",
        agent: agentAddress(7),
        owner: ownerAddress(7),
        since,
        until: null,
        keys: [{ agent: agentAddress(7), since }],
      });
      expect(registry.ok && registry.value.validators).toEqual([0, 1, 2, 3, 4]);
      expect(await chain.balances()).toMatchObject({ value: { homes: Array(6).fill(1_000_000) } });
      expect(await relay.settle(street.batch(0, [0, 0, 0, 0, -10, 10]))).toMatchObject({ ok: true });
    });

    test("homes may join all at once", async () => {
      const joined = await Promise.all([5, 6, 7, 8, 9, 10].map((home) => relay.register(newHome(home, { deposit: 100 * home }))));
      expect(new Set(joined.map((each) => each.ok && each.value))).toEqual(new Set([5, 6, 7, 8, 9, 10]));
      const registry = await chain.registry();
      const balances = await chain.balances();
      for (const { home, name } of registry.ok ? registry.value.homes.slice(5) : []) {
        expect(balances.ok && balances.value.homes[home]).toBe(100 * Number(name.slice(5)));
      }
    });

    test("a home may join without escrow", async () => {
      expect(await relay.register(newHome(7, { deposit: 0 }))).toEqual({ ok: true, value: 5 });
      expect(await chain.balances()).toMatchObject({ value: { homes: [...Array(5).fill(1_000_000), 0] } });
    });

    test.each([
      ["another owner's agent", newHome(0, { owner: ownerAddress(9) }), /agent key .* belongs to home 0/],
      ["one key for both", newHome(7, { owner: agentAddress(7) }), /^OwnerIsAgent\(\)$/],
      ["a name that is too long", newHome(7, { name: "ü".repeat(17) }), /32 bytes/],
      ["half a tick of escrow", newHome(7, { deposit: 150 }), /multiple of 100/],
    ])("does not register %s", async (_, home, reason) => {
      expect(await relay.register(home)).toMatchObject({ ok: false, code: "CHAIN_REFUSED", detail: expect.stringMatching(reason) });
    });

    test("a home signs with another key from an interval on, as its owner signed it", async () => {
      const change = { home: homeId(2), agent: agentAddress(8), since: interval(48_096) };
      const signature = street.signedByOwner(2, (digests) => digests.rotateAgent(change));
      const wrong = street.signedByOwner(3, (digests) => digests.rotateAgent(change));
      const refused = { ok: false, code: "CHAIN_REFUSED", detail: "BadSignature()" };
      expect(await relay.rotateAgent({ ...change, signature: wrong })).toEqual(refused);
      expect(await relay.rotateAgent({ ...change, since: interval(48_097), signature })).toEqual(refused);
      expect(await relay.rotateAgent({ ...change, signature })).toEqual({ ok: true, value: undefined });
      expect(await relay.rotateAgent({ ...change, signature })).toEqual({ ok: true, value: undefined });
      const registry = await chain.registry();
      const { keys, agent, until } = (registry.ok && registry.value.homes[2]) || {};
      expect({ keys, agent, until }).toEqual({
        keys: [
          { agent: agentAddress(2), since: 48_000 },
          { agent: agentAddress(8), since: 48_096 },
        ],
        agent: agentAddress(8),
        until: null,
      });
    });

    test("a home leaves as its owner signed it, or is revoked", async () => {
      const departure = { home: homeId(2), until: interval(48_192) };
      const signature = street.signedByOwner(2, (digests) => digests.leave(departure));
      const refused = { ok: false, code: "CHAIN_REFUSED", detail: "BadSignature()" };
      expect(await relay.leave({ ...departure, home: homeId(3), signature })).toEqual(refused);
      expect(await relay.leave({ ...departure, signature })).toEqual({ ok: true, value: undefined });
      expect(await relay.leave({ ...departure, signature })).toEqual({ ok: true, value: undefined });
      expect(await relay.leave({ home: homeId(4), until: interval(48_096), signature: null })).toEqual({ ok: true, value: undefined });
      const registry = await chain.registry();
      expect(registry.ok && registry.value.homes.map(({ until }) => until)).toEqual([null, null, 48_192, null, 48_096]);
    });

    test("others certify from an interval on, once named", async () => {
      const set = {
        since: interval(48_096),
        validators: [0, 1, 2].map((home) => ({ home: homeId(home), class: home === 2 ? "utility" : "home" }) as const),
        minimums: { home: 1, operator: 0, utility: 1 },
      };
      expect(await relay.setValidators({ ...set, minimums: { home: 0, operator: 0, utility: 2 } })).toEqual({
        ok: false,
        code: "CHAIN_REFUSED",
        detail: "BadMinimum(class=2, minimum=2, have=1)",
      });
      const before = await chain.registry();
      expect(await relay.setValidators(set)).toEqual({ ok: true, value: undefined });
      expect(await relay.setValidators(set)).toEqual({ ok: true, value: undefined });
      const after = await chain.registry();
      expect(after.ok && after.value).toMatchObject({ validators: [0, 1, 2], quorum: 3 });
      expect(after.ok && after.value.validatorSets).toEqual([...((before.ok && before.value.validatorSets) || []), set]);
    });

    test("after close every answer is a code", async () => {
      await chain.close();
      expect(await chain.head()).toMatchObject({ ok: false, code: "CHAIN_UNREACHABLE" });
    });
  });
}
