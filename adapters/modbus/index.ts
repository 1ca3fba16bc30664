export { type DeviceOptions, openDevice } from "./device.ts";
export { FAULTS, type Fault } from "./fault.ts";
export { type Link, type LinkOptions, ModbusLink } from "./link.ts";
export { type DeviceSimulator, type SimulatorOptions, startDeviceSimulator } from "./simulator.ts";
