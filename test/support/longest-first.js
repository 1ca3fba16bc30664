import jestSequencer from "@jest/test-sequencer";

// CommonJS that was compiled from ES modules: required by Jest its face is the class, imported it may be one step further in.
const Sequencer = jestSequencer.default ?? jestSequencer;

/** Slow kinds of tests, slowest first: whole streets and models take minutes, single functions milliseconds. */
export const SLOW = ["e2e", "models", "ports", "property", "fuzz", "unit/contracts", "unit/ethereum", "unit/store", "unit/libp2p", "tidy"];

/**
 * Slow kinds first, so that the run ends with short suites and no worker waits for another's long one. A fresh clone knows no times
 * of earlier runs, and goes by the size of files within a kind; Jest's own order is kept wherever it knows better.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return this.#knowsTimes(tests) ? super.sort(tests) : [...super.sort(tests)].sort((a, b) => kindOf(a) - kindOf(b));
  }

  #knowsTimes(tests) {
    return tests.every((test) => this.time(test) !== undefined);
  }
}

/** Place of a test's folder among the slow ones; behind them all when it isn't one. */
function kindOf({ path }) {
  const place = SLOW.findIndex((folder) => path.includes(`/test/${folder}/`));
  return place === -1 ? SLOW.length : place;
}
