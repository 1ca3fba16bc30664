export { type Anvil, type AnvilCode, type AnvilOptions, startAnvil } from "./anvil.ts";
export { type ChainOptions, openChain } from "./chain.ts";
export { deployStreet, type Street, type StreetPlan } from "./deploy.ts";
export { type EmbeddedChain, type EmbeddedCode, type EmbeddedEvm, type EmbeddedOptions, startEmbedded } from "./embedded.ts";
export { type LocalChainCode, type LocalChainOptions, startLocalChain } from "./local-chain/start.ts";
export { type OwnerDigests, ownerDigests } from "./owner.ts";
export type { Finality } from "./registry-reader.ts";
export { openRelay, type RelayOptions } from "./relay.ts";
