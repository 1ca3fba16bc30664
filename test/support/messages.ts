import fc from "fast-check";
import { address, digest, homeId, interval, microPerKwh, period, toHex, wh, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import {
  asEvidence,
  type Block,
  type Contradictable,
  digestsOf,
  MAX_STAKE,
  type Members,
  type Message,
  membersDigest,
  READING_QUALITY,
  VOTE_KIND,
  type VoteKind,
  type Withheld,
} from "../../engine/messages/index.ts";

/** A market to sign in; its numbers are made up. */
export const DOMAIN = {
  chainId: 31_337,
  vault: address("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
  rulesHash: digest(Uint8Array.from({ length: 32 }, (_, i) => i + 1)),
};
export const DIGESTS = digestsOf(DOMAIN);

const UINT32 = 2 ** 32 - 1;
/** The ends of a range, and what lies between: defaults and lengths change there. */
const upTo = (max: number) => fc.oneof(fc.constantFrom(0, 1, max), fc.nat(300), fc.integer({ min: 0, max }));
const anyBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
export const anyDigest = fc.oneof(fc.constant(ZERO_DIGEST), anyBytes(32).map(digest));
const anyHome = upTo(homeId.max).map(homeId);
const anyInterval = upTo(UINT32).map(interval);
const someDigests = fc.array(anyDigest, { maxLength: 5 });
const signature = anyBytes(65);
const anyKind = fc.constantFrom(...(Object.keys(VOTE_KIND) as VoteKind[]));
const anyQuality = fc.constantFrom(...(Object.keys(READING_QUALITY) as (keyof typeof READING_QUALITY)[]));

export const anyOrder = fc.record({
  home: anyHome,
  interval: anyInterval,
  side: fc.constantFrom("buy" as const, "sell" as const),
  energy: upTo(UINT32).map(wh),
  limit: upTo(microPerKwh.max).map(microPerKwh),
  seq: upTo(UINT32),
});
export const anyReading = fc.record({
  home: anyHome,
  interval: anyInterval,
  importWh: upTo(wh.max).map(wh),
  exportWh: upTo(wh.max).map(wh),
  quality: anyQuality,
});
export const anyCommit = fc.record({ home: anyHome, interval: anyInterval, seq: upTo(UINT32), commitment: anyDigest });
/** None, or of up to six homes. */
export const anyStakes = fc.array(fc.integer({ min: -MAX_STAKE, max: MAX_STAKE }), { maxLength: 6 });
export const anyList = fc.record({
  stakes: anyStakes,
  interval: anyInterval,
  validator: anyHome,
  members: anyDigest,
  membersVersion: upTo(UINT32),
  commits: someDigests,
  orders: someDigests,
  readings: someDigests,
});
export const anyProposal = fc.record({
  interval: anyInterval,
  view: upTo(UINT32),
  leader: anyHome,
  value: anyDigest,
  parentView: upTo(UINT32),
  isVoid: fc.boolean(),
  lists: someDigests,
});
export const anyVote = fc.record({ kind: anyKind, interval: anyInterval, view: upTo(UINT32), value: anyDigest, validator: anyHome });
export const anyPeriodVote = fc.record({ period: upTo(UINT32).map(period), validator: anyHome, digest: anyDigest });

const signedOrder = fc.tuple(anyOrder, signature).map(([body, sig]) => ({ body, id: DIGESTS.order(body), signature: sig }));
const signedReading = fc.tuple(anyReading, signature).map(([body, sig]) => ({ body, id: DIGESTS.reading(body), signature: sig }));

const signedCommit = fc.tuple(anyCommit, signature).map(([body, sig]) => ({ body, id: DIGESTS.commit(body), signature: sig }));

/** What one home may say only once in its place. */
export const anyContradictable: fc.Arbitrary<Contradictable> = fc.oneof(
  signedOrder.map((order): Contradictable => ({ kind: "order", order })),
  signedCommit.map((commit): Contradictable => ({ kind: "commit", commit })),
  signedReading.map((reading): Contradictable => ({ kind: "reading", reading })),
  fc
    .tuple(anyList, signature)
    .map(([body, sig]): Contradictable => ({ kind: "list", list: { body, id: DIGESTS.list(body), signature: sig } })),
  fc
    .tuple(anyProposal, signature)
    .map(([body, sig]): Contradictable => ({ kind: "proposal", proposal: { body, id: DIGESTS.proposal(body), signature: sig } })),
  fc
    .tuple(anyVote, signature)
    .map(([body, sig]): Contradictable => ({ kind: "vote", vote: { body, id: DIGESTS.vote(body), signature: sig } })),
);

export const anyMembers: fc.Arbitrary<Members> = fc
  .record({
    version: upTo(UINT32),
    homes: fc.uniqueArray(anyHome, { maxLength: 5 }),
    validators: fc.uniqueArray(anyHome, { minLength: 1, maxLength: 5 }),
    agent: anyBytes(20),
    kind: fc.constantFrom("home" as const, "operator" as const, "utility" as const),
    minimums: fc.record({ home: upTo(UINT32), operator: upTo(UINT32), utility: upTo(UINT32) }),
    stakes: anyStakes,
  })
  .map(({ version, homes, validators, agent, kind, minimums, stakes }) => ({
    version,
    homes: [...homes].sort((a, b) => a - b).map((home) => ({ home, agent: address(toHex(agent)) })),
    validators: [...validators].sort((a, b) => a - b).map((home) => ({ home, class: kind })),
    minimums,
    stakes: stakes.length === 0 ? null : stakes,
  }));

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { arbitrary: anyContradictable, weight: 6 },
  fc
    .tuple(anyPeriodVote, signature)
    .map(([body, sig]): Message => ({ kind: "period-vote", periodVote: { body, id: body.digest, signature: sig } })),
  fc.tuple(anyContradictable, anyContradictable).map(([one, other]): Message => asEvidence(one, other) ?? one),
  fc
    .tuple(fc.record({ interval: anyInterval, validator: anyHome }), signature)
    .map(([body, sig]): Message => ({ kind: "closed", closed: { body, id: DIGESTS.closed(body), signature: sig } })),
  anyMembers.map((members): Message => ({ kind: "members", members, id: membersDigest(members) })),
);

export const anyBlock: fc.Arbitrary<Block> = fc.record({
  result: fc.record({
    interval: anyInterval,
    prevHead: anyDigest,
    orderSetRoot: anyDigest,
    readingSetRoot: anyDigest,
    clearingRoot: anyDigest,
    ledgerRoot: anyDigest,
    kind: fc.constantFrom("trade" as const, "void" as const),
    nextMembers: anyDigest,
  }),
  certificate: fc.record({
    kind: anyKind,
    interval: anyInterval,
    view: upTo(UINT32),
    value: anyDigest,
    signatures: fc.array(fc.record({ validator: anyHome, signature }), { maxLength: 4 }),
  }),
  orders: fc.array(signedOrder, { maxLength: 4 }),
  readings: fc.array(signedReading, { maxLength: 4 }),
  withheld: fc.array(
    fc.oneof(
      signedCommit.map((commit): Withheld => ({ kind: "commit", commit })),
      signedOrder.map((order): Withheld => ({ kind: "order", order })),
    ),
    { maxLength: 3 },
  ),
  members: fc.option(anyMembers, { nil: null }),
});
