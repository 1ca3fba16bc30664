import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../test/support/chance.ts";
import { atMost, exactly, quantile, type Row } from "../engine/frame.ts";
import { told, until } from "./checks.ts";
import { type LabHome, LabStreet } from "./lab-street.ts";
import { calm, missingOf, watch } from "./loss.ts";
import { rssMb } from "./meters.ts";
import type { LabFrame, LabPart } from "./part.ts";

const HOMES = 7;
const FROZEN = 2;
const FROZEN_MS = 10_000;
const SPEED = 225;
const CATCHING_UP_MS = 60_000;

export const part: LabPart = {
  method: [
    `${HOMES} homes, all validators, each in a process of its own on loopback, an interval in ${900 / SPEED} s; again and again ${FROZEN} of them, drawn by chance, are`,
    `frozen with SIGSTOP for ${FROZEN_MS / 1000} s (their connections stay open and nobody reads), while the others go on; resident memory of all homes`,
    "after a warm-up and in the end",
  ],
  leftOut: ["a slow line (tbf); what a frozen home's own device does meanwhile"],
  async run(frame) {
    const street = await LabStreet.open({ folder: join(frame.folder, "slow"), homes: HOMES, speed: SPEED, periodIntervals: 96 });
    try {
      await calm(street);
      return await rowsOf(frame, street);
    } finally {
      await street.close();
    }
  },
};

async function rowsOf({ quick, seed }: LabFrame, street: LabStreet): Promise<readonly Row[]> {
  const undisturbed = await watch(street, quick ? 3 : 50);
  const memory = (): number => street.homes.reduce((sum, { process }) => sum + rssMb(process.pid), 0) / HOMES;
  const before = memory();
  const random = chance(seed);
  const [everyMs, backMs]: [number[], number[]] = [[], []];
  for (let count = quick ? 2 : 30; count > 0; count--) {
    const frozen = street.homes
      .map((home) => ({ home, key: random() }))
      .sort((a, b) => a.key - b.key)
      .slice(0, FROZEN);
    const round = await freeze(
      street,
      frozen.map(({ home }) => home),
    );
    everyMs.push(...round.everyMs);
    backMs.push(round.backMs);
    await calm(street);
  }
  await watch(street, quick ? 3 : 50);
  const after = memory();
  const came = everyMs.filter((ms) => !Number.isNaN(ms));
  const row = (what: string, value: number, unit = "ms", note = ""): Row => ({ what, value, unit, goal: null, note });
  return [
    row("undisturbed, from gate closure to the last home, p50", quantile(undisturbed, 0.5)),
    {
      ...row(`${FROZEN} of ${HOMES} frozen: intervals missing at the others`, missingOf(everyMs), "", `(of ${everyMs.length})`),
      goal: exactly(0),
    },
    row("  at the last of the others, p50", quantile(came, 0.5)),
    row("  at the last of the others, p95", quantile(came, 0.95), "ms", "(a frozen leader costs its view's time-out)"),
    row("  from thaw until the frozen have what the others have, longest", Math.max(...backMs)),
    row("  a home's resident memory after the warm-up", before, "MB"),
    { ...row("  its growth until the end", (100 * (after - before)) / before, "%"), goal: atMost(10) },
    { ...row("  homes that failed", street.faults.length, "", street.faults.join("; ")), goal: exactly(0) },
  ];
}

async function freeze(
  street: LabStreet,
  frozen: readonly LabHome[],
): Promise<{ readonly everyMs: readonly number[]; readonly backMs: number }> {
  const others = street.homes.filter((home) => !frozen.includes(home));
  const first = street.nextInterval;
  for (const { process } of frozen) process.freeze();
  await sleep(FROZEN_MS);
  const last = street.nextInterval - 1;
  for (const { process } of frozen) process.thaw();
  const thawedAt = Date.now();
  const behind = await until(async () => (lastOf(frozen) >= last && lastOf(others) >= last ? [] : ["behind"]), CATCHING_UP_MS);
  const backMs = behind.length > 0 ? Number.NaN : Date.now() - thawedAt;
  const intervals = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const certified = others.map(({ log }) => new Map(told(log).map(({ interval, at }) => [interval, at])));
  const everyMs = intervals.map((interval) => Math.max(...certified.map((at) => at.get(interval) ?? Number.NaN)) - street.gateAt(interval));
  return { everyMs, backMs };
}

/** The last interval that all of them have. */
const lastOf = (homes: readonly LabHome[]): number => Math.min(...homes.map(({ log }) => told(log).at(-1)?.interval ?? 0));
