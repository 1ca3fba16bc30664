import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { leaderOf, leadersOf, validatorsOf } from "../../engine/agreement/index.ts";
import { assert, type Interval } from "../../engine/kernel/index.ts";
import { membersAt } from "../../src/node/membership.ts";
import type { Registry } from "../../src/ports/index.ts";
import { chance } from "../../test/support/chance.ts";
import { atMost, exactly, quantile, type Row } from "../engine/frame.ts";
import { told, until } from "./checks.ts";
import { type LabHome, LabStreet } from "./lab-street.ts";
import { calm, watch } from "./loss.ts";
import type { LabPart } from "./part.ts";

const HOMES = 7;
const SPEED = 225;
/** Of the first view, as in src/node/rounds.ts. */
const TIMEOUT_MS = 1_000;
/** From before the gate until most intervals are certified: the leader lists, waits, proposes and votes somewhere between. */
const MOMENTS = { fromMs: -100, untilMs: 900 } as const;
const PATIENCE_MS = 20_000;
const [TRIALS, UNDISTURBED] = [20, 10];

interface Trial {
  /** Of the kill, after the gate. */
  readonly momentMs: number;
  readonly hadProposed: boolean;
  /** After the gate, at the last of the other homes. */
  readonly certifiedMs: number;
}

export const part: LabPart = {
  method: [
    `${HOMES} homes, all validators, each in a process of its own on loopback, an interval in ${900 / SPEED} s; the first leader of an interval gets`,
    `SIGKILL at a moment drawn from ${-MOMENTS.fromMs} ms before its gate to ${MOMENTS.untilMs} ms after it, so that some die before they list, some between`,
    "their vote's way to the disk and to the wire, and some after; time until the last of the other homes has the certificate;",
    "orders are sealed: until the gates of all are closed, or 500 ms where somebody doesn't say so, and lists wait 1.5 s for what the dead",
    `home had sealed; ${TRIALS} leaders killed, ${UNDISTURBED} intervals undisturbed`,
  ],
  leftOut: ["a leader that shows its proposal to some homes alone: gossip passes it on within milliseconds; the simulator has that one"],
  async run({ quick, folder, seed, say }) {
    const street = await LabStreet.open({ folder: join(folder, "leader"), homes: HOMES, speed: SPEED, periodIntervals: 96 });
    try {
      await calm(street);
      const undisturbed = await watch(street, quick ? 3 : UNDISTURBED);
      const chain = street.openChain();
      const registry = await chain.registry();
      await chain.close();
      assert(registry.ok, "the chain answers");
      const random = chance(seed);
      const trials: Trial[] = [];
      for (let count = quick ? 5 : TRIALS; count > 0; count--) {
        trials.push(await killLeader(street, registry.value, MOMENTS.fromMs + (MOMENTS.untilMs - MOMENTS.fromMs) * random()));
        say(Object.values(trials.at(-1)!).map(String).join(" "));
        await calm(street);
      }
      return rowsOf(trials, undisturbed);
    } finally {
      await street.close();
    }
  },
};

async function killLeader(street: LabStreet, registry: Registry, momentMs: number): Promise<Trial> {
  const interval = (street.nextInterval + 1) as Interval;
  const edge = (interval - (interval % street.rules.periodIntervals)) as Interval;
  const validators = validatorsOf(membersAt(registry, Math.max(edge, street.card.firstInterval) as Interval));
  const leader = leaderOf(leadersOf(validators, interval), 1);
  const home = street.homes[leader]!;
  await sleep(street.gateAt(interval) + momentMs - Date.now());
  await home.process.kill();
  const others = street.homes.filter((each) => each !== home);
  await until(async () => others.filter((each) => certifiedAt(each, interval) === undefined).map(({ name }) => name), PATIENCE_MS);
  const heard = join(street.layout.data, "heard");
  const hadProposed = existsSync(heard) && readFileSync(heard, "utf8").includes(`propose ${leader} ${interval} 1 `);
  home.process.start();
  await home.process.up();
  const last = Math.max(...others.map((each) => certifiedAt(each, interval) ?? Number.NaN));
  return { momentMs: Math.round(momentMs), hadProposed, certifiedMs: last - street.gateAt(interval) };
}

const certifiedAt = ({ log }: LabHome, interval: number): number | undefined => told(log).find((line) => line.interval === interval)?.at;

function rowsOf(trials: readonly Trial[], undisturbed: readonly number[]): readonly Row[] {
  const row = (what: string, value: number, unit = "ms", note = ""): Row => ({ what, value, unit, goal: null, note });
  const missing = trials.filter(({ certifiedMs }) => Number.isNaN(certifiedMs)).length;
  const after = (chosen: readonly Trial[]): readonly number[] =>
    chosen.filter(({ certifiedMs }) => !Number.isNaN(certifiedMs)).map(({ certifiedMs, momentMs }) => certifiedMs - Math.max(0, momentMs));
  const longest = (chosen: readonly Trial[]): number | null => (after(chosen).length === 0 ? null : Math.max(...after(chosen)));
  const [before, later] = [trials.filter(({ hadProposed }) => !hadProposed), trials.filter(({ hadProposed }) => hadProposed)];
  return [
    row("undisturbed, from gate closure to the last home, p50", quantile(undisturbed, 0.5)),
    { ...row(`leader killed: intervals never certified, of ${trials.length}`, missing, ""), goal: exactly(0) },
    row(
      "  killed before it had proposed, p50",
      quantile(after(before), 0.5),
      "ms",
      `(${before.length}; from the gate or the kill, whichever was later)`,
    ),
    { ...row("  killed before it had proposed, longest", 0), value: longest(before), goal: atMost(2 * TIMEOUT_MS) },
    row("  killed after it had proposed, p50", quantile(after(later), 0.5), "ms", `(${later.length})`),
    { ...row("  killed after it had proposed, longest", 0), value: longest(later), goal: atMost(2 * TIMEOUT_MS) },
  ];
}
