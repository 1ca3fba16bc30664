import type { Baud } from "./serial.ts";
import type { OpenSource } from "./source.ts";

export type { TelegramKeys } from "./cipher.ts";
export type { Zone } from "./instant.ts";
export { P1Meter, type P1Options } from "./meter.ts";
export type { Baud } from "./serial.ts";
export { type OpenSource, tcpSource } from "./source.ts";

/** The driver of serial ports is native code: it is loaded with the first cable. */
export const serialSource = async (): Promise<(port: { readonly path: string; readonly baud: Baud }) => OpenSource> =>
  (await import("./serial.ts")).serialSource;
