export { accessListOf, Courier, type CourierOptions } from "./courier.ts";
export { firstFees } from "./fees.ts";
export { gasLimitOf, refuseGas, refusePoor } from "./limits.ts";
export { type Call, type Entry, hasMade, isLive, isOver } from "./machine.ts";
export { NodeView, type RawReceipt } from "./node.ts";
export { memoryOutbox, type Outbox, type OutboxCode, openOutbox } from "./outbox.ts";
export { type Look, nextNonce } from "./plan.ts";
