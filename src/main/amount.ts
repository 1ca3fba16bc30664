const MICRO = 1_000_000;

/** Micro-currency as people write it: at least two decimals, no more than it needs. */
export function amountText(micro: number): string {
  const [whole, part] = [Math.floor(Math.abs(micro) / MICRO), Math.abs(micro) % MICRO];
  const decimals = part
    .toString()
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${micro < 0 ? "-" : ""}${whole}.${decimals}`;
}
