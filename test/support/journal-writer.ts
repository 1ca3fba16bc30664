import { openJournal } from "../../adapters/store/index.ts";
import { wordsOf } from "./journal.ts";

// Journals without pause until it is killed or the disk gives up: argv is folder, segment size, ring. What came back, and what
// is on disk, goes to stdout as it would go out to a trader: `found LAST`, `durable SEQUENCE`, `died CODE`.
const [path, segmentBytes, ringRecords] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

let expected = 0;
const replay = {
  snapshot: (sequence: number, bytes: Uint8Array): void => {
    if (Buffer.from(bytes).readDoubleLE() !== sequence) say(`wrong snapshot ${sequence}`);
    expected = sequence;
  },
  record: (sequence: number, words: Int32Array, at: number): void => {
    if (sequence !== ++expected || wordsOf(sequence).some((word, i) => words[at + i] !== word)) say(`wrong record ${sequence}`);
  },
};
const opened = await openJournal(path!, replay, { segmentBytes: Number(segmentBytes), ringRecords: Number(ringRecords) });
if (!opened.ok) throw new Error(`${opened.code} ${opened.detail}`);
const { journal, recovered } = opened.value;
say(`found ${recovered.last}`);

try {
  for (let round = 1, sequence = recovered.last; ; round++) {
    const burst = (round * 37) % 200;
    for (let i = 0; i <= burst; i++) journal.append(wordsOf(++sequence), 0);
    if (round % 3 === 0) journal.flush();
    else await journal.whenDurable(sequence);
    say(`durable ${journal.durable()}`);
    if (round % 50 === 0)
      void journal.snapshot(sequence, stateOf(sequence)).then(
        (saved) => say(`snapshot ${saved.ok || saved.code}`),
        () => null,
      );
  }
} catch (error) {
  say(`died ${(error as { code?: string }).code}`);
  await journal.close().catch((fatal) => say(`closed ${(fatal as { code?: string }).code}`));
}

function stateOf(sequence: number): Uint8Array {
  const state = Buffer.alloc(100_000, 1);
  state.writeDoubleLE(sequence);
  return state;
}
