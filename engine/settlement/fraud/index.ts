export { checkFraud } from "./check.ts";
export { encodeFraud } from "./encode.ts";
export { findFraud, type Proposed, suspicions } from "./find.ts";
export { type Committed, type IntervalRecord, recordOf, show, showHome } from "./record.ts";
export {
  type AccountFraud,
  type DoubleFillFraud,
  type Finding,
  FRAUD,
  type Fraud,
  type FraudContext,
  type FraudProof,
  type LedgerStepFraud,
  type OrderFraud,
  type Shown,
} from "./types.ts";
