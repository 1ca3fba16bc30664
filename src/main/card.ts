import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { rulesTroubles } from "../../engine/auction/index.ts";
import { type Address, address, type Interval, interval } from "../../engine/kernel/index.ts";
import { hashRules, type MarketDomain, type MarketRules } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import { streetCard } from "../api/schema/index.ts";
import { explainRefusal, type HomeConfig, keyOf } from "./config/index.ts";
import { CannotStart } from "./exit.ts";

const isCard = new Ajv({ strict: false }).compile<StreetCard>(streetCard);
const ASK_MS = 5_000;

/** The card of a street, from its operator's address or from a file; refused when its rules are not the ones its hash names. */
export async function readCard(from: HomeConfig["street"]): Promise<StreetCard> {
  const place = from.kind === "url" ? from.url : from.path;
  const problem = (what: string, wayOut: string): CannotStart => new CannotStart([{ code: "STREET_CARD", file: place, what, wayOut }]);
  let card: unknown;
  try {
    card =
      from.kind === "url"
        ? await (await fetch(from.url, { signal: AbortSignal.timeout(ASK_MS) })).json()
        : JSON.parse(await readFile(from.path, "utf8"));
  } catch (error) {
    throw problem(
      `the street's card can't be read (${reasonOf(error)})`,
      `correct "street" in the home's configuration, or start the street first`,
    );
  }
  if (!isCard(card)) throw problem("this is no street's card", "ask the operator for the address that ends in /api/street");
  if (hashRules(rulesOf(card)) !== card.rulesHash)
    throw problem("the market rules are not those that the card's hash names", "ask the operator for a fresh card");
  const troubles = rulesTroubles(rulesOf(card)).map(({ code, path, detail }) => {
    const [what, wayOut] = explainRefusal(code, detail);
    return { code, file: place, key: keyOf(["rules", ...path]), what, wayOut: `${wayOut}: tell the operator` };
  });
  if (troubles.length > 0) throw new CannotStart(troubles);
  return card;
}

export const rulesOf = (card: StreetCard): MarketRules => card.rules as MarketRules;
export const firstOf = (card: StreetCard): Interval => interval(card.firstInterval);
export const domainOf = (card: StreetCard): MarketDomain => ({
  chainId: card.chain.id,
  vault: address(card.chain.vault),
  rulesHash: card.rulesHash as MarketDomain["rulesHash"],
});

/** Where its contracts stand. */
export const placeOf = (card: StreetCard): { readonly chainId: number; readonly vault: Address; readonly community?: Address } => {
  const { chainId, vault } = domainOf(card);
  return { chainId, vault, ...(card.chain.community === undefined ? {} : { community: address(card.chain.community) }) };
};

/** Part of every topic: homes under other rules or on another vault never meet. */
export const streetName = (card: StreetCard): string => `${card.rulesHash.slice(2, 12)}-${card.chain.vault.slice(2, 10).toLowerCase()}`;

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? ((error.cause as { code?: string } | undefined)?.code ?? error.message) : error;
  return String(cause);
}
