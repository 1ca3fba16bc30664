export { type Block, type ReadRegisters, walkChain } from "./chain.ts";
export { counted } from "./counted.ts";
export { decodeModel, decodePoint } from "./decode.ts";
export { INTERVAL_REGISTER, type PointPlace, placesOf } from "./layout.ts";
export { notImplemented, type Registers, rawValue, type Value } from "./values.ts";
