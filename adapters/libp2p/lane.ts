import { setImmediate as nextTurn } from "node:timers/promises";
import { pipe } from "it-pipe";
import type { Judgement, PeerName } from "../../src/ports/index.ts";

/** A message that waits for its judgement. */
export interface Letter {
  readonly bytes: Uint8Array;
  readonly from: PeerName;
  readonly settle: (judgement: Judgement) => void;
}

/** The waiting room of one topic: peers take turns, so a flood of one doesn't delay another. Bounded by the gate before it. */
export class Lane {
  private readonly waiting = new Map<PeerName, Letter[]>();
  private wake: (() => void) | undefined;
  private closed = false;

  push(letter: Letter): void {
    if (this.closed) {
      letter.settle("ignore");
      return;
    }
    const queue = this.waiting.get(letter.from);
    if (queue === undefined) this.waiting.set(letter.from, [letter]);
    else queue.push(letter);
    this.wake?.();
  }

  /** Hands each letter to `judge`, `perTick` of them before the event loop breathes. Ends when the lane is closed. */
  run(perTick: number, judge: (letter: Letter) => void): Promise<void> {
    return pipe(this.letters(), breathe(perTick), async (letters: AsyncIterable<Letter>) => {
      for await (const letter of letters) judge(letter);
    });
  }

  close(): void {
    this.closed = true;
    for (const queue of this.waiting.values()) for (const letter of queue) letter.settle("ignore");
    this.waiting.clear();
    this.wake?.();
  }

  private async *letters(): AsyncGenerator<Letter> {
    while (!this.closed) {
      const letter = this.next();
      if (letter !== undefined) yield letter;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private next(): Letter | undefined {
    for (const [peer, queue] of this.waiting) {
      const letter = queue.shift();
      this.waiting.delete(peer);
      if (queue.length > 0) this.waiting.set(peer, queue);
      return letter;
    }
    return undefined;
  }
}

function breathe(perTick: number) {
  return async function* (letters: AsyncIterable<Letter>): AsyncGenerator<Letter> {
    let left = perTick;
    for await (const letter of letters) {
      yield letter;
      if (--left > 0) continue;
      left = perTick;
      await nextTurn();
    }
  };
}
