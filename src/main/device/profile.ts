import type { CaptureFile, Profile } from "../../../adapters/modbus/index.ts";
import { loadProfile, profileIds } from "../config/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";

/** A profile named on the command line. */
export async function profileNamed(written: string): Promise<Profile> {
  const ids = profileIds();
  if (!ids.includes(written) && !/[./]/.test(written))
    throw cannotStart("PROFILE_UNKNOWN", `there is no profile "${written}"`, `choose one of ${ids.join(", ")}, or name a file`);
  const loaded = await loadProfile(written);
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  return loaded.value;
}

/** All that come with the program. */
export const allProfiles = (): Promise<readonly Profile[]> => Promise.all(profileIds().map(profileNamed));

/** Whose maker a capture names, those for that maker alone first; SunSpec's own where the capture says so. */
export function candidatesFor(capture: CaptureFile, profiles: readonly Profile[]): readonly Profile[] {
  const vendor = (capture.device?.vendor ?? "").toLowerCase();
  const isSunspec = /sunspec/i.test(capture.device?.protocol ?? "");
  const fitting = profiles.filter(({ vendors }) => vendors.some((each) => vendor.includes(each.toLowerCase())));
  const generic = profiles.filter(({ id }) => id === GENERIC);
  const specific = fitting.filter(({ id }) => id !== GENERIC);
  return [...specific, ...(isSunspec || specific.length === 0 ? generic : [])];
}

const GENERIC = "sunspec-generic";
