import { describe, expect, test } from "@jest/globals";
import { homeId, interval, type Period } from "../../../engine/kernel/index.ts";
import { type Members, membersDigest } from "../../../engine/messages/index.ts";
import { Membership, membersAt } from "../../../src/node/membership.ts";
import type { RegisteredHome, Registry } from "../../../src/ports/index.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/index.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { RULES } from "../../support/rules.ts";
import { NO_MINIMUMS } from "../../support/validators.ts";

// Epochs of ten intervals. Home 0 stays; home 1 has another key from 110 on; home 2 leaves at 110; home 3 joins at 110; home 4 at 115,
// in the middle of an epoch. Homes 0, 1 and 2 certify until 119, then 0, 1 and 3, of which 3 is the operator's.
const home = (id: number, since: number, until: number | null = null, rotated: number | null = null): RegisteredHome => ({
  home: homeId(id),
  name: `home-${id}`,
  agent: agentAddressOf(rotated === null ? id : 50 + id),
  owner: agentAddressOf(1_000 + id),
  since: interval(since),
  until: until === null ? null : interval(until),
  keys: [
    { agent: agentAddressOf(id), since: interval(since) },
    ...(rotated === null ? [] : [{ agent: agentAddressOf(50 + id), since: interval(rotated) }]),
  ],
});
const REGISTRY: Registry = {
  homes: [home(0, 100), home(1, 100, null, 110), home(2, 100, 110), home(3, 110), home(4, 115)],
  validatorSets: [
    { since: interval(100), validators: [0, 1, 2].map((id) => ({ home: homeId(id), class: "home" })), minimums: NO_MINIMUMS },
    {
      since: interval(120),
      validators: [0, 1, 3].map((id) => ({ home: homeId(id), class: id === 3 ? "operator" : "home" })),
      minimums: { home: 1, operator: 1, utility: 0 },
    },
  ],
  validators: [0, 1, 2].map(homeId),
  quorum: 3,
};
const at = (registry: Registry, edge: number): Members => membersAt(registry, interval(edge));
const keysOf = ({ homes }: Members) => homes.map(({ home: id, agent }) => [id, Number(BigInt(agent) % 256n)]);

function street(registry: Registry = REGISTRY, disk = memoryDisk()) {
  const store = memoryStore(disk);
  return {
    disk,
    members: new Membership({ rules: { ...RULES, periodIntervals: 10, orders: "open" }, first: interval(100), store }, registry),
  };
}
const keyAt = (members: Membership, id: number, when: number) => {
  const agent = members.agentAt(homeId(id), interval(when));
  return agent === undefined ? null : Number(BigInt(agent) % 256n);
};

describe("who is registered for an interval: home and the last byte of its key", () => {
  test.each<[string, number, number[][], number[]]>([
    [
      "the street's first",
      100,
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      [0, 1, 2],
    ],
    [
      "the last before anything changes",
      109,
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      [0, 1, 2],
    ],
    [
      "joined, left, and with a new key; who has left still counts among validators",
      110,
      [
        [0, 0],
        [1, 51],
        [3, 3],
      ],
      [0, 1, 2],
    ],
    [
      "a home more",
      115,
      [
        [0, 0],
        [1, 51],
        [3, 3],
        [4, 4],
      ],
      [0, 1, 2],
    ],
    [
      "other validators",
      120,
      [
        [0, 0],
        [1, 51],
        [3, 3],
        [4, 4],
      ],
      [0, 1, 3],
    ],
  ])("%s", (_, edge, homes, validators) => {
    const found = at(REGISTRY, edge);
    expect(keysOf(found)).toEqual(homes);
    expect(found.validators.map((each) => each.home)).toEqual(validators);
    expect(found.minimums).toEqual(edge === 120 ? { home: 1, operator: 1, utility: 0 } : NO_MINIMUMS);
  });

  test("each change makes the version higher, and nothing else changes it", () => {
    const versions = [100, 105, 109, 110, 114, 115, 119, 120, 500].map((edge) => at(REGISTRY, edge).version);
    // Three homes with a key each and one set of validators: 7. A key, one who leaves, one who joins with a key: 4. Home 4 and its key: 2.
    expect(versions).toEqual([7, 7, 7, 11, 11, 13, 13, 14, 14]);
    const announced = { ...REGISTRY, homes: [...REGISTRY.homes, home(5, 300)] };
    expect(membersDigest(at(announced, 110))).toBe(membersDigest(at(REGISTRY, 110)));
  });
});

describe("which set a validator names for the next interval", () => {
  const [one, two, three] = [100, 110, 120].map((edge) => ({
    digest: membersDigest(at(REGISTRY, edge)),
    version: at(REGISTRY, edge).version,
  }));

  test("inside an epoch the one in force, whatever the chain says; at its last interval what the chain says", () => {
    const { members } = street();
    expect(members.digest).toBe(one!.digest);
    expect([101, 105, 109].map((next) => members.wanted(interval(next)))).toEqual([one, one, one]);
    expect(members.wanted(interval(110))).toEqual(two);
    expect(members.enter(two!.digest, interval(110))).toBe(true);
    // Home 4's beginning falls into the epoch: from the next one on.
    expect([111, 115, 116, 119].map((next) => members.wanted(interval(next)))).toEqual([two, two, two, two]);
    expect(members.wanted(interval(120))).toEqual(three);
  });

  test("what it names it can tell others", () => {
    const { members } = street();
    expect(members.known(two!.digest)).toBeNull();
    members.wanted(interval(110));
    expect(members.known(two!.digest)).toEqual(at(REGISTRY, 110));
  });

  test("a set with stakes is named without its content, is known with it, and is told others when another one is in force", () => {
    const { members, disk } = street();
    const [poor, rich] = [[1], [5]].map((stakes) => members.staked(one!.digest, stakes));
    const strange = members.staked(two!.digest, [5]);
    expect([members.known(strange), members.enter(strange, interval(101))]).toEqual([null, false]);
    expect(members.keep(poor!)).toEqual({ ...at(REGISTRY, 100), stakes: [1] });
    expect(members.enter(poor!, interval(101))).toBe(true);
    expect([members.unstaked, members.members.stakes, members.agreesStakes(interval(105))]).toEqual([one!.digest, [1], false]);
    expect([members.agreesStakes(interval(109)), members.wanted(interval(105))]).toEqual([true, one]);
    // What was named for an interval that is over and not kept is forgotten.
    expect(members.known(rich!)).toBeNull();
    expect(members.enter(members.staked(one!.digest, [7]), interval(110))).toBe(true);
    expect(members.known(poor!)).toEqual({ ...at(REGISTRY, 100), stakes: [1] });
    expect(street(REGISTRY, disk).members.known(poor!)).toEqual({ ...at(REGISTRY, 100), stakes: [1] });
  });

  test("a chain that says something new is read anew", () => {
    const { members } = street();
    expect(members.wanted(interval(110))).toEqual(two);
    const more = { ...REGISTRY, homes: [...REGISTRY.homes, home(5, 110)] };
    expect(members.update(more)).toBe(true);
    expect(members.wanted(interval(110))).toEqual({ digest: membersDigest(at(more, 110)), version: 13 });
    expect(members.digest).toBe(one!.digest);
    // What the chain says of an epoch that has begun comes too late for it.
    members.update({ ...REGISTRY, homes: [...REGISTRY.homes, home(5, 100)] });
    expect(members.wanted(interval(105))).toEqual(one);
  });
});

describe("a set comes into force when it is certified", () => {
  const next = membersDigest(at(REGISTRY, 110));

  test("an unknown one can't: nothing changes until its content is learned", () => {
    const { members } = street({ ...REGISTRY, homes: REGISTRY.homes.slice(0, 3) });
    const before = members.digest;
    expect(members.enter(next, interval(110))).toBe(false);
    expect([members.digest, members.validators.ids]).toEqual([before, [0, 1, 2]]);
    expect(members.learn(at(REGISTRY, 110))).toBe(next);
    expect(members.enter(next, interval(110))).toBe(true);
    expect(members.digest).toBe(next);
  });

  test("validators, classes and minimums change with it, at once and together", () => {
    const { members } = street();
    const third = members.learn(at(REGISTRY, 120));
    expect(members.validatorKey(homeId(3))).toBeUndefined();
    members.enter(third, interval(120));
    expect(members.validators).toMatchObject({ ids: [0, 1, 3], minimums: { home: 1, operator: 1, utility: 0 }, seed: third });
    expect(members.validators.classes.get(homeId(3))).toBe("operator");
    expect([1, 2, 3].map((id) => members.validatorKey(homeId(id)))).toEqual([agentAddressOf(51), undefined, agentAddressOf(3)]);
  });

  test("the keys around the edge: before | after it was entered; null: none", () => {
    const { members } = street();
    const keys = (...ids: readonly number[]) => [108, 109, 110, 111, 119].map((when) => ids.map((id) => keyAt(members, id, when)));
    const [old, fresh] = [
      [0, 1, 2, null],
      [0, 51, null, 3],
    ];
    for (let when = 101; when <= 109; when++) members.enter(members.digest, interval(when));
    expect(keys(0, 1, 2, 3)).toEqual([old, old, fresh, fresh, fresh]);
    members.wanted(interval(110));
    members.enter(next, interval(110));
    expect(keys(0, 1, 2, 3)).toEqual([old, old, fresh, fresh, fresh]);
    // What is of the interval before 111 is of the new set too.
    members.enter(next, interval(111));
    expect(keyAt(members, 1, 110)).toBe(51);
  });

  test("homes that the chain has and homes have not agreed on yet: by the chain in later epochs, by agreement in this one", () => {
    const { members } = street();
    members.update({ ...REGISTRY, homes: [home(0, 100), home(1, 100, null, 103), home(2, 100), home(3, 103)] });
    expect([keyAt(members, 1, 105), keyAt(members, 1, 110)]).toEqual([1, 51]);
    expect([keyAt(members, 3, 105), keyAt(members, 3, 110)]).toEqual([null, 3]);
    expect(members.isRegistered(homeId(3))).toBe(true);
  });

  test("where the street did not agree on a new set the old one stays, past the edge too", () => {
    const { members } = street();
    members.enter(members.digest, interval(110));
    expect([keyAt(members, 1, 110), keyAt(members, 2, 115), keyAt(members, 3, 110)]).toEqual([1, 2, null]);
  });

  test("who spoke before the edge is who had been agreed on, whatever the chain says of it later", () => {
    const { members } = street();
    members.wanted(interval(110));
    members.update({
      ...REGISTRY,
      homes: [home(0, 100), { ...home(1, 100), keys: [{ agent: agentAddressOf(77), since: interval(100) }] }],
    });
    members.enter(next, interval(110));
    expect([keyAt(members, 1, 109), keyAt(members, 2, 109), keyAt(members, 1, 110)]).toEqual([1, 2, 51]);
  });

  test("entered twice, as after a restart, it still knows who spoke before", () => {
    const { members } = street();
    members.wanted(interval(110));
    members.enter(next, interval(110));
    members.enter(next, interval(110));
    expect([keyAt(members, 1, 109), keyAt(members, 2, 109)]).toEqual([1, 2]);
  });

  test("every set that was in force is kept on disk", () => {
    const { members, disk } = street();
    members.wanted(interval(110));
    const later = street(REGISTRY, disk).members;
    expect(later.known(next)).toEqual(at(REGISTRY, 110));
    expect(later.known(members.digest)).toEqual(at(REGISTRY, 100));
  });
});

test("a period is signed by who its first interval had, as the vault counts", () => {
  const { members } = street();
  expect([10, 11, 12].map((period) => members.periodValidators(period as Period).ids)).toEqual([
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 3],
  ]);
  const key = (id: number, period: number) => members.periodKey(homeId(id), period as Period) ?? null;
  expect([key(1, 10), key(1, 11), key(3, 11), key(3, 12), key(2, 11)]).toEqual([
    agentAddressOf(1),
    agentAddressOf(51),
    null,
    agentAddressOf(3),
    null,
  ]);
});

test("a home is convicted under a key that was in force, as agreed or as the chain says; not under one that was taken back before", () => {
  const late: Registry = { ...REGISTRY, homes: [home(0, 100), home(1, 100)] };
  const { members } = street(late);
  const keysIn = (id: number, when: number) => [...new Set(members.keysIn(homeId(id), interval(when)))];
  expect([keysIn(1, 105), keysIn(1, 110), keysIn(9, 105)]).toEqual([[agentAddressOf(1)], [agentAddressOf(1)], []]);
  // Agreed without the change: for this epoch either key may have signed.
  members.enter(members.learn(at(late, 110)), interval(110));
  members.update(REGISTRY);
  expect(keysIn(1, 109)).toEqual([agentAddressOf(1)]);
  expect(keysIn(1, 115)).toEqual([agentAddressOf(1), agentAddressOf(51)]);
  expect(keysIn(1, 120)).toEqual([agentAddressOf(51)]);
});
