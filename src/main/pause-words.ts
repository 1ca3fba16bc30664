import { deliveryStart, type MarketRules } from "../../engine/messages/index.ts";
import type { Pause } from "../node/index.ts";

/** For a household's terminal: why its home signs nothing, and what ends it. */
export const pauseText = (pause: Pause, rules: MarketRules): string =>
  `what it has signed was lost or is a copy, so it only follows the street, without orders or votes; ${endText(pause, rules)}`;

function endText(pause: Pause, rules: MarketRules): string {
  switch (pause.ends) {
    case "neighbours":
      return `it signs again by itself once ${pause.missing} more of the homes that vote have shown that they are no further`;
    case "owner":
      return "the street decides nothing without it; if its data folder is the newest there is, start it once with --store-is-newest";
    case "interval":
      return `it signs again from ${new Date(deliveryStart(rules, pause.from) * 1000).toISOString().replace(".000Z", "Z")} on`;
    case "declared":
      return "nothing newer exists, its owner says: it signs again when nobody has shown more for half a minute";
  }
}
