export { clearingRules, largestMarket } from "./check.ts";
export { clear } from "./clear.ts";
export { explainNoTrade, explainOutcome, explainPrice, type Words } from "./explain.ts";
export {
  compareMechanisms,
  explainOutcomeUnder,
  explainPriceUnder,
  type Half,
  halfByHash,
  isMechanismName,
  MECHANISMS,
  type Mechanism,
  type MechanismComparison,
  type MechanismName,
  type MechanismParameters,
  mechanismFits,
  mechanismOf,
  mudaBy,
  type Posted,
  type Properties,
  postByAuction,
  type Split,
} from "./mechanisms/index.ts";
export { reference } from "./reference.ts";
export { clearingRoot } from "./root.ts";
export {
  type Clearing,
  type ClearingInput,
  type ClearingMechanism,
  type ClearingRules,
  type Cut,
  type Edge,
  type EdgeFlow,
  type Fill,
  type Network,
  type NetworkNode,
  type NodePrice,
  type NoTrade,
  type NoTradeReason,
  ONE_NODE,
  type OrderEntry,
  type Outcome,
  type PriceRange,
  type PriceSetter,
  type Rationing,
  type RefusalReason,
  type Trade,
} from "./types.ts";
