export { BlockReader } from "./block-reader.ts";
export { MAX_CHARGE_PERCENT, MAX_COUNTER_WH } from "./bounds.ts";
export { BASES, type Block, isAbsence, isRefusal, type ReadRegisters, SUNS, walkChain } from "./chain.ts";
export { Counter, counted, wrapOf } from "./counted.ts";
export { decodeModel, decodePoint, type PointReading, readingsOf, scaleOf } from "./decode.ts";
export { INTERVAL_REGISTER, type PointPlace, placesOf } from "./layout.ts";
export { type ModelSurvey, type Survey, surveyOf } from "./survey.ts";
export { symbolOf } from "./symbols.ts";
export { notImplemented, type Registers, rawValue, scaled, type Value } from "./values.ts";
