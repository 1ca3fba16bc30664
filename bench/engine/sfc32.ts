/** Chance from a seed for streams of millions of draws: a longer period than test/support/chance.ts has. */
export interface Chance {
  /** 0 to 1. */
  readonly next: () => number;
  /** A whole number from 0, below this. */
  readonly below: (end: number) => number;
  /** Mean 0, deviation 1: twelve draws added up. */
  readonly normal: () => number;
  readonly exponential: (mean: number) => number;
}

/** sfc32, its state from splitmix32. */
export function chanceOf(seed: number): Chance {
  const next = sfc32(splitMix32(seed));
  const normal = (): number => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += next();
    return sum;
  };
  return { next, below: (end) => Math.floor(next() * end), normal, exponential: (mean) => -mean * Math.log(1 - next()) };
}

function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return mixed ^ (mixed >>> 15);
  };
}

function sfc32(state: () => number): () => number {
  let [a, b, c, counter] = [state(), state(), state(), 1];
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
