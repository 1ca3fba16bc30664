export type { OutsideChain } from "./chain.ts";
export type { DeviceConfig, HomeConfig, PasswordPlace, TradingConfig } from "./home.ts";
export { type Configs, loadConfig, parseConfig } from "./load-config.ts";
export { withInterval } from "./market.ts";
export { explainRefusal } from "./network.ts";
export { CONFIG_CODES, type ConfigCode } from "./problems.ts";
export { type ConfigKind, keyOf } from "./schema.ts";
export type { AllowanceConfig, PlannedHome, ReadingsConfig, StreetConfig } from "./street.ts";
export type { VenueConfig } from "./venue.ts";
