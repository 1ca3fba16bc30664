export { type Anvil, type AnvilCode, type AnvilOptions, startAnvil } from "./anvil.ts";
export { type ChainOptions, openChain } from "./chain.ts";
export { type CommunityOptions, type CommunityPlan, deployCommunity, openCommunity } from "./community.ts";
export { type CommunityDigests, type CommunityRelayOptions, communityDigests, openCommunityRelay } from "./community-relay.ts";
export { deployStreet, type Street, type StreetPlan } from "./deploy.ts";
export { type OwnerDigests, ownerDigests } from "./owner.ts";
export type { Finality } from "./registry-reader.ts";
export { openRelay, type RelayOptions } from "./relay.ts";
