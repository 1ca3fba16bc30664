export { type Advance, type AgreedEntries, advance, settledWith } from "./advance.ts";
export {
  type Batch,
  changeIn,
  changeInWide,
  closePeriod,
  decodeCertificate,
  decodeVector,
  encodeCertificate,
  encodeVector,
  encodeWide,
  NANO_PER_TICK,
  toTicks,
  type WideChange,
  wideTicks,
} from "./batch.ts";
export { creditsOf, withinCredit, worstCost } from "./credit.ts";
export {
  type AccountFraud,
  type Committed,
  checkFraud,
  type DoubleFillFraud,
  encodeFraud,
  type Finding,
  FRAUD,
  type Fraud,
  type FraudContext,
  type FraudProof,
  findFraud,
  type IntervalRecord,
  type LedgerStepFraud,
  type OrderFraud,
  type Proposed,
  recordOf,
  type Shown,
  show,
  showHome,
  suspicions,
} from "./fraud/index.ts";
export {
  type Account,
  accountOf,
  type CarriedState,
  type ClearedInterval,
  genesis,
  type Ledger,
  type MarketState,
  type Meter,
  NEW_ACCOUNT,
  SETTLE_LAG,
} from "./ledger.ts";
export {
  type AccountLeaf,
  type AccountProof,
  type AccountsTree,
  accountHash,
  accountProof,
  accountsRoot,
  accountsTree,
  accountWords,
  surplusHash,
  verifyAccount,
} from "./merkle.ts";
export { type Rounded, toMicro } from "./rounding.ts";
export { assertConserved, type Conservation, type SettledHome, type SettledInterval, settle, utilityOnly } from "./settle.ts";
export { type Holding, spareTicks, worstDebt } from "./spare.ts";
export { type Ahead, lackingTicks, spareWideTicks, type WideHolding } from "./spare-wide.ts";
export { communityPercentOf, NO_SURPLUS, partsOf, postSurplus, type Surplus, type SurplusBooks, type SurplusParts } from "./surplus.ts";
