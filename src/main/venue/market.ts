import { largestMarket } from "../../../engine/auction/index.ts";
import { hashRules, type MarketDomain } from "../../../engine/messages/index.ts";
import type { VenueRules } from "../../../engine/venue/index.ts";
import { loadConfig, type VenueConfig } from "../config/index.ts";
import { CannotStart } from "../exit.ts";

/** What a venue trades under: rules that name a sequencer, and the domain in which homes sign. */
export interface VenueMarket {
  readonly config: VenueConfig;
  readonly rules: VenueRules;
  readonly domain: MarketDomain;
}

/** Reads a venue's configuration and its market rules. */
export async function loadVenue(path: string): Promise<VenueMarket> {
  const config = await loadConfig(path, "venue");
  if (!config.ok) throw new CannotStart(config.problems, config.more);
  const { market, chainId, vault } = config.value;
  const rules = await loadConfig(market, "market");
  if (!rules.ok) throw new CannotStart(rules.problems, rules.more);
  const { sequencer } = rules.value;
  if (sequencer === undefined)
    throw new CannotStart([
      {
        code: "VENUE_UNNAMED",
        file: market,
        key: "sequencer",
        what: "these rules name no sequencer",
        wayOut: "add sequencer with operator, the address of the venue's key, to the market rules",
      },
    ]);
  const most = largestMarket(rules.value);
  if (config.value.members.length > most)
    throw new CannotStart([
      {
        code: "MARKET_TOO_LARGE",
        file: path,
        key: "members",
        what: `these rules can be computed for ${most} homes, and here are ${config.value.members.length}`,
        wayOut: "lower maxPricePerKwh, maxOrderWh or maxOrdersPerHome in the market rules, or take fewer members",
      },
    ]);
  return { config: config.value, rules: { ...rules.value, sequencer }, domain: { chainId, vault, rulesHash: hashRules(rules.value) } };
}
