export { isMechanismName, MECHANISMS, mechanismFits, mechanismOf } from "./catalog.ts";
export { compareMechanisms, type MechanismComparison } from "./compare.ts";
export { type Half, halfByHash, mudaBy, type Posted, postByAuction, type Split } from "./muda.ts";
export { midMarketPrice } from "./rule-prices.ts";
export type { Mechanism, MechanismName, MechanismParameters, Properties } from "./types.ts";
