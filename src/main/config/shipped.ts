import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../config/devices/", import.meta.url));
const EXTENSION = ".yaml";

/** Ids of the profiles that come with the program. */
export const profileIds = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();

/** The file of a profile: one that comes with the program by its id, or a file of one's own. */
export const profilePath = (written: string): string => (profileIds().includes(written) ? `${FOLDER}${written}${EXTENSION}` : written);
