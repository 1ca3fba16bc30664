import type { Metrics } from "../../ports/index.ts";

const nothing = { add: () => {}, set: () => {}, observe: () => {} };

/** Nobody asks a simulated home for its metrics. */
export const UNCOUNTED: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
