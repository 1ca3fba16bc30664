import { checkProfile, type Profile } from "../../../adapters/modbus/profile/index.ts";
import type { CrossCheck } from "./cross-check.ts";

/** What the schema can't see: points that refer to nothing, numbers without bounds, commands without a way back. */
export function profileOf(file: Profile, check: CrossCheck): Profile {
  for (const { path, what } of checkProfile(file)) check.conflict(path, what, "see the profiles in config/devices");
  return file;
}
