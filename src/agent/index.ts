export { contractW, type Hold, setpoint } from "./dispatch.ts";
export { cautious, type DayMemory, forecast, meanPowers, type Powers } from "./forecast.ts";
export { type BatteryState, type Preferences, type Wish, wishes } from "./strategy.ts";
