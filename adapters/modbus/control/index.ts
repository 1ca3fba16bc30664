export { Driver, type DriverOptions } from "./driver.ts";
export { registersOf } from "./link-registers.ts";
export type { Keeper } from "./memory.ts";
