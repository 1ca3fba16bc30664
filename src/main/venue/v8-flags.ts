/**
 * Room for V8 to compile an operation on the book as one function; a venue is started with it, other verbs are kept small instead.
 * `npm run bench:engine -- --only continuous` shows what it is worth.
 */
export const VENUE_FLAGS = [
  "--no-optimize-for-size",
  "--max-inlined-bytecode-size=1500",
  "--max-inlined-bytecode-size-cumulative=2500",
] as const;
