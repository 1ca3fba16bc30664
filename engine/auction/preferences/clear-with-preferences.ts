import { assert, compare, cost, type Digest, type Nano, nano, sub, sum, type Wh, wh } from "../../kernel/index.ts";
import { clear } from "../clear.ts";
import type { Clearing, ClearingInput, ClearingMechanism } from "../types.ts";
import { Stages } from "./stages.ts";
import type { OrderTotal, PreferenceClearing, Preferences, PreferenceWelfare, StageFill } from "./types.ts";

/**
 * Lets homes trade with whom they chose before the auction clears the rest: contracts, then gifts, then friends. What that costs
 * the street is told: the welfare that the auction of all orders would have had minus what stages and auction have.
 */
export function clearWithPreferences(
  input: ClearingInput,
  preferences: Preferences,
  mechanism: ClearingMechanism = clear,
): PreferenceClearing {
  const { friendKPermille } = preferences;
  assert(
    Number.isSafeInteger(friendKPermille) && friendKPermille >= 0 && friendKPermille <= 1000,
    "friends' k lies between 0 and 1000 thousandths",
  );
  const stages = new Stages(input);
  const agreements = stages.agreements(preferences.agreements);
  stages.friends(preferences);
  const clearing = mechanism(stages.rest());
  const optimum = welfareOf(mechanism(input));
  return {
    fills: stages.fills,
    agreements,
    clearing,
    totals: totalsOf(input, stages.fills, clearing),
    welfare: welfareWith(input, stages.fills, welfareOf(clearing), optimum),
  };
}

const welfareOf = (clearing: Clearing): Nano => (clearing.kind === "trade" ? clearing.welfare : nano(0));

function welfareWith(input: ClearingInput, fills: readonly StageFill[], auction: Nano, optimum: Nano): PreferenceWelfare {
  const limits = new Map(input.orders.map(({ id, body }) => [id, body.limit]));
  const ofFill = ({ buy, sell, energy, fees }: StageFill): Nano =>
    sub(sub(cost(energy, limits.get(buy)!), cost(energy, limits.get(sell)!)), fees);
  const stages = sum(fills.map(ofFill));
  return { stages, auction, optimum, cost: sub(sub(optimum, stages), auction) };
}

function totalsOf({ orders }: ClearingInput, fills: readonly StageFill[], clearing: Clearing): readonly OrderTotal[] {
  const auctioned = new Map(clearing.outcomes.map(({ order, energy }) => [order, energy]));
  const taken = new Map<Digest, { contract: Wh; gift: Wh; friend: Wh }>();
  for (const { stage, buy, sell, energy } of fills) {
    for (const order of [buy, sell]) {
      const before = taken.get(order) ?? NOTHING;
      taken.set(order, { ...before, [stage]: before[stage] + energy });
    }
  }
  return orders
    .map(({ id, body: { home, side, energy: wanted } }) => ({
      order: id,
      home,
      side,
      wanted,
      ...(taken.get(id) ?? NOTHING),
      auction: auctioned.get(id) ?? wh(0),
    }))
    .sort((a, b) => compare(a.order, b.order));
}

const NOTHING = { contract: wh(0), gift: wh(0), friend: wh(0) };
