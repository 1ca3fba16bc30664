import { FREE, type Layout, MOST_INT, RESTING, USED } from "./layout.ts";

/** Places for resting orders. A handle is slot + generation x slots, above 0, and never issued twice in an arena's life. */
export interface Slots {
  readonly isFull: () => boolean;
  /** A free slot; there is one unless `isFull`. */
  readonly take: () => number;
  readonly release: (slot: number) => void;
  /** The slot of an order that rests; 0: the handle is stale, or never was one. */
  readonly slotOf: (handle: number) => number;
}

export function slotsOf({ size, orders, counts }: Layout): Slots {
  const { recordShift, handles, nexts } = orders;
  const [free, resting] = [FREE, RESTING];
  const slots = size.orders;
  const mask = slots - 1;
  const lastHandles = MOST_INT - slots;

  const isFull = (): boolean => counts[free] === 0 && isUsed();
  const isUsed = (): boolean => counts[USED] === mask;

  function take(): number {
    counts[resting]!++;
    const slot = counts[free]!;
    if (slot === 0) return takeFresh();
    const at = slot << recordShift;
    counts[free] = nexts[at]!;
    handles[at] = ~handles[at]!;
    return slot;
  }

  function takeFresh(): number {
    const slot = ++counts[USED]!;
    handles[slot << recordShift] = slot;
    return slot;
  }

  /** A free slot keeps its next handle, its bits turned; one that has no next handle is never used again. */
  function release(slot: number): void {
    const at = slot << recordShift;
    const handle = handles[at]!;
    counts[resting]!--;
    if (handle > lastHandles) {
      handles[at] = 0;
      return;
    }
    handles[at] = ~(handle + slots);
    nexts[at] = counts[free]!;
    counts[free] = slot;
  }

  function slotOf(handle: number): number {
    const slot = handle & mask;
    return handle > 0 && handles[slot << recordShift] === handle ? slot : 0;
  }

  return { isFull, take, release, slotOf };
}
