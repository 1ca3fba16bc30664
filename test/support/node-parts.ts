import {
  type Digest,
  digest,
  homeId,
  type Interval,
  interval,
  microPerKwh,
  type Period,
  wh,
  ZERO_DIGEST,
} from "../../engine/kernel/index.ts";
import {
  type Commit,
  entryId,
  idOf,
  type Message,
  type Order,
  type Reading,
  type Signature,
  type SignedCommit,
  type SignedList,
  type SignedOrder,
  type SignedPeriodVote,
  type SignedProposal,
  type SignedReading,
  type SignedVote,
  signedOf,
  type Vote,
} from "../../engine/messages/index.ts";
import { Membership } from "../../src/node/membership.ts";
import { isEntry } from "../../src/node/pool.ts";
import type { Registry } from "../../src/ports/index.ts";
import { memoryStore } from "../../src/sim/index.ts";
import { agentAddressOf, cheapSigner } from "./cheap-signer.ts";
import { DIGESTS } from "./messages.ts";
import { RULES } from "./rules.ts";

/** Signed messages of homes 0 to 3 (4 is registered later, 5 nowhere), for tests of one part of a node. */
export const AT = interval(100);

export const REGISTRY: Registry = {
  homes: [0, 1, 2, 3, 4].map((home) => ({
    home: homeId(home),
    name: `home-${home}`,
    agent: agentAddressOf(home),
    owner: agentAddressOf(1_000 + home),
    since: interval(home === 4 ? 101 : 90),
    until: null,
    keys: [{ agent: agentAddressOf(home), since: interval(home === 4 ? 101 : 90) }],
  })),
  validatorSets: [
    {
      since: interval(90),
      validators: [0, 1, 2, 3].map((home) => ({ home: homeId(home), class: "home" })),
      minimums: { home: 0, operator: 0, utility: 0 },
    },
  ],
  validators: [0, 1, 2, 3].map(homeId),
  quorum: 3,
};
/** The same street, in which home 1 has key 77 from AT on. */
export const REKEYED: Registry = {
  ...REGISTRY,
  homes: REGISTRY.homes.map((home) =>
    home.home === 1 ? { ...home, keys: [...home.keys, { agent: agentAddressOf(77), since: AT }] } : home,
  ),
};

/** As at interval AT; nothing says "orders", so by its size the street would seal them: these are open. */
export const membership = (registry: Registry = REGISTRY, orders: "open" | "sealed" = "open", periodIntervals = 1): Membership =>
  new Membership({ rules: { ...RULES, periodIntervals, orders }, first: AT, store: memoryStore() }, registry);

const sign = (home: number, id: Digest) => ({ id, signature: cheapSigner(home).sign(id) });

export function order(home: number, change: Partial<Order> = {}, signer = home): SignedOrder {
  const body: Order = { home: homeId(home), interval: AT, side: "buy", energy: wh(500), limit: microPerKwh(150_000), seq: 0, ...change };
  return { body, ...sign(signer, DIGESTS.order(body)) };
}

/** Seals an order, or with `commitment` something else under its place. */
export function seal({ body, ...signed }: SignedOrder, change: Partial<Commit> = {}, signer: number = body.home): SignedCommit {
  const { home, interval: at, seq } = body;
  const commit: Commit = { home, interval: at, seq, commitment: entryId(signed), ...change };
  return { body: commit, ...sign(signer, DIGESTS.commit(commit)) };
}

export function reading(home: number, at: number, importWh: number, exportWh = 0, signer = home): SignedReading {
  const body: Reading = { home: homeId(home), interval: interval(at), importWh: wh(importWh), exportWh: wh(exportWh), quality: "measured" };
  return { body, ...sign(signer, DIGESTS.reading(body)) };
}

export function list(home: number, at: Interval = AT, orders: readonly Digest[] = [], signer = home): SignedList {
  const body = {
    interval: at,
    validator: homeId(home),
    members: ZERO_DIGEST,
    membersVersion: 0,
    stakes: [],
    commits: [],
    orders,
    readings: [],
  };
  return { body, ...sign(signer, DIGESTS.list(body)) };
}

export function proposal(home: number, view = 1, at: Interval = AT): SignedProposal {
  const body = { interval: at, view, leader: homeId(home), value: someDigest(9), parentView: 0, isVoid: false, lists: [] };
  return { body, ...sign(home, DIGESTS.proposal(body)) };
}

export function vote(home: number, change: Partial<Vote> = {}, signer = home): SignedVote {
  const kind = change.kind ?? "notarize";
  const body: Vote = {
    kind,
    interval: AT,
    view: 1,
    value: kind === "nullify" ? ZERO_DIGEST : someDigest(9),
    validator: homeId(home),
    ...change,
  };
  return { body, ...sign(signer, DIGESTS.vote(body)) };
}

export function periodVote(home: number, at: number, content: Digest, signer = home): SignedPeriodVote {
  return { body: { period: at as Period, validator: homeId(home), digest: content }, ...sign(signer, content) };
}

/** The same under another signature of the same key: one that the cheap signers' recovery takes, as ECDSA has many for one digest. */
export const signedAgain = <T extends { readonly signature: Signature }>(signed: T): T => ({
  ...signed,
  signature: signed.signature.map((byte, i) => (i === 60 ? byte ^ 1 : byte)),
});

/** What a peer asks for a message by. */
export function messageId(message: Message): Digest {
  if (message.kind === "period-vote") return message.periodVote.id;
  if (message.kind === "closed") return message.closed.id;
  if (isEntry(message)) return entryId(signedOf(message));
  return "id" in message ? message.id : idOf(message);
}

export const someDigest = (byte: number): Digest => digest(new Uint8Array(32).fill(byte));

export const asMessage = {
  order: (signed: SignedOrder): Message => ({ kind: "order", order: signed }),
  commit: (signed: SignedCommit): Message => ({ kind: "commit", commit: signed }),
  reading: (signed: SignedReading): Message => ({ kind: "reading", reading: signed }),
  list: (signed: SignedList): Message => ({ kind: "list", list: signed }),
  proposal: (signed: SignedProposal): Message => ({ kind: "proposal", proposal: signed }),
  vote: (signed: SignedVote): Message => ({ kind: "vote", vote: signed }),
  periodVote: (signed: SignedPeriodVote): Message => ({ kind: "period-vote", periodVote: signed }),
};
