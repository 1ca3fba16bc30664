import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import {
  accusations,
  differences,
  doubleVotes,
  faultsOf,
  overfilled,
  readBooks,
  SignedWatch,
  told,
  untilTheFirstEnded,
} from "../../bench/lab/checks.ts";
import { runKills } from "../../bench/lab/kills.ts";
import { calm, missingOf, watch, withWiredStreet } from "../../bench/lab/loss.ts";
import { Wire, whyNoWire } from "../../bench/lab/wire.ts";
import { temporaryFolder } from "../support/folder.ts";

jest.setTimeout(400_000);

const folder = temporaryFolder();
afterAll(() => folder.remove());

test("real homes that are killed at random moments: nothing lost, nothing settled twice, nothing signed twice", async () => {
  const report = await runKills({ folder: join(folder.path, "kills"), homes: 4, kills: 6, seed: 3, waitMs: 800, say: () => undefined });
  expect(report.faults).toEqual({ lost: [], settlement: [], votes: [], other: [] });
  expect(report).toMatchObject({ kills: 6, intervals: expect.any(Number), settledPeriods: expect.any(Number) });
  expect(report.intervals).toBeGreaterThan(4);
  expect(report.slots).toBeGreaterThan(4 * 3);
  expect(report.heard).toBeGreaterThan(4);
});

const noWire = whyNoWire();
if (noWire !== null) console.warn(`SKIPPED: streets on a wire that loses. ${noWire}`);
const wired = noWire === null ? describe : describe.skip;

wired("homes in network namespaces", () => {
  test("certify every interval with three packets of ten lost", async () => {
    await withWiredStreet({ folder: join(folder.path, "loss"), seed: 5, homes: 4, speed: 180 }, async (street, wire) => {
      await calm(street);
      wire.lose(300);
      const everyMs = await watch(street, 5);
      const { lost, carried } = await wire.counts();
      expect(missingOf(everyMs)).toBe(0);
      expect(lost / (lost + carried)).toBeGreaterThan(0.1);
      wire.lose(0);
      await street.stopHomes();
      expect(street.faults).toEqual([]);
      expect(street.homes.flatMap(({ log }) => accusations(log))).toEqual([]);
      const books = await Promise.all(street.homes.map(({ name, folder: of }) => readBooks(name, of)));
      expect(books.flatMap(({ faults }) => faults)).toEqual([]);
      expect(differences(books).filter((fault) => fault.includes("results"))).toEqual([]);
      expect(told(street.homes[0]!.log).length).toBeGreaterThanOrEqual(5);
    });
  });

  test("a wire loses, delays, copies and parts as it is told", async () => {
    const wire = await Wire.open(2, 1);
    try {
      const there = echo(wire);
      await there.up;
      const clean = await ask(wire, 200);
      expect(clean).toMatchObject({ came: 200, distinct: 200 });
      wire.lose(300);
      const lossy = await ask(wire, 2_000);
      expect(lossy.came / 2_000).toBeGreaterThan(0.42);
      expect(lossy.came / 2_000).toBeLessThan(0.56);
      wire.lose(0);
      wire.delay(40, 0);
      expect((await ask(wire, 50)).fastestMs).toBeGreaterThanOrEqual(80);
      wire.delay(0, 0);
      wire.copy(1_000);
      expect(await ask(wire, 50)).toMatchObject({ came: 200, distinct: 50 });
      wire.copy(0);
      wire.cut(1, 0);
      expect(await ask(wire, 20)).toMatchObject({ came: 0 });
      wire.mendAll();
      expect(await ask(wire, 20)).toMatchObject({ came: 20 });
      there.end();
    } finally {
      wire.close();
    }
  });
});

const ECHO = `const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
socket.bind(7007, () => console.log("up"));`;

const ASK = `const socket = require("node:dgram").createSocket("udp4");
const [to, count] = process.argv.slice(1);
const sent = [], came = [], tookMs = [];
socket.on("message", (bytes) => { came.push(String(bytes)); tookMs.push(performance.now() - sent[Number(bytes)]); });
const timer = setInterval(() => {
  for (let i = 0; i < 5 && sent.length < count; i++) { sent.push(performance.now()); socket.send(String(sent.length - 1), 7007, to); }
  if (sent.length < count) return;
  clearInterval(timer);
  setTimeout(() => { console.log(JSON.stringify({ came: came.length, distinct: new Set(came).size, fastestMs: Math.min(...tookMs, 1e9) })); process.exit(); }, 1500);
}, 2);`;

const onMachine = (wire: Wire, machine: number, ...args: readonly string[]) => {
  const [command, ...rest] = [...wire.machines[machine]!.place, process.execPath, "-e", ...args];
  return spawn(command!, rest, { stdio: ["ignore", "pipe", "inherit"] });
};

function echo(wire: Wire) {
  const child = onMachine(wire, 1, ECHO);
  return { up: new Promise((resolve) => child.stdout.once("data", resolve)), end: () => child.kill("SIGKILL") };
}

function ask(wire: Wire, count: number): Promise<{ readonly came: number; readonly distinct: number; readonly fastestMs: number }> {
  const child = onMachine(wire, 0, ASK, wire.machines[1]!.address, String(count));
  let out = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  return new Promise((resolve) => child.once("close", () => resolve(JSON.parse(out) as Awaited<ReturnType<typeof ask>>)));
}

describe("the laboratory sees", () => {
  const value = (digit: string): string => `0x${digit.repeat(64)}`;

  test.each([
    ["two notarizes of one view", [`notarize 1 7 1 ${value("a")}`, `notarize 1 7 1 ${value("b")}`]],
    ["two proposals of one view", [`propose 1 7 1 ${value("a")}`, `propose 1 7 1 ${value("b")}`]],
    ["finalize after nullify", [`nullify 1 7 1 ${value("0")}`, `finalize 1 7 1 ${value("a")}`]],
    ["nullify after finalize", [`finalize 1 7 1 ${value("a")}`, `nullify 1 7 1 ${value("0")}`]],
  ])("%s", (_, heard) => {
    expect(doubleVotes(heard)).toHaveLength(1);
  });

  test("nothing wrong in what honest homes say, also twice", () => {
    const heard = [
      `notarize 1 7 1 ${value("a")}`,
      `nullify 1 7 1 ${value("0")}`,
      `notarize 1 7 2 ${value("b")}`,
      `notarize 2 7 1 ${value("b")}`,
    ];
    expect(doubleVotes([...heard, ...heard])).toEqual([]);
  });

  test("a slot with other bytes than in an earlier life, and a view both finalized and nullified", () => {
    const watched = new SignedWatch();
    expect(watched.add("home-01", new Map([["notarize 7 1", "a"]]))).toEqual([]);
    expect(watched.add("home-02", new Map([["notarize 7 1", "b"]]))).toEqual([]);
    expect(watched.add("home-01", new Map([["notarize 7 1", "b"]]))).toEqual(["home-01 signed notarize 7 1 twice"]);
    expect(
      watched.add(
        "home-03",
        new Map([
          ["finalize 7 1", "a"],
          ["nullify 7 1", "b"],
        ]),
      ),
    ).toHaveLength(1);
  });

  const books = (home: string, heads: readonly (readonly [number, string])[]) => ({
    home,
    heads: new Map(heads),
    traded: new Map(),
    fills: 0,
    batches: [],
    faults: [],
  });

  test.each([
    [
      "an interval that one home lacks",
      [
        [7, "a"],
        [8, "b"],
      ],
      [[7, "a"]],
    ],
    [
      "two results for one interval",
      [
        [7, "a"],
        [8, "b"],
      ],
      [
        [7, "a"],
        [8, "c"],
      ],
    ],
    [
      "an interval that nobody has",
      [
        [7, "a"],
        [9, "b"],
      ],
      [
        [7, "a"],
        [9, "b"],
      ],
    ],
  ] as const)("%s", (_, one, other) => {
    expect(differences([books("home-01", one), books("home-02", other)])).toHaveLength(1);
  });

  test("no loss in what the last homes certify while others have ended, and one before", () => {
    const other = books("home-02", [
      [7, "a"],
      [8, "b"],
      [9, "c"],
    ]);
    const first = (heads: readonly (readonly [number, string])[]) => differences(untilTheFirstEnded([books("home-01", heads), other]));
    const [seven, eight] = [[7, "a"] as const, [8, "b"] as const];
    expect(first([seven, eight])).toEqual([]);
    expect(first([eight])).toEqual(["home-01 lacks interval 7"]);
  });

  const order = (over: object) => ({
    id: value("a"),
    signature: new Uint8Array(65),
    body: { home: 1, interval: 7, seq: 0, side: "buy", energy: 100, limit: 200, ...over },
  });
  const fill = (over: object) => ({ order: value("a"), side: "buy", energy: 100, price: 200, ...over });
  type Fills = Parameters<typeof overfilled>[0];
  type Orders = Parameters<typeof overfilled>[1];

  test.each([
    ["more energy than was ordered", [fill({ energy: 60 }), fill({ energy: 60 })], [order({})]],
    ["a buyer who pays more than its limit", [fill({ price: 201 })], [order({})]],
    ["a seller who gets less than its limit", [fill({ side: "sell", price: 199 })], [order({ side: "sell" })]],
    ["a fill of no order", [fill({ order: value("b") })], [order({})]],
  ])("%s", (_, fills, orders) => {
    expect(overfilled(fills as unknown as Fills, orders as unknown as Orders)).toHaveLength(1);
  });

  test("nothing wrong in an order that is filled to its limit, and money that doesn't balance", () => {
    expect(overfilled([fill({})] as unknown as Fills, [order({})] as unknown as Orders)).toEqual([]);
    const settled = { conservation: { energyIn: 5, energyOut: 5, moneyIn: 7, moneyOut: 8 } };
    expect(faultsOf({ clearing: { kind: "no-trade" }, orders: [], settled } as unknown as Parameters<typeof faultsOf>[0])).toEqual([
      "money in 7, out 8",
    ]);
  });
});
