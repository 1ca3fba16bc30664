/** Prices of a transaction in wei per gas (EIP-1559): the most that is paid in all, and of it to whoever makes the block. */
export interface Fees {
  readonly maxFee: bigint;
  /** Never more than `maxFee`. */
  readonly tip: bigint;
}

/** What a block asks for now, wei per gas. */
export interface Market {
  readonly baseFee: bigint;
  /** What the node suggests to give on top. */
  readonly tip: bigint;
}

/** A replacement pays an eighth more in both fields: nodes want a tenth (geth's `pricebump`). */
const BUMP = { numerator: 9n, denominator: 8n };

/** Enough for base fees that double; null when not even the present one fits under the cap. */
export function firstFees({ baseFee, tip }: Market, cap: bigint): Fees | null {
  if (baseFee >= cap) return null;
  const maxFee = least(2n * baseFee + tip, cap);
  return { maxFee, tip: least(tip, maxFee - baseFee) };
}

/** The next price of a transaction that waits; null when that would be more than the cap. */
export function bumped({ maxFee, tip }: Fees, { baseFee }: Market, cap: bigint): Fees | null {
  const next = { maxFee: raised(maxFee), tip: raised(tip) };
  if (next.maxFee > cap) return null;
  const enough = least(2n * baseFee + next.tip, cap);
  return { maxFee: most(enough, next.maxFee), tip: next.tip };
}

const raised = (fee: bigint): bigint => (fee * BUMP.numerator + BUMP.denominator - 1n) / BUMP.denominator;
const most = (a: bigint, b: bigint): bigint => (a < b ? b : a);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** "1.5 gwei", exact to a thousandth and rounded up, so that nothing is shown as enough that isn't. */
export function gwei(wei: bigint): string {
  const thousandths = (wei + 999_999n) / 1_000_000n;
  return `${decimal(thousandths, 3)} gwei`;
}

/** "0.000021 ETH", rounded up to a millionth. */
export const ether = (wei: bigint): string => `${decimal((wei + 10n ** 12n - 1n) / 10n ** 12n, 6)} ETH`;

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}
