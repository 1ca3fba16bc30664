export { loadReadings, type ReadingsFile, type ReadingsOptions } from "./load-readings.ts";
export { READINGS_CODES, type ReadingsCode } from "./problems.ts";
export type { MeasuredHome } from "./series.ts";
export type { Window } from "./window.ts";
