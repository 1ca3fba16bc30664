import { expect, test } from "@jest/globals";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import { homeOf } from "../../../src/node/membership.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { membership, REGISTRY } from "../../support/node-parts.ts";

test("a home is known by its number, and by its agent's address", () => {
  const members = membership(REGISTRY);
  expect(members.registered(homeId(4))).toMatchObject({ name: "home-4", since: 101 });
  expect(members.agentOf(homeId(2))).toBe(agentAddressOf(2));
  expect(members.registered(homeId(5))).toBeUndefined();
  expect(members.agentOf(homeId(5))).toBeUndefined();
  expect(homeOf(REGISTRY, agentAddressOf(3))).toBe(3);
  expect(homeOf(REGISTRY, agentAddressOf(1_003))).toBeNull();
});

test("only validators have a key that votes; home 4 trades and has none", () => {
  const members = membership(REGISTRY);
  expect(members.validators.ids).toEqual([0, 1, 2, 3]);
  expect([0, 3, 4, 5].map((home) => members.validatorKey(homeId(home)))).toEqual([
    agentAddressOf(0),
    agentAddressOf(3),
    undefined,
    undefined,
  ]);
});

test("a registry replaces the one before as a whole, and says whether it is news", () => {
  const members = membership(REGISTRY);
  expect(members.update(structuredClone(REGISTRY))).toBe(false);
  const changed = {
    ...REGISTRY,
    homes: [
      ...REGISTRY.homes.slice(1),
      {
        home: homeId(5),
        name: "new",
        agent: agentAddressOf(5),
        owner: agentAddressOf(9),
        since: interval(200),
        until: null,
        keys: [{ agent: agentAddressOf(5), since: interval(200) }],
      },
    ],
    validators: [1, 2, 3].map(homeId),
  };
  expect(members.update(changed)).toBe(true);
  expect(members.update(changed)).toBe(false);
  expect(members.registry).toBe(changed);
  expect(members.registered(homeId(0))).toBeUndefined();
  expect(members.registered(homeId(5))).toMatchObject({ name: "new", since: 200 });
  // Who belongs to the street is what homes agreed on, not what the chain says to one of them.
  expect([0, 5].map((home) => members.agentOf(homeId(home)))).toEqual([agentAddressOf(0), undefined]);
  expect(members.validators.ids).toEqual([0, 1, 2, 3]);
});
