export { type Capture, captureOf } from "./capture.ts";
export { type Detected, detectAt, hasOpenPort } from "./detect.ts";
export { type DeviceOptions, openDevice } from "./device.ts";
export { FAULTS, type Fault } from "./fault.ts";
export { type Link, type LinkOptions, ModbusLink, type Written } from "./link.ts";
export { Links } from "./links.ts";
export {
  type CaptureFile,
  type Comparison,
  captureSource,
  compareCapture,
  dumpOf,
  type NamedValue,
  type Profile,
  ProfileReader,
  type RegisterSource,
  type Verdict,
} from "./profile/index.ts";
export { linkSource, openProfileDevice, type ProfileDeviceOptions } from "./profile-device.ts";
export { type ProxyOptions, startModbusProxy, type WritableRange } from "./proxy.ts";
export type { ModbusServer } from "./server.ts";
export { type DeviceSimulator, type SimulatorOptions, startDeviceSimulator } from "./simulator.ts";
export { type ModelSurvey, type PointReading, type Survey, symbolOf } from "./sunspec/index.ts";
export { type SunspecOptions, surveyDevice, unitsWithSunspec } from "./sunspec-device.ts";
export type { Place, SerialLine, TlsIdentity } from "./wire.ts";
