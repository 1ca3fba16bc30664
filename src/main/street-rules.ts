import { openCommunity } from "../../adapters/evm/index.ts";
import { systemClock } from "../../adapters/system/index.ts";
import { MAX_WITHHELD_CHARGE, rulesUnder } from "../../engine/auction/index.ts";
import { address, type Interval, type Result } from "../../engine/kernel/index.ts";
import { deliveryStart, hashRules, intervalAt, type MarketRules, numbersOf, withNumbers } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import type { StreetNode } from "../node/index.ts";
import type { ChainCode, DecidedRules, Log, RulesNumbers } from "../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "./card.ts";
import { cannotStart } from "./exit.ts";

/** Addresses of the chain's nodes; the card's unless told. */
type Nodes = string | readonly string[];

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

/** How the rules that this home's street begins with differ from those on the chain, in words; null: they don't. */
export function differenceOf(own: MarketRules, { hash, numbers }: DecidedRules): string | null {
  const ownHash = hashRules(own);
  if (ownHash !== hash) return `the street began with rules ${hash}, this home's are ${ownHash}`;
  const ownNumbers = numbersOf(own);
  const names = (Object.keys(numbers) as (keyof RulesNumbers)[]).filter((name) => numbers[name] !== ownNumbers[name]);
  if (names.length === 0) return null;
  const told = names.map((name) => `${name} ${numbers[name]} and not ${ownNumbers[name]}`);
  return `rules ${hash} are these, but the street began with ${told.join(", ")}`;
}

/** Why no home can follow what a street decided on; null: each works the new rules out by itself, from its first ones. */
export function refusalOf(first: MarketRules, decided: DecidedRules): string | null {
  if (rulesUnder(first, decided, 0) !== null) return null;
  const worked = hashRules(withNumbers(first, decided.numbers));
  return worked === decided.hash
    ? `the street decided on ${numbersText(decided.numbers)}, under which no market can be cleared`
    : `the street decided on rules ${decided.hash}, and ${numbersText(decided.numbers)} makes ${worked} of the rules that it began with`;
}

const DIFFERENT = "ask whoever runs the street for its card, and start the home with it";
const UNFOLLOWED = "homes can vote on these four numbers alone; what else they want is a new street";

/**
 * A home under other rules than its street's would trade in a market of its own: it doesn't start. What homes voted on since the street
 * began it finds on the chain. Without the chain it goes by what it knows.
 */
export async function requireStreetRules(card: StreetCard, log: Log, rpc: Nodes = card.chain.rpc): Promise<void> {
  const read = await readDecided(card, rpc);
  if (read === null) return;
  if (!read.ok) {
    if (read.code === "CHAIN_WRONG")
      throw cannotStart(read.code, read.detail, "the street's card names another chain or community; get a fresh card");
    log.info("rules.unread", { code: read.code, detail: read.detail });
    return;
  }
  const [own, [first]] = [rulesOf(card), read.value];
  const difference = first === undefined ? null : differenceOf(own, first);
  if (difference !== null) throw cannotStart("RULES_DIFFER", difference, DIFFERENT);
  const voted = rulesFor(read.value.slice(1), intervalNow(card));
  const refusal = voted === undefined ? null : refusalOf(own, voted);
  if (refusal !== null) throw cannotStart("RULES_DIFFER", refusal, UNFOLLOWED);
}

/** The interval that is delivered now, by the street's time. */
function intervalNow(card: StreetCard): Interval {
  // While a street comes up its time stands where its clock says.
  const now = Math.max(systemClock(card.clock ?? undefined).now(), card.clock?.streetMs ?? 0);
  return Math.max(intervalAt(rulesOf(card), now / 1000), firstOf(card)) as Interval;
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

/** What homes voted on that counts now, and what will, a line each; none while the street has the rules that it began with. */
export function votedLines(card: StreetCard, decided: readonly DecidedRules[] = []): readonly string[] {
  const [now, voted] = [intervalNow(card), decided.slice(1)];
  const inForce = rulesFor(voted, now);
  const line = (each: DecidedRules, when: string): string => `${card.name}: by its homes' vote ${numbersText(each.numbers)} ${when}`;
  return [
    ...(inForce === undefined ? [] : [line(inForce, `since ${instantOf(card, inForce)}`)]),
    ...voted.filter(({ since }) => since > now).map((each) => line(each, `from ${instantOf(card, each)} on`)),
  ];
}

export const numbersText = (numbers: RulesNumbers): string =>
  Object.entries(numbers)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const instantOf = (card: StreetCard, { since }: DecidedRules): string =>
  new Date(deliveryStart(rulesOf(card), since) * 1000).toISOString().replace(".000Z", "Z");

/** While a home runs: tells once what its street decided on, as soon as the home has read it, and when it counts. */
export class RulesWatch {
  readonly #card: StreetCard;
  readonly #log: Log;
  readonly #first: MarketRules;
  #told: DecidedRules | null = null;
  #inForce: string | undefined;

  constructor(card: StreetCard, log: Log) {
    this.#card = card;
    this.#log = log;
    this.#first = rulesOf(card);
  }

  look({ registry, members }: Pick<StreetNode["membership"], "registry" | "members">): void {
    const last = registry.rules?.slice(1).at(-1);
    if (last !== undefined && (last.hash !== this.#told?.hash || last.since !== this.#told?.since)) this.#tell(last);
    const voted = members.rules;
    if (voted !== undefined && voted.hash !== this.#inForce) this.#log.info("rules.in-force", { ...voted.numbers });
    this.#inForce = voted?.hash;
  }

  #tell(decided: DecidedRules): void {
    this.#told = decided;
    const [from, refusal] = [instantOf(this.#card, decided), refusalOf(this.#first, decided)];
    if (refusal === null) this.#log.info("rules.decided", { from, ...decided.numbers });
    else this.#log.error("rules.differ", { from, difference: refusal, wayOut: UNFOLLOWED });
  }
}
