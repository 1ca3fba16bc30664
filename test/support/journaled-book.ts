import { openJournal } from "../../adapters/store/index.ts";
import { AMEND, CANCEL, COMMAND_WORDS, CONTINUOUS, GOOD_TILL_GATE, openArena, PHASE, submitWord } from "../../engine/book/index.ts";
import { chance } from "./chance.ts";

/**
 * A book behind its journal, as a program to be killed: `journaled-book.ts FOLDER SEED WATCHED`. Says the state's hash as it was at
 * the watched sequence, then `durable SEQUENCE HASH` for each batch once it is on disk; takes a snapshot now and then.
 */
const [folder = "", seed = "0", watched = "0"] = process.argv.slice(2);
const say = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);

const opened = openArena({ books: 2, lowestTick: 0, highestTick: 200, orders: 256 });
if (!opened.ok) throw new Error(opened.code);
const arena = opened.value;
let last = 0;
const seen = (sequence: number): void => {
  last = sequence;
  if (sequence === Number(watched)) say("was", sequence, arena.stateHash());
};
const journaled = await openJournal(
  folder,
  {
    snapshot: (sequence, bytes) => {
      const restored = arena.restore(bytes);
      if (!restored.ok) throw new Error(restored.code);
      seen(sequence);
    },
    record: (sequence, words, at) => {
      arena.apply(words, at);
      seen(sequence);
    },
  },
  { segmentBytes: 64 * 1024, ringRecords: 256 },
);
if (!journaled.ok) throw new Error(journaled.detail);
const { journal } = journaled.value;
say("found", last);

const next = chance(Number(seed) + last);
const upTo = (most: number): number => Math.floor(next() * (most + 1));

function command(): readonly number[] {
  if (last < 2) return [PHASE, last, CONTINUOUS];
  const resting = arena.resting(upTo(1));
  const some = resting[upTo(Math.max(0, resting.length - 1))];
  if (some === undefined || next() < 0.6)
    return [
      submitWord(upTo(1), upTo(9) === 0 ? 1 + upTo(1) : GOOD_TILL_GATE),
      upTo(1),
      80 + upTo(40),
      1 + upTo(500),
      upTo(30),
      upTo(9_999),
    ];
  return next() < 0.5 ? [CANCEL, some.handle] : [AMEND, some.handle, 80 + upTo(40), 1 + upTo(500)];
}

const words = new Int32Array(COMMAND_WORDS);
for (let batch = 1; ; batch++) {
  for (let left = 1 + upTo(40); left > 0; left--) {
    words.fill(0);
    words.set(command());
    last = journal.append(words, 0);
    arena.apply(words, 0);
  }
  const hash = arena.stateHash();
  await journal.whenDurable(last);
  say("durable", last, hash);
  if (batch % 15 === 0) await journal.snapshot(last, arena.snapshot());
}
