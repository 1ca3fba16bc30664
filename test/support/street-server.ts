import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import {
  type ApiOptions,
  buildApi,
  type ChallengeRequest,
  type EvidenceView,
  type RecordView,
  type StreetQueries,
  type StreetState,
} from "../../src/api/index.ts";
import type { Clock } from "../../src/ports/index.ts";

export const realClock: Pick<Clock, "after" | "monotonicMs"> = {
  monotonicMs: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Queries over a state that a test puts in place; remembers who asked to be registered. */
export class ExampleQueries implements StreetQueries {
  readonly asked: unknown[] = [];
  readonly listeners = new Set<() => void>();
  healthy = true;
  proofs: readonly EvidenceView[] = [];
  readonly records = new Map<number, RecordView>();
  challengeAnswer: Awaited<ReturnType<StreetQueries["challenge"]>> = { ok: true, value: { transaction: null } };
  answer: Awaited<ReturnType<StreetQueries["register"]>> = { ok: true, value: { home: 12 } };
  changeAnswer: Awaited<ReturnType<StreetQueries["leave"]>> = { ok: true, value: { home: 3, from: "2026-06-16T00:00:00.000Z" } };
  private current: StreetState;

  constructor(state: StreetState) {
    this.current = state;
  }

  set(state: StreetState): void {
    this.current = state;
    for (const listener of this.listeners) listener();
  }

  state(): StreetState {
    return this.current;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  interval(start: string) {
    const { clearing, certificates, settlement } = this.current;
    const certificate = certificates.find((each) => each.interval === start) ?? null;
    if (certificate === null) return null;
    const last = clearing?.interval === start;
    return { interval: start, clearing: last ? clearing : null, certificate, settlement: last ? settlement : null };
  }

  evidence() {
    return this.proofs;
  }

  record(interval: number) {
    return this.records.get(interval) ?? null;
  }

  async challenge(request: ChallengeRequest) {
    this.asked.push(request);
    return this.challengeAnswer;
  }

  health() {
    const problems = this.healthy ? [] : ["the disk is full"];
    const facts = { startedAt: "2026-06-18T04:00:00Z", lastReadingAt: null, lastCertificateAt: null, lastBatchAt: null };
    return { healthy: this.healthy, problems, ...facts, homesOnline: 11, homes: 12 };
  }

  street() {
    const price = { importPrice: 320_000, exportPrice: 79_000 };
    const limits = { tick: 1000, maxPrice: 1_000_000, maxOrderWh: 50_000, maxOrdersPerHome: 4, kPermille: 500, residual: price };
    const times = { intervalMinutes: 15, gateLeadSeconds: 120, openIntervals: 4, periodIntervals: 96 };
    return {
      name: "sunny-street",
      rules: { market: "sunny-street", currency: "EUR", ...times, ...limits },
      rulesHash: `0x${"ab".repeat(32)}`,
      chain: { id: 31_337, rpc: "http://127.0.0.1:8545", vault: `0x${"12".repeat(20)}` },
      peers: ["/ip4/127.0.0.1/tcp/4001"],
      firstInterval: 1_983_744,
      clock: null,
    };
  }

  async rotateAgent(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.changeAnswer;
  }

  async redirect(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.moneyAnswer;
  }

  async movePayment(request: unknown) {
    this.asked.push(request);
    return this.motionAnswer;
  }

  motionAnswer: Awaited<ReturnType<StreetQueries["vote"]>> = { ok: true, value: { motion: 4 } };

  async move(request: unknown) {
    this.asked.push(request);
    return this.motionAnswer;
  }

  async vote(motion: number, request: unknown) {
    this.asked.push({ motion, ...(request as object) });
    return this.motionAnswer;
  }

  async execute(motion: number) {
    this.asked.push({ motion });
    return this.motionAnswer;
  }

  async leave(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.changeAnswer;
  }

  moneyAnswer: Awaited<ReturnType<StreetQueries["deposit"]>> = { ok: true, value: { home: 3, transaction: null } };

  async deposit(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.moneyAnswer;
  }

  async withdraw(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.moneyAnswer;
  }

  async withdrawNow(home: number, request: unknown) {
    this.asked.push({ home, ...(request as object) });
    return this.moneyAnswer;
  }

  async register(request: unknown) {
    this.asked.push(request);
    await sleep(0);
    return this.answer;
  }
}

export const exampleApi = (queries: StreetQueries, more: Partial<ApiOptions> = {}): FastifyInstance =>
  buildApi({ queries, staticFolder: null, metrics: () => "# HELP x y\nx 1\n", version: "0.1.0", clock: realClock, ...more });
