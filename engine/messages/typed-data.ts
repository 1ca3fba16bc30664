import { concat, type Digest, fromHex, keccakDigest } from "../kernel/index.ts";
import { array, bytesField, domainOf, type Field, type Signable, structOf } from "./eip712.ts";
import type { MarketDomain } from "./rules.ts";
import { encodeStakes } from "./stakes.ts";
import {
  type Closed,
  type Commit,
  type IntervalResult,
  type Order,
  type OrderList,
  type PeriodResult,
  type Proposal,
  READING_QUALITY,
  RESULT_KIND,
  type Reading,
  type Signed,
  VOTE_KIND,
  type Vote,
  type WithdrawNow,
} from "./types.ts";

/** What homes sign of the call auction and its agreement, as EIP-712 types. */
export const TYPES = {
  Order: "Order(uint32 home,uint64 interval,uint8 side,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)",
  Commit: "Commit(uint32 home,uint64 interval,uint32 seq,bytes32 commitment)",
  Closed: "Closed(uint64 interval,uint32 validator)",
  Reading: "Reading(uint32 home,uint64 interval,uint64 importWh,uint64 exportWh,uint8 quality)",
  OrderList:
    "OrderList(uint64 interval,uint32 validator,bytes32 members,uint32 membersVersion,bytes stakes,bytes32[] commits,bytes32[] orders,bytes32[] readings)",
  Proposal: "Proposal(uint64 interval,uint32 view,uint32 leader,bytes32 value,uint32 parentView,bool isVoid,bytes32[] lists)",
  Vote: "Vote(uint8 kind,uint64 interval,uint32 view,bytes32 value,uint32 validator)",
  IntervalResult:
    "IntervalResult(uint64 interval,uint8 kind,bytes32 prevHead,bytes32 orderSetRoot,bytes32 readingSetRoot,bytes32 clearingRoot,bytes32 ledgerRoot,bytes32 nextMembers)",
  Period:
    "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevPeriod,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)",
  WithdrawNow: "WithdrawNow(uint32 home,address to,uint64 ticks,uint256 nonce,uint64 period,uint256 deadline)",
} as const;

const MARKET_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
const VAULT_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

const HASHERS = Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [name, structOf(type)])) as Record<
  keyof typeof TYPES,
  (fields: readonly Field[]) => Digest
>;
const struct = (name: keyof typeof TYPES, fields: readonly Field[]): Digest => HASHERS[name](fields);

export const SIDE = { buy: 0, sell: 1 } as const;

const structs = {
  order: (o: Order) => struct("Order", [o.home, o.interval, SIDE[o.side], o.energy, o.limit, o.seq]),
  commit: (c: Commit) => struct("Commit", [c.home, c.interval, c.seq, c.commitment]),
  closed: (c: Closed) => struct("Closed", [c.interval, c.validator]),
  reading: (r: Reading) => struct("Reading", [r.home, r.interval, r.importWh, r.exportWh, READING_QUALITY[r.quality]]),
  list: (l: OrderList) =>
    struct("OrderList", [
      l.interval,
      l.validator,
      l.members,
      l.membersVersion,
      bytesField(encodeStakes(l.stakes)),
      array(l.commits),
      array(l.orders),
      array(l.readings),
    ]),
  proposal: (p: Proposal) => struct("Proposal", [p.interval, p.view, p.leader, p.value, p.parentView, Number(p.isVoid), array(p.lists)]),
  withdrawNow: (w: WithdrawNow) => struct("WithdrawNow", [w.home, w.to, w.ticks, w.nonce, w.period, w.deadline]),
  vote: (v: Vote) => struct("Vote", [VOTE_KIND[v.kind], v.interval, v.view, v.value, v.validator]),
};

/** The hash that votes name and that the next interval links to. */
export const resultHash = (r: IntervalResult): Digest =>
  struct("IntervalResult", [
    r.interval,
    RESULT_KIND[r.kind],
    r.prevHead,
    r.orderSetRoot,
    r.readingSetRoot,
    r.clearingRoot,
    r.ledgerRoot,
    r.nextMembers,
  ]);

/** The EIP-712 struct hash of a period, the same in every vault's domain: what the next period links to. */
export const periodHash = (p: PeriodResult): Digest =>
  struct("Period", [
    p.period,
    p.fromInterval,
    p.toInterval,
    p.coversUntil,
    p.prevPeriod,
    p.head,
    p.accountsRoot,
    p.vectorHash,
    p.wideHash,
    p.dataHash,
  ]);

/**
 * An entry by what it says and the very signature under it, keccak-256 of both: what lists name, peers ask for and roots bind. A
 * key has many signatures for one digest, and homes must not hold different ones under one name. It is also what a commit names:
 * orders are few and could be guessed; a signature under the home's key can't, and the home can show no other.
 */
export const entryId = ({ id, signature }: Pick<Signed<unknown>, "id" | "signature">): Digest =>
  keccakDigest(concat([fromHex(id), signature]));

/** The digests that are signed in one market; made once, as the domain separators are the dear part. */
export interface Digests {
  order(order: Order): Digest;
  commit(commit: Commit): Digest;
  closed(closed: Closed): Digest;
  reading(reading: Reading): Digest;
  list(list: OrderList): Digest;
  proposal(proposal: Proposal): Digest;
  vote(vote: Vote): Digest;
  /** In the vault's own domain, so that the contract recomputes it. */
  period(result: PeriodResult): Digest;
  /** Likewise. */
  withdrawNow(wish: WithdrawNow): Digest;
}

/** What is signed under the rules of one market. */
export const marketSignable = ({ chainId, vault, rulesHash }: MarketDomain): Signable =>
  domainOf(MARKET_DOMAIN, "Commonwatt", [chainId, vault, rulesHash]);

export function digestsOf(domain: MarketDomain): Digests {
  const inMarket = marketSignable(domain);
  const inVault = domainOf(VAULT_DOMAIN, "GridVault", [domain.chainId, domain.vault]);
  return {
    order: (order) => inMarket(structs.order(order)),
    commit: (commit) => inMarket(structs.commit(commit)),
    closed: (closed) => inMarket(structs.closed(closed)),
    reading: (reading) => inMarket(structs.reading(reading)),
    list: (list) => inMarket(structs.list(list)),
    proposal: (proposal) => inMarket(structs.proposal(proposal)),
    vote: (vote) => inMarket(structs.vote(vote)),
    period: (period) => inVault(periodHash(period)),
    withdrawNow: (wish) => inVault(structs.withdrawNow(wish)),
  };
}
