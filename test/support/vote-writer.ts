import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Digest, interval } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { openOwnStore } from "./open-store.ts";

// A home that signs without pause until its end: every slot from argv[4] on gets fresh bytes, as if signed anew. What goes out
// on the wire is a line on stdout. argv[3]: "store" keeps and sends what the store says stands there; "send-first" sends before
// it keeps; "normal" keeps in a database that isn't synced with each commit.
const [path, how, from] = process.argv.slice(2);
const slotOf = (view: number) => ({ interval: interval(1_000_000), view, kind: "vote" });
const send = (what: string, key: number | string, bytes: Uint8Array): void => {
  writeSync(1, `${what} ${key} ${Buffer.from(bytes).toString("hex")}\n`);
};

const keepers: Readonly<Record<string, () => (view: number) => void>> = {
  store: () => {
    const store = openOwnStore(path!);
    if (store.maySignFrom() === null) throw new Error("a home that lost nothing is taken for restored");
    return (view) => {
      send("vote", view, store.saveVote(slotOf(view), randomBytes(16)));
      if (view % 10 === 0) decide(store);
    };
  },
  "send-first": () => {
    const store = openOwnStore(path!);
    const stand = new Set(store.votes(interval(1_000_000)).map(({ slot }) => slot.view));
    return (view) => {
      const bytes = randomBytes(16);
      if (!stand.has(view)) send("vote", view, bytes);
      const stands = store.saveVote(slotOf(view), bytes);
      if (stand.has(view)) send("vote", view, stands);
    };
  },
  normal: () => {
    const database = new DatabaseSync(join(path!, "normal.db"));
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    database.exec("CREATE TABLE IF NOT EXISTS votes (view INTEGER PRIMARY KEY, bytes BLOB)");
    const save = database.prepare("INSERT INTO votes VALUES (?, ?) ON CONFLICT DO NOTHING");
    const stands = database.prepare("SELECT bytes FROM votes WHERE view = ?");
    return (view) => {
      save.run(view, randomBytes(16));
      send("vote", view, stands.get(view)!.bytes as Uint8Array);
    };
  },
};

/** What else a home keeps: the block of an interval, who its members were, evidence. */
function decide(store: Store): void {
  const at = interval((store.lastInterval() ?? 0) + 1);
  const id = `0x${randomBytes(32).toString("hex")}` as Digest;
  const bytes = randomBytes(500);
  store.saveBlock(at, id, bytes);
  send("block", at, bytes);
  store.saveEvidence(id, bytes);
  send("evidence", id, bytes);
  store.saveMembers(id, bytes);
  send("members", id, bytes);
}

const next = keepers[how!]!();
for (let view = Number(from); ; view++) next(view);
