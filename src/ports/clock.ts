export type Cancel = () => void;

/** Two times: the street's (UTC of the market; may run faster than a watch in a replay) and the machine's own, for time-outs. */
export interface Clock {
  /** The street's time, milliseconds since 1970. */
  now(): number;
  /** Seconds of the street that pass in one real second; 1 outside replays. */
  readonly speed: number;
  /** Runs `task` when the street's time is `at` (ms since 1970), or soon if that has passed. */
  at(at: number, task: () => void): Cancel;
  /** Runs `task` after real milliseconds. */
  after(realMs: number, task: () => void): Cancel;
  /** Real milliseconds on a clock that never jumps; only differences mean something. */
  monotonicMs(): number;
}
