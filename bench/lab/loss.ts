import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../test/support/chance.ts";
import { atMost, exactly, type Goal, quantile, type Row } from "../engine/frame.ts";
import { accusations, differences, type Faults, readBooks, told, until, untilTheFirstEnded } from "./checks.ts";
import { LabStreet } from "./lab-street.ts";
import type { LabFrame, LabPart } from "./part.ts";
import { Wire, whyNoWire } from "./wire.ts";

const HOMES = 7;
const SPEED = 225;
const INTERVAL_MS = 900_000 / SPEED;
/** How long after its gate an interval may take before it counts as missing. */
const PATIENCE_MS = 20_000;

/** A street on a wire, each home on a machine of its own and the operator on one more. */
export async function withWiredStreet<T>(
  {
    folder,
    seed,
    homes = HOMES,
    speed = SPEED,
  }: { readonly folder: string; readonly seed: number; readonly homes?: number; readonly speed?: number },
  use: (street: LabStreet, wire: Wire) => Promise<T>,
): Promise<T> {
  const wire = await Wire.open(homes + 1, seed);
  try {
    const [hub, machines] = [wire.machines[homes]!, wire.machines.slice(0, homes)];
    const street = await LabStreet.open({ folder, homes, speed, periodIntervals: 96, machines, hub });
    try {
      return await use(street, wire);
    } finally {
      await street.close();
    }
  } finally {
    wire.close();
  }
}

/** Real milliseconds from gate closure until the last home had the certificate, for each of the next `count` intervals; NaN: some home never had. */
export async function watch(street: LabStreet, count: number): Promise<readonly number[]> {
  const first = street.nextInterval + 1;
  const intervals = Array.from({ length: count }, (_, at) => first + at);
  await sleep(Math.max(0, street.gateAt(first + count - 1) - Date.now()));
  const lacking = async (): Promise<Faults> => {
    const last = street.homes.map(({ log }) => told(log).at(-1)?.interval ?? 0);
    return last.filter((interval) => interval < first + count - 1).map(String);
  };
  await until(lacking, PATIENCE_MS);
  const certified = street.homes.map(({ log }) => new Map(told(log).map(({ interval, at }) => [interval, at])));
  return intervals.map((interval) => Math.max(...certified.map((at) => at.get(interval) ?? Number.NaN)) - street.gateAt(interval));
}

/** Waits until an interval is certified everywhere before the next one's gate closes; a street that just began or was hurt needs a while. */
export async function calm(street: LabStreet): Promise<void> {
  const intervalMs = street.gateAt(street.nextInterval + 1) - street.gateAt(street.nextInterval);
  for (const end = Date.now() + CALM_MS; Date.now() < end; ) if ((await watch(street, 1))[0]! < intervalMs) return;
}

const CALM_MS = 120_000;

export const missingOf = (everyMs: readonly number[]): number => everyMs.filter(Number.isNaN).length;

export const part: LabPart = {
  method: [
    `${HOMES} homes, all validators, each in a network namespace of its own with its device, the operator and the chain in one more;`,
    `nothing joins them but wire.c, which loses, delays, copies and parts by chance; an interval is ${INTERVAL_MS / 1000} s; from gate closure to the`,
    "certificate at the last home, by the logs' time of day",
  ],
  leftOut: ["radio, bandwidth, machines with clocks of their own"],
  async run(frame) {
    const missing = whyNoWire();
    if (missing !== null) return [{ what: "everything", value: null, unit: "", goal: null, note: missing }];
    const { folder, seed } = frame;
    return withWiredStreet({ folder: join(folder, "loss"), seed }, async (street, wire) => {
      const rows = [
        ...(await lossRows(frame, street, wire)),
        ...(await delayRows(frame, street, wire)),
        ...(await partitionRows(frame, street, wire)),
      ];
      return [...rows, ...(await booksRows(street, frame))];
    });
  },
};

async function lossRows({ quick, say }: LabFrame, street: LabStreet, wire: Wire): Promise<readonly Row[]> {
  await calm(street);
  const clean = await watch(street, quick ? 5 : 20);
  const rows: Row[] = [...figures("nothing lost", clean, null)];
  for (const permille of [100, 300]) {
    const before = await wire.counts();
    wire.lose(permille);
    await calm(street);
    const everyMs = await watch(street, quick ? 5 : 50);
    const after = await wire.counts();
    say(summary(`${permille / 10} % lost each way`, everyMs));
    const [lost, carried] = [after.lost - before.lost, after.carried - before.carried];
    rows.push(
      ...figures(
        `${permille / 10} % lost each way`,
        everyMs,
        permille === 300 ? atMost(1_000) : null,
        `(${((100 * lost) / (lost + carried)).toFixed(1)} % of packets)`,
      ),
    );
  }
  wire.lose(0);
  return rows;
}

/** F5: delay with a fifth of it as jitter, which reorders, and one packet in fifty twice. */
async function delayRows({ quick, say }: LabFrame, street: LabStreet, wire: Wire): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const ms of [25, 100, 400]) {
    wire.delay(ms, ms / 5);
    wire.copy(20);
    await calm(street);
    const everyMs = await watch(street, quick ? 3 : 20);
    say(summary(`${ms} ms and more each way`, everyMs));
    rows.push(...figures(`${ms} to ${1.2 * ms} ms each way, 2 % twice`, everyMs, atMost(6 * 2 * ms + 500)));
  }
  wire.delay(0, 0);
  wire.copy(0);
  await calm(street);
  return rows;
}

/** Told at once: an hour's run that breaks off later has still shown it. */
const summary = (what: string, everyMs: readonly number[]): string =>
  `${what}: missing ${missingOf(everyMs)} of ${everyMs.length}, longest ${Math.round(Math.max(...everyMs.filter((ms) => !Number.isNaN(ms))))} ms`;

function figures(what: string, everyMs: readonly number[], p95: Goal | null, note = ""): readonly Row[] {
  const came = everyMs.filter((ms) => !Number.isNaN(ms));
  const row = (name: string, value: number, goal: Goal | null): Row => ({ what: `  p${name}`, value, unit: "ms", goal, note: "" });
  return [
    { what: `${what}: missing of ${everyMs.length}`, value: missingOf(everyMs), unit: "", goal: exactly(0), note },
    row("50", quantile(came, 0.5), null),
    row("95", quantile(came, 0.95), p95),
    { ...row("", quantile(came, 1), null), what: "  longest" },
  ];
}

/** F6: who can't see whom. Homes by number; a side with five of seven may go on. */
const PARTINGS: readonly {
  readonly name: string;
  readonly part: (wire: Wire, order: readonly number[]) => void;
  readonly goesOn: boolean;
}[] = [
  { name: "3 | 4", part: (wire, order) => wire.part(order.slice(0, 3), order.slice(3)), goesOn: false },
  { name: "5 | 2", part: (wire, order) => wire.part(order.slice(0, 5), order.slice(5)), goesOn: true },
  { name: "1 | 6", part: (wire, order) => wire.part(order.slice(0, 1), order.slice(1)), goesOn: true },
  { name: "3 deaf to 4", part: (wire, order) => oneWay(wire, order.slice(3), order.slice(0, 3)), goesOn: false },
];

function oneWay(wire: Wire, from: readonly number[], to: readonly number[]): void {
  for (const a of from) for (const b of to) wire.cut(a, b);
}

const PARTED_MS = 8_000;

async function partitionRows({ quick, seed, say }: LabFrame, street: LabStreet, wire: Wire): Promise<readonly Row[]> {
  const random = chance(seed);
  const count = quick ? PARTINGS.length : 100;
  const partings: Parted[] = [];
  for (let at = 0; at < count; at++) {
    await sleep(INTERVAL_MS * random());
    partings.push(await partOnce(street, wire, PARTINGS[at % PARTINGS.length]!, random));
    if (at % 10 === 9) say(`${at + 1} of ${count} partings`);
  }
  const healed = partings.map(({ healedMs }) => healedMs).filter((ms) => !Number.isNaN(ms));
  const meanwhile = (goesOn: boolean): readonly number[] => partings.filter((each) => each.goesOn === goesOn).map((each) => each.meanwhile);
  const row = (what: string, value: number, unit: string, goal: Goal | null): Row => ({ what, value, unit, goal, note: "" });
  return [
    row(`partings that never healed, of ${count}`, count - healed.length, "", exactly(0)),
    row("  certified while no side had a quorum", Math.max(...meanwhile(false)), "", exactly(0)),
    row(
      "  sides with a quorum that certified nothing meanwhile",
      meanwhile(true).filter((certified) => certified === 0).length,
      "",
      exactly(0),
    ),
    row("  mended to an interval certified everywhere, p50", quantile(healed, 0.5), "ms", null),
    row("  mended to an interval certified everywhere, longest", quantile(healed, 1), "ms", atMost(5_000)),
  ];
}

interface Parted {
  readonly goesOn: boolean;
  /** Intervals whose gate closed while the street was parted and that somebody certified before it was mended. */
  readonly meanwhile: number;
  readonly healedMs: number;
}

/** Parts the street, with homes drawn by chance, and mends it; one in four flaps first. */
async function partOnce(street: LabStreet, wire: Wire, { part, goesOn }: (typeof PARTINGS)[number], random: () => number): Promise<Parted> {
  const drawn = street.homes.map((_, home) => ({ home, key: random() })).sort((a, b) => a.key - b.key);
  const order = drawn.map(({ home }) => home);
  for (let flap = random() < 0.25 ? 2 : 0; flap > 0; flap--) {
    part(wire, order);
    await sleep(FLAP_MS);
    wire.mendAll();
    await sleep(FLAP_MS);
  }
  part(wire, order);
  // The wire answers in turn: the street is parted by now.
  await wire.counts();
  const partedAt = Date.now();
  await sleep(PARTED_MS);
  const mendedAt = Date.now();
  wire.mendAll();
  const healedMs = await firstEverywhere(street, mendedAt);
  const meanwhile = street.homes.flatMap(({ log }) =>
    told(log).filter(({ interval, at }) => at < mendedAt && street.gateAt(interval) > partedAt),
  );
  return { goesOn, healedMs, meanwhile: new Set(meanwhile.map(({ interval }) => interval)).size };
}

const FLAP_MS = 2_000;

/** Real milliseconds from `since` until every home has certified something later, NaN when that takes too long. */
async function firstEverywhere(street: LabStreet, since: number): Promise<number> {
  const firsts = (): readonly (number | undefined)[] =>
    street.homes.map(({ log }) => told(log).findLast(({ at }) => at > since) && told(log).find(({ at }) => at > since)!.at);
  const late = await until(async () => firsts().flatMap((at) => (at === undefined ? ["somebody"] : [])), 3 * PATIENCE_MS);
  return late.length > 0 ? Number.NaN : Math.max(...firsts().map((at) => at!)) - since;
}

async function booksRows(street: LabStreet, { say }: LabFrame): Promise<readonly Row[]> {
  await sleep(INTERVAL_MS);
  await street.stopHomes();
  const books = await Promise.all(street.homes.map(({ name, folder }) => readBooks(name, folder)));
  const faults = [
    ...differences(untilTheFirstEnded(books)),
    ...books.flatMap((each) => each.faults),
    ...street.faults,
    ...street.homes.flatMap(({ log }) => accusations(log)),
  ];
  for (const fault of faults) say(fault);
  return [
    {
      what: "two results, gaps, faults, accusations",
      value: faults.length,
      unit: "",
      goal: exactly(0),
      note: `(${books[0]!.heads.size} intervals, ${books[0]!.fills} fills)`,
    },
  ];
}
