/** Chance without state: the same seed and keys always give the same number in [0, 1). */
export function chance(seed: number, ...keys: readonly number[]): number {
  let h = mix(seed ^ 0x6a09e667);
  for (const key of keys) h = mix(h ^ Math.imul(key | 0, 0x9e3779b1) ^ mix(Math.floor(key / 2 ** 32)));
  return h / 2 ** 32;
}

/** Spreads every bit of the input over all 32 bits: two rounds of multiply and shift. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Noise in [0, 1) that changes smoothly: fixed numbers at whole x, eased between them. */
export function smoothNoise(seed: number, stream: number, x: number): number {
  const left = Math.floor(x);
  const t = x - left;
  const eased = t * t * (3 - 2 * t);
  return chance(seed, stream, left) * (1 - eased) + chance(seed, stream, left + 1) * eased;
}
