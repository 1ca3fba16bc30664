/** One wrong line of contracts/src: an exact text that is there once, and what stands in its place. */
export interface Mutant {
  readonly file: string;
  /** What goes wrong with it. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
}
