import { type ClearingInput, clear, clearingDigest } from "../../engine/auction/index.ts";
import { chance } from "../../test/support/chance.ts";
import { openHighs } from "../../test/support/highs.ts";
import { randomMarket, SHAPE, street } from "../../test/support/networks.ts";
import { atLeast, atMost, type Contestant, type Frame, type Goal, type Row, type Timing } from "./frame.ts";
import { openTextSolver, programText } from "./tree-program.ts";

/** The whole clearing with reasons: on trees beside HiGHS on the same linear program, and on one node as a street has it. */
export const name = "tree";

export async function run(frame: Frame): Promise<readonly Row[]> {
  return [...(await onTrees(frame)), ...(await onPath(frame)), ...(await onOneNode(frame))];
}

const treeOf = (nodes: number): ClearingInput =>
  randomMarket(nodes, { ...SHAPE, nodes, orders: 2 * nodes, levels: 400, energy: 5000, capacity: 8000, fee: 20, tick: 100 });

/** Whoever is timed comes to the same clearing, to the last reason. */
const clearing = (input: ClearingInput, times = 1): Contestant => ({
  times,
  run: () => {
    let cleared = clear(input);
    for (let i = 1; i < times; i++) cleared = clear(input);
    return () => clearingDigest(cleared);
  },
});

const welfareOf = (input: ClearingInput): number => {
  const cleared = clear(input);
  return cleared.kind === "trade" ? cleared.welfare : 0;
};

async function onTrees(frame: Frame): Promise<readonly Row[]> {
  const [small, large] = [treeOf(1000), treeOf(10_000)];
  const highs = await openHighs();
  const [fromText, text] = [await openTextSolver(), programText(small)];
  const most = highs.welfare(small);
  for (const other of [welfareOf(small), fromText(text)]) {
    if (Math.abs(most - other) > 1e-6 * most) throw new Error(`HiGHS came to ${most} and not to ${other}`);
  }
  const contestants = {
    small: { ...clearing(small, 5), warm: 20 },
    columns: { warm: 1, run: () => Math.round(highs.welfare(small) / 1000) },
    text: { warm: 1, run: () => Math.round(fromText(text) / 1000) },
    large: clearing(large),
  };
  const timing = await frame.alternate(contestants, frame.rounds(15), "own");
  const ours = timing.small;
  const beside = (what: string, theirs: Timing, goal: Goal | null): Row => {
    return {
      what,
      value: theirs.cpuNs / ours.cpuNs,
      unit: "x",
      goal,
      note: `that took ${(theirs.cpuNs / 1e6).toFixed(0)} ms, equal welfare`,
    };
  };
  const times = timing.large.cpuNs / ours.cpuNs;
  return [
    {
      what: "tree of 1,000 nodes, 2,000 orders, with reasons",
      value: ours.cpuNs / 1e6,
      unit: "ms",
      goal: atMost(3),
      note: bestOf(ours.bestCpuNs),
    },
    beside("  speed against HiGHS on the same program, as text", timing.text, atLeast(150)),
    beside("  speed against HiGHS given columns, not text", timing.columns, null),
    {
      what: "  10,000 nodes, 20,000 orders: times the above",
      value: times,
      unit: "x",
      goal: atMost(15),
      note: bestOf(timing.large.bestCpuNs),
    },
  ];
}

/** The same wires and orders one behind the other: no tree is deeper. */
function pathOf(nodes: number): ClearingInput {
  const tree = treeOf(nodes);
  const inLine = tree.network.nodes.map(({ edge }, node) => ({ edge: edge === null ? null : { ...edge, parent: node - 1 } }));
  return { ...tree, network: { ...tree.network, nodes: inLine } };
}

async function onPath(frame: Frame): Promise<readonly Row[]> {
  const { path } = await frame.alternate({ path: { ...clearing(pathOf(1000), 5), warm: 10 } }, frame.rounds(9));
  const what = "  1,000 nodes one behind the other, 2,000 orders";
  return [{ what, value: path.cpuNs / 1e6, unit: "ms", goal: null, note: bestOf(path.bestCpuNs) }];
}

const bestOf = (ns: number): string => `best ${(ns / 1e6).toFixed(2)} ms`;

/** Limits and energies as `call-orders.ts` spreads them, 100 buyers and 100 sellers; ids rise with the place, as agreement hands sets over. */
function oneNode(): ClearingInput {
  const next = chance(11);
  const offers = Array.from({ length: 200 }, (_, i) => {
    const middle = i % 2 === 0 ? 220 : 190;
    const limit = Math.round(middle + 60 * (next() + next() - 1)) * 1000;
    return [0, i % 2 === 0 ? "buy" : "sell", 50 + Math.floor(next() * 4951), limit] as const;
  });
  return street({ wires: [], offers, tick: 100 });
}

async function onOneNode(frame: Frame): Promise<readonly Row[]> {
  const input = oneNode();
  const next = chance(12);
  const places = new Map(input.orders.map((order) => [order, next()]));
  const shuffled = { ...input, orders: input.orders.toSorted((a, b) => places.get(a)! - places.get(b)!) };
  const timing = await frame.alternate(
    { inOrder: { ...clearing(input, 500), warm: 5 }, shuffled: { ...clearing(shuffled, 500), warm: 5 } },
    frame.rounds(15),
  );
  return [
    {
      what: "100 + 100 orders on one node, whole result with reasons",
      value: timing.inOrder.cpuNs / 1000,
      unit: "us",
      goal: atMost(60),
      note: "by rising id, as agreement hands them over",
    },
    { what: "  the same orders shuffled", value: timing.shuffled.cpuNs / 1000, unit: "us", goal: null, note: "" },
  ];
}
