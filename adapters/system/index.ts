export { type ClockAnchor, systemClock } from "./clock.ts";
export { type Curve, type CurveCode, loadCurve, nativeCurve, wasmCurve } from "./curve.ts";
export { type ReadCode, readPrivate } from "./files.ts";
export {
  type AgentKey,
  agentKey,
  type CreateKeyCode,
  type CreateKeyOptions,
  createKeystore,
  type KeyCode,
  openKeystore,
  peerSeed,
  readKeyAddress,
} from "./keys.ts";
export { type LogBase, type LogLevel, type LogOptions, openLog, type RootLog } from "./log.ts";
export { createMetrics, type FixedLabels, type SystemMetrics } from "./metrics.ts";
export { askHidden, type PasswordCode, type PasswordSource, type PasswordWorld, readPassword } from "./password.ts";
export { recoverWith, signerOf } from "./signer.ts";
export { drawWords, secretOfWords, WORD_COUNT, type WordsCode } from "./words.ts";
