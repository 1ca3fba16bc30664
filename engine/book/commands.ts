import type { Operations } from "./operations.ts";
import type { Phases } from "./phases.ts";
import { COMMAND_UNKNOWN } from "./types.ts";

/**
 * An operation as seven int32 words, as a journal keeps it: its kind, and of `submit` (whose word 0 also has side and force)
 * book, tick, energy, home, reference; of `amend` handle, tick, energy; of `cancel` handle; of `phase` book, phase.
 */
export const COMMAND_WORDS = 7;

export const SUBMIT = 1;
export const AMEND = 2;
export const CANCEL = 3;
export const PHASE = 4;

/** word 0: kind | side << 8 | force << 16. Sides above 255 and forces above 32,767 have no room there: refuse them before. */
export const submitWord = (side: number, force: number): number => SUBMIT | (side << 8) | (force << 16);

export interface Commands {
  /** What the operation returns; below 0 a refusal, as ever. */
  readonly apply: (words: Int32Array, at: number) => number;
}

/** A kind that isn't known changes nothing, and says so. */
export function commandsOf({ submit, amend, cancel }: Operations, { setPhase }: Phases): Commands {
  return {
    apply(words, at) {
      const [word, a, b, c] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
      switch (word & 0xff) {
        case SUBMIT:
          return submit(a, (word >> 8) & 0xff, word >> 16, b, c, words[at + 4]!, words[at + 5]!);
        case AMEND:
          return amend(a, b, c);
        case CANCEL:
          return cancel(a);
        case PHASE:
          return setPhase(a, b);
        default:
          return COMMAND_UNKNOWN;
      }
    },
  };
}
