export { type CaptureFile, captureSource } from "./capture-source.ts";
export { checkProfile, type ProfileProblem } from "./check.ts";
export { dumpOf, type NativeDump } from "./dump.ts";
export type { NamedValue } from "./evaluate.ts";
export { planReads } from "./plan.ts";
export type { Profile } from "./profile.ts";
export { notTheDevice, ProfileReader } from "./reader.ts";
export type { RegisterSource } from "./registers.ts";
export { type Comparison, compareCapture, type Verdict } from "./stated.ts";
