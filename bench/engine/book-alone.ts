import { readFileSync } from "node:fs";
import { arenaPlayer, openStreamArena } from "./book-players.ts";
import { WORDS_SHIFT } from "./book-stream.ts";
import { median } from "./frame.ts";

/**
 * The arena in a process of its own, as bench/native/book.c is, so that it can have flags of V8: FILE BOOKS PASSES; prints the trade
 * log's hash and the median CPU time of a pass (ns).
 */
const [file, books, passes] = process.argv.slice(2);
const words = new Int32Array(new Uint8Array(readFileSync(file!)).buffer);
const operations = words.length >> WORDS_SHIFT;
const { open, play } = arenaPlayer(openStreamArena(Number(books)), operations);
const WARM = 8;

let hash = 0;
const times: number[] = [];
for (let pass = -WARM; pass < Number(passes); pass++) {
  open();
  const start = process.cpuUsage();
  hash = play({ words, operations, hash: 0, manifest: "" });
  const { user, system } = process.cpuUsage(start);
  if (pass >= 0) times.push((user + system) * 1000);
}
console.log(`${hash} ${median(times)}`);
