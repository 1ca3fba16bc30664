import { compare, cost, type Digest, type HomeId, type MicroPerKwh, microPerKwh, sub, type Wh, wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { ClearingInput, OrderEntry } from "../types.ts";
import type { Agreement, AgreementOutcome, PreferenceRefusal, Preferences, Stage, StageFill } from "./types.ts";
import { type Path, pathOf, Wires } from "./wires.ts";

/** Takes energy out of orders and room out of wires, stage by stage; nobody gives more than its order has. */
export class Stages {
  readonly #input: ClearingInput;
  readonly #left: Map<Digest, Wh>;
  readonly #wires: Wires;
  readonly fills: StageFill[] = [];

  constructor(input: ClearingInput) {
    this.#input = input;
    this.#left = new Map(input.orders.map(({ id, body }) => [id, body.energy]));
    this.#wires = new Wires(input.network);
  }

  /** What the auction clears. */
  rest(): ClearingInput {
    const orders = this.#input.orders
      .map((order) => ({ ...order, body: { ...order.body, energy: this.#leftOf(order) } }))
      .filter(({ body }) => body.energy > 0);
    return { ...this.#input, orders, network: this.#wires.left() };
  }

  /** Contracts, then gifts, each by rank. */
  agreements(agreements: readonly Agreement[]): readonly AgreementOutcome[] {
    const twice = (agreement: Agreement): boolean => agreements.some((other) => other !== agreement && other.id === agreement.id);
    return [...agreements]
      .sort((a, b) => compare(a.kind, b.kind) || a.rank - b.rank || compare(a.id, b.id))
      .map((agreement) => {
        const trouble = twice(agreement) ? "PREFERENCE_TWICE" : troubleOf(agreement, this.#input);
        const { energy, reason } = trouble === null ? this.#deliver(agreement) : { energy: wh(0), reason: trouble };
        return { agreement: agreement.id, kind: agreement.kind, wanted: agreement.energy, energy, reason };
      })
      .sort((a, b) => compare(a.agreement, b.agreement) || compare(a.kind, b.kind) || a.wanted - b.wanted);
  }

  /** The pairs that gain most go first; equal ones by the buyer's, then the seller's lower order id. */
  friends({ friends, friendKPermille }: Preferences): void {
    const { orders, network, rules } = this.#input;
    const areFriends = (a: HomeId, b: HomeId): boolean => a !== b && friends.get(a)?.has(b) === true && friends.get(b)?.has(a) === true;
    const of = (side: Side): readonly OrderEntry[] => orders.filter(({ body }) => body.side === side);
    const pairs = of("buy").flatMap((buy) =>
      of("sell")
        .filter((sell) => areFriends(buy.body.home, sell.body.home))
        .map((sell) => {
          const path = pathOf(network, sell.body.home, buy.body.home);
          return { buy, sell, path, gain: buy.body.limit - sell.body.limit - path.fee };
        }),
    );
    const good = pairs.filter(({ gain, path }) => gain >= 0 && !path.loses);
    good.sort((a, b) => b.gain - a.gain || compare(a.buy.id, b.buy.id) || compare(a.sell.id, b.sell.id));
    for (const { buy, sell, path, gain } of good) {
      const ticks = Math.floor(((gain / rules.tick) * friendKPermille) / 1000);
      const price = microPerKwh(sell.body.limit + ticks * rules.tick);
      this.#trade({ stage: "friend", agreement: null, buy, sell, path, price }, wh(Math.min(this.#wires.room(path), wh.max)));
    }
  }

  #leftOf({ id }: OrderEntry): Wh {
    return this.#left.get(id)!;
  }

  /** Draws on the best limits of both sides first: those have most to gain. */
  #deliver(agreement: Agreement): { readonly energy: Wh; readonly reason: PreferenceRefusal | null } {
    const { id, kind, seller, buyer, price } = agreement;
    const path = pathOf(this.#input.network, seller, buyer);
    if (path.loses) return { energy: wh(0), reason: "PREFERENCE_PATH_LOSES" };
    let open = agreement.energy;
    for (const sell of this.#ordersOf(seller, "sell")) {
      for (const buy of this.#ordersOf(buyer, "buy")) {
        open = sub(open, this.#trade({ stage: kind, agreement: id, buy, sell, path, price }, open));
      }
    }
    return { energy: sub(agreement.energy, open), reason: open === 0 ? null : this.#whyShort(agreement) };
  }

  #whyShort({ seller, buyer }: Agreement): PreferenceRefusal {
    const has = (home: HomeId, side: Side): boolean => this.#ordersOf(home, side).some((order) => this.#leftOf(order) > 0);
    if (!has(seller, "sell")) return "PREFERENCE_NOTHING_OFFERED";
    return has(buyer, "buy") ? "PREFERENCE_EDGE_FULL" : "PREFERENCE_NOTHING_WANTED";
  }

  #ordersOf(home: HomeId, side: Side): readonly OrderEntry[] {
    const better = side === "sell" ? 1 : -1;
    return this.#input.orders
      .filter(({ body }) => body.home === home && body.side === side)
      .sort((a, b) => better * (a.body.limit - b.body.limit) || compare(a.id, b.id));
  }

  #trade(deal: Deal, atMost: Wh): Wh {
    const { stage, agreement, buy, sell, path, price } = deal;
    const energy = wh(Math.min(atMost, this.#leftOf(buy), this.#leftOf(sell), this.#wires.room(path)));
    if (energy === 0) return energy;
    for (const { id } of [buy, sell]) this.#left.set(id, sub(this.#left.get(id)!, energy));
    this.#wires.book(path, energy);
    const [buyer, seller] = [buy.body.home, sell.body.home];
    const money = { price, amount: cost(energy, price), fees: cost(energy, path.fee) };
    this.fills.push({ stage, agreement, buy: buy.id, buyer, sell: sell.id, seller, energy, ...money });
    return energy;
  }
}

interface Deal {
  readonly stage: Stage;
  readonly agreement: Digest | null;
  readonly buy: OrderEntry;
  readonly sell: OrderEntry;
  readonly path: Path;
  readonly price: MicroPerKwh;
}

function troubleOf({ kind, seller, buyer, energy, price, rank, agreedBy }: Agreement, { rules }: ClearingInput): PreferenceRefusal | null {
  if (seller === buyer) return "PREFERENCE_ONE_HOME";
  if (!agreedBy.has(seller) || !agreedBy.has(buyer)) return "PREFERENCE_NOT_AGREED";
  const isSane = wh.is(energy) && energy > 0 && microPerKwh.is(price) && Number.isSafeInteger(rank);
  if (!isSane || !Number.isSafeInteger(energy * price)) return "PREFERENCE_OUT_OF_RANGE";
  if (kind === "gift" && price !== 0) return "PREFERENCE_GIFT_HAS_PRICE";
  return price % rules.tick === 0 ? null : "PREFERENCE_PRICE_OFF_TICK";
}
