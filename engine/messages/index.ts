export { decodeBlock, encodeBlock } from "./block.ts";
export type { DecodeCode } from "./body.ts";
export { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES, MESSAGE_LIMITS } from "./codec.ts";
export { type Field, readFields, Writer } from "./protobuf.ts";
export {
  deliveryEnd,
  deliveryStart,
  gateClosure,
  hashRules,
  intervalAt,
  intervalSeconds,
  type MarketDomain,
  type MarketRules,
  periodOf,
} from "./rules.ts";
export { type Digests, digestsOf, resultHash, TYPES } from "./typed-data.ts";
export {
  type Block,
  type Certificate,
  type IntervalResult,
  type Message,
  type Order,
  type OrderList,
  type PeriodResult,
  type PeriodVote,
  type Proposal,
  READING_QUALITY,
  type Reading,
  type ReadingQuality,
  type Side,
  type Signature,
  type Signed,
  type SignedList,
  type SignedOrder,
  type SignedPeriodVote,
  type SignedProposal,
  type SignedReading,
  type SignedVote,
  VOTE_KIND,
  type Vote,
  type VoteKind,
} from "./types.ts";
