import type { SeedReport, Wishes } from "../../sim/index.ts";

/** What every process of a swarm is told once. */
export interface SwarmTask {
  /** The agreement alone, without a street around it. */
  readonly isInstance: boolean;
  readonly wishes: Wishes;
  /** some: one seed in fifty has real ones, and is held to what cheap ones decide. */
  readonly signatures: "fake" | "real" | "some";
}

export type ToWorker = { readonly task: SwarmTask } | { readonly seed: number };
export type FromWorker = { readonly report: SeedReport; readonly cpuMs: number } | { readonly failed: string };
