export type { TelegramKeys } from "./cipher.ts";
export type { Zone } from "./instant.ts";
export { P1Meter, type P1Options } from "./meter.ts";
export type { Baud } from "./serial.ts";
export { type OpenSource, tcpSource } from "./source.ts";
