import type { Link } from "../link.ts";
import type { Registers } from "./registers.ts";

/** The registers of whatever a link leads to. */
export const registersOf = (link: Link): Registers => ({
  read: (unit, address, count, signal) => link.read(unit, address, count, signal),
  write: (unit, address, words, by, signal) => {
    const [word = 0] = words;
    return by === 6 && words.length === 1 ? link.writeSingle(unit, address, word, signal) : link.write(unit, address, words, signal);
  },
});
