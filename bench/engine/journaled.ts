import { join } from "node:path";
import { type Journal, openJournal } from "../../adapters/store/index.ts";
import {
  type Arena,
  CANCEL,
  CLOSED,
  COMMAND_WORDS,
  CONTINUOUS,
  FIRST_TRADE,
  GOOD_TILL_GATE,
  submitWord,
  TRADE_ENERGY,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "../../engine/book/index.ts";
import { openStreamArena } from "./book-players.ts";
import { HASH_START, isCancelWord, mixTrade, type Stream, sideOf, streamOf, WORDS_SHIFT } from "./book-stream.ts";
import { atLeast, type Frame, median, type Row } from "./frame.ts";

/**
 * The book behind its journal: each command goes into the journal, then to the book, and is handed to the disk with its batch. What
 * that costs the book's own thread, by the CPU time of this thread; the one that writes has its own. Left out: waiting for the disk,
 * which the journal's part measures, and making commands of messages.
 */
export const name = "journaled";

const MILLION = 1_000_000;
const BATCHES = [64, 1024];
/** Room for a whole stream, so that no disk slower than the book holds it up: the disk catches up between rounds. */
const RING = 1 << 20;
const NOBODY = { snapshot: () => {}, record: () => {} };

export async function run(frame: Frame): Promise<readonly Row[]> {
  const opened = await openJournal(join(frame.folder, "journaled"), NOBODY, { ringRecords: RING });
  if (!opened.ok) throw new Error(opened.detail);
  const { journal } = opened.value;
  const stream = streamOf("energy", MILLION);
  const player = playerOf(openStreamArena(1), journal, stream);
  const rows: Row[] = [];
  for (const batch of BATCHES) rows.push(await compared(frame, player, batch));
  await journal.close();
  return rows;
}

interface JournaledPlayer {
  /** Nanoseconds of this thread's CPU time for the whole stream; throws if its trades are others than the stream's. */
  readonly play: (isJournaled: boolean, batch: number) => number;
  /** All that went into the journal is on disk. */
  readonly synced: () => Promise<void>;
}

function playerOf({ apply, report, setPhase }: Arena, journal: Journal, stream: Stream): JournaledPlayer {
  const commands = commandsOf(stream);
  const ids = Int32Array.from({ length: stream.operations }, (_, at) => stream.words[(at << WORDS_SHIFT) + 1]!);
  const handles = new Int32Array(stream.operations + 1);
  let last = 0;

  function one(at: number, start: number): number {
    const word = at * COMMAND_WORDS;
    const id = ids[at]!;
    const returned = apply(commands, word);
    if (commands[word] === CANCEL) return start;
    handles[id] = returned;
    let hash = start;
    for (let left = report[TRADES]!, row = FIRST_TRADE; left > 0; left--, row += 1 << TRADE_SHIFT)
      hash = mixTrade(hash, report[row + TRADE_REFERENCE]!, id, report[row + TRADE_TICK]!, report[row + TRADE_ENERGY]!);
    return hash;
  }

  /** A cancel names the handle that its order was given. */
  function complete(at: number): void {
    if (commands[at * COMMAND_WORDS] === CANCEL) commands[at * COMMAND_WORDS + 1] = handles[ids[at]!]!;
  }

  function plain(from: number, to: number, start: number): number {
    let hash = start;
    for (let at = from; at < to; at++) {
      complete(at);
      hash = one(at, hash);
    }
    return hash;
  }

  function journaled(from: number, to: number, start: number): number {
    let hash = start;
    for (let at = from; at < to; at++) {
      complete(at);
      last = journal.append(commands, at * COMMAND_WORDS);
      hash = one(at, hash);
    }
    journal.flush();
    return hash;
  }

  function play(isJournaled: boolean, batch: number): number {
    setPhase(0, CLOSED);
    setPhase(0, CONTINUOUS);
    let hash = HASH_START;
    const before = process.threadCpuUsage();
    for (let from = 0; from < stream.operations; from += batch) {
      const to = Math.min(stream.operations, from + batch);
      hash = isJournaled ? journaled(from, to, hash) : plain(from, to, hash);
    }
    const { user, system } = process.threadCpuUsage(before);
    if (hash !== stream.hash) throw new Error(`came to ${hash}, not to ${stream.hash}`);
    return (user + system) * 1000;
  }

  return { play, synced: () => journal.whenDurable(last) };
}

/** The same batches in turns, with the journal and without; the disk is given time in between. */
async function compared(frame: Frame, { play, synced }: JournaledPlayer, batch: number): Promise<Row> {
  const times = { plain: [] as number[], journaled: [] as number[] };
  for (let round = -3; round < frame.rounds(15); round++) {
    const [plain, journaled] = [play(false, batch), play(true, batch)];
    await synced();
    if (round < 0) continue;
    times.plain.push(plain);
    times.journaled.push(journaled);
  }
  const [plain, journaled] = [median(times.plain), median(times.journaled)];
  return {
    what: `the book's speed behind its journal, batches of ${batch}`,
    value: plain / journaled,
    unit: "x",
    goal: atLeast(0.9),
    note: `${(plain / MILLION).toFixed(1)} ns an operation without, ${(journaled / MILLION).toFixed(1)} with`,
  };
}

/** Commands as a gateway brings them; handles of cancels are filled in as they come. Each order is its own home's. */
function commandsOf({ words, operations }: Stream): Int32Array {
  const commands = new Int32Array(operations * COMMAND_WORDS);
  for (let at = 0; at < operations; at++) {
    const [word, id, tick, energy] = words.subarray(at << WORDS_SHIFT, (at + 1) << WORDS_SHIFT) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const command = isCancelWord(word) ? [CANCEL] : [submitWord(sideOf(word), GOOD_TILL_GATE), 0, tick, energy, id, id];
    commands.set(command, at * COMMAND_WORDS);
  }
  return commands;
}
