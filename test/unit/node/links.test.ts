import { expect, test } from "@jest/globals";
import { homeId } from "../../../engine/kernel/index.ts";
import { Links } from "../../../src/node/links.ts";
import type { PeerName } from "../../../src/ports/index.ts";

const HOMES = [0, 1, 2].map(homeId);

/** Home 1 speaks through two peers, the others through one. */
function neighbours() {
  const world = { now: 1_000, peers: [] as PeerName[] };
  const peersOf = (home: number): readonly PeerName[] => (home === 1 ? ["1a", "1b"] : [`${home}`]);
  const links = new Links({ clock: { monotonicMs: () => world.now }, gossip: { peers: () => world.peers }, peersOf });
  const lostAt = (now: number, ...peers: readonly PeerName[]): readonly number[] => {
    world.now = now;
    world.peers = [...peers];
    return [...links.lost(HOMES)];
  };
  return lostAt;
}

test("a link that broke counts once it was missing for a while", () => {
  const lostAt = neighbours();
  expect(lostAt(0, "0", "1a", "2")).toEqual([]);
  expect(lostAt(100, "0", "2")).toEqual([]);
  expect(lostAt(299, "0", "2")).toEqual([]);
  expect(lostAt(300, "0", "2")).toEqual([1]);
  expect(lostAt(900, "0", "2")).toEqual([1]);
});

test("one that is made anew doesn't, and starts afresh", () => {
  const lostAt = neighbours();
  lostAt(0, "0", "1a", "2");
  lostAt(100, "0", "2");
  expect(lostAt(200, "0", "1b", "2")).toEqual([]);
  expect(lostAt(350, "0", "2")).toEqual([]);
  expect(lostAt(550, "0", "2")).toEqual([1]);
});

test("as long as the very same peers are there nothing is looked at twice, and a change is seen at once", () => {
  const world = { now: 0, peers: ["0", "2"] as readonly PeerName[] };
  const asked: number[] = [];
  const peersOf = (home: number): readonly PeerName[] => {
    asked.push(home);
    return [`${home}`];
  };
  const { lost } = new Links({ clock: { monotonicMs: () => world.now }, gossip: { peers: () => world.peers }, peersOf });
  const lostOf = (homes: readonly (typeof HOMES)[number][], now: number): readonly number[] => {
    world.now = now;
    return [...lost(homes)];
  };
  expect([lostOf(HOMES, 0), lostOf(HOMES, 500), asked.length]).toEqual([[], [], HOMES.length]);
  world.peers = ["0"];
  expect([lostOf(HOMES, 600), lostOf(HOMES, 700), lostOf(HOMES, 800)]).toEqual([[], [], [2]]);
  expect(lostOf(HOMES.slice(0, 2), 900)).toEqual([]);
});

test("who was never linked to this home is heard through others", () => {
  const lostAt = neighbours();
  expect(lostAt(0, "0", "1a")).toEqual([]);
  expect(lostAt(5_000, "0", "1a")).toEqual([]);
  lostAt(6_000, "2", "1a");
  expect(lostAt(9_000, "2", "1a")).toEqual([0]);
});
