export type { PeerAddresses } from "./dialler.ts";
export { DEFAULT_LIMITS, type GossipLimits, type LaneLimits } from "./limits.ts";
export { peerNameOf } from "./names.ts";
export { type GossipOptions, type OpenGossipCode, openGossip, type StreetGossip } from "./open-gossip.ts";
