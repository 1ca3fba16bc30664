import { type Address, concat, type Digest, digest, fromHex, keccak, keccakDigest, utf8 } from "../kernel/index.ts";
import type { MarketDomain } from "./rules.ts";
import {
  type IntervalResult,
  type Order,
  type OrderList,
  type PeriodResult,
  type Proposal,
  READING_QUALITY,
  type Reading,
  VOTE_KIND,
  type Vote,
} from "./types.ts";

/**
 * EIP-712 typed data (https://eips.ethereum.org/EIPS/eip-712): what is signed is the struct, never the bytes on the wire.
 * Struct hash = keccak(typeHash | one 32-byte word for each field); digest = keccak(0x1901 | domain separator | struct hash).
 */
export const TYPES = {
  Order: "Order(uint32 home,uint64 interval,uint8 side,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)",
  Reading: "Reading(uint32 home,uint64 interval,uint64 importWh,uint64 exportWh,uint8 quality)",
  OrderList: "OrderList(uint64 interval,uint32 validator,bytes32[] orders,bytes32[] readings)",
  Proposal: "Proposal(uint64 interval,uint32 view,uint32 leader,bytes32 value,uint32 parentView,bytes32[] lists)",
  Vote: "Vote(uint8 kind,uint64 interval,uint32 view,bytes32 value,uint32 validator)",
  IntervalResult:
    "IntervalResult(uint64 interval,bytes32 prevHead,bytes32 orderSetRoot,bytes32 readingSetRoot,bytes32 clearingRoot,bytes32 ledgerRoot)",
  Period:
    "Period(uint64 period,uint64 fromInterval,uint64 toInterval,uint64 coversUntil,bytes32 prevHead,bytes32 head,bytes32 accountsRoot,bytes32 vectorHash,bytes32 wideHash,bytes32 dataHash)",
} as const;

const MARKET_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
const VAULT_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

const typeHash = (type: string): Uint8Array => keccak(utf8(type));
const HASHES = Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [name, typeHash(type)])) as Record<
  keyof typeof TYPES,
  Uint8Array
>;

/** One static field: a number below 2^53, a digest or an address, right-aligned in 32 bytes. */
function word(value: number | Digest | Address): Uint8Array {
  const bytes = new Uint8Array(32);
  if (typeof value === "number") new DataView(bytes.buffer).setBigUint64(24, BigInt(value));
  else {
    const raw = fromHex(value);
    bytes.set(raw, 32 - raw.length);
  }
  return bytes;
}

/** A dynamic array field stands in its struct as the hash of its members' words. */
const array = (digests: readonly Digest[]): Digest => keccakDigest(concat(digests.map(fromHex)));

const struct = (name: keyof typeof TYPES, fields: readonly (number | Digest | Address)[]): Uint8Array =>
  keccak(concat([HASHES[name], ...fields.map(word)]));

const SIDE = { buy: 0, sell: 1 } as const;

const structs = {
  order: (o: Order) => struct("Order", [o.home, o.interval, SIDE[o.side], o.energy, o.limit, o.seq]),
  reading: (r: Reading) => struct("Reading", [r.home, r.interval, r.importWh, r.exportWh, READING_QUALITY[r.quality]]),
  list: (l: OrderList) => struct("OrderList", [l.interval, l.validator, array(l.orders), array(l.readings)]),
  proposal: (p: Proposal) => struct("Proposal", [p.interval, p.view, p.leader, p.value, p.parentView, array(p.lists)]),
  vote: (v: Vote) => struct("Vote", [VOTE_KIND[v.kind], v.interval, v.view, v.value, v.validator]),
};

/** The hash that votes name and that the next interval links to. */
export const resultHash = (r: IntervalResult): Digest =>
  digest(struct("IntervalResult", [r.interval, r.prevHead, r.orderSetRoot, r.readingSetRoot, r.clearingRoot, r.ledgerRoot]));

/** The digests that are signed in one market; made once, as the domain separators are the dear part. */
export interface Digests {
  order(order: Order): Digest;
  reading(reading: Reading): Digest;
  list(list: OrderList): Digest;
  proposal(proposal: Proposal): Digest;
  vote(vote: Vote): Digest;
  /** In the vault's own domain, so that the contract recomputes it. */
  period(result: PeriodResult): Digest;
}

export function digestsOf(domain: MarketDomain): Digests {
  const market = separator(MARKET_DOMAIN, "Commonwatt", [domain.chainId, domain.vault, domain.rulesHash]);
  const vault = separator(VAULT_DOMAIN, "GridVault", [domain.chainId, domain.vault]);
  const inMarket = (hash: Uint8Array): Digest => signable(market, hash);
  return {
    order: (order) => inMarket(structs.order(order)),
    reading: (reading) => inMarket(structs.reading(reading)),
    list: (list) => inMarket(structs.list(list)),
    proposal: (proposal) => inMarket(structs.proposal(proposal)),
    vote: (vote) => inMarket(structs.vote(vote)),
    period: (p) =>
      signable(
        vault,
        struct("Period", [
          p.period,
          p.fromInterval,
          p.toInterval,
          p.coversUntil,
          p.prevHead,
          p.head,
          p.accountsRoot,
          p.vectorHash,
          p.wideHash,
          p.dataHash,
        ]),
      ),
  };
}

function separator(type: string, name: string, fields: readonly (number | Digest | Address)[]): Uint8Array {
  return keccak(concat([typeHash(type), keccak(utf8(name)), keccak(utf8("1")), ...fields.map(word)]));
}

const PREFIX = Uint8Array.of(0x19, 0x01);
const signable = (domain: Uint8Array, hash: Uint8Array): Digest => keccakDigest(concat([PREFIX, domain, hash]));
