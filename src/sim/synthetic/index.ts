export { MEASURED_HOME_BATTERY } from "./battery.ts";
export { consumersFor, type MeasuredStreet } from "./consumers.ts";
export { DEFAULT_PLACE, type HomeModel, SYNTHETIC_STEP_SECONDS, syntheticHome } from "./home.ts";
export { HOUSEHOLD_KINDS, HOUSEHOLDS, type Household, type HouseholdKind } from "./households.ts";
export { type HomePlan, plannedStreet, type SyntheticHome, syntheticStreet } from "./street.ts";
