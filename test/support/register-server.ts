import { type FakeModbus, fakeModbus, frame, words } from "./fake-modbus.ts";

/** Serves these holding registers by unit and address on real TCP; other addresses it refuses, and other units but the silent ones as a gateway does. */
export function registerServer(
  units: Readonly<Record<number, ReadonlyMap<number, number>>>,
  silent: readonly number[] = [],
): Promise<FakeModbus> {
  return fakeModbus((request, socket) => {
    const unit = request[6]!;
    if (silent.includes(unit)) return;
    const registers = units[unit];
    const found = Array.from({ length: request.readUInt16BE(10) }, (_, i) => registers?.get(request.readUInt16BE(8) + i));
    const isKnown = found.every((word) => word !== undefined);
    socket.write(frame(request, isKnown ? [3, 2 * found.length, ...words(found)] : [0x83, registers === undefined ? 11 : 2]));
  });
}

export const mapFrom = (base: number, registers: readonly (number | null)[]): ReadonlyMap<number, number> =>
  new Map(registers.flatMap((word, i) => (word === null ? [] : [[base + i, word] as const])));

/** Text in registers, filled up with NUL. */
export const textWords = (text: string, size: number): readonly number[] =>
  Array.from({ length: size }, (_, i) => ((text.charCodeAt(2 * i) || 0) << 8) | (text.charCodeAt(2 * i + 1) || 0));
