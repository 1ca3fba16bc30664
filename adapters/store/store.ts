import { randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { assert, type Interval, ok, type Result } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { assertSynced, type Database, type Fate } from "./database.ts";
import { guardFile } from "./guard-file.ts";
import { type MarketFile, type MarketReader, openMarketFile, openMarketImage, openMarketReader } from "./market-file.ts";
import { evidenceIn, openSignedDatabase, openSignedImage, type SignedFile, signedFile } from "./signed-file.ts";
import { refusal, type StoreCode, StoreFatal, Unopened } from "./trouble.ts";

export interface StoreOptions {
  /** Votes and own messages of so many intervals before the newest block are kept. */
  readonly keepIntervals?: number;
  /** How long to wait for another process that has this home's store. */
  readonly busyMs?: number;
  /**
   * true: whatever was ever signed with this home's key is in this folder, because the key is new. Else a folder that has lost its
   * memory, or was put back from a copy, signs nothing until `resumeSigning` or `declareNewest`.
   */
  readonly isComplete?: boolean;
  /**
   * Told once when the disk has failed under the running store. If it isn't given, the error is thrown again where nobody can
   * catch it, and that ends the process: a caller that keeps its peers' messages from throwing must not keep a home alive
   * that can't write.
   */
  readonly onFatal?: (fatal: StoreFatal) => void;
}

// Nobody but us writes market.db; a person's own sqlite3 shell might, for a moment.
const MARKET_BUSY_MS = 5000;

const DEFAULTS = { keepIntervals: 96, busyMs: 500, isComplete: false, onFatal: endProcess } as const;

function endProcess(fatal: StoreFatal): void {
  setImmediate(() => {
    throw fatal;
  });
}

/** A home's memory in the folder `path`: `signed.db` with its guard, and `market.db`. The folder is made when it is missing. */
export function openStore(path: string, options: StoreOptions = {}): Result<Store, StoreCode> {
  const { keepIntervals, busyMs, isComplete, onFatal } = { ...DEFAULTS, ...options };
  assert(Number.isSafeInteger(keepIntervals) && keepIntervals >= 1, "a store keeps at least one interval");
  const opened: Database[] = [];
  try {
    prepareFolder(path);
    const fate: Fate = { fatal: null, onFatal: () => undefined };
    const database = openSignedDatabase(join(path, "signed.db"), busyMs, fate);
    opened.push(database);
    const market = openMarketFile(join(path, "market.db"), MARKET_BUSY_MS, fate);
    opened.push(market.database);
    pair(database, market.database);
    const signed = signedFile(database, guardFile(join(path, "signed.guard")), isComplete);
    for (const database of opened) assertSynced(database);
    fate.onFatal = onFatal;
    return ok(storeOf(signed, market, keepIntervals));
  } catch (error) {
    for (const database of opened) database.close();
    if (error instanceof StoreFatal) return refusal(error.code, error.path, error.what);
    if (!(error instanceof Unopened)) throw error;
    return refusal(error.code, error.path, error.message);
  }
}

function prepareFolder(path: string): void {
  unlessRefused(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
  // Asked before SQLite does: it takes a lock on a file that it can't write for a broken disk.
  unlessRefused(path, () => accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK));
  for (const file of [join(path, "signed.db"), join(path, "market.db")]) {
    if (existsSync(file)) unlessRefused(file, () => accessSync(file, constants.R_OK | constants.W_OK));
  }
}

function unlessRefused(path: string, touch: () => void): void {
  try {
    touch();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Unopened(code === "ENOSPC" ? "STORE_FULL" : "STORE_READONLY", path, `it can't be made or written (${code})`);
  }
}

function storeOf(signed: SignedFile, market: MarketFile, keepIntervals: number): Store {
  // A home that catches up signs nothing: what it signed before stays the newest there is, and the guard needn't move.
  let hasSigned = true;
  return {
    saveVote: (slot, bytes) => {
      hasSigned = true;
      return signed.saveVote(slot, bytes);
    },
    votes: signed.votes,
    saveOwn: (kind, at, seq, bytes) => {
      hasSigned = true;
      return signed.saveOwn(kind, at, seq, bytes);
    },
    own: signed.own,
    maySignFrom: signed.maySignFrom,
    resumeSigning: signed.resumeSigning,
    declareNewest: signed.declareNewest,
    saveEvidence: signed.saveEvidence,
    evidence: signed.evidence,
    saveBlock: (at, head, bytes) => {
      market.saveBlock(at, head, bytes);
      const from = Math.max(0, at - keepIntervals) as Interval;
      if (!hasSigned && !signed.holdsBefore(from)) return;
      hasSigned = false;
      signed.forgetBefore(from);
    },
    blocks: market.blocks,
    lastInterval: market.lastInterval,
    saveMembers: market.saveMembers,
    members: market.members,
    savePeriod: market.savePeriod,
    periods: market.periods,
    appendMeterEntry: market.appendMeterEntry,
    meterEntries: market.meterEntries,
    lastMeterEntry: market.lastMeterEntry,
    getMeta: market.getMeta,
    setMeta: market.setMeta,
    close: () => {
      market.database.close();
      signed.database.close();
    },
  };
}

const NOT_A_PAIR = "it doesn't belong to this market.db";

/** Both files carry one name, the older one's: another home's signatures must not be taken for ours. */
function pair(signed: Database, market: Database): void {
  const [ours, theirs] = [nameOf(signed), nameOf(market)];
  if (ours !== null && theirs !== null && ours !== theirs) throw new Unopened("STORE_RESTORED", signed.path, NOT_A_PAIR);
  const name = ours ?? theirs ?? randomUUID();
  // Written at each start: only after a write can a file be asked how it syncs.
  const save = "INSERT INTO facts (id, pair) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET pair = excluded.pair";
  for (const database of [signed, market]) database.run(save, name);
}

const nameOf = (database: Database): string | null => (database.row("SELECT pair FROM facts")?.pair as string | undefined) ?? null;

/** A look at a home's market.db, while its process runs or after: for exports. */
export type StoreReader = Omit<MarketReader, "database"> & { close(): void };

export function openStoreReader(path: string): Result<StoreReader, StoreCode> {
  const file = join(path, "market.db");
  return reading([file], () => {
    const { database, ...reader } = openMarketReader(file, MARKET_BUSY_MS);
    return { ...reader, close: database.close };
  });
}

/** All that others may look at in a home's store, what was proved against its neighbours too. */
export type StoreImage = StoreReader & Pick<Store, "evidence">;

/**
 * A home's store as it stands, running or not, in memory. Nothing on the disk changes: neither the guard, which decides whether the
 * home may sign, nor any other file. Not for the process that runs the home: who closes a file gives up his own locks on it.
 */
export function openStoreImage(path: string): Result<StoreImage, StoreCode> {
  const [signedPath, marketPath] = [join(path, "signed.db"), join(path, "market.db")];
  return reading([signedPath, marketPath], () => {
    const signed = openSignedImage(signedPath);
    const { database, ...reader } = openMarketImage(marketPath);
    if (nameOf(signed) !== nameOf(database)) throw new Unopened("STORE_RESTORED", signedPath, NOT_A_PAIR);
    const close = (): void => {
      for (const each of [signed, database]) each.close();
    };
    return { ...reader, evidence: () => evidenceIn(signed), close };
  });
}

function reading<T>(files: readonly string[], open: () => T): Result<T, StoreCode> {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) return refusal("STORE_MISSING", missing, "there is no such file");
  try {
    return ok(open());
  } catch (error) {
    if (!(error instanceof Unopened)) throw error;
    return refusal(error.code, error.path, error.message);
  }
}
