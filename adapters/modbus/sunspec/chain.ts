import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";

/** One model of a device's map, where it starts (its id register) and how many registers follow its header. */
export interface Block {
  readonly id: number;
  readonly address: number;
  readonly length: number;
}

/**
 * Why the chain goes no further: the end marker; the device refuses the next header; an id 0, which is no model; a length
 * that leads past the last address; more models than any device has.
 */
export type ChainEnd = "marker" | "refused" | "no model" | "past the last address" | "too many models";

export interface Chain {
  /** Where the SunSpec marker is. */
  readonly base: number;
  /** In the device's order; ids may come twice and may be unknown. */
  readonly blocks: readonly Block[];
  readonly end: ChainEnd;
  readonly endAddress: number;
  /** What the device has there: its end marker with or without a length; empty where it refuses. */
  readonly endWords: readonly number[];
}

interface Ended {
  readonly end: ChainEnd;
  readonly words: readonly number[];
}

type Step = Block | Ended;

/** What a device answered; `exception` is its own code when it refused. */
export type RegistersRead = Result<readonly number[], DeviceCode> & { readonly exception?: number };
export type ReadRegisters = (address: number, count: number) => Promise<RegistersRead>;

/** Where SunSpec lets a map begin. */
export const BASES: readonly number[] = [40_000, 0, 50_000];
export const SUNS: readonly number[] = [0x5375, 0x6e53];
const END = 0xffff;
const MAX_MODELS = 64;
const LAST_ADDRESS = 65_535;

/** Acknowledge, busy, gateway has no path, nobody answers behind the gateway: nothing is said about the registers. */
const NOT_NOW = new Set([5, 6, 10, 11]);
const ILLEGAL_ADDRESS = 2;

/** The device says that there is nothing to read here, or too much; undefined: whoever reads knows no codes. */
export const isRefusal = (read: RegistersRead): boolean =>
  !read.ok && read.code === "DEVICE_EXCEPTION" && !NOT_NOW.has(read.exception ?? ILLEGAL_ADDRESS);

/** The device itself is well: it says that these registers aren't there, or are too many at once. */
export const isAbsence = (read: { readonly ok: boolean; readonly exception?: number }): boolean =>
  !read.ok && [2, 3].includes(read.exception ?? 0);

/**
 * Finds the map and its models; tries `bases` in their order. The length on the wire leads to the next model, whatever the
 * definition says. A device that is busy or fails makes the walk fail: half a chain would hide a meter.
 */
export async function walkChain(read: ReadRegisters, bases: readonly number[] = BASES): Promise<Result<Chain, DeviceCode>> {
  const base = await findBase(read, bases);
  if (!base.ok) return base;
  const blocks: Block[] = [];
  let address = base.value + SUNS.length;
  for (;;) {
    const step = await nextStep(read, address, blocks.at(-1)?.address ?? base.value, blocks.length);
    if (!step.ok) return step;
    if ("end" in step.value) {
      const { end, words } = step.value;
      return blocks.length === 0
        ? fail("DEVICE_MALFORMED", `its SunSpec map at ${base.value} holds no model`)
        : ok({ base: base.value, blocks, end, endAddress: address, endWords: words });
    }
    blocks.push(step.value);
    address += 2 + step.value.length;
  }
}

async function findBase(read: ReadRegisters, bases: readonly number[]): Promise<Result<number, DeviceCode>> {
  let sick: RegistersRead | null = null;
  for (const base of bases) {
    const words = await read(base, SUNS.length);
    if (words.ok && words.value[0] === SUNS[0] && words.value[1] === SUNS[1]) return ok(base);
    if (!words.ok && !isRefusal(words)) return words;
    if (!words.ok && (words.exception ?? ILLEGAL_ADDRESS) > 3) sick = words;
  }
  return sick !== null && !sick.ok ? sick : fail("DEVICE_MALFORMED", `no SunSpec map at ${bases.join(", ")}`);
}

/** The next model, or why there is none. `before`: an address that could be read a moment ago. */
async function nextStep(read: ReadRegisters, address: number, before: number, models: number): Promise<Result<Step, DeviceCode>> {
  if (models === MAX_MODELS) return ok({ end: "too many models", words: [] });
  if (address > LAST_ADDRESS) return ok({ end: "past the last address", words: [] });
  if (address === LAST_ADDRESS) return lastWord(read, address, before);
  const header = await read(address, 2);
  if (!header.ok) return isRefusal(header) ? lastWord(read, address, before) : header;
  const words = header.value;
  const [id = END, length = 0] = words;
  if (id === END) return ok({ end: "marker", words });
  if (id === 0) return ok({ end: "no model", words });
  return ok(address + 1 + length > LAST_ADDRESS ? { end: "past the last address", words } : { id, address, length });
}

/** Some devices have an end marker without a length. A device that now refuses what it told before is sick: that is no end. */
async function lastWord(read: ReadRegisters, address: number, before: number): Promise<Result<Ended, DeviceCode>> {
  const word = await read(address, 1);
  if (word.ok) return ok({ end: word.value[0] === END ? "marker" : "refused", words: word.value });
  if (!isRefusal(word)) return word;
  const refused: Ended = { end: "refused", words: [] };
  if ((word.exception ?? ILLEGAL_ADDRESS) === ILLEGAL_ADDRESS) return ok(refused);
  const again = await read(before, 2);
  return again.ok ? ok(refused) : again;
}
