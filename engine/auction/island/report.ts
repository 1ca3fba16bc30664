import { compare, type HomeId, sub, sum, type Wh, wh } from "../../kernel/index.ts";
import type { ClearingInput, OrderEntry } from "../types.ts";
import { type Need, perOrder, type Service } from "./needs.ts";
import type {
  ClassService,
  Fairness,
  IslandClearing,
  IslandOrders,
  IslandOutcome,
  IslandRefusal,
  IslandRules,
  PriorityClass,
} from "./types.ts";

/** What became of every order, every class, and how evenly homes were served. */
export function reportOf(
  input: ClearingInput,
  rules: IslandRules,
  orders: IslandOrders,
  needs: readonly Need[],
  service: Service,
): IslandClearing {
  const all = needs.map((need) => ({ need, served: service.served.get(need) ?? wh(0) }));
  const ofClass = (priority: PriorityClass): ClassService => serviceOf(all.filter(({ need }) => need.priority === priority));
  const critical = perOrder(new Map(needs.filter(({ priority }) => priority === "critical").map((need) => [need, need.energy])));
  return {
    clearing: service.clearing,
    outcomes: [...input.orders]
      .sort((a, b) => compare(a.id, b.id))
      .map((order) => outcomeOf(order, rules, orders, critical.get(order.id) ?? wh(0), service)),
    classes: { critical: ofClass("critical"), normal: ofClass("normal"), flexible: ofClass("flexible") },
    fairness: fairnessOf(all),
    scarce: service.scarce,
  };
}

interface Served {
  readonly need: Need;
  readonly served: Wh;
}

function serviceOf(all: readonly Served[]): ClassService {
  const wanted = sum(all.map(({ need }) => need.energy));
  const served = sum(all.map((each) => each.served));
  return { wanted, served, unserved: sub(wanted, served), fairness: fairnessOf(all) };
}

function outcomeOf({ id, body }: OrderEntry, rules: IslandRules, orders: IslandOrders, critical: Wh, service: Service): IslandOutcome {
  const market = service.clearing.outcomes.find(({ order }) => order === id);
  const energy = market?.energy ?? wh(0);
  const { home, side, energy: wanted } = body;
  const priority = side === "sell" ? null : (orders.classes.get(id) ?? "normal");
  const reason = (): IslandRefusal => {
    if (orders.outside.has(home)) return "ISLAND_NO_GRID";
    if (side === "buy") return service.tooDear.has(id) ? "PRICE_TOO_HIGH" : "ISLAND_SHED";
    return body.limit > rules.priceCap ? "ISLAND_ABOVE_CAP" : market!.reason!;
  };
  return { order: id, home, side, priority, wanted, critical, energy, reason: energy === wanted ? null : reason() };
}

function fairnessOf(all: readonly Served[]): Fairness | null {
  const homes = new Map<HomeId, { wanted: bigint; served: bigint }>();
  for (const { need, served } of all) {
    const { home } = need.order.body;
    const before = homes.get(home) ?? { wanted: 0n, served: 0n };
    homes.set(home, { wanted: before.wanted + BigInt(need.energy), served: before.served + BigInt(served) });
  }
  return jain([...homes.values()]);
}

/** All shares over one denominator, so nothing is rounded. */
function jain(homes: readonly { readonly wanted: bigint; readonly served: bigint }[]): Fairness | null {
  const common = homes.reduce((multiple, { wanted }) => (multiple / divisor(multiple, wanted)) * wanted, 1n);
  const shares = homes.map(({ wanted, served }) => served * (common / wanted));
  const total = shares.reduce((one, other) => one + other, 0n);
  if (total === 0n) return null;
  const squares = shares.reduce((one, other) => one + other * other, 0n);
  const top = total * total;
  const bottom = BigInt(homes.length) * squares;
  const shorten = divisor(top, bottom);
  return { numerator: top / shorten, denominator: bottom / shorten, permille: Number((1000n * top) / bottom) };
}

const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisor(b, a % b));
