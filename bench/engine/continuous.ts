import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VENUE_FLAGS } from "../../src/main/venue/v8-flags.ts";
import { type ArenaPlayer, arenaPlayer, naivePlayer, openStreamArena, type Player, packagePlayer } from "./book-players.ts";
import { type FlowName, HASH_START, type Stream, streamOf, WORDS_SHIFT, writeStream } from "./book-stream.ts";
import { atLeast, atMost, type Contestant, collectGarbage, exactly, type Frame, median, quantile, type Row, type Timing } from "./frame.ts";

/**
 * The continuous double auction: seeded streams of orders and cancels on one book and on 96, beside a twin in C, a naive book and an
 * npm package. A process opens one arena; one book is one of the 96, with the other 95 empty, and the twin's is alike. Beside the
 * twin the arena has a process of its own, started as a venue is; beside the others it is in the same process as they.
 */
export const name = "continuous";

const MILLION = 1_000_000;
const BOOKS = 96;
const FLOWS = ["eq", "energy"] as const;

export async function run(frame: Frame): Promise<readonly Row[]> {
  const player = arenaPlayer(openStreamArena(BOOKS), MILLION);
  const streams = { eq: streamOf("eq", MILLION), energy: streamOf("energy", MILLION), many: streamOf("energy", MILLION, { books: BOOKS }) };
  for (const key of [...FLOWS, "many"] as const) writeStream(fileOf(frame, key), streams[key]);
  const twins = twinsOf(frame);
  const bytes = bytesPerOperation(player, streams.energy);
  const timing = await besideTwins(frame, player, streams, twins);
  const beside = { eq: await besidePackage(frame, player, "eq"), energy: await besidePackage(frame, player, "energy") };
  const latency = { eq: delays(frame, player, streams.eq, twins?.eq), energy: delays(frame, player, streams.energy, twins?.energy) };
  return [
    ...FLOWS.flatMap((flow) => [
      speedRow(`stream ${flow}: operations per CPU second`, timing[`${flow}Alone`], streams[flow]),
      ratioRow("  speed against the twin in C", timing[`${flow}InC`], timing[`${flow}Alone`], 0.8, LIMITS),
      { ...ratioRow("  the same in a Node without a venue's flags", timing[`${flow}InC`], timing[`${flow}Plain`], 0), goal: null },
      ratioRow("  speed against a naive book of sorted arrays", timing[`${flow}Naive`], timing[flow], 10),
      beside[flow],
      ...latency[flow],
    ]),
    ...manyRows(timing, streams.many),
    bytes,
  ];
}

type Streams = Readonly<Record<FlowName | "many", Stream>>;
type Programs = Readonly<Record<FlowName | "many", (...mode: readonly string[]) => readonly number[]>>;

const fileOf = (frame: Frame, key: keyof Streams): string => join(frame.folder, `${key}.stream`);

/** null without a compiler. Each gives the numbers that the twin prints. */
function twinsOf(frame: Frame): Programs | null {
  const path = frame.compileC("bench/native/book.c");
  if (path === null) return null;
  const program = (key: keyof Streams): Programs[FlowName] => {
    return (...mode) =>
      execFileSync(path, [fileOf(frame, key), String(BOOKS), "3", ...mode], { encoding: "utf8" })
        .trim()
        .split(" ")
        .map(Number);
  };
  return { eq: program("eq"), energy: program("energy"), many: program("many") };
}

const ALONE = fileURLToPath(new URL("./book-alone.ts", import.meta.url));

/** The arena in a process of its own, as the twin is. */
const alone = (frame: Frame, key: keyof Streams, flags: readonly string[]) => (): readonly number[] => {
  const args = [...flags, ALONE, fileOf(frame, key), String(BOOKS), "3"];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split(" ").map(Number);
};

/** Results are 0 where the trade log's hash is the stream's own. */
const RIGHT = { hash: 0 };

/** Once untimed before each round, as the twin does: starting another program makes this one's pages read-only until they are touched. */
const playing = (player: Player, stream: Stream): Contestant => ({
  before: () => {
    player.open();
    player.play(stream);
    player.open();
  },
  run: () => player.play(stream) ^ stream.hash,
  warm: 5,
});

const apart = (program: () => readonly number[], { hash }: Stream): Contestant => ({
  run: () => {
    const [found, cpuNs] = program();
    return { hash: found! ^ hash, cpuNs: cpuNs! };
  },
  warm: 1,
});

type Timings = Readonly<
  Record<FlowName | `${FlowName}Naive` | `${FlowName | "many"}Alone` | `${FlowName}Plain`, Timing> &
    Partial<Record<`${FlowName | "many"}InC`, Timing>>
>;

/** All in the same rounds. */
async function besideTwins(frame: Frame, player: Player, streams: Streams, twins: Programs | null): Promise<Timings> {
  const naive = naivePlayer();
  const slow = (stream: Stream): Contestant => ({ ...playing(naive, stream), before: naive.open, warm: 1, litters: true });
  const contestants: Record<keyof Timings, Contestant> | object = {
    ...(twins && { eqInC: apart(twins.eq, streams.eq) }),
    eqAlone: apart(alone(frame, "eq", VENUE_FLAGS), streams.eq),
    eqPlain: apart(alone(frame, "eq", []), streams.eq),
    ...(twins && { energyInC: apart(twins.energy, streams.energy) }),
    energyAlone: apart(alone(frame, "energy", VENUE_FLAGS), streams.energy),
    energyPlain: apart(alone(frame, "energy", []), streams.energy),
    ...(twins && { manyInC: apart(twins.many, streams.many) }),
    manyAlone: apart(alone(frame, "many", VENUE_FLAGS), streams.many),
    eq: playing(player, streams.eq),
    energy: playing(player, streams.energy),
    eqNaive: slow(streams.eq),
    energyNaive: slow(streams.energy),
  };
  return (await frame.alternate(contestants as Record<keyof Timings, Contestant>, frame.rounds(15), RIGHT)) as Timings;
}

/** The package would take many seconds for the whole stream, and is slower there; both play the first part of it. */
async function besidePackage(frame: Frame, player: Player, flow: FlowName): Promise<Row> {
  const stream = streamOf(flow, frame.quick ? 50_000 : 200_000);
  const theirs = packagePlayer(stream.operations);
  const timing = await frame.alternate(
    { ours: playing(player, stream), theirs: { ...playing(theirs, stream), before: theirs.open, warm: 1, litters: true } },
    frame.rounds(5),
    RIGHT,
  );
  const row = ratioRow("  speed against nodejs-order-book 10.1.1", timing.theirs, timing.ours, 250);
  return { ...row, note: `${row.note} for the first ${stream.operations / 1000} k operations` };
}

/** What stands between the two, as the compiled code shows it. */
const LIMITS = "; limits: arguments and calls beyond what V8 puts into one function, bounds checks";

const speedRow = (what: string, { cpuNs, bestCpuNs }: Timing, { operations, manifest }: Stream): Row => ({
  what,
  value: (operations / cpuNs) * 1000,
  unit: "M/s",
  goal: null,
  note: `${(cpuNs / operations).toFixed(1)} ns each, best ${(bestCpuNs / operations).toFixed(1)}; ${manifest}`,
});

const ratioRow = (what: string, theirs: Timing | undefined, ours: Timing, goal: number, more = ""): Row => ({
  what,
  value: theirs === undefined ? null : theirs.cpuNs / ours.cpuNs,
  unit: "x",
  goal: atLeast(goal),
  note: theirs === undefined ? "no compiler for bench/native/book.c" : `that took ${(theirs.cpuNs / 1e6).toFixed(1)} ms${more}`,
});

function manyRows({ energyAlone: energy, manyAlone: many, energyInC, manyInC }: Timings, stream: Stream): readonly Row[] {
  const twin =
    energyInC && manyInC
      ? `the twin's comes to ${(energyInC.cpuNs / manyInC.cpuNs).toFixed(2)} x: more levels come and go, and are farther apart`
      : "";
  return [
    speedRow(`stream energy on ${BOOKS} books: operations per CPU second`, many, stream),
    { ...ratioRow("  speed against one book, as many resting in all", energy, many, 0.8), note: twin },
    { ...ratioRow("  speed against the twin in C", manyInC, many, 0), goal: null },
  ];
}

/** Closed loop: what one operation takes once it is here. Medians over rounds of each quantile. */
function delays(frame: Frame, player: ArenaPlayer, stream: Stream, twin: Programs[FlowName] | undefined): readonly Row[] {
  const times = new Float64Array(stream.operations);
  const found: { readonly ours: Quantiles; readonly theirs: Quantiles }[] = [];
  for (let round = -WARM_ROUNDS; round < frame.rounds(7); round++) {
    const ours = { ...timeEach(player, stream, times), nothing: timeNothing(times) };
    const theirs = twin === undefined ? NO_TWIN : twinDelays(twin("each"), stream);
    if (round >= 0) found.push({ ours, theirs });
  }
  const middle = (who: "ours" | "theirs", key: keyof Quantiles): number => median(found.map((round) => round[who][key]));
  const told = (who: "ours" | "theirs"): string =>
    `p50 ${middle(who, "p50").toFixed(0)}, p99.9 ${middle(who, "p999").toFixed(0)}, an empty step ${middle(who, "nothing").toFixed(0)} ns`;
  const theirs = middle("theirs", "p99");
  return [
    {
      what: "  p99 of one operation",
      value: middle("ours", "p99"),
      unit: "ns",
      goal: atMost(1000),
      note: `${told("ours")} (performance.now)`,
    },
    {
      what: "  p99 against the twin in C",
      value: twin === undefined ? null : middle("ours", "p99") / theirs,
      unit: "x",
      goal: atMost(2),
      note: twin === undefined ? "no compiler" : `p99 ${theirs.toFixed(0)}, ${told("theirs")} (clock_gettime)`,
    },
  ];
}

/** ns. */
interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The p50 of nothing between two looks at the clock. */
  readonly nothing: number;
}

const WARM_ROUNDS = 3;
const NO_TWIN: Quantiles = { p50: 0, p99: 0, p999: 0, nothing: 0 };

function twinDelays([hash, p50, p99, p999, nothing]: readonly number[], stream: Stream): Quantiles {
  if (hash !== stream.hash) throw new Error(`the twin came to ${hash}, not to ${stream.hash}`);
  return { p50: p50!, p99: p99!, p999: p999!, nothing: nothing! };
}

function timeEach({ open, play, step }: ArenaPlayer, stream: Stream, times: Float64Array): Omit<Quantiles, "nothing"> {
  open();
  play(stream);
  open();
  let hash = HASH_START;
  for (let at = 0; at < times.length; at++) {
    const start = performance.now();
    hash = step(stream.words, at << WORDS_SHIFT, (at + 1) << WORDS_SHIFT, hash);
    times[at] = (performance.now() - start) * 1e6;
  }
  if (hash !== stream.hash) throw new Error(`came to ${hash}, not to ${stream.hash}`);
  return { p50: median(times), p99: quantile(times, 0.99), p999: quantile(times, 0.999) };
}

function timeNothing(times: Float64Array): number {
  for (let at = 0; at < times.length; at++) {
    const start = performance.now();
    times[at] = (performance.now() - start) * 1e6;
  }
  return median(times);
}

/** Ten passes, the book closed and opened before each; looking at the heap itself allocates, and is taken off. */
function bytesPerOperation(player: ArenaPlayer, stream: Stream): Row {
  const passes = 10;
  const heapAfter = (action: () => void): number => {
    const before = process.memoryUsage().heapUsed;
    for (let pass = 0; pass < passes; pass++) action();
    return process.memoryUsage().heapUsed - before;
  };
  const pass = (): void => {
    player.open();
    player.play(stream);
  };
  heapAfter(pass);
  collectGarbage();
  heapAfter(pass);
  const looking = heapAfter(() => {});
  const bytes = heapAfter(pass) - looking;
  return {
    what: "heap after 10 M operations of the stream energy",
    value: Math.max(0, Math.round(bytes / (passes * stream.operations))),
    unit: "B each",
    goal: exactly(0),
    note: `${bytes} bytes in all`,
  };
}
