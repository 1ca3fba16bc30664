import { createServer } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { SystemMetrics } from "../../../adapters/system/index.ts";
import { buildApi, type StreetCard, type StreetQueries } from "../../api/index.ts";
import type { ClockView } from "../../node/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { CannotStart } from "../exit.ts";
import { portRefusal } from "../port.ts";
import { VERSION } from "../version.ts";
import type { Operator } from "./operator.ts";
import { ROOT } from "./options.ts";

export interface Dashboard {
  readonly app: FastifyInstance;
  readonly url: string;
}

/** Real milliseconds without a certificate, besides an interval's length, after which the street is not well. */
const PATIENCE_MS = 15_000;

/** Serves the page and the API of a street at an address, or says that the port is taken. */
export async function serveDashboard(
  operator: Operator,
  card: StreetCard,
  at: { readonly host: string; readonly port: number },
  { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: SystemMetrics },
): Promise<Dashboard> {
  const queries = queriesOf(operator, card, clock);
  const app = buildApi({ queries, staticFolder: join(ROOT, "dist/web"), metrics: () => metrics.text(), version: VERSION, clock, log });
  try {
    return { app, url: `${await app.listen(at)}/` };
  } catch (error) {
    await app.close();
    throw refusal(at, error);
  }
}

type Place = Parameters<typeof serveDashboard>[2];

/** Looks whether the dashboard could listen there, before anything else is started. */
export async function refuseTakenPort(at: Place): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(refusal(at, error)));
    server.listen(at, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

const DASHBOARD = {
  who: "the dashboard",
  otherPort: "choose another port with --port N (0 takes any free one)",
  otherAddress: "choose another address with --host and --port",
};
const refusal = (at: Place, error: unknown): CannotStart => portRefusal(DASHBOARD, at, error);

function queriesOf(operator: Operator, card: StreetCard, clock: Clock): StreetQueries {
  const { view, node, neighbourhood } = operator;
  const startedAt = new Date().toISOString();
  const startedMs = clock.monotonicMs();
  let certifiedMs = startedMs;
  node.onCertified(() => {
    certifiedMs = clock.monotonicMs();
  });
  const patience = (card.rules.intervalMinutes * 60_000) / clock.speed + PATIENCE_MS;
  return {
    state: () => view.state(node.rounds.current),
    onChange: (listener) => view.onChange(listener),
    interval: (start) => view.interval(start),
    evidence: () => view.evidence(),
    health: () => {
      const problems = [
        ...(clock.monotonicMs() - certifiedMs <= patience ? [] : ["no interval was certified for longer than an interval lasts"]),
        ...clockTrouble(neighbourhood.clocks.view),
      ];
      return {
        healthy: problems.length === 0,
        problems,
        startedAt,
        lastReadingAt: view.lastReadingAt,
        lastCertificateAt: view.lastCertificateAt,
        lastBatchAt: view.lastBatchAt,
        homesOnline: view.homesOnline,
        homes: node.membership.registry.homes.length,
      };
    },
    street: () => card,
    register: (request) => operator.registrar.register(request),
    move: (request) => operator.motions.move(request),
    movePayment: (request) => operator.motions.movePayment(request),
    vote: (motion, request) => operator.motions.vote(motion, request),
    execute: (motion) => operator.motions.execute(motion),
    rotateAgent: (home, request) => operator.desk.rotateAgent(home, request),
    leave: (home, request) => operator.desk.leave(home, request),
    deposit: (home, request) => operator.desk.deposit(home, request),
    withdraw: (home, request) => operator.desk.withdraw(home, request),
    redirect: (home, request) => operator.desk.redirect(home, request),
    withdrawNow: (home, request) => operator.desk.withdrawNow(home, request),
    record: (interval) => operator.disputes.record(interval),
    challenge: (request) => operator.disputes.challenge(request),
  };
}

const clockTrouble = ({ status, offsetMs, peers }: ClockView): readonly string[] =>
  status === "bad" ? [`this machine's clock is ${Math.abs(offsetMs ?? 0)} ms off those of ${peers} homes`] : [];
