export { House, type HouseOptions, type HouseStart, type HouseState } from "./house.ts";
export type { HomeProfile, StepEnergy } from "./series.ts";
