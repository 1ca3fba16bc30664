import { FREE, HANDLE, type Layout, MOST_INT, NEXT, ORDER_SHIFT, RESTING, USED } from "./layout.ts";

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
  const slots = size.orders;
  const mask = slots - 1;

  const isFull = (): boolean => counts[FREE] === 0 && counts[USED] === mask;

  function take(): number {
    counts[RESTING]!++;
    const free = counts[FREE]!;
    if (free === 0) {
      const fresh = ++counts[USED]!;
      orders[(fresh << ORDER_SHIFT) + HANDLE] = fresh;
      return fresh;
    }
    const at = free << ORDER_SHIFT;
    counts[FREE] = orders[at + NEXT]!;
    orders[at + HANDLE] = -orders[at + HANDLE]!;
    return free;
  }

  /** A free slot keeps its next handle below 0; one that has no next handle is never used again. */
  function release(slot: number): void {
    const at = slot << ORDER_SHIFT;
    const handle = orders[at + HANDLE]!;
    counts[RESTING]!--;
    if (handle > MOST_INT - slots) {
      orders[at + HANDLE] = 0;
      return;
    }
    orders[at + HANDLE] = -(handle + slots);
    orders[at + NEXT] = counts[FREE]!;
    counts[FREE] = slot;
  }

  function slotOf(handle: number): number {
    const slot = handle & mask;
    return handle > 0 && orders[(slot << ORDER_SHIFT) + HANDLE] === handle ? slot : 0;
  }

  return { isFull, take, release, slotOf };
}
