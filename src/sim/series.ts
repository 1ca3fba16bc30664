export type { HomeProfile, StepEnergy } from "../ports/index.ts";
