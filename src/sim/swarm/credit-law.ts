import type { Fill } from "../../../engine/auction/index.ts";
import type { Digest, HomeId, Interval } from "../../../engine/kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type Stakes } from "../../../engine/messages/index.ts";
import { type ClearedInterval, type MarketState, NANO_PER_TICK } from "../../../engine/settlement/index.ts";
import type { Law, Verdict } from "./law.ts";
import type { Roll } from "./member-laws.ts";

/** What a home's fills may cost it fits into what it has staked and is owed, less all else that may still cost it. */
export function filledWithinCredit({ sets }: Pick<Roll, "sets">, rules: MarketRules): Law {
  const checked = new Set<Digest>();
  const states = new Map<Interval, MarketState>();
  return {
    name: "filled within credit",
    certified: ({ isHonest }, { evaluation: { value, result, clearing, state } }) => {
      if (!isHonest || checked.has(value)) return null;
      checked.add(value);
      states.set(result.interval, state);
      const before = states.get((result.interval - 1) as Interval);
      const stakes = sets.of(result.interval)?.members.stakes ?? null;
      if (before === undefined || stakes === null || clearing.kind !== "trade") return null;
      const homes = [...new Set(clearing.fills.map(({ home }) => home))];
      return homes.map((home) => beyondCredit(rules, before, stakes, { home, clearing })).find((each) => each !== null) ?? null;
    },
  };
}

type Trade = Extract<ClearedInterval["clearing"], { kind: "trade" }>;

/** Worked out once more from the rule's words, and not by the engine's function. */
function beyondCredit(
  rules: MarketRules,
  { accounts, cleared }: MarketState,
  stakes: Stakes,
  { home, clearing }: { readonly home: HomeId; readonly clearing: Trade },
): Verdict {
  const { importPrice } = rules.residual;
  const costOf = (fills: readonly Fill[]): number =>
    fills
      .filter((fill) => fill.home === home)
      .reduce((sum, { side, energy, amount }) => sum + (side === "buy" ? amount : Math.max(0, energy * importPrice - amount)), 0);
  const waiting = cleared.reduce((sum, each) => sum + (each.clearing.kind === "trade" ? costOf(each.clearing.fills) : 0), 0);
  const unshown = cleared.flatMap(({ withheld }) => withheld).filter((each) => each === home).length;
  const charges = unshown * (rules.withheldCharge ?? DEFAULT_RULES.withheldCharge) * 1_000;
  const account = accounts.get(home);
  const unread = (account?.meter?.assumedExportWh ?? 0) * importPrice;
  const has = (stakes[home] ?? 0) * NANO_PER_TICK + (account?.balance ?? 0) - waiting - charges - unread;
  const spent = costOf(clearing.fills);
  return spent <= Math.max(0, has)
    ? null
    : `home-${home} is filled for ${spent} nano in interval ${clearing.interval} and may spend ${has}`;
}
