export { House, type HouseOptions, type HouseStart, type HouseState } from "./house.ts";
export { type MemoryDisk, memoryDisk, memoryStore } from "./memory-store.ts";
export type { HomeProfile, StepEnergy } from "./series.ts";
