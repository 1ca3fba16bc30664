import type { Fill } from "../auction/index.ts";
import { add, cost, type HomeId, max, type Nano, nano, sub } from "../kernel/index.ts";
import { authorOf, type MarketRules, type Order, type Stakes, type Withheld } from "../messages/index.ts";
import { NANO_PER_TICK } from "./batch.ts";
import type { ClearedInterval, MarketState } from "./ledger.ts";
import { chargeFor } from "./settle.ts";

/**
 * What an order can cost its home at worst. From `settle`, with B bought, S sold, I imported and E exported: a fill brings what was
 * paid or earned, and for what was sold and not delivered the supplier's import price, S - E at most; what was bought and not taken
 * brings its export price and costs nothing. So:
 * - bought: energy x limit. The wires' fees are within the price, and the price within the limit.
 * - sold: energy x (import price - limit), what it takes to buy what was sold; nothing where the limit is above.
 */
export const worstCost = (rules: Pick<MarketRules, "residual">, { side, energy, limit }: Pick<Order, "side" | "energy" | "limit">): Nano =>
  worstOf(rules, { side, energy, amount: cost(energy, limit) });

/** The same of a fill, whose price is known. */
const worstOf = ({ residual }: Pick<MarketRules, "residual">, { side, energy, amount }: Pick<Fill, "side" | "energy" | "amount">): Nano =>
  side === "buy" ? amount : max(nano(0), sub(cost(energy, residual.importPrice), amount));

/**
 * What a home may spend in the interval after the state's: its stake, and its balance, less
 * - what its fills may cost that are cleared and not settled, and charges that are due with them,
 * - what it was settled for on its word alone: the next reading may show that it exported nothing of that.
 * A home that trades within it owes the street for its trades never more than it has staked, whatever it does and whether its
 * meter is read or not. What it uses beyond its trades it owes the supplier, and that takes credit from its next orders.
 */
export function creditsOf(rules: MarketRules, state: MarketState, stakes: Stakes): (home: HomeId) => Nano {
  const due = dueOf(state.cleared);
  return (home) => {
    const account = state.accounts.get(home);
    const funds = add(nano((stakes[home] ?? 0) * NANO_PER_TICK), account?.balance ?? nano(0));
    const unread = cost((account?.meter ?? NOTHING_ASSUMED).assumedExportWh, rules.residual.importPrice);
    return sub(sub(funds, due.get(home) ?? nano(0)), unread);
  };
}

const NOTHING_ASSUMED = { assumedExportWh: 0 as Order["energy"] };

function dueOf(cleared: readonly ClearedInterval[]): ReadonlyMap<HomeId, Nano> {
  const due = new Map<HomeId, Nano>();
  const owes = (home: HomeId, amount: Nano): unknown => due.set(home, add(due.get(home) ?? nano(0), amount));
  for (const { rules, clearing, withheld } of cleared) {
    for (const fill of clearing.kind === "trade" ? clearing.fills : []) owes(fill.home, worstOf(rules, fill));
    for (const home of withheld) owes(home, chargeFor(rules, 1));
  }
  return due;
}

/** Anything that says what is ordered: a signed order, or one that is not signed yet. */
type Ordered = { readonly body: Order };

/**
 * The orders that their homes can pay for, in the order in which they came. A home's are taken by rising seq, and one that
 * doesn't fit into what those before have left is left out; what can cost nothing always counts. Without stakes nothing is limited.
 */
export function withinCredit<T extends Ordered>(
  rules: MarketRules,
  state: MarketState,
  stakes: Stakes | null,
  { orders, withheld }: { readonly orders: readonly T[]; readonly withheld: readonly Withheld[] },
): readonly T[] {
  if (stakes === null) return orders;
  const credit = creditsOf(rules, state, stakes);
  const charged = withheld.map(authorOf);
  const left = new Map<HomeId, Nano>();
  const counted = new Set<T>();
  for (const order of [...orders].sort((a, b) => a.body.seq - b.body.seq)) {
    const { home } = order.body;
    const has = left.get(home) ?? sub(credit(home), chargeFor(rules, charged.filter((each) => each === home).length));
    const worst = worstCost(rules, order.body);
    const fits = worst <= max(has, nano(0));
    if (fits) counted.add(order);
    left.set(home, fits ? sub(has, worst) : has);
  }
  return orders.filter((order) => counted.has(order));
}
