export { House, type HouseOptions, type HouseStart, type HouseState } from "./house.ts";
export { type MemoryDisk, memoryDisk, memoryStore } from "./memory-store.ts";
export { type Faults, NO_FAULTS, SeededNetwork } from "./seeded-network.ts";
export type { HomeProfile, StepEnergy } from "./series.ts";
export { skewed, VirtualClock, type VirtualClockOptions } from "./virtual-clock.ts";
