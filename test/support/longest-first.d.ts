/** What tells one suite from another. */
interface Suite {
  readonly path: string;
  readonly context: object;
}

export const STREETS: readonly string[];
export const SLOW: readonly string[];
export default class LongestFirst {
  constructor(options: object);
  sort<T extends Suite>(tests: readonly T[]): T[];
  /** Milliseconds of the last run; undefined when it isn't known. */
  time(test: Suite): number | undefined;
}
