import { performance } from "node:perf_hooks";
import { agentKey, loadCurve, peerSeed, recoverWith, signerOf } from "../../adapters/system/index.ts";
import { address, digest, homeId, type Interval, interval, microPerKwh, wh } from "../../engine/kernel/index.ts";
import { digestsOf, encodeMessage, hashRules, intervalAt, type MarketRules, type Order, type Vote } from "../../engine/messages/index.ts";
import type { Log, Metrics, Registry, Signer } from "../../src/ports/index.ts";

/** A small street with true keys, for the processes of `npm run bench:flood`. Home 0 is flooded, 1 is honest, 2 floods. */
export const HOME = homeId(0);
export const HONEST = homeId(1);
export const FLOODER = homeId(2);
const HOMES = [0, 1, 2, 3].map(homeId);

export const RULES: MarketRules = {
  market: "flooded-street",
  currency: "EUR",
  intervalMinutes: 15,
  gateLeadSeconds: 60,
  openIntervals: 8,
  periodIntervals: 96,
  tick: microPerKwh(100),
  maxPrice: microPerKwh(1_000_000),
  maxOrderWh: wh(1_000_000),
  maxOrdersPerHome: 10_000,
  kPermille: 500,
  residual: { importPrice: microPerKwh(300_000), exportPrice: microPerKwh(80_000) },
  orders: "open",
};

export const STREET = "flooded-street";
export const NETWORK_KEY = new Uint8Array(32).fill(7);
export const curve = await loadCurve();
export const recover = recoverWith(curve);
export const digests = digestsOf({ chainId: 31_337, vault: address(`0x${"ab".repeat(20)}`), rulesHash: hashRules(RULES) });

const keyOf = (home: number) => agentKey(new Uint8Array(32).fill(home + 1));
export const peerSecretOf = (home: number): Uint8Array => peerSeed(keyOf(home));
export const signerFor = (home: number): Signer => signerOf(keyOf(home), curve);

export const REGISTRY: Registry = {
  homes: HOMES.map((home) => {
    const agent = keyOf(home).address;
    const since = interval(0);
    return { home, name: `home-${home}`, agent, owner: agent, since, until: null, keys: [{ agent, since }] };
  }),
  validatorSets: [
    { since: interval(0), validators: HOMES.map((home) => ({ home, class: "home" })), minimums: { home: 0, operator: 0, utility: 0 } },
  ],
  validators: HOMES,
  quorum: 3,
};

/** An interval whose gate stays open for longer than a run lasts. */
export const openInterval = (): Interval => interval(intervalAt(RULES, Date.now() / 1000) + 4);

/** Bytes of an order under a home's key. */
export function orderOf(home: number, signer: Signer, change: Partial<Order> = {}): { readonly id: string; readonly bytes: Uint8Array } {
  const terms = { side: "buy" as const, energy: wh(500), limit: microPerKwh(150_000), seq: 0 };
  const body: Order = { home: homeId(home), interval: openInterval(), ...terms, ...change };
  const id = digests.order(body);
  return { id, bytes: encodeMessage({ kind: "order", order: { body, id, signature: signer.sign(id) } }) };
}

/** Bytes of a vote under a validator's key. */
export function voteOf(
  home: number,
  signer: Signer,
  at: Interval,
  view: number,
  value: number,
): { readonly id: string; readonly bytes: Uint8Array } {
  const named = new Uint8Array(32);
  new DataView(named.buffer).setUint32(0, value + 1);
  const body: Vote = { kind: "notarize", interval: at, view, value: digest(named), validator: homeId(home) };
  const id = digests.vote(body);
  return { id, bytes: encodeMessage({ kind: "vote", vote: { body, id, signature: signer.sign(id) } }) };
}

/** The same clock in each process of this machine, ms. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

export const QUIET: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
const nothing = { add: () => {}, set: () => {}, observe: () => {} };
export const UNCOUNTED: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
