import { assert, compare, concat, type HomeId, type Interval, keccakDigest, type Nano, ZERO_DIGEST } from "../kernel/index.ts";
import {
  DEFAULT_RULES,
  deliveryEnd,
  type MarketRules,
  type PeriodResult,
  periodHash,
  type Signature,
  type SurplusAccount,
  WIDE_ACCOUNTS,
} from "../messages/index.ts";
import type { CarriedState, MarketState } from "./ledger.ts";
import { accountsRoot } from "./merkle.ts";
import { partsOf } from "./surplus.ts";

/** A closed settlement period as the vault takes it. Byte layout: contracts/README.md. */
export interface Batch {
  readonly result: PeriodResult;
  readonly vector: Uint8Array;
  readonly wide: Uint8Array;
}

/** The vault's unit, 100 micro-currency, in nano. */
export const NANO_PER_TICK = 100_000;
const BOUND = 2 ** 31;
const LANES = 8;

/**
 * Closes the period that ends with `last`. A home's ticks are its balance rounded down, once and cumulatively, so that the
 * rest is carried on and nothing is lost; so is what doesn't fit a lane. So are the community's part of the surplus and the rest
 * of it, as far as there is any: the vault knows no debts, and what it owes the supplier advances. The supplier takes the opposite
 * of all others' sum, so a batch sums to zero.
 */
export function closePeriod(
  rules: MarketRules,
  state: MarketState,
  last: Interval,
): { readonly batch: Batch; readonly carried: CarriedState } {
  const { carried, accounts, head } = state;
  const ticksOf = (home: HomeId): number => carried.ticks.get(home) ?? 0;
  const deltas = [...accounts].map(([home, account]) => ({ home, delta: fitting(toTicks(account.balance) - ticksOf(home)) }));
  const vector = encodeVector(deltas);
  const { grid: surplusTicks, community: communityTicks } = surplusTicksOf(rules, state);
  const others = [
    { account: WIDE_ACCOUNTS[rules.surplusTo ?? DEFAULT_RULES.surplusTo], delta: surplusTicks - carried.surplusTicks },
    { account: WIDE_ACCOUNTS.community, delta: communityTicks - carried.communityTicks },
  ];
  const wide = encodeWide(-[...deltas, ...others].reduce((total, { delta }) => total + delta, 0), others);
  const result: PeriodResult = {
    period: carried.period,
    fromInterval: carried.from,
    toInterval: last,
    coversUntil: deliveryEnd(rules, last),
    prevPeriod: carried.prevPeriod,
    head,
    accountsRoot: accountsRoot(state),
    vectorHash: keccakDigest(vector),
    wideHash: keccakDigest(wide),
    // Nothing is published beside the batch: each interval's data hang on `head` through its chain of results.
    dataHash: ZERO_DIGEST,
  };
  const next = {
    period: (carried.period + 1) as CarriedState["period"],
    from: (last + 1) as Interval,
    prevPeriod: periodHash(result),
    ticks: new Map(deltas.map(({ home, delta }) => [home, ticksOf(home) + delta])),
    surplusTicks,
    communityTicks,
  };
  return { batch: { result, vector, wide }, carried: next };
}

/** The surplus so far in whole ticks: the community's part, and what the account has that the rules name beside it. */
function surplusTicksOf(rules: MarketRules, { surplus }: Pick<MarketState, "surplus">): Omit<WideTicks, "supplier"> {
  const { community, rest } = partsOf(surplus);
  return { grid: rules.surplusTo === "supplier" ? 0 : toTicks(rest), community: toTicks(community) };
}

type WideTicks = Readonly<Record<SurplusAccount, number>>;

/** What each wide account has earned since the street began, whole ticks: by what is settled, and by what batches have carried. */
export function wideTicks(rules: MarketRules, state: MarketState): { readonly settled: WideTicks; readonly carried: WideTicks } {
  const { surplusTicks: grid, communityTicks: community, ticks } = state.carried;
  const homes = [...state.accounts.values()].map(({ balance }) => toTicks(balance));
  const withSupplier = (others: Omit<WideTicks, "supplier">, ofHomes: Iterable<number>): WideTicks => ({
    ...others,
    supplier: -[...ofHomes, others.grid, others.community].reduce((total, each) => total + each, 0),
  });
  return { settled: withSupplier(surplusTicksOf(rules, state), homes), carried: withSupplier({ grid, community }, ticks.values()) };
}

/** What one lane holds. One home's claims must not keep the whole street from settling. */
export const fitting = (delta: number): number => Math.min(Math.max(delta, -BOUND), BOUND - 1);

/** The one place where money is rounded for the chain: down to whole ticks. */
export const toTicks = (balance: Nano): number => Math.floor(balance / NANO_PER_TICK);

/** Eight homes to a 32-byte word in order of their ids, each change in zigzag as uint32; homes without change and padding are 0. */
export function encodeVector(deltas: readonly { readonly home: HomeId; readonly delta: number }[]): Uint8Array {
  const homes = deltas.reduce((most, { home }) => Math.max(most, home + 1), 0);
  const view = new DataView(new ArrayBuffer(32 * Math.ceil(homes / LANES)));
  for (const { home, delta } of deltas) {
    assert(delta >= -BOUND && delta < BOUND, `home ${home}: a change of ${delta} ticks does not fit a batch`);
    view.setUint32(4 * home, zigzag(delta));
  }
  return new Uint8Array(view.buffer);
}

/** 0, -1, 1, -2 as 0, 1, 2, 3: most changes are small, and on a chain a byte of 0 costs a quarter of any other. */
const zigzag = (delta: number): number => (delta < 0 ? -2 * delta - 1 : 2 * delta);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** The changes again, by home id. */
export function decodeVector(vector: Uint8Array): readonly number[] {
  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  return Array.from({ length: vector.length / 4 }, (_, home) => unzigzag(view.getUint32(4 * home)));
}

/** A home's change in ticks in a batch's vector; 0 behind its end. */
export function changeIn(vector: Uint8Array, home: HomeId): number {
  if (4 * home >= vector.length) return 0;
  return unzigzag(new DataView(vector.buffer, vector.byteOffset).getUint32(4 * home));
}

/** The residual supplier's change, and those of other wide accounts that have one, by rising id: account id (uint8) and ticks (int64) each. */
export function encodeWide(residualDelta: number, others: readonly WideChange[] = []): Uint8Array {
  const changes = [{ account: WIDE_ACCOUNTS.supplier, delta: residualDelta }, ...others.filter(({ delta }) => delta !== 0)];
  const view = new DataView(new ArrayBuffer(WIDE_BYTES * changes.length));
  for (const [at, { account, delta }] of changes.entries()) {
    view.setUint8(WIDE_BYTES * at, account);
    view.setBigInt64(WIDE_BYTES * at + 1, BigInt(delta));
  }
  return new Uint8Array(view.buffer);
}

export interface WideChange {
  /** Above the supplier's 0. */
  readonly account: number;
  readonly delta: number;
}

const WIDE_BYTES = 9;

/** A wide account's change in ticks in a batch; 0 where it has none. */
export function changeInWide(wide: Uint8Array, account: SurplusAccount): number {
  const view = new DataView(wide.buffer, wide.byteOffset, wide.byteLength);
  for (let at = 0; at < wide.length; at += WIDE_BYTES)
    if (view.getUint8(at) === WIDE_ACCOUNTS[account]) return Number(view.getBigInt64(at + 1));
  return 0;
}

/** Signatures as the vault checks them: place in the validator list (uint8) and 65 bytes, by rising place. */
export function encodeCertificate(
  validators: readonly HomeId[],
  signatures: readonly { readonly validator: HomeId; readonly signature: Signature }[],
): Uint8Array {
  const placed = signatures.map(({ validator, signature }) => ({ place: validators.indexOf(validator), signature }));
  assert(
    placed.every(({ place }) => place >= 0),
    "only validators sign a batch",
  );
  return concat([...placed].sort((a, b) => compare(a.place, b.place)).flatMap(({ place, signature }) => [Uint8Array.of(place), signature]));
}

const ENTRY_BYTES = 66;

/** What `encodeCertificate` wrote; null: these bytes are none. */
export function decodeCertificate(bytes: Uint8Array): readonly { readonly place: number; readonly signature: Signature }[] | null {
  if (bytes.length % ENTRY_BYTES !== 0) return null;
  const entries = Array.from({ length: bytes.length / ENTRY_BYTES }, (_, at) => bytes.subarray(ENTRY_BYTES * at, ENTRY_BYTES * (at + 1)));
  return entries.map((entry) => ({ place: entry[0]!, signature: entry.subarray(1) }));
}
