export { clearWithPreferences } from "./clear-with-preferences.ts";
export type {
  Agreement,
  AgreementOutcome,
  OrderTotal,
  PreferenceClearing,
  PreferenceRefusal,
  Preferences,
  PreferenceWelfare,
  Stage,
  StageFill,
} from "./types.ts";
