import { type Address, address } from "../../../engine/kernel/index.ts";
import type { MarketRules, SequencerRules } from "../../../engine/messages/index.ts";
import { type SequencerRefusal, sequencerTroubles } from "../../../engine/venue/index.ts";
import type { CrossCheck } from "./cross-check.ts";

/** The file's values, defaults filled in. */
export interface SequencerFile {
  readonly operator: string;
  readonly trading: SequencerRules["trading"];
  readonly roundSeconds: number;
}

export const sequencerOf = ({ operator, trading, roundSeconds }: SequencerFile): SequencerRules => ({
  operator: address(operator) as Address,
  trading,
  roundSeconds,
});

/** What no venue can run is told by its own code, where it stands in the file. */
export function refuseSequencer(rules: MarketRules, check: CrossCheck): void {
  for (const { code, path, detail } of sequencerTroubles(rules)) {
    const [what, wayOut] = SENTENCES[code];
    check.refuse(code, path, what.replace("#", detail), wayOut);
  }
}

const SENTENCES: Readonly<Record<SequencerRefusal, readonly [what: string, wayOut: string]>> = {
  SEQUENCER_NEEDS_DOUBLE_AUCTION: ["a venue doesn't run #", "use k-double-auction, or leave the sequencer out"],
  SEQUENCER_NEEDS_ONE_NODE: ["a venue knows no wires, and # names some", "leave the wires out, or leave the sequencer out"],
  SEQUENCER_NEEDS_OPEN_ORDERS: ["a venue reads each order as it comes, so none is #", "use open, or leave orders or the sequencer out"],
  SEQUENCER_ROUND_UNEVEN: ["# s don't divide the interval and the gate lead", "use a divisor of both, so that each gate falls on a round"],
  SEQUENCER_BOOKS_TOO_LARGE: [
    "books of # price steps for each open interval are too large",
    "make tickPerKwh coarser, or lower maxPricePerKwh or openIntervals",
  ],
};
