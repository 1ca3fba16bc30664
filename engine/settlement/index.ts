export { type Advance, type AgreedEntries, advance, settledWith } from "./advance.ts";
export { type Batch, closePeriod, encodeCertificate, encodeVector, encodeWide, NANO_PER_TICK, toTicks, type WideChange } from "./batch.ts";
export {
  type Account,
  accountOf,
  type CarriedState,
  type ClearedInterval,
  genesis,
  type MarketState,
  type Meter,
  NEW_ACCOUNT,
  SETTLE_LAG,
} from "./ledger.ts";
export { accountLeaf, accountProof, accountsRoot, surplusLeaf, verifyAccount } from "./merkle.ts";
export { type Rounded, toMicro } from "./rounding.ts";
export { assertConserved, type Conservation, type SettledHome, type SettledInterval, settle, utilityOnly } from "./settle.ts";
export { communityPercentOf, communityShare, NO_SURPLUS, partsOf, type Surplus, type SurplusBooks, type SurplusParts } from "./surplus.ts";
