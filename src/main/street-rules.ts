import { openCommunity } from "../../adapters/evm/index.ts";
import { systemClock } from "../../adapters/system/index.ts";
import { MAX_WITHHELD_CHARGE } from "../../engine/auction/index.ts";
import { address, type Interval, type Result } from "../../engine/kernel/index.ts";
import { DEFAULT_RULES, deliveryStart, hashRules, intervalAt, type MarketRules, periodOf } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import type { ChainCode, DecidedRules, Log, RulesNumbers } from "../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "./card.ts";
import { cannotStart } from "./exit.ts";

/** Addresses of the chain's nodes; the card's unless told. */
type Nodes = string | readonly string[];

/** What of market rules homes vote on. */
export const numbersOf = ({ communityPercent, kPermille, withheldCharge, maxPrice }: MarketRules): RulesNumbers => ({
  communityPercent: communityPercent ?? DEFAULT_RULES.communityPercent,
  kPermille,
  withheldCharge: withheldCharge ?? DEFAULT_RULES.withheldCharge,
  maxPrice,
});

/** What a new street's homes may ever make of its numbers; the rules that it begins with are always inside. */
export function boundsOf({ maxPrice, residual }: MarketRules): { readonly least: RulesNumbers; readonly most: RulesNumbers } {
  return {
    // Below the utility's price nobody could pay what it charges.
    least: { communityPercent: 0, kPermille: 0, withheldCharge: 0, maxPrice: residual.importPrice },
    most: { communityPercent: 100, kPermille: 1000, withheldCharge: MAX_WITHHELD_CHARGE, maxPrice: 2 * maxPrice },
  };
}

/** The rules that count for an interval; undefined before the street's first. */
export const rulesFor = (decided: readonly DecidedRules[], interval: Interval): DecidedRules | undefined =>
  decided.findLast(({ since }) => since <= interval);

/** How the home's own rules differ from the street's, in words; null: they don't. */
export function differenceOf(own: MarketRules, { hash, numbers }: DecidedRules): string | null {
  const ownHash = hashRules(own);
  if (ownHash !== hash) return `the street decided on rules ${hash}, this home's are ${ownHash}`;
  const ownNumbers = numbersOf(own);
  const names = (Object.keys(numbers) as (keyof RulesNumbers)[]).filter((name) => numbers[name] !== ownNumbers[name]);
  if (names.length === 0) return null;
  const told = names.map((name) => `${name} ${numbers[name]} and not ${ownNumbers[name]}`);
  return `rules ${hash} are these, but the street voted on ${told.join(", ")}`;
}

const WAY_OUT = "ask whoever runs the street for the card of the rules that it decided on, and start the home with it";

/**
 * A home under other rules than its street's would trade in a market of its own: it doesn't start. Without the chain it goes by the
 * rules it has.
 */
export async function requireStreetRules(card: StreetCard, log: Log, rpc: Nodes = card.chain.rpc): Promise<void> {
  const decided = await readDecided(card, rpc);
  if (decided === null) return;
  if (!decided.ok) {
    if (decided.code === "CHAIN_WRONG")
      throw cannotStart(decided.code, decided.detail, "the street's card names another chain or community; get a fresh card");
    log.info("rules.unread", { code: decided.code, detail: decided.detail });
    return;
  }
  const difference = differenceNow(card, decided.value);
  if (difference !== null) throw cannotStart("RULES_DIFFER", difference, WAY_OUT);
}

function differenceNow(card: StreetCard, decided: readonly DecidedRules[]): string | null {
  const own = rulesOf(card);
  // While a street comes up its time stands where its clock says.
  const now = Math.max(systemClock(card.clock ?? undefined).now(), card.clock?.streetMs ?? 0);
  const inForce = rulesFor(decided, Math.max(intervalAt(own, now / 1000), firstOf(card)) as Interval);
  return inForce === undefined ? null : differenceOf(own, inForce);
}

/** null: the street has no community. */
async function readDecided(card: StreetCard, rpc: Nodes): Promise<Result<readonly DecidedRules[], ChainCode> | null> {
  const { community } = card.chain;
  if (community === undefined) return null;
  const { chainId, vault } = domainOf(card);
  const reader = openCommunity({ rpc, chainId, vault, community: address(community) });
  try {
    return await reader.rules();
  } finally {
    await reader.close();
  }
}

/** While a home runs: tells once of rules that its street decided on and that aren't its own, as soon as they are decided. */
export class RulesWatch {
  readonly #card: StreetCard;
  readonly #rpc: Nodes;
  readonly #log: Log;
  readonly #rules: MarketRules;
  #told: string | null = null;

  constructor(card: StreetCard, log: Log, rpc: Nodes = card.chain.rpc) {
    this.#card = card;
    this.#rpc = rpc;
    this.#log = log;
    this.#rules = rulesOf(card);
  }

  /** Reads the chain once in a settlement period: between vote and change lies more than the time to leave. */
  async look(certified: Interval): Promise<void> {
    if (periodOf(this.#rules, certified) === periodOf(this.#rules, (certified - 1) as Interval)) return;
    const decided = await readDecided(this.#card, this.#rpc);
    const last = decided?.ok === true ? decided.value.at(-1) : undefined;
    if (last === undefined || last.hash === this.#told) return;
    const difference = differenceOf(this.#rules, last);
    if (difference === null) return;
    this.#told = last.hash;
    const from = new Date(deliveryStart(this.#rules, last.since) * 1000).toISOString();
    this.#log.error("rules.differ", { from, difference, wayOut: WAY_OUT });
  }
}
