export { MqttMeter, type MqttOptions, type MqttQuantity } from "./meter.ts";
export type { Point } from "./point.ts";
