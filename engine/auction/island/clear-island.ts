import {
  add,
  compare,
  type Digest,
  fail,
  keccakDigest,
  type MicroPerKwh,
  microPerKwh,
  min,
  ok,
  type Result,
  sum,
  utf8,
  type Wh,
  wh,
} from "../../kernel/index.ts";
import { clear } from "../clear.ts";
import { dearestAnywhere } from "../reach.ts";
import type { Clearing, ClearingInput, ClearingMechanism, Network, OrderEntry } from "../types.ts";
import { CLASSES, type Claim, claimsOf, type Need, needsOf, perOrder, type Service, serve } from "./needs.ts";
import { reportOf } from "./report.ts";
import type { IslandClearing, IslandOrders, IslandRules, IslandTrouble } from "./types.ts";

/**
 * Clears a street that the grid has left. Classes decide who is served, not limits: as much critical energy as can be, then as
 * much normal, then as much flexible. Limits decide what nobody has to do: a price is never above a served buyer's limit, below a
 * selling home's, or above the cap. Among the ways to serve as much, the one with the cheapest sellers is taken.
 */
export function clearIsland(
  input: ClearingInput,
  rules: IslandRules,
  orders: IslandOrders,
  mechanism: ClearingMechanism = clear,
): Result<IslandClearing, IslandTrouble> {
  const trouble = troubleOf(input, rules);
  if (trouble !== null) return fail(trouble);
  const street = input.orders.filter(({ body }) => !orders.outside.has(body.home));
  const island: Island = {
    input,
    rules,
    mechanism,
    sells: street.filter(({ body }) => body.side === "sell" && body.limit <= rules.priceCap),
    needs: needsOf(
      street.filter(({ body }) => body.side === "buy"),
      orders,
      rules.essential,
    ),
  };
  return ok(reportOf(input, rules, orders, island.needs, best(island)));
}

interface Island {
  readonly input: ClearingInput;
  readonly rules: IslandRules;
  readonly mechanism: ClearingMechanism;
  readonly sells: readonly OrderEntry[];
  readonly needs: readonly Need[];
}

/** The root's edges carry nothing: for networks whose root is the grid's side of the transformer. */
export function islanded({ nodes, homes }: Network): Network {
  const cut = (edge: Network["nodes"][number]["edge"]) =>
    edge?.parent === 0 ? { ...edge, importCapacity: wh(0), exportCapacity: wh(0) } : edge;
  return { homes, nodes: nodes.map(({ edge }) => ({ edge: cut(edge) })) };
}

/**
 * The most that could be served is what all sellers together bring, if nobody has to turn their price down. Where somebody has to,
 * dear sellers may have to stay out for its sake: then the next level to look at is the first that it would not refuse. Fewer
 * sellers bring no more, so it ends where even without refusals less would be served.
 */
function best(island: Island): Service {
  const levels = [...new Set(island.sells.map(({ body }) => body.limit))].sort((a, b) => b - a);
  let found = serviceUpTo(island, levels[0] ?? island.rules.priceCap);
  let last = found;
  for (const level of levels.slice(1)) {
    if (last.tooDear.size === 0) break;
    if (level > highestLimit(island, last.tooDear)) continue;
    const promised = share(island, upTo(island, level), island.needs);
    if (isMore(servedByClass(found.served), servedByClass(promised))) break;
    last = serviceUpTo(island, level);
    if (!isMore(servedByClass(found.served), servedByClass(last.served))) found = last;
  }
  return found;
}

const upTo = ({ sells }: Island, level: MicroPerKwh): readonly OrderEntry[] => sells.filter(({ body }) => body.limit <= level);

const highestLimit = ({ needs }: Island, orders: ReadonlySet<Digest>): number =>
  needs.reduce((highest, { order }) => (orders.has(order.id) ? Math.max(highest, order.body.limit) : highest), 0);

const servedByClass = (served: Service["served"]): readonly Wh[] =>
  CLASSES.map((priority) => sum([...served].filter(([need]) => need.priority === priority).map(([, energy]) => energy)));

function isMore(a: readonly Wh[], b: readonly Wh[]): boolean {
  const at = a.findIndex((energy, i) => energy !== b[i]);
  return at !== -1 && a[at]! > b[at]!;
}

/** Whoever would have to pay more than its limit for all that it was to get is left out; a lower level may have a part for it. */
function serviceUpTo(island: Island, level: MicroPerKwh): Service {
  let found = serviceWithout(island, level, new Set());
  while (found.cut.length > 0) found = serviceWithout(island, level, new Set([...found.tooDear, ...found.cut]));
  return found;
}

interface Attempt extends Service {
  readonly cut: readonly Digest[];
}

function serviceWithout(island: Island, level: MicroPerKwh, tooDear: ReadonlySet<Digest>): Attempt {
  const needs = island.needs.filter(({ order }) => !tooDear.has(order.id));
  const served = share(island, upTo(island, level), needs);
  const scarce = needs.some((need) => served.get(need)! < need.energy);
  const clearing = priced(island, perOrder(served), scarce);
  return { clearing, served: settled(served, clearing), tooDear, scarce, cut: cutIn(clearing, island.input.network) };
}

/**
 * Who gets energy: each class bids so much more than the next that no seller's price and no way through the wires can outweigh it.
 * Fees don't count here, or homes at the end of a wire would be served last of their class.
 */
function share({ input, rules, mechanism }: Island, sells: readonly OrderEntry[], needs: readonly Need[]): ReadonlyMap<Need, Wh> {
  const bids = bidsOf(input, rules);
  const claims = claimsOf(needs).map((claim) => ({ claim, order: claimOrder(input, claim, bids[CLASSES.indexOf(claim.priority)]!) }));
  const orders = [...sells, ...claims.map(({ order }) => order)];
  const network = withoutFees(input.network);
  const { outcomes } = mechanism({ ...input, network, orders, rules: { ...input.rules, rationing: rules.sharing } });
  const got = new Map(outcomes.map(({ order, energy }) => [order, energy]));
  return new Map(claims.flatMap(({ claim, order }) => serve(claim, got.get(order.id)!)));
}

/** Ties of a watt-hour fall to the lower id, so ids change with the interval. */
function claimOrder({ interval }: ClearingInput, { home, priority, energy }: Claim, limit: MicroPerKwh): OrderEntry {
  const id = keccakDigest(utf8(`claim of home ${home} in ${interval} ${priority}`));
  return { id, body: { home, interval, side: "buy", energy, limit, seq: 0 } };
}

/** By class. A watt-hour that has a long way may take the place of several; so each class bids for as many of the next. */
export function bidsOf({ network, rules }: ClearingInput, { priceCap }: IslandRules): readonly MicroPerKwh[] {
  const onTick = (price: number): number => Math.ceil(price / rules.tick) * rules.tick;
  const free = withoutFees(network);
  const places = Math.ceil(dearestAnywhere(free, microPerKwh(1000)) / 1000);
  const flexible = onTick(dearestAnywhere(free, priceCap)) + rules.tick;
  const normal = places * flexible + flexible;
  return [places * normal + flexible, normal, flexible] as MicroPerKwh[];
}

const withoutFees = (network: Network): Network => ({
  ...network,
  nodes: network.nodes.map(({ edge }) => ({ edge: edge && { ...edge, fee: microPerKwh(0) } })),
});

/** What is served at which price: true limits, none above the cap. Where somebody goes short the price is at the top of its range. */
function priced({ input, rules, sells, needs, mechanism }: Island, served: ReadonlyMap<Digest, Wh>, scarce: boolean): Clearing {
  const buys = [...new Set(needs.map(({ order }) => order))].flatMap((order): OrderEntry[] => {
    const energy = served.get(order.id) ?? wh(0);
    return energy === 0 ? [] : [{ ...order, body: { ...order.body, energy, limit: min(order.body.limit, rules.priceCap) } }];
  });
  const kPermille = scarce ? 1000 : input.rules.kPermille;
  return mechanism({ ...input, orders: [...sells, ...buys], rules: { ...input.rules, kPermille } });
}

/** Buys that the market of true limits doesn't serve whole; losses are whole watt-hours, so a few may go astray on the way. */
function cutIn({ outcomes }: Clearing, { nodes }: Network): readonly Digest[] {
  const astray = nodes.filter(({ edge }) => edge !== null && edge.lossPpm > 0).length;
  return outcomes.filter(({ side, wanted, energy }) => side === "buy" && wanted - energy > astray).map(({ order }) => order);
}

/** What was shared, less what went astray: of each order's last part first. */
function settled(served: ReadonlyMap<Need, Wh>, { outcomes }: Clearing): ReadonlyMap<Need, Wh> {
  const missing = new Map(outcomes.filter(({ side }) => side === "buy").map(({ order, wanted, energy }) => [order, wanted - energy]));
  const fromLast = [...served].reverse().map(([need, energy]): [Need, Wh] => {
    const less = Math.min(missing.get(need.order.id) ?? 0, energy);
    missing.set(need.order.id, (missing.get(need.order.id) ?? 0) - less);
    return [need, wh(energy - less)];
  });
  return new Map(fromLast.sort(([a], [b]) => compare(a.order.id, b.order.id)));
}

function troubleOf(input: ClearingInput, rules: IslandRules): IslandTrouble | null {
  if (!microPerKwh.is(rules.priceCap)) return "ISLAND_CAP_OUT_OF_RANGE";
  if (rules.priceCap % input.rules.tick !== 0) return "ISLAND_CAP_OFF_TICK";
  if (!wh.is(rules.essential)) return "ISLAND_ESSENTIAL_OUT_OF_RANGE";
  const energy = input.orders.reduce((total, { body }) => add(total, body.energy), wh(0));
  // The auction doubles limits inside.
  return 2 * (bidsOf(input, rules)[0]! + 1) * energy > Number.MAX_SAFE_INTEGER ? "ISLAND_TOO_LARGE" : null;
}
