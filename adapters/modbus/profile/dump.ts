import { ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { maskField, maskPattern, patternsOf, places } from "../mask.ts";
import { addressOf, type BlockRead, countOf, MAIN, planReads } from "./plan.ts";
import { addressesOf, isRegister, leavesOf, type Profile, type RegisterPoint, type Table } from "./profile.ts";
import { BlockReads, type RegisterSource, type Words } from "./registers.ts";
import { saidAt } from "./value.ts";

/** What a device's own registers hold, for tests to say again. */
export interface NativeDump {
  readonly blocks: readonly { readonly table: Table; readonly base: number; readonly registers: readonly (number | null)[] }[];
  readonly masked: readonly string[];
}

/** Reads all blocks of a profile; serial numbers keep their form, each letter an X and each digit a 0, wherever they stand. */
export async function dumpOf(profile: Profile, source: RegisterSource, unit: number): Promise<Result<NativeDump, DeviceCode>> {
  const plan = planReads(Object.values(profile.points), profile).filter(({ of }) => of === MAIN);
  const words = await new BlockReads(plan).read((read) => source.read(read.table, unit, addressOf(read), countOf(read)));
  if (!words.ok) return words;
  const masked = new Set<string>();
  const serials = Object.entries(profile.points).flatMap(([name, point]) =>
    /serial$/i.test(name) ? [...leavesOf(point)].filter(isRegister) : [],
  );
  const texts = serials.flatMap((point) => textsOf(point, profile, words.value));
  const blocks = plan.map((read) => {
    const registers = Array.from({ length: countOf(read) }, (_, i) => words.value.at(read.of, read.table)(addressOf(read) + i));
    return { table: read.table, base: addressOf(read), registers: maskedBlock(read, registers, { serials, texts, profile, masked }) };
  });
  return ok({ blocks: blocks.filter(({ registers }) => registers.some((word) => word !== null)), masked: [...masked] });
}

function textsOf(point: RegisterPoint, profile: Profile, words: Words): readonly string[] {
  const { value } = saidAt(point, profile, words.at(point.of ?? MAIN, point.table ?? profile.table));
  return value === null ? [] : [String(value)];
}

interface Masking {
  readonly serials: readonly RegisterPoint[];
  readonly texts: readonly string[];
  readonly profile: Profile;
  readonly masked: Set<string>;
}

function maskedBlock(
  read: BlockRead,
  words: readonly (number | null)[],
  { serials, texts, profile, masked }: Masking,
): readonly (number | null)[] {
  const base = addressOf(read);
  const bytes = Uint8Array.from(words.flatMap((word) => [(word ?? 0) >> 8, (word ?? 0) & 0xff]));
  for (const point of serials) {
    const addresses = addressesOf(point);
    const first = addresses[0] ?? 0;
    if ((point.table ?? profile.table) !== read.table || first < base || first >= base + words.length) continue;
    if (point.type === "text") maskField(bytes, 2 * (first - base), 2 * addresses.length);
    else for (const address of addresses) bytes.fill(0, 2 * (address - base), 2 * (address - base) + 2);
    masked.add(`serial number at ${read.table} ${first}`);
  }
  for (const pattern of texts.flatMap(patternsOf)) {
    for (const start of places(bytes, pattern)) {
      maskPattern(bytes, start, pattern);
      masked.add(`serial number at ${read.table} ${base + (start >> 1)}`);
    }
  }
  return words.map((word, i) => (word === null ? null : ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)));
}
