/** Space for the shares of one level, as long as the columns. */
export interface ShareSpace {
  /** The orders that share, by rising order id. */
  readonly sharing: Int32Array;
  readonly remainders: Float64Array;
  readonly candidates: Float64Array;
  readonly counts: Int32Array;
}

export const shareSpace = (capacity: number): ShareSpace => ({
  sharing: new Int32Array(capacity),
  remainders: new Float64Array(capacity),
  candidates: new Float64Array(capacity),
  counts: new Int32Array(BUCKETS),
});

const BITS = 8;
const BUCKETS = 1 << BITS;

/**
 * Pro rata with largest remainder, as everywhere in the auction: each its share rounded down, what is left 1 Wh each to the
 * largest remainders, equal ones by lower order id. Writes into `filled` at the orders' places.
 */
export function shareCut(space: ShareSpace, cut: Cut, energies: Int32Array, filled: Int32Array): void {
  const { sharing, remainders } = space;
  const { sharers, total, toShare } = cut;
  let left = toShare;
  for (let at = 0; at < sharers; at++) {
    const order = sharing[at]!;
    const product = energies[order]! * toShare;
    const isExact = product <= Number.MAX_SAFE_INTEGER;
    const share = isExact ? Math.floor(product / total) : Number((BigInt(energies[order]!) * BigInt(toShare)) / BigInt(total));
    remainders[at] = isExact ? product - share * total : Number((BigInt(energies[order]!) * BigInt(toShare)) % BigInt(total));
    filled[order] = share;
    left -= share;
  }
  if (left > 0) favour(space, sharers, left, filled);
}

/** `sharers` orders that want `total` together share `toShare`. */
export interface Cut {
  readonly sharers: number;
  readonly total: number;
  readonly toShare: number;
}

function favour(space: ShareSpace, sharers: number, left: number, filled: Int32Array): void {
  const { sharing, remainders } = space;
  const least = leastFavoured(space, sharers, left);
  let equals = left;
  for (let at = 0; at < sharers; at++) equals -= remainders[at]! > least ? 1 : 0;
  for (let at = 0; at < sharers; at++) {
    const isFavoured = remainders[at]! > least || (remainders[at] === least && equals-- > 0);
    if (isFavoured) filled[sharing[at]!]! += 1;
  }
}

/**
 * The remainder of rank `rank` from the top, digit by digit from the highest: linear whatever the remainders are, where a
 * pivot's luck would be in the hands of whoever sends orders.
 */
function leastFavoured({ remainders, candidates, counts }: ShareSpace, sharers: number, rank: number): number {
  let most = 0;
  for (let at = 0; at < sharers; at++) {
    candidates[at] = remainders[at]!;
    most = Math.max(most, remainders[at]!);
  }
  let scale = 1;
  while (scale * BUCKETS <= most) scale *= BUCKETS;
  let known = 0;
  let remaining = sharers;
  let sought = rank;
  for (; scale >= 1; scale /= BUCKETS) {
    counts.fill(0);
    for (let at = 0; at < remaining; at++) counts[Math.floor(candidates[at]! / scale)]! += 1;
    let digit = BUCKETS - 1;
    for (; counts[digit]! < sought; digit--) sought -= counts[digit]!;
    known += digit * scale;
    remaining = keepDigit(candidates, remaining, digit, scale);
  }
  return known;
}

/** Those with this digit, less the digit; how many they are. */
function keepDigit(candidates: Float64Array, count: number, digit: number, scale: number): number {
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const rest = candidates[at]! - digit * scale;
    candidates[kept] = rest;
    kept += rest >= 0 && rest < scale ? 1 : 0;
  }
  return kept;
}
