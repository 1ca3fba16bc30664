export type { BatchReceipt, Chain, ChainCode, RegisteredHome, Registry, Relay, SignedBatch, VaultHead } from "./chain.ts";
export type { Cancel, Clock } from "./clock.ts";
export type { Device, DeviceCode, Nameplate, Telemetry } from "./device.ts";
export type { Gossip, Judgement, PeerName, RequestCode, RequestKind, Topic } from "./gossip.ts";
export type { Log } from "./log.ts";
export type { Counter, Gauge, Histogram, Metrics } from "./metrics.ts";
export type { RecoverSigner, Signer } from "./signer.ts";
export type { Store, VoteSlot } from "./store.ts";
