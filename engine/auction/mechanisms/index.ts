export { isMechanismName, MECHANISMS, mechanismFits, mechanismOf } from "./catalog.ts";
export { compareMechanisms, type MechanismComparison } from "./compare.ts";
export { explainOutcomeUnder, explainPriceUnder } from "./explain.ts";
export { type Half, halfByHash, mudaBy, type Posted, postByAuction, type Split } from "./muda.ts";
export type { Mechanism, MechanismName, MechanismParameters, Properties } from "./types.ts";
