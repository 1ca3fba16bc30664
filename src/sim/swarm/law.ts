import type { Interval } from "../../../engine/kernel/index.ts";
import type { Message } from "../../../engine/messages/index.ts";
import type { Certified } from "../../node/index.ts";
import type { Log } from "../../ports/index.ts";
import type { SimulatedHome } from "../street/home.ts";
import type { SimulatedStreet } from "../street/street.ts";

/** What is broken, in words; null: nothing. */
export type Verdict = string | null;

/** Something that holds at every step of every street, whatever goes wrong. Each keeps what it has seen so far. */
export interface Law {
  readonly name: string;
  readonly said?: (home: SimulatedHome, message: Message) => Verdict;
  readonly certified?: (home: SimulatedHome, certified: Certified) => Verdict;
  readonly logged?: (home: SimulatedHome, level: keyof Log, event: string, data: object) => Verdict;
  /** Now and then while the street runs. */
  readonly meanwhile?: (street: SimulatedStreet) => Verdict;
  /** At the end, when faults are long over. */
  readonly atEnd?: (street: SimulatedStreet) => Verdict;
}

/** A law that was broken, and where. */
export interface Broken {
  readonly law: string;
  readonly what: string;
  /** Real ms from the street's beginning. */
  readonly atMs: number;
  /** The interval that it's about, where there is one. */
  readonly interval: Interval | null;
}
