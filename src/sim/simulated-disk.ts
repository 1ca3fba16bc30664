import type { Store } from "../ports/index.ts";
import { memoryStore } from "./memory-store.ts";

/** One write as the disk has it: which method of the store, with what. */
interface WriteRecord {
  readonly method: string;
  readonly given: readonly unknown[];
  /** The power went while it was written: its check sum doesn't hold. */
  isTorn: boolean;
}

/** Where a write stands. written: in the disk's cache. synced: what nothing may lose. */
export type WriteStep = "written" | "synced";

const WRITES = /^(save|set|resume)[A-Z]/;

/**
 * The disk beneath a simulated home's store: a row of writes, each acknowledged once it is synced. When the power goes, what is
 * synced stays; what isn't may be there, be torn, or be gone. The next life's store is made of what is there.
 */
export class SimulatedDisk {
  readonly #records: WriteRecord[] = [];
  #synced = 0;

  /**
   * `onStep` is told of every step of every write; when it says that the power is gone, the store of this life writes nothing
   * any more and answers from memory, for what still runs has no way to tell that it's over.
   */
  open(onStep: (step: WriteStep) => "on" | "gone" = () => "on"): Store {
    const store = memoryStore();
    for (const { method, given } of this.#whole()) call(store, method, given);
    let isOver = false;
    const goesOn = (step: WriteStep): boolean => {
      isOver ||= onStep(step) === "gone";
      return !isOver;
    };
    const write = (method: string, given: readonly unknown[]): void => {
      if (isOver) return;
      this.#records.push({ method, given: given.map(own), isTorn: false });
      if (!goesOn("written")) return;
      this.#synced = this.#records.length;
      goesOn("synced");
    };
    const writing =
      (name: string) =>
      (...given: readonly unknown[]) => {
        // What the store refuses never reaches the disk.
        const answer = call(store, name, given);
        write(name, given);
        return answer;
      };
    const methods = Object.entries(store).map(([name, method]) => [name, WRITES.test(name) ? writing(name) : method]);
    return Object.fromEntries(methods) as Store;
  }

  /** The power goes. `chance` tells what became of each write that was not synced. */
  cut(chance: () => number): void {
    const unsynced = this.#records.splice(this.#synced);
    const kept = unsynced.slice(0, Math.floor(chance() * (unsynced.length + 1)));
    const torn = unsynced[kept.length];
    if (torn !== undefined && chance() < 0.5) kept.push({ ...torn, isTorn: true });
    this.#records.push(...kept);
    this.#synced = this.#records.length;
  }

  /** Up to the first torn write, which is cut off with all that follows. */
  #whole(): readonly WriteRecord[] {
    const torn = this.#records.findIndex(({ isTorn }) => isTorn);
    if (torn >= 0) this.#records.splice(torn);
    this.#synced = this.#records.length;
    return this.#records;
  }
}

const own = (value: unknown): unknown => (value instanceof Uint8Array ? value.slice() : value);

function call(store: Store, method: string, given: readonly unknown[]): unknown {
  const run = Reflect.get(store, method) as (...given: readonly unknown[]) => unknown;
  return run.apply(store, given as unknown[]);
}
