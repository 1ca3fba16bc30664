export { type Advance, type AgreedEntries, advance, settledWith } from "./advance.ts";
export { type Batch, closePeriod, encodeCertificate, encodeVector, encodeWide, NANO_PER_TICK, toTicks } from "./batch.ts";
export { type Account, accountOf, type CarriedState, genesis, type MarketState, type Meter, NEW_ACCOUNT, SETTLE_LAG } from "./ledger.ts";
export { accountLeaf, accountProof, accountsRoot, verifyAccount } from "./merkle.ts";
export { type Rounded, toMicro } from "./rounding.ts";
export { assertConserved, type Conservation, type SettledHome, type SettledInterval, settle, utilityOnly } from "./settle.ts";
