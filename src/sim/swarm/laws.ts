import type { Digest, HomeId, Interval } from "../../../engine/kernel/index.ts";
import { authorOf, digestsOf, type SignedOrder, type SignedVote } from "../../../engine/messages/index.ts";
import { SETTLE_LAG, settledWith } from "../../../engine/settlement/index.ts";
import type { Certified } from "../../node/index.ts";
import type { SimulatedHome } from "../street/home.ts";
import { domainOf, FIRST } from "../street/market.ts";
import type { SimulatedStreet } from "../street/street.ts";
import { filledWithinCredit } from "./credit-law.ts";
import type { Law, Verdict } from "./law.ts";
import { certifiedByItsSet, membersAlone, type Roll, setsAsRead, takenBackKeys } from "./member-laws.ts";
import { placesOf } from "./places.ts";
import { type AgreedSet, AgreedSets } from "./sets.ts";

/** One result for an interval: at every home, and in all votes that anybody ever sent. */
function oneCertificate({ sets, recover }: Roll): Law {
  const heads = new Map<Interval, Digest>();
  /** Finalize votes by interval, then view and value. */
  const votes = new Map<Interval, Map<string, Set<SignedVote>>>();
  const is = (interval: Interval, value: Digest, how: string): Verdict => {
    const known = heads.get(interval) ?? value;
    heads.set(interval, known);
    return known === value ? null : `interval ${interval} ${how} both as ${short(known)} and as ${short(value)}`;
  };
  const count = (set: AgreedSet | undefined, ballot: ReadonlySet<SignedVote>): Verdict => {
    if (set === undefined || ballot.size < set.quorum) return null;
    const isTrue = ({ body, id, signature }: SignedVote): boolean =>
      set.validators.has(body.validator) && recover(id, signature) === (set.agents.get(body.validator) ?? null);
    const [one] = ballot;
    const voters = new Set([...ballot].filter(isTrue).map(({ body }) => body.validator));
    return voters.size >= set.quorum ? is(one!.body.interval, one!.body.value, "is finalized") : null;
  };
  return {
    name: "one certificate",
    said: (_home, message) => {
      if (message.kind !== "vote" || message.vote.body.kind !== "finalize") return null;
      const { interval, view, value } = message.vote.body;
      const ballots = votes.get(interval) ?? new Map<string, Set<SignedVote>>();
      const ballot = ballots.get(`${view}/${value}`) ?? new Set();
      votes.set(interval, ballots.set(`${view}/${value}`, ballot.add(message.vote)));
      return count(sets.of(interval), ballot);
    },
    certified: ({ isHonest }, { evaluation: { result, value } }) => {
      if (!isHonest) return null;
      const next = (result.interval + 1) as Interval;
      // Votes may come before anybody could know whose count.
      const early = heads.has(next) ? [] : [...(votes.get(next)?.values() ?? [])];
      return (
        is(result.interval, value, "is certified") ??
        early.map((ballot) => count(sets.of(next), ballot)).find((each) => each !== null) ??
        null
      );
    },
  };
}

/** Of what excludes each other an honest home says one thing, in all its lives together. */
function noContradiction(): Law {
  const said = new Map<string, string>();
  return {
    name: "no vote twice",
    said: ({ isHonest, name }, message) => {
      if (!isHonest) return null;
      for (const [place, content] of placesOf(message)) {
        const known = said.get(`${name} ${place}`) ?? content;
        if (known !== content) return `${name} says two things, ${place}: ${short(known)} and ${short(content)}`;
        said.set(`${name} ${place}`, content);
      }
      return null;
    },
  };
}

/** No order gets more than it wanted, pays more or gets less than its limit, or is filled twice; none of an honest home is made up. */
function withinLimits(honest: ReadonlySet<HomeId>): Law {
  const signed = new Set<Digest>();
  const checked = new Set<Digest>();
  const filled = new Map<Digest, Interval>();
  return {
    name: "filled within limits, once",
    said: (_home, message) => {
      if (message.kind === "order") signed.add(message.order.id);
      return null;
    },
    certified: ({ isHonest }, certified) => {
      const { value } = certified.evaluation;
      if (!isHonest || checked.has(value)) return null;
      checked.add(value);
      return wrongFill(certified, honest, signed, filled);
    },
  };
}

function wrongFill(
  { evaluation: { clearing, orders } }: Certified,
  honest: ReadonlySet<HomeId>,
  signed: ReadonlySet<Digest>,
  filled: Map<Digest, Interval>,
): Verdict {
  const byId = new Map(orders.map((order) => [order.id, order.body]));
  for (const { order, home, side, energy, amount } of clearing.kind === "trade" ? clearing.fills : []) {
    const body = byId.get(order);
    const name = `order ${short(order)} of home-${home} in interval ${clearing.interval}`;
    if (body === undefined || body.home !== home || body.side !== side) return `${name} is filled and not in the agreed set`;
    if (honest.has(home) && !signed.has(order)) return `${name} is filled and was never sent`;
    if (filled.has(order) || body.interval !== clearing.interval) return `${name} is filled twice, or in another interval than its own`;
    if (energy > body.energy) return `${name} gets ${energy} of ${body.energy} Wh`;
    const atLimit = energy * body.limit;
    if (side === "buy" ? amount > atLimit : amount < atLimit) return `${name} is filled beyond its limit`;
    filled.set(order, clearing.interval);
  }
  return null;
}

/** What some get others give, to the last Wh and nano: in each interval, and over all accounts since the beginning. */
function conserved(): Law {
  const checked = new Set<Digest>();
  return {
    name: "Wh and money conserved",
    certified: ({ isHonest }, { evaluation: { value, settled, state } }) => {
      if (!isHonest || checked.has(value)) return null;
      checked.add(value);
      const { accounts, residual, surplus, interval } = state;
      const total = (of: (account: typeof accounts extends ReadonlyMap<HomeId, infer A> ? A : never) => number): number =>
        [...accounts.values()].reduce((sum, account) => sum + of(account), 0);
      const money = total(({ balance }) => balance) + residual + surplus.balance;
      const energy = total(({ sold }) => sold) - total(({ bought }) => bought) - surplus.lost;
      if (money !== 0 || energy !== 0) return `after interval ${interval} accounts sum to ${money} nano and ${energy} Wh`;
      const { energyIn, energyOut, moneyIn, moneyOut } = settled?.conservation ?? { energyIn: 0, energyOut: 0, moneyIn: 0, moneyOut: 0 };
      return energyIn === energyOut && moneyIn === moneyOut ? null : `interval ${interval}: in and out differ`;
    },
  };
}

/** Every certified interval is settled once: in the ledger of each home, and on the chain, which holds what homes certified. */
function settledOnce(): Law {
  let carried = 0;
  return {
    name: "settled exactly once",
    certified: ({ isHonest, name }, { evaluation: { result, settled } }) => {
      const due = settledWith(result.interval);
      const wanted = due >= FIRST ? due : null;
      if (!isHonest || (settled?.interval ?? null) === wanted) return null;
      return `${name} settles ${settled?.interval ?? "nothing"} with interval ${result.interval}`;
    },
    meanwhile: ({ chain, honest }) => {
      for (const { result } of chain.taken.slice(carried)) {
        const { period, fromInterval, toInterval, head } = result;
        const before = chain.taken[carried - 1]?.result.toInterval ?? FIRST - 1;
        carried++;
        if (fromInterval !== before + 1) return `period ${period} on the chain begins at ${fromInterval}, after ${before}`;
        const closing = (toInterval + SETTLE_LAG) as Interval;
        if (!honest.some(({ heads }) => heads.get(closing) === head))
          return `period ${period} on the chain has a head that nobody certified`;
      }
      return null;
    },
  };
}

/** While nothing but liars disturbs the street, what an honest home ordered in time counts, and no honest home pays for silence. */
function timelyOrdersCount(honest: ReadonlySet<HomeId>, { sets, recover }: Roll): Law {
  const ordered = new Map<Interval, Set<SignedOrder>>();
  const isSigned = ({ body, id, signature }: SignedOrder): boolean =>
    recover(id, signature) === (sets.of(body.interval)?.agents.get(body.home) ?? null);
  return {
    name: "timely orders count",
    said: ({ isHonest }, message) => {
      if (!isHonest || message.kind !== "order") return null;
      const { interval } = message.order.body;
      ordered.set(interval, (ordered.get(interval) ?? new Set()).add(message.order));
      return null;
    },
    certified: ({ isHonest }, { evaluation: { result, orders, withheld } }) => {
      if (!isHonest) return null;
      const charged = withheld.map(authorOf).find((home) => honest.has(home));
      if (charged !== undefined) return `home-${charged} pays for an order that it showed, in interval ${result.interval}`;
      const counted = new Set(orders.map(({ id }) => id));
      const own = result.kind === "void" ? [] : [...(ordered.get(result.interval) ?? [])].filter(isSigned);
      const missing = own.find(({ id }) => !counted.has(id));
      return missing === undefined ? null : `order ${short(missing.id)} is left out of interval ${result.interval}`;
    },
  };
}

/** An honest home never stands accused, nor is its peer reported for an answer. */
function nobodyFramed(honest: ReadonlySet<HomeId>): Law {
  const peers: ReadonlySet<unknown> = new Set([...honest].map((home) => `home-${home}`));
  return {
    name: "nobody honest is framed",
    logged: ({ isHonest, name }, _level, event, data) => {
      if (isHonest && event.startsWith("catch-up.") && "peer" in data && peers.has(data.peer))
        return `${name} reports ${data.peer}: ${event}`;
      if (!isHonest || !event.endsWith(".evidence")) return null;
      const culprit = "home" in data ? (data.home as HomeId) : null;
      return culprit !== null && honest.has(culprit) ? `${name} holds evidence against home-${culprit}` : null;
    },
  };
}

/** An honest home's code never fails. */
function nothingFails(): Law {
  return {
    name: "nothing fails",
    logged: ({ isHonest, name }, level, event, data) =>
      isHonest && level === "error" ? `${name} logs ${event} ${JSON.stringify(data)}` : null,
    meanwhile: ({ network, honest }) => {
      const failure = network.failures.find(({ by }) => honest.some(({ name }) => name === by));
      return failure === undefined ? null : `${failure.by} fails: ${messageOf(failure.error)}`;
    },
  };
}

/** All honest homes end with the same history and the same books. */
function sameBooks(): Law {
  return {
    name: "same heads and books",
    atEnd: ({ honest }) => {
      const [first, ...others] = honest.filter(({ isUp }) => isUp);
      const wrong = others.find((home) => booksOf(home) !== booksOf(first!));
      return wrong === undefined ? null : `${wrong.name} and ${first!.name} hold different books`;
    },
  };
}

export const booksOf = ({ node }: SimulatedHome): string => {
  const { interval, head, accounts, residual, surplus, carried } = node.rounds.state;
  return JSON.stringify({ interval, head, accounts: [...accounts], residual, surplus, carried: { ...carried, ticks: [...carried.ticks] } });
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const short = (text: string): string => text.replaceAll(/0x([0-9a-f]{8})[0-9a-f]{24,}/g, "0x$1");

/** The laws of one street. What needs a deadline (honest homes with a quorum certify) `run.ts` holds. */
export function lawsOf(street: SimulatedStreet, isCalm: boolean): readonly Law[] {
  const honest = new Set(street.honest.flatMap(({ id }) => (id === null ? [] : [id])));
  const robbed = new Set(street.homes.flatMap(({ id, adversary }) => (id !== null && adversary?.name === "stolen-key" ? [id] : [])));
  const { chain, rules, keys } = street;
  const roll: Roll = { sets: new AgreedSets(chain), rules, digests: digestsOf(domainOf(rules)), recover: keys.recover };
  return [
    setsAsRead(roll),
    certifiedByItsSet(roll),
    oneCertificate(roll),
    noContradiction(),
    withinLimits(honest),
    filledWithinCredit(roll, rules),
    conserved(),
    settledOnce(),
    membersAlone(roll),
    nobodyFramed(honest),
    takenBackKeys(roll, robbed),
    nothingFails(),
    sameBooks(),
    ...(isCalm ? [timelyOrdersCount(honest, roll)] : []),
  ];
}
