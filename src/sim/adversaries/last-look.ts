import { clearingRules, mechanismOf, ONE_NODE } from "../../../engine/auction/index.ts";
import type { Interval, MicroPerKwh } from "../../../engine/kernel/index.ts";
import { DEFAULT_RULES, entryId, type MarketRules, type Order, type SignedOrder } from "../../../engine/messages/index.ts";
import type { Adversary } from "../street/adversary.ts";
import { hearing, signed, speaking, whisperAll } from "./hooks.ts";

/** After its own order's usual time, street time being fast: late enough to have heard all, early enough to reach all gates. Real ms. */
const WAIT_MS = 600;
/** A place that its node never uses. */
const SEQ = 3;

/**
 * A home that orders for its true value or, with `looks`, for whatever limit is best for it against all that it has heard: with
 * open orders that is everybody else's, with sealed ones nothing. It orders once in each interval either way. For measuring what
 * a last look is worth; it breaks no rule, so the swarm doesn't draw it.
 */
export const lastLook = (rules: MarketRules, looks: boolean): Adversary => ({
  name: looks ? "last-look" : "truthful",
  corrupt: (modules, world) => {
    const { clock, digests } = world;
    const heard = new Map<Interval, SignedOrder[]>();
    const listening = hearing(modules, world, (message) => {
      if (message.kind === "order")
        heard.set(message.order.body.interval, [...(heard.get(message.order.body.interval) ?? []), message.order]);
      return true;
    });
    const sealed = new Set<Interval>();
    return speaking(listening, world, (message, goOn) => {
      const place = message.kind === "order" ? message.order.body : message.kind === "commit" ? message.commit.body : null;
      if (place === null) return goOn();
      if (place.seq > 0) return;
      if (message.kind === "commit") sealed.add(place.interval);
      if (message.kind !== "order" || sealed.has(place.interval)) return goOn();
      clock.after(WAIT_MS, () => {
        const own = message.order.body;
        const others = heard.get(own.interval) ?? [];
        const body: Order = { ...own, seq: SEQ, limit: looks ? bestLimit(rules, own, others) : own.limit };
        const order = signed(modules, body, digests.order(body));
        whisperAll(world, () => ({ kind: "order", order }));
      });
    });
  },
});

/** The limit that leaves most of the true one to its home, among those that others' limits make a difference to. */
export function bestLimit(rules: MarketRules, own: Order, others: readonly SignedOrder[]): MicroPerKwh {
  const { clear } = mechanismOf(rules.mechanism ?? DEFAULT_RULES.mechanism);
  const { tick } = rules;
  const limits = others.flatMap(({ body }) => [body.limit - tick, body.limit, body.limit + tick]).filter((limit) => limit > 0);
  const better = limits.filter((limit) => (own.side === "buy" ? limit < own.limit : limit > own.limit && limit <= rules.maxPrice));
  const gainOf = (limit: number): number => {
    const order: SignedOrder = { body: { ...own, limit: limit as MicroPerKwh }, id: OWN, signature: new Uint8Array(65) };
    const clearing = clear({ interval: own.interval, orders: [...others, order], network: ONE_NODE, rules: clearingRules(rules) });
    const fills = clearing.kind === "trade" ? clearing.fills.filter((fill) => fill.order === OWN) : [];
    return fills.reduce((sum, { energy, price }) => sum + energy * (own.side === "buy" ? own.limit - price : price - own.limit), 0);
  };
  return [own.limit, ...new Set(better)].map((limit) => ({ limit, gain: gainOf(limit) })).sort((a, b) => b.gain - a.gain)[0]!
    .limit as MicroPerKwh;
}

const OWN = entryId({ id: `0x${"00".repeat(32)}` as SignedOrder["id"], signature: new Uint8Array(65) });
