export { type ClockAnchor, type Machine, systemClock } from "./clock.ts";
export { type Curve, type CurveCode, loadCurve, nativeCurve, wasmCurve } from "./curve.ts";
export {
  type AgentKey,
  agentKey,
  type CreateKeyCode,
  type CreateKeyOptions,
  createKeystore,
  type KeyCode,
  openKeystore,
  peerSeed,
} from "./keys.ts";
export { recoverWith, signerOf } from "./signer.ts";
