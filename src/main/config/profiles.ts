import type { Profile } from "../../../adapters/modbus/profile/index.ts";
import type { Checked } from "../../ports/index.ts";
import { loadConfig } from "./load-config.ts";
import type { ConfigCode } from "./problems.ts";
import { profilePath } from "./shipped.ts";

/** A profile by its id, or from a file of one's own. */
export const loadProfile = (written: string): Promise<Checked<Profile, ConfigCode>> => loadConfig(profilePath(written), "device");
