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

/** Those for the maker that a capture names; SunSpec's own where the capture says so, or where no other is for that maker. */
export function candidatesFor({ device }: CaptureFile, profiles: readonly Profile[]): readonly Profile[] {
  const words = new Set((device?.vendor ?? "").toLowerCase().split(/[^a-z0-9]+/));
  const isSunspec = /sunspec/i.test(device?.protocol ?? "");
  const specific = profiles.filter(
    (profile) =>
      profile.id !== GENERIC && (!isSunspec || speaksSunspec(profile)) && profile.vendors.some((vendor) => words.has(vendor.toLowerCase())),
  );
  const generic = profiles.filter(({ id }) => id === GENERIC);
  return [...specific, ...(isSunspec || specific.length === 0 ? generic : [])];
}

const GENERIC = "sunspec-generic";

const speaksSunspec = ({ points }: Profile): boolean => Object.values(points).some((point) => "sunspec" in point);
