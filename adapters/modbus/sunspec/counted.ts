/**
 * What a counter gained between two looks, in its own units. null: it fell, or gained more than `most`: another meter, a
 * reset, the end of its digits (a 32-bit accumulator starts again), or nonsense. Whoever asks begins anew from `after`.
 */
export function counted(before: number, after: number, most: number): number | null {
  const gain = after - before;
  return gain >= 0 && gain <= most ? gain : null;
}
