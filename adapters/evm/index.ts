export { type Anvil, type AnvilCode, type AnvilOptions, startAnvil } from "./anvil.ts";
export { type ChainOptions, openChain } from "./chain.ts";
export { deployStreet, type Street, type StreetPlan } from "./deploy.ts";
export { hasSecret, masked } from "./mask.ts";
export { type Finality, type Outbox, type OutboxCode, openOutbox } from "./outbox/index.ts";
export { type OwnerDigests, ownerDigests } from "./owner.ts";
export { openRelay, type RelayOptions } from "./relay.ts";
