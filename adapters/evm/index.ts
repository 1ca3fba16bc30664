export { type Anvil, type AnvilCode, type AnvilOptions, startAnvil } from "./anvil.ts";
export { type ChainOptions, openChain } from "./chain.ts";
export { deployStreet, type Street, type StreetPlan } from "./deploy.ts";
export { type OwnerDigests, ownerDigests, permitDigest } from "./owner.ts";
export { openPurse, type Purse } from "./purse.ts";
export type { Finality } from "./registry-reader.ts";
export { openRelay, type RelayOptions } from "./relay.ts";
