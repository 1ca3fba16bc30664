import { writeFileSync } from "node:fs";
import { type Ladder, type OrderColumns, TickTotals } from "../../engine/auction/index.ts";
import { microPerKwh } from "../../engine/kernel/index.ts";
import { chance } from "../../test/support/chance.ts";

/** Ticks of 0.01 ct/kWh, 0 to 45 ct. */
export const LADDER: Ladder = { step: microPerKwh(100), ticks: 4501 };

/**
 * A market of any size from a seed: buyers around 22 ct, sellers around 19 ct (deviation 4 ct), limits as people write them
 * (25 % whole cents, 60 % tenths, 15 % hundredths), 50 to 5,000 Wh, one in twenty a storage of 5 to 50 kWh.
 */
export function callOrders(count: number, seed: number): OrderColumns {
  const next = chance(seed);
  const normal = (): number => Array.from({ length: 12 }, next).reduce((sum, each) => sum + each, -6);
  const columns = { count, rungs: new Int32Array(count), energies: new Int32Array(count) };
  for (let at = 0; at < count; at++) {
    const side = next() < 0.5 ? 0 : 1;
    const raw = (side === 0 ? 2200 : 1900) + 400 * normal();
    const kind = next();
    const round = kind < 0.25 ? 100 : kind < 0.85 ? 10 : 1;
    const tick = Math.min(LADDER.ticks - 1, Math.max(0, Math.round(raw / round) * round));
    columns.rungs[at] = 2 * tick + side;
    columns.energies[at] = next() < 0.05 ? 5000 + Math.floor(next() * 45_001) : 50 + Math.floor(next() * 4951);
  }
  return columns;
}

/** As the twins in C read it. */
export function writeColumns(file: string, { count, rungs, energies }: OrderColumns, kPermille: number): void {
  writeFileSync(
    file,
    Buffer.concat([Int32Array.of(count, LADDER.ticks, kPermille), rungs, energies].map((part) => Buffer.from(part.buffer))),
  );
}

export function totalsOf({ count, rungs, energies }: OrderColumns): TickTotals {
  const opened = TickTotals.open(LADDER);
  if (!opened.ok) throw new Error(opened.code);
  for (let at = 0; at < count; at++) {
    const refused = opened.value.add(rungs[at]!, energies[at]!);
    if (refused !== null) throw new Error(refused);
  }
  return opened.value;
}
