export { contractW, type Hold, setpoint } from "./dispatch.ts";
export { cautious, type DayMemory, forecast, meanPowers, type Powers } from "./forecast.ts";
export { hasJumped, type MeterSample, PowerCheck, TwinCheck } from "./meter-checks.ts";
export { MeteredDevice, type MeteredDeviceOptions } from "./metered-device.ts";
export { type BatteryState, type Preferences, type Wish, wishes } from "./strategy.ts";
