import jestSequencer from "@jest/test-sequencer";

// CommonJS that was compiled from ES modules: required by Jest its face is the class, imported it may be one step further in.
const Sequencer = jestSequencer.default ?? jestSequencer;

/** Tests of whole streets wait for their own clock, and fall behind it when all workers have such a one. */
export const STREETS = ["e2e"];
/** Slow kinds of other tests, slowest first. */
export const SLOW = ["models", "ports", "property", "fuzz", "unit/contracts", "unit/evm", "unit/store", "unit/libp2p", "tidy"];
/** Other suites between two streets: there are enough of both for the longer half of a run. */
const BETWEEN = 5;

/**
 * Long suites first, so that the run ends with short ones and no worker waits for another's: by the times of an earlier run, or, in a
 * fresh clone, slow kinds first and the larger files of a kind. Streets are spread between suites that compute.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort([...tests]);
    const kinds = tests.every((test) => this.time(test) !== undefined) ? [] : SLOW;
    const streets = sorted.filter((test) => isIn(STREETS, test));
    const others = sorted.filter((test) => !isIn(STREETS, test)).sort((a, b) => placeIn(kinds, a) - placeIn(kinds, b));
    return spread(streets, others);
  }
}

/** A street, then some others, until one of both is used up. */
function spread(streets, others) {
  const mixed = streets.flatMap((street, at) => [street, ...others.slice(at * BETWEEN, (at + 1) * BETWEEN)]);
  return [...mixed, ...others.slice(streets.length * BETWEEN)];
}

const isIn = (folders, test) => placeIn(folders, test) < folders.length;

/** Place of a test's folder in a list; behind it when it isn't there. */
function placeIn(folders, { path }) {
  const place = folders.findIndex((folder) => path.includes(`/test/${folder}/`));
  return place === -1 ? folders.length : place;
}
