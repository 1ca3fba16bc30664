import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../test/support/chance.ts";
import { exactly, quantile, type Row } from "../engine/frame.ts";
import {
  accusations,
  chainFaults,
  differences,
  doubleVotes,
  type Faults,
  forgotten,
  readBooks,
  SignedWatch,
  signedSlots,
  told,
  until,
  untilTheFirstEnded,
} from "./checks.ts";
import type { LabProcess } from "./lab-process.ts";
import { type LabHome, LabStreet } from "./lab-street.ts";
import type { LabPart } from "./part.ts";

export interface KillsOptions {
  readonly folder: string;
  readonly homes: number;
  readonly kills: number;
  readonly seed: number;
  /** Before each kill chance draws real milliseconds from 0 to this. */
  readonly waitMs: number;
  readonly say: (line: string) => void;
}

export interface KillsReport {
  readonly kills: number;
  readonly ofOperator: number;
  /** Intervals in every home's store, and how many of them somebody certified between the first kill and the last. */
  readonly intervals: number;
  readonly meanwhile: number;
  readonly fills: number;
  readonly settledPeriods: number;
  readonly slots: number;
  readonly heard: number;
  /** From a start to the home's word that it trades, real milliseconds. */
  readonly upMs: readonly number[];
  readonly faults: { readonly lost: Faults; readonly settlement: Faults; readonly votes: Faults; readonly other: Faults };
}

/** Where a validator is missing its neighbours wait for what it may have sealed, so an interval needs some seconds. */
const SPEED = 300;
const PERIOD = 8;
/** As the street's set-up escrows for each home, micro. */
const DEPOSIT = 2_000_000_000;
/** How long the street has after the last kill until every home has everything and the chain is up to date. */
const HEALED_MS = 90_000;

/** Kills processes of a running street at random moments, starts each again, and looks through all that is left. */
export async function runKills(options: KillsOptions): Promise<KillsReport> {
  const street = await LabStreet.open({ ...options, speed: SPEED, periodIntervals: PERIOD });
  try {
    const killed = await killAtRandom(street, options);
    const unhealed = await healed(street);
    await street.stopHomes();
    return await lookThrough(street, killed, unhealed);
  } finally {
    await street.close();
  }
}

interface Killed {
  readonly watch: SignedWatch;
  readonly faults: string[];
  readonly moments: { readonly home: LabHome | null; readonly at: number }[];
}

async function killAtRandom(street: LabStreet, options: KillsOptions): Promise<Killed> {
  const { kills, seed, say } = options;
  const random = chance(seed);
  const killed: Killed = { watch: new SignedWatch(), faults: [], moments: [] };
  const victims: readonly Victim[] = [
    ...street.homes.map((home) => ({ process: home.process, home })),
    { process: street.operator, home: null },
  ];
  while (killed.moments.length < kills) {
    await calmOrNot(street, random);
    await sleep(options.waitMs * random());
    const { process, home } = victims[Math.floor(random() * victims.length)]!;
    if (!process.isRunning) throw new Error(street.faults.join("; "));
    killed.moments.push({ home, at: Date.now() });
    await process.kill();
    if (home !== null) killed.faults.push(...killed.watch.add(home.name, signedSlots(home.folder)));
    process.start();
    if (killed.moments.length % 50 === 0) say(`${killed.moments.length} of ${kills} kills`);
  }
  return killed;
}

interface Victim {
  readonly process: LabProcess;
  readonly home: LabHome | null;
}

/** Mostly a kill waits until one home at most is still starting, so that the street goes on meanwhile; one in five doesn't. */
async function calmOrNot({ homes }: LabStreet, random: () => number): Promise<void> {
  if (random() < 0.2) return;
  while (homes.filter(({ process }) => !process.isUp).length > 1) await sleep(20);
}

/** Waits until all homes have come two intervals further and the chain has every period that is closed; tells what didn't come. */
async function healed(street: LabStreet): Promise<Faults> {
  await Promise.all(street.homes.map(({ process }) => process.up()));
  const wanted = street.nextInterval + 2;
  const missing = () =>
    street.homes
      .filter(({ log }) => (told(log).at(-1)?.interval ?? 0) < wanted)
      .map(({ name }) => `${name} did not come back to interval ${wanted}`);
  const late = await until(async () => missing(), HEALED_MS);
  const chain = street.openChain();
  const closed = Math.floor((wanted - 2) / PERIOD);
  const behind = await until(async () => {
    const head = await chain.head();
    return head.ok && head.value.nextPeriod >= closed ? [] : [`the chain lacks period ${closed - 1}`];
  }, HEALED_MS);
  await chain.close();
  return [...late, ...behind];
}

async function lookThrough(street: LabStreet, { watch, faults, moments }: Killed, unhealed: Faults): Promise<KillsReport> {
  const books = await Promise.all(street.homes.map(({ name, folder }) => readBooks(name, folder)));
  const chain = street.openChain();
  const settlement = await chainFaults(chain, books[0]!, DEPOSIT);
  const settled = await chain.batches();
  await chain.close();
  const signed = street.homes.flatMap(({ name, folder }) => watch.add(name, signedSlots(folder)));
  const heardFile = join(street.layout.data, "heard");
  const heard = existsSync(heardFile) ? readFileSync(heardFile, "utf8").trimEnd().split("\n") : [];
  return {
    kills: moments.length,
    ofOperator: moments.filter(({ home }) => home === null).length,
    intervals: books[0]!.heads.size,
    meanwhile: certifiedBetween(street, moments[0]!.at, moments.at(-1)!.at),
    fills: books[0]!.fills,
    settledPeriods: settled.ok ? settled.value.length : 0,
    slots: watch.size,
    heard: heard.length,
    upMs: street.homes.flatMap(({ process }) => process.upMs),
    faults: {
      lost: [...differences(untilTheFirstEnded(books)), ...books.flatMap((each, at) => forgotten(each, street.homes[at]!.log))],
      settlement: [...settlement, ...books.flatMap((each) => each.faults)],
      votes: [...faults, ...signed, ...doubleVotes(heard)],
      other: [...street.faults, ...unhealed, ...street.homes.flatMap(({ log }) => accusations(log))],
    },
  };
}

const certifiedBetween = ({ homes }: LabStreet, from: number, until: number): number =>
  new Set(homes.flatMap(({ log }) => told(log).flatMap(({ interval, at }) => (at > from && at < until ? [interval] : [])))).size;

const HOMES = 7;
const WAIT_MS = 800;

export const part: LabPart = {
  method: [
    `${HOMES} homes, all validators, each \`commonwatt home\` in a process of its own, and the operator; 15-minute intervals in ${900 / SPEED} s,`,
    `periods of ${PERIOD}; again and again one process, drawn by chance, gets SIGKILL and is started again at once: 0 to ${WAIT_MS} ms after at`,
    "most one home was still starting, and each fifth time without waiting for that; at each kill the victim's signed.db is copied and compared with what it",
    "signed in all its lives; in the end all stores are worked out again and held against each other, the logs and the chain",
  ],
  leftOut: ["power cuts (what was written and not synced outlives kill -9); the chain's and the devices' processes are not killed"],
  async run({ quick, folder, seed, say }) {
    const report = await runKills({
      folder: join(folder, "kills"),
      homes: HOMES,
      kills: quick ? 30 : 1_000,
      seed,
      waitMs: WAIT_MS,
      say,
    });
    for (const fault of Object.values(report.faults).flat()) say(fault);
    return rowsOf(report, quick);
  },
};

function rowsOf({ faults, ...report }: KillsReport, quick: boolean): readonly Row[] {
  const row = (what: string, value: number, unit: string, note = ""): Row => ({ what, value, unit, goal: null, note });
  const none = (what: string, found: Faults): Row => ({ what, value: found.length, unit: "", goal: exactly(0), note: "" });
  return [
    { ...row("kill -9", report.kills, "", `(${report.ofOperator} of them the operator)`), goal: quick ? null : exactly(1_000) },
    row("  intervals certified, in every home's store", report.intervals, "", `(${report.fills} fills)`),
    row("  of them certified between the first kill and the last", report.meanwhile, ""),
    row("  periods settled on the chain", report.settledPeriods, ""),
    none("lost: gaps, two results, told and gone", faults.lost),
    none("settled twice or wrongly, on the chain or in the books", faults.settlement),
    { ...none("double votes", faults.votes), note: `(${report.slots} signed slots of all lives, ${report.heard} messages heard)` },
    none("homes that failed, accused others or did not come back", faults.other),
    row("from start to at work, p50", quantile(report.upMs, 0.5), "ms"),
    row("from start to at work, p99", quantile(report.upMs, 0.99), "ms"),
  ];
}
