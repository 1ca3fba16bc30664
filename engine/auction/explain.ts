import type { HomeId, MicroPerKwh } from "../kernel/index.ts";
import type { Clearing, Cut, NoTrade, Outcome, PriceSetter, Trade } from "./types.ts";

/** How prices and homes are written where the sentence is read: "14.2 ct", "home 3". */
export interface Words {
  readonly price: (price: MicroPerKwh) => string;
  readonly home: (home: HomeId) => string;
  /** The wire of a node by its index; without it wires have no names. */
  readonly wire?: (node: number) => string;
}

/** Why an order got what it got, as the end of a sentence about it. */
export function explainOutcome(outcome: Outcome, clearing: Clearing, words: Words): string {
  if (outcome.kind === "filled") return outcome.side === "buy" ? "bought all it wanted" : "sold all it offered";
  const why = explainReason(outcome, clearing, words);
  if (outcome.kind === "refused") return why;
  return `${outcome.side === "buy" ? "bought" : "sold"} a part: ${why}`;
}

function explainReason({ reason, edge }: Cut, clearing: Clearing, words: Words): string {
  const price = clearing.kind === "trade" ? `, ${words.price(clearing.price)},` : "";
  switch (reason) {
    case "PRICE_TOO_HIGH":
      return `the price${price} was above its limit`;
    case "PRICE_TOO_LOW":
      return `the price${price} was below its limit`;
    case "RATIONED":
      return `its limit was just the price${price} and orders with that limit had to share`;
    case "NOTHING_LEFT":
      return `its limit was just the price${price} and orders with better limits took all there was`;
    case "EDGE_FULL":
      return edge === null || words.wire === undefined
        ? "a wire between it and a better price was full"
        : `${words.wire(edge)} was full, and beyond it was a better price`;
    case "TRADE_REDUCED":
      return "the mechanism gives up the last trade, so that nobody gains by not telling its true limit";
    case "NO_BUYERS":
      return "nobody wanted to buy";
    case "NO_SELLERS":
      return "nobody offered energy";
    case "PRICES_DO_NOT_MEET":
      return clearing.kind === "no-trade" ? explainNoTrade(clearing, words) : "the limits did not meet";
    case "PRICE_NOT_ACCEPTED":
      return "nobody of the other side accepted the price that the rules give";
  }
}

/** Why nothing traded. */
export function explainNoTrade({ reason, bestBuy, bestSell }: NoTrade, words: Words): string {
  switch (reason) {
    case "NO_ORDERS":
      return "nobody wanted to buy or sell";
    case "NO_BUYERS":
      return "nobody wanted to buy";
    case "NO_SELLERS":
      return "nobody offered energy";
    case "PRICES_DO_NOT_MEET":
      return bestBuy === null || bestSell === null
        ? "the limits did not meet"
        : `the best bid, ${words.price(bestBuy)}, stayed below the cheapest offer, ${words.price(bestSell)}`;
    case "TRADE_REDUCED":
      return "the mechanism gives up the last trade, so that nobody gains by not telling its true limit, and there was no other";
    case "PRICE_NOT_ACCEPTED":
      return "no buyer and seller both accepted the price that the rules give";
  }
}

/** Who set the price and where between them it lies. */
export function explainPrice({ price, priceRange, priceSetBy }: Trade, kPermille: number, words: Words): string {
  if (priceRange.low === priceRange.high) {
    const setters = new Map([...priceSetBy.low, ...priceSetBy.high].map((setter) => [setter.order, setter]));
    return `${named([...setters.values()], words)} set the price`;
  }
  const ends = `${named(priceSetBy.low, words)} and ${named(priceSetBy.high, words)}`;
  return `${ends}; the price is ${placeOf(kPermille, words.price(price))}`;
}

function placeOf(kPermille: number, price: string): string {
  if (kPermille === 500) return "the middle";
  if (kPermille === 0) return "the lower";
  return kPermille === 1000 ? "the higher" : `${price}, ${kPermille / 10} % of the way up`;
}

/** All setters of one end share a limit; one is named, the others are counted. Losses, rounded to ticks, may leave no limit at an end. */
function named(setters: readonly PriceSetter[], words: Words): string {
  const [first, ...others] = setters;
  if (first === undefined) return "limits behind wires with losses";
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `${words.home(first.home)}'s ${first.side === "buy" ? "bid" : "offer"}${more} at ${words.price(first.limit)}`;
}
