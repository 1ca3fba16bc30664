import { SerialPort } from "serialport";
import type { OpenSource } from "./source.ts";

/** How the meter's port talks: 115200 with 8 bits (DSMR 4 and 5, and everybody after), or 9600 with 7 bits and even parity (DSMR 2.2 and 3). */
export type Baud = 9600 | 115200;

/** A cable from the meter's P1 port. */
export function serialSource({ path, baud }: { readonly path: string; readonly baud: Baud }): OpenSource {
  const frame = baud === 9600 ? ({ dataBits: 7, parity: "even" } as const) : ({ dataBits: 8, parity: "none" } as const);
  return ({ bytes, lost }) => {
    let isOver = false;
    const end = (why: string): void => {
      if (!isOver) lost(why);
      isOver = true;
    };
    const port = new SerialPort({ path, baudRate: baud, stopBits: 1, ...frame, autoOpen: false });
    port.on("data", bytes);
    port.on("error", (error) => end(error.message));
    port.on("close", () => end("the cable was pulled"));
    port.open((error) => error !== null && end(error.message));
    return () => {
      isOver = true;
      if (port.isOpen) port.close();
      else if (port.opening) port.once("open", () => port.close());
    };
  };
}
