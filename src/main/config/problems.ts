import type { RulesRefusal } from "../../../engine/auction/index.ts";
import type { SequencerRefusal } from "../../../engine/venue/index.ts";
import type { Problem } from "../../ports/index.ts";

/** Everything that can be wrong with any configuration file. Public: never renamed, each with a line in config/README.md. */
export const CONFIG_CODES = [
  "CONFIG_MISSING",
  "CONFIG_NO_PERMISSION",
  "CONFIG_NOT_A_FILE",
  "CONFIG_UNREADABLE",
  "CONFIG_TOO_LARGE",
  "CONFIG_NOT_TEXT",
  "CONFIG_EMPTY",
  "CONFIG_SYNTAX",
  "CONFIG_KEY_TWICE",
  "CONFIG_KEY_UNKNOWN",
  "CONFIG_KEY_MISSING",
  "CONFIG_TYPE",
  "CONFIG_VALUE",
  "CONFIG_CONFLICT",
] as const;

/** The last are what the engine refuses in market rules. */
export type ConfigCode = (typeof CONFIG_CODES)[number] | RulesRefusal | SequencerRefusal;

/** A problem of one file; the file's name is added once, by whoever loads it. */
export type ConfigProblem = Omit<Problem, "file" | "code"> & { readonly code: ConfigCode };
