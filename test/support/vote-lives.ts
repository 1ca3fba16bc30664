import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { type Digest, interval } from "../../engine/kernel/index.ts";
import { openOwnStore } from "./open-store.ts";

const WRITER = fileURLToPath(new URL("vote-writer.ts", import.meta.url));

export type How = "store" | "send-first" | "normal";

/** One life of test/support/vote-writer.ts, and how it ends. */
export interface Life {
  readonly path: string;
  readonly how: How;
  /** Ends it this long after it has said something first, ms. */
  readonly ms: number;
  readonly end: (writer: ChildProcess) => void;
  /** The end is a power cut: what the writer says after it began, a home without power wouldn't have said. */
  readonly isCut?: boolean;
}

/** All that a home has said over its lives, and where it said two things in one place. */
export class Said {
  readonly all = new Map<string, string>();
  #votes = 0;
  #doubles = 0;

  get doubles(): number {
    return this.#doubles;
  }

  get size(): number {
    return this.all.size;
  }

  /** One more life, over the last slots of the one before. Returns what it wrote to stderr. */
  async live({ path, how, ms, end, isCut = false }: Life): Promise<string> {
    const from = String(Math.max(0, this.#votes - 20));
    const writer = spawn(process.execPath, ["--no-warnings", WRITER, path, how, from], { stdio: ["ignore", "pipe", "pipe"] });
    let [said, trouble] = ["", ""];
    writer.stderr.on("data", (chunk) => (trouble += chunk));
    let heard = Number.POSITIVE_INFINITY;
    const endNow = () => {
      if (isCut) heard = said.length;
      end(writer);
    };
    writer.stdout.once("data", () => setTimeout(endNow, ms));
    writer.stdout.on("data", (chunk) => (said += chunk));
    await new Promise((resolve) => writer.once("close", resolve));
    // A torn line was not sent.
    for (const line of said.slice(0, heard).split("\n").slice(0, -1)) this.#hear(line);
    return trouble;
  }

  /** How much of what was said isn't kept as it was said; each loss counts once. */
  lostFrom(kept: Kept): number {
    const lost = [...this.all].filter(([key, bytes]) => kept.of(key) !== bytes);
    for (const [key] of lost) this.all.delete(key);
    return lost.length;
  }

  #hear(line: string): void {
    const [what, place, bytes] = line.split(" ");
    const key = `${what} ${place}`;
    if ((this.all.get(key) ?? bytes) !== bytes) this.#doubles += 1;
    this.all.set(key, bytes!);
    if (what === "vote") this.#votes = Math.max(this.#votes, Number(place) + 1);
  }
}

/** What is found on disk in the place of what was said; hex. */
export interface Kept {
  of(key: string): string | undefined;
}

/** Opens the home's store as its next life does; throws if it can't or if it takes itself for restored. */
export function keptInStore(path: string): Kept {
  const store = openOwnStore(path);
  try {
    if (store.maySignFrom() === null) throw new Error("a home that lost nothing is taken for restored");
    const kept = new Map<string, Uint8Array | null>();
    for (const { slot, bytes } of store.votes(interval(1_000_000))) kept.set(`vote ${slot.view}`, bytes);
    for (const { interval: at, bytes } of store.blocks(interval(0), 1_000_000)) kept.set(`block ${at}`, bytes);
    for (const { id, bytes } of store.evidence()) {
      kept.set(`evidence ${id}`, bytes);
      kept.set(`members ${id}`, store.members(id as Digest));
    }
    return { of: (key) => hexOf(kept.get(key)) };
  } finally {
    store.close();
  }
}

export function keptWithNormal(path: string): Kept {
  const database = new DatabaseSync(join(path, "normal.db"));
  // Even that may be lost.
  database.exec("CREATE TABLE IF NOT EXISTS votes (view INTEGER PRIMARY KEY, bytes BLOB)");
  const rows = database.prepare("SELECT view, bytes FROM votes").all() as { view: number; bytes: Uint8Array }[];
  database.close();
  const kept = new Map(rows.map(({ view, bytes }) => [`vote ${view}`, bytes]));
  return { of: (key) => hexOf(kept.get(key)) };
}

const hexOf = (bytes: Uint8Array | null | undefined): string | undefined =>
  bytes === null || bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
