import type { Validators } from "../../engine/agreement/index.ts";
import { type Digest, homeId } from "../../engine/kernel/index.ts";
import type { Members } from "../../engine/messages/index.ts";
import { idOf } from "./book.ts";

export const NO_MINIMUMS: Members["minimums"] = { home: 0, operator: 0, utility: 0 };

/** Homes that certify, all of one class, with more than two thirds of them. */
export const validatorsNamed = (homes: readonly number[], seed: Digest = idOf(0)): Validators => ({
  ids: homes.map(homeId),
  classes: new Map(homes.map((home) => [homeId(home), "home"])),
  minimums: NO_MINIMUMS,
  seed,
});
