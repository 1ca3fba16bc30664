import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atMost, exactly, type Row } from "../engine/frame.ts";
import { differences, readBooks, told, until, untilTheFirstEnded } from "./checks.ts";
import { type LabHome, LabStreet } from "./lab-street.ts";
import { calm } from "./loss.ts";
import { cpuSeconds } from "./meters.ts";
import type { LabPart } from "./part.ts";

const HOMES = 12;
/** An interval in 1.5 s: without one of the validators orders stay sealed for half a second of it. */
const SPEED = 600;
const WEEK = 672;
const CATCHING_UP_MS = 120_000;

export const part: LabPart = {
  method: [
    `${HOMES} homes, all validators, each in a process of its own on loopback; one is stopped while the others certify a week of 15-minute`,
    `intervals in ${900 / SPEED} s each, and is started again while they go on; from its start until it has what the others have, and its CPU until then`,
  ],
  leftOut: ["a home that was never there (keys, registration); the others' way over the internet"],
  async run({ quick, folder, say }) {
    const street = await LabStreet.open({ folder: join(folder, "away"), homes: HOMES, speed: SPEED, periodIntervals: 96 });
    try {
      await calm(street);
      const [home, other] = [street.homes.at(-1)!, street.homes[0]!];
      await home.process.stop();
      const left = lastOf(home);
      const missed = quick ? 40 : WEEK;
      while (lastOf(other) < left + missed) {
        await sleep(1_000);
        if (street.faults.length > 0) throw new Error(street.faults.join("; "));
      }
      say(`${lastOf(other) - left} intervals were certified without it`);
      return await comeBack(street, home, other, left);
    } finally {
      await street.close();
    }
  },
};

async function comeBack(street: LabStreet, home: LabHome, other: LabHome, left: number): Promise<readonly Row[]> {
  const startedAt = performance.now();
  home.process.start();
  await home.process.up();
  const upS = (performance.now() - startedAt) / 1_000;
  const behind = await until(async () => (lastOf(home) >= lastOf(other) ? [] : ["behind"]), CATCHING_UP_MS);
  const caughtUpS = (performance.now() - startedAt) / 1_000;
  const cpuS = cpuSeconds(home.process.pid);
  const fetched = lastOf(home) - left;
  await sleep(3_000);
  await street.stopHomes();
  const books = await Promise.all([home, other].map(({ name, folder }) => readBooks(name, folder)));
  const faults = differences(untilTheFirstEnded(books));
  return [
    { what: `away for ${fetched} intervals: start to at work`, value: upS, unit: "s", goal: null, note: "" },
    { what: "  start to caught up and verified", value: behind.length > 0 ? Number.NaN : caughtUpS, unit: "s", goal: atMost(10), note: "" },
    { what: "  CPU until then", value: cpuS, unit: "s", goal: null, note: "(of the home's process, its start included)" },
    { what: "  gaps, and results that differ", value: faults.length + street.faults.length, unit: "", goal: exactly(0), note: "" },
  ];
}

const lastOf = ({ log }: LabHome): number => told(log).at(-1)?.interval ?? 0;
