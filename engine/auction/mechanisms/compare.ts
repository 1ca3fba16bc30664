import { type MicroPerKwh, type Nano, nano, sum, type Wh, wh } from "../../kernel/index.ts";
import type { Clearing, ClearingInput, Fill } from "../types.ts";
import { MECHANISMS, mechanismFits, mechanismOf } from "./catalog.ts";
import type { MechanismName, MechanismParameters } from "./types.ts";

/** What one mechanism makes of a book. */
export interface MechanismComparison {
  readonly volume: Wh;
  readonly welfare: Nano;
  /** Welfare in thousandths of the k-double auction's, rounded down; 1000 where there is none to be had. */
  readonly efficiencyPermille: number;
  readonly buyersPay: Nano;
  readonly sellersGet: Nano;
  readonly surplus: Nano;
  /** null: no trade. */
  readonly price: MicroPerKwh | null;
}

/** The same book under every mechanism; null under those that know no wires where there are some. */
export function compareMechanisms(
  input: ClearingInput,
  parameters: MechanismParameters = {},
): Readonly<Record<MechanismName, MechanismComparison | null>> {
  const best = MECHANISMS["k-double-auction"].clear(input);
  const under = (name: MechanismName): MechanismComparison | null => {
    if (mechanismFits(name, input.network) !== null) return null;
    return compared(name === "k-double-auction" ? best : mechanismOf(name, parameters).clear(input), welfareOf(best));
  };
  const names = Object.keys(MECHANISMS) as MechanismName[];
  return Object.fromEntries(names.map((name) => [name, under(name)])) as Record<MechanismName, MechanismComparison | null>;
}

const welfareOf = (clearing: Clearing): Nano => (clearing.kind === "trade" ? clearing.welfare : nano(0));

function compared(clearing: Clearing, most: Nano): MechanismComparison {
  const welfare = welfareOf(clearing);
  const efficiencyPermille = most === 0 ? 1000 : Number((1000n * BigInt(welfare)) / BigInt(most));
  if (clearing.kind === "no-trade") {
    const nothing = nano(0);
    return { volume: wh(0), welfare, efficiencyPermille, buyersPay: nothing, sellersGet: nothing, surplus: nothing, price: null };
  }
  const amounts = (side: Fill["side"]): Nano => sum(clearing.fills.filter((fill) => fill.side === side).map(({ amount }) => amount));
  const { volume, surplus, price } = clearing;
  return { volume, welfare, efficiencyPermille, buyersPay: amounts("buy"), sellersGet: amounts("sell"), surplus, price };
}
