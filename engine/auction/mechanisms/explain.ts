import { explainOutcome, explainPrice, type Words } from "../explain.ts";
import type { Clearing, Outcome, RefusalReason, Trade } from "../types.ts";
import type { MechanismName } from "./types.ts";

/** Why an order got what it got under a mechanism, as the end of a sentence about it; the k-double auction's words where they hold. */
export function explainOutcomeUnder(name: MechanismName, outcome: Outcome, clearing: Clearing, words: Words): string {
  if (outcome.kind === "filled") return explainOutcome(outcome, clearing, words);
  const own = OUTCOMES[name][outcome.reason];
  if (own === undefined) return explainOutcome(outcome, clearing, words);
  const why = own(outcome, clearing, words);
  if (outcome.kind === "refused") return why;
  return `${outcome.side === "buy" ? "bought" : "sold"} a part: ${why}`;
}

/** Where the price comes from and what it is. */
export function explainPriceUnder(name: MechanismName, trade: Trade, kPermille: number, words: Words): string {
  return PRICES[name](trade, kPermille, words);
}

type Why = (outcome: Outcome, clearing: Clearing, words: Words) => string;
type Whys = Partial<Readonly<Record<RefusalReason, Why>>>;

const told = (clearing: Clearing, words: Words): string => (clearing.kind === "trade" ? `, ${words.price(clearing.price)},` : "");
const short = ({ side }: Outcome): string => (side === "buy" ? "more was wanted than offered" : "more was offered than wanted");

const reduction = (sharing: string): Whys => ({
  PRICE_TOO_HIGH: (_, clearing, words) => `what buyers pay${side(clearing, words, "high")} was above its limit`,
  PRICE_TOO_LOW: (_, clearing, words) => `what sellers get${side(clearing, words, "low")} was below its limit`,
  RATIONED: (outcome) => `${short(outcome)} by those before the trade that was given up, and ${sharing}`,
  NOTHING_LEFT: () => "its limit was just the price and orders before it took all there was",
});

const side = (clearing: Clearing, words: Words, end: "low" | "high"): string =>
  clearing.kind === "trade" ? `, ${words.price(clearing.priceRange[end])},` : "";

const BY_RULE: Whys = {
  PRICE_TOO_HIGH: (_, clearing, words) => `the price that the rules give${told(clearing, words)} was above its limit`,
  PRICE_TOO_LOW: (_, clearing, words) => `the price that the rules give${told(clearing, words)} was below its limit`,
  RATIONED: (outcome) => `${short(outcome)} at the price that the rules give, and all had to share`,
};

const OUTCOMES: Readonly<Record<MechanismName, Whys>> = {
  "k-double-auction": {},
  "pay-as-bid": {
    RATIONED: () => "orders with its limit had to share what was left for them",
    NOTHING_LEFT: () => "orders with better limits took all there was",
    PRICES_DO_NOT_MEET: (outcome) => `no ${outcome.side === "buy" ? "offer" : "bid"} was left that its limit meets`,
  },
  mcafee: reduction("all had to share"),
  vcg: {},
  huang: reduction("each gave up the same"),
  muda: {
    PRICE_TOO_HIGH: () => "the price that the other half made was above its limit",
    PRICE_TOO_LOW: () => "the price that the other half made was below its limit",
    RATIONED: () => "its limit was the last that its half had something for, and orders with that limit had to share",
    NOTHING_LEFT: () => "orders of its half with better limits took all there was",
    TRADE_REDUCED: () => "its half had nobody to trade with at the price that the other half made",
  },
  "mid-market-rate": BY_RULE,
  "supply-demand-ratio": BY_RULE,
  "bill-sharing": { ...BY_RULE, PRICE_TOO_LOW: () => "members give each other energy free of charge, and its limit asks for more" },
};

type Price = (trade: Trade, kPermille: number, words: Words) => string;

const reduced: Price = (trade, kPermille, words) => {
  const { low, high } = trade.priceRange;
  if (low === high) return explainPrice(trade, kPermille, words);
  return `buyers pay ${words.price(high)} and sellers get ${words.price(low)}, the limits of the trade that was given up; the market keeps the difference`;
};

const PRICES: Readonly<Record<MechanismName, Price>> = {
  "k-double-auction": explainPrice,
  "pay-as-bid": ({ price, priceRange }, _, words) =>
    `each buyer pays its bid, from ${words.price(priceRange.low)} to ${words.price(priceRange.high)}, and about ${words.price(price)} on average`,
  mcafee: (trade, kPermille, words) =>
    trade.priceRange.low === trade.priceRange.high
      ? `${words.price(trade.price)} for all: between the first bid and the first offer that do not trade`
      : reduced(trade, kPermille, words),
  vcg: (trade, kPermille, words) =>
    `each home's price is what others lose by it; in an auction with one price, ${explainPrice(trade, kPermille, words)}`,
  huang: reduced,
  muda: ({ price, priceRange: { low, high } }, _, words) =>
    low === high
      ? `${words.price(price)}, made by the half that does not trade at it; who displaces others pays for it`
      : `each half trades at the price of the other, ${words.price(low)} and ${words.price(high)}; who displaces others pays for it`,
  "mid-market-rate": ({ price }, _, words) => `${words.price(price)}, by the utility's two prices`,
  "supply-demand-ratio": ({ price }, _, words) => `${words.price(price)}, by how much was offered for each Wh wanted`,
  "bill-sharing": () => "energy among members is free of charge; they share the street's bill",
};
