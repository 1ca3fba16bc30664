import { readFileSync } from "node:fs";
import { Unopened } from "./trouble.ts";
import { damageIn, mergedWith } from "./wal-file.ts";

const ATTEMPTS = 100;

/** Where a database says that a log belongs to it; one in memory has none. https://www.sqlite.org/fileformat2.html#the_database_header */
const LOG_MARKS = [18, 19];
const NO_LOG = 1;

/**
 * The bytes of a database as it stands, with what its log has committed. SQLite itself can't look into a file without making others
 * beside it, nor into one that another process has for itself. Both files are read twice: a process that writes adds to its log or,
 * now and then, moves the log into the file and begins it anew, which shows.
 */
export function imageOf(path: string, read: (path: string) => Buffer = readFileSync): Buffer {
  const logOf = (): Buffer => orNothing(() => read(`${path}-wal`));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [file, log] = [read(path), logOf()];
    const [logNow, fileNow] = [logOf(), read(path)];
    if (fileNow.equals(file) && logNow.subarray(0, log.length).equals(log)) return withoutLog(file, log, path);
  }
  throw new Unopened("STORE_LOCKED", path, "it changes faster than it can be read");
}

function withoutLog(file: Buffer, log: Buffer, path: string): Buffer {
  if (file.length === 0) throw new Unopened("STORE_FOREIGN", path, "it is empty");
  const damage = damageIn(log);
  if (damage !== null) throw new Unopened("STORE_CORRUPT", path, damage);
  const image = mergedWith(file, log);
  for (const mark of LOG_MARKS) image[mark] = NO_LOG;
  return image;
}

function orNothing(read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
