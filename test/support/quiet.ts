import type { Log, Metrics } from "../../src/ports/index.ts";

/** For parts whose words don't matter in a test. */
export const QUIET: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

const nothing = { add: () => {}, set: () => {}, observe: () => {} };
export const UNCOUNTED: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
