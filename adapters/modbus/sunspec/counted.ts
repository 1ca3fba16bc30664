/**
 * What a counter gained between two looks, in its own units. One that starts again at `wrapsAt` has fallen by that and no
 * more. null: it gained more than `most`, or fell otherwise: another meter, a reset, nonsense. Whoever asks begins anew from `after`.
 */
export function counted(before: number, after: number, most: number, wrapsAt: number | null = null): number | null {
  const fell = after < before;
  if (fell && wrapsAt === null) return null;
  const gain = fell ? after - before + (wrapsAt ?? 0) : after - before;
  return gain >= 0 && gain <= most ? gain : null;
}

/** Where an accumulator of `size` registers starts again, in scaled units; null: its type has no such end. */
export function wrapOf(type: string, size: number, scale: number): number | null {
  return type.startsWith("acc") && size <= 2 ? 2 ** (16 * size) * 10 ** scale : null;
}

/** A counter that goes on where the device's own starts again. */
export class Counter {
  private readonly mostPerHour: number;
  /** Counters move in steps, and clocks may be a little off. */
  private readonly slack: number;
  private last: { readonly value: number; readonly at: number } | null = null;
  private before = 0;

  constructor({ mostPerHour, slack }: { readonly mostPerHour: number; readonly slack: number }) {
    this.mostPerHour = mostPerHour;
    this.slack = slack;
  }

  /** What it stands at, `at` in ms; null: it fell or leapt, and is believed from here on. */
  next(value: number, at: number, wrapsAt: number | null): number | null {
    const last = this.last ?? { value, at };
    const hours = Math.max(0, at - last.at) / 3_600_000;
    const gain = counted(last.value, value, this.mostPerHour * hours + this.slack, wrapsAt);
    this.last = { value, at };
    if (gain === null) this.before = 0;
    else if (value < last.value) this.before += wrapsAt ?? 0;
    return gain === null ? null : value + this.before;
  }
}
