import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { isRefusal } from "../sunspec/index.ts";
import { addressOf, type BlockRead, countOf, halved, MAIN } from "./plan.ts";
import type { Table } from "./profile.ts";
import type { WordAt } from "./value.ts";

/** What a device answered; `exception` is its own code when it refused. */
export type RegistersRead = Result<readonly number[], DeviceCode> & { readonly exception?: number };

/** A device's registers: over a link, or out of a capture. */
export interface RegisterSource {
  read(table: Table, unit: number, address: number, count: number, signal?: AbortSignal): Promise<RegistersRead>;
}

/** Refusals within one block after which nobody looks for its holes any closer. */
const PATIENCE = 100;
/** Rounds after which what was refused is asked for again. */
const ROUNDS = 60;

/**
 * Reads the same blocks again and again. What the device refuses is asked for in halves, which shows holes, and how much it
 * gives at once; what was learnt is kept for a while.
 */
export class BlockReads {
  private readonly plan: readonly BlockRead[];
  private learnt: readonly BlockRead[];
  private round = 0;
  private refused = 0;

  constructor(plan: readonly BlockRead[]) {
    this.plan = [...plan.filter(isMain), ...plan.filter((read) => !isMain(read))];
    this.learnt = this.plan;
  }

  /** The words by unit role and table. Fails when the device's main unit doesn't answer, or is busy: that says nothing about its registers. */
  async read(ask: (read: BlockRead) => Promise<RegistersRead>): Promise<Result<Words, DeviceCode>> {
    if (this.round % ROUNDS === 0) this.learnt = this.plan;
    this.round += 1;
    const words = new Words();
    const given: BlockRead[] = [];
    for (const read of this.learnt) {
      this.refused = 0;
      const trouble = await this.inParts(read, ask, words, given);
      if (trouble !== null && isMain(read)) return trouble;
      // Without a meter that is asked at a unit of its own, its points are unreadable, and nothing else is.
      if (trouble !== null) given.push(read);
    }
    this.learnt = given;
    return ok(words);
  }

  private async inParts(
    read: BlockRead,
    ask: (read: BlockRead) => Promise<RegistersRead>,
    words: Words,
    given: BlockRead[],
  ): Promise<Extract<Result<never, DeviceCode>, { ok: false }> | null> {
    const answer = await ask(read);
    if (answer.ok) {
      words.put(read, answer.value);
      given.push(read);
      return null;
    }
    if (!isRefusal(answer)) return fail(answer.code, answer.detail);
    this.refused += 1;
    const halves = this.refused > PATIENCE ? null : halved(read);
    for (const half of halves ?? []) {
      const trouble = await this.inParts(half, ask, words, given);
      if (trouble !== null) return trouble;
    }
    return null;
  }
}

const isMain = ({ of }: BlockRead): boolean => of === MAIN;

/** Words as they were read. */
export class Words {
  private readonly found = new Map<string, Map<number, number>>();

  put(read: BlockRead, words: readonly number[]): void {
    const key = `${read.of} ${read.table}`;
    const place = this.found.get(key) ?? new Map<number, number>();
    this.found.set(key, place);
    words.slice(0, countOf(read)).forEach((word, i) => {
      place.set(addressOf(read) + i, word);
    });
  }

  get isEmpty(): boolean {
    return this.found.size === 0;
  }

  at(of: string, table: Table): WordAt {
    const place = this.found.get(`${of} ${table}`);
    return (address) => place?.get(address) ?? null;
  }
}
