import fc from "fast-check";
import {
  AMEND,
  type ArenaSize,
  BUY,
  CALL,
  CANCEL,
  CLOSED,
  CONTINUOUS,
  FILL_OR_KILL,
  GOOD_TILL_GATE,
  IMMEDIATE_OR_CANCEL,
  PHASE,
  type ReferenceArena,
  refusalOf,
  SELL,
  submitWord,
} from "../../engine/book/index.ts";

const MOST = 2 ** 31 - 1;

/** `order`: how many orders ago the one was submitted that is meant, counted among those that came to rest; or a handle as it is. */
export type Step =
  | {
      readonly kind: "submit";
      readonly book: number;
      readonly side: number;
      readonly force: number;
      readonly tick: number;
      readonly energy: number;
      readonly home: number;
    }
  | { readonly kind: "amend"; readonly order: number; readonly tick: number; readonly energy: number }
  | { readonly kind: "cancel"; readonly order: number }
  | { readonly kind: "handle"; readonly handle: number }
  | { readonly kind: "phase"; readonly book: number; readonly phase: number };

export interface Stream {
  readonly size: ArenaSize;
  readonly steps: readonly Step[];
}

export const ODD: readonly number[] = [
  -1,
  0.5,
  1.5,
  1e-20,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  MOST + 1,
  2 ** 32 + 1,
  2 ** 53,
];
const ODD_WHOLE: readonly number[] = [-1, -2, 77, MOST, -MOST - 1];

const mostly = (good: fc.Arbitrary<number>, odd: readonly number[]): fc.Arbitrary<number> =>
  fc.oneof({ weight: 60, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

const anyEnergy = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 1, arbitrary: fc.constantFrom(MOST, MOST - 1, 2 ** 30, 0) },
);

/** Prices close to each other, wherever on the ladder; and its ends. */
function anyTick({ lowestTick, highestTick }: ArenaSize, middle: number): fc.Arbitrary<number> {
  const [low, high] = [Math.max(lowestTick, middle - 4), Math.min(highestTick, middle + 4)];
  return fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: low, max: high }) },
    { weight: 2, arbitrary: fc.integer({ min: lowestTick, max: highestTick }) },
    { weight: 1, arbitrary: fc.constantFrom(lowestTick, highestTick, lowestTick - 1, highestTick + 1) },
  );
}

function anyStep(size: ArenaSize, middle: number, odd: readonly number[]): fc.Arbitrary<Step> {
  const book = mostly(fc.nat(size.books - 1), odd);
  const [tick, energy] = [mostly(anyTick(size, middle), odd), mostly(anyEnergy, odd)];
  const side = mostly(fc.constantFrom(BUY, SELL), odd);
  const force = mostly(fc.constantFrom(...[...Array(5).keys()].map(() => GOOD_TILL_GATE), IMMEDIATE_OR_CANCEL, FILL_OR_KILL), odd);
  const phase = mostly(fc.constantFrom(CONTINUOUS, CONTINUOUS, CONTINUOUS, CALL, CLOSED), odd);
  const home = mostly(fc.nat(5), odd);
  const order = fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, fc.nat(60));
  return fc.oneof(
    { weight: 24, arbitrary: fc.record({ kind: fc.constant("submit" as const), book, side, force, tick, energy, home }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("amend" as const), order, tick, energy }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("cancel" as const), order }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("handle" as const), handle: fc.constantFrom(0, ...odd) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("phase" as const), book, phase }) },
  );
}

export const LADDERS = [1, 3, 12, 33, 64, 1025, 65_536] as const;

/** Streams over one to three books that begin open. */
export function anyStream(ladders: readonly number[], most: number, odd: readonly number[] = ODD): fc.Arbitrary<Stream> {
  return fc
    .record({
      books: fc.integer({ min: 1, max: 3 }),
      ticks: fc.constantFrom(...ladders),
      orders: fc.constantFrom(4, 16, 64),
      middle: fc.nat(),
    })
    .chain(({ books, ticks, orders, middle }) => {
      const lowestTick = 0 - Math.floor(ticks / 2);
      const size = { books, lowestTick, highestTick: lowestTick + ticks - 1, orders };
      const opening = fc.array(fc.constantFrom(CALL, CONTINUOUS, CONTINUOUS), { minLength: books, maxLength: books });
      const steps = fc.array(anyStep(size, lowestTick + (middle % ticks), odd), { maxLength: most, size: "max" });
      return fc.tuple(opening, steps).map(([phases, rest]) => ({
        size,
        steps: [...phases.map((phase, book): Step => ({ kind: "phase", book, phase })), ...rest],
      }));
    });
}

/** A stream that a journal can keep: whole numbers, and sides and forces of a byte. */
export const anyWholeStream = (most: number): fc.Arbitrary<Stream> =>
  anyStream(LADDERS, most, ODD_WHOLE).map(({ size, steps }) => ({
    size,
    steps: steps.map((step) => (step.kind === "submit" ? { ...step, side: step.side & 0xff, force: step.force & 0xff } : step)),
  }));

/** Takes one step after the other; remembers the handles that came back. Orders are called by the number of their step. */
export class Player {
  readonly arena: ReferenceArena;
  readonly handles: number[] = [];
  /** What the step with this number was, as the words of a command. */
  readonly journal: Int32Array[] = [];

  constructor(arena: ReferenceArena) {
    this.arena = arena;
  }

  handleOf(order: number): number {
    return this.handles.at(-1 - (order % Math.max(1, this.handles.length))) ?? 0;
  }

  play(step: Step): number {
    const { arena } = this;
    const reference = this.journal.length;
    this.journal.push(this.#wordsOf(step, reference));
    switch (step.kind) {
      case "submit": {
        const { book, side, force, tick, energy, home } = step;
        const returned = arena.submit(book, side, force, tick, energy, home, reference);
        if (returned > 0) this.handles.push(returned);
        return returned;
      }
      case "amend":
        return arena.amend(this.handleOf(step.order), step.tick, step.energy);
      case "cancel":
        return arena.cancel(this.handleOf(step.order));
      case "handle":
        return arena.cancel(step.handle);
      case "phase":
        return arena.setPhase(step.book, step.phase);
    }
  }

  #wordsOf(step: Step, reference: number): Int32Array {
    switch (step.kind) {
      case "submit":
        return Int32Array.of(submitWord(step.side, step.force), step.book, step.tick, step.energy, step.home, reference, 0);
      case "amend":
        return Int32Array.of(AMEND, this.handleOf(step.order), step.tick, step.energy, 0, 0, 0);
      case "cancel":
        return Int32Array.of(CANCEL, this.handleOf(step.order), 0, 0, 0, 0, 0);
      case "handle":
        return Int32Array.of(CANCEL, step.handle, 0, 0, 0, 0, 0);
      case "phase":
        return Int32Array.of(PHASE, step.book, step.phase, 0, 0, 0, 0);
    }
  }
}

/** What a step came to without handles: the code, or whether anything rests, or the number that came back. */
export function outcome(step: Step, returned: number): string | number | boolean {
  const code = refusalOf(returned);
  if (code !== null) return code;
  return step.kind === "submit" || step.kind === "amend" ? returned > 0 : returned;
}
