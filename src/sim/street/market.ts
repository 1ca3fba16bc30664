import { address, type HomeId, homeId, type Interval, interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import {
  type Digests,
  deliveryEnd,
  digestsOf,
  gateClosure,
  hashRules,
  type MarketDomain,
  type MarketRules,
  numbersOf,
  type Order,
  type Reading,
  withNumbers,
} from "../../../engine/messages/index.ts";
import type { DecidedRules, RegisteredHome, Registry, RulesNumbers } from "../../ports/index.ts";
import { chance } from "../chance.ts";
import type { StreetKeys } from "./cheap-signer.ts";

/** The first interval of every simulated street. */
export const FIRST = interval(1_000_002);
/** Street seconds in a second: an interval lasts three. */
export const SPEED = 300;
export const INTERVAL_MS = 3_000;
const ORDER_LEAD_SECONDS = 240;

/** Tick 0.01 ct, up to 1 per kWh, up to 5 kWh and four orders for each home and interval; a period has three intervals. */
export const SIM_RULES: MarketRules = {
  market: "simulated-street",
  currency: "EUR",
  intervalMinutes: 15,
  gateLeadSeconds: 60,
  openIntervals: 8,
  periodIntervals: 3,
  tick: microPerKwh(100),
  maxPrice: microPerKwh(1_000_000),
  maxOrderWh: wh(5_000),
  maxOrdersPerHome: 4,
  kPermille: 500,
  residual: { importPrice: microPerKwh(300_000), exportPrice: microPerKwh(80_000) },
};

export const domainOf = (rules: MarketRules): MarketDomain => ({
  chainId: 31_337,
  vault: address(`0x${"ab".repeat(20)}`),
  rulesHash: hashRules(rules),
});
export const SIM_DIGESTS: Digests = digestsOf(domainOf(SIM_RULES));

/** Other numbers as the homes of a street may vote on them. */
export const votedOn = (first: MarketRules, since: Interval, change: Partial<RulesNumbers> = {}): DecidedRules => {
  const numbers = { ...numbersOf(first), ...change };
  return { hash: hashRules(withNumbers(first, numbers)), since, numbers };
};

/** The first `certifying` homes are the validators. */
export function registryOf(homes: number, certifying: number, keys: StreetKeys, rules: MarketRules): Registry {
  const ids = Array.from({ length: homes }, (_, index) => homeId(index));
  const validators = ids.slice(0, certifying);
  return {
    homes: ids.map((home) => registeredHome(home, FIRST, keys)),
    validatorSets: [
      { since: FIRST, validators: validators.map((home) => ({ home, class: "home" })), minimums: { home: 0, operator: 0, utility: 0 } },
    ],
    validators,
    quorum: Math.floor((2 * certifying) / 3) + 1,
    rules: [votedOn(rules, FIRST)],
  };
}

/** A home as it is registered first, with the key of its own number. */
export function registeredHome(home: number, since: Interval, { signer }: StreetKeys): RegisteredHome {
  const { address: agent } = signer(home);
  const { address: owner } = signer(1_000 + home);
  return { home: homeId(home), name: `home-${home}`, agent, owner, since, until: null, keys: [{ agent, since }] };
}

/** When a home of the simulated street sends its orders, and its reading, ms of its own street time. */
export const orderTime = (rules: MarketRules, at: Interval): number => (gateClosure(rules, at) - ORDER_LEAD_SECONDS) * 1000;
export const readingTime = (rules: MarketRules, at: Interval): number => deliveryEnd(rules, at) * 1000 + 200;

/** The same wishes in every life of a home. */
export function ordersOf(seed: number, home: HomeId, at: Interval): readonly Order[] {
  const draw = chance(seed * 7_919 + home * 131 + at);
  const side = home % 2 === 0 ? "buy" : "sell";
  return Array.from({ length: 1 + Math.floor(draw() * 3) }, (_, seq) => ({
    home,
    interval: at,
    side,
    energy: wh(50 + Math.floor(draw() * 3_000)),
    limit: microPerKwh(100 * (800 + Math.floor(draw() * 2_200))),
    seq,
  }));
}

export const readingOf = (home: HomeId, at: Interval): Reading => ({
  home,
  interval: at,
  quality: "measured",
  importWh: wh((at - FIRST + 2) * (100 + 70 * home)),
  exportWh: wh((at - FIRST + 2) * 90 * (home % 2)),
});
