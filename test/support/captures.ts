import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MODELS } from "../../adapters/modbus/sunspec/generated/models.ts";

/** A register dump of a real device; `null` in registers is a hole that can't be read. */
export interface Capture {
  readonly file: string;
  readonly device: { readonly protocol: string };
  readonly unitId: number | null;
  readonly blocks: readonly { readonly table: string; readonly base: number; readonly registers: readonly (number | null)[] }[];
  readonly expected: Readonly<Record<string, unknown>> | null;
  readonly decodedByPysunspec2?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const folder = fileURLToPath(new URL("../../../shared/devices/captures/", import.meta.url));
const models = fileURLToPath(new URL("../../../shared/devices/sunspec-models.json", import.meta.url));

/** Absent outside the workshop: tests that need them say so and pass. */
export const capturesMissing = existsSync(folder) ? null : "../shared/devices/captures is absent: real captures are not checked";

export function allCaptures(): readonly Capture[] {
  if (capturesMissing !== null) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({ file, ...(JSON.parse(readFileSync(folder + file, "utf8")) as Omit<Capture, "file">) }));
}

export const sunspecCaptures = (): readonly Capture[] => allCaptures().filter(({ device }) => device.protocol.startsWith("SunSpec"));

/** Begins with the SunSpec marker; others are data of single models. */
export const isWholeMap = ({ blocks }: Pick<Capture, "blocks">): boolean => blocks[0]?.registers[0] === 0x5375;

/** Holding registers by address; holes are left out. */
export function registersOf({ blocks }: Pick<Capture, "blocks">): ReadonlyMap<number, number> {
  const holding = blocks.filter(({ table }) => table === "holding");
  return new Map(
    holding.flatMap(({ base, registers }) => registers.flatMap((word, i) => (word === null ? [] : [[base + i, word] as const]))),
  );
}

/** What the capture's source and an independent decoder say about a model's points. */
export function statedOf(capture: Capture, id: number): readonly Readonly<Record<string, unknown>>[] {
  const prefix = `${id}:`;
  const stated = Object.entries(capture.expected ?? {}).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
  );
  return [Object.fromEntries(stated), capture.decodedByPysunspec2?.[String(id)] ?? {}];
}

/** "id:point" -> name of a symbol -> its number, from the official definitions. */
function sunspecSymbols(): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const found = new Map<string, ReadonlyMap<string, number>>();
  if (!existsSync(models)) return found;
  const walk = (id: number, group: SymbolGroup) => {
    for (const { name, symbols } of group.points)
      if (symbols !== undefined) found.set(`${id}:${name}`, new Map(symbols.map((each) => [each.name, each.value])));
    for (const inner of group.groups ?? []) walk(id, inner);
  };
  for (const { id, group } of JSON.parse(readFileSync(models, "utf8")) as readonly { readonly id: number; readonly group: SymbolGroup }[])
    walk(id, group);
  return found;
}

interface SymbolGroup {
  readonly points: readonly { readonly name: string; readonly symbols?: readonly { readonly name: string; readonly value: number }[] }[];
  readonly groups?: readonly SymbolGroup[];
}

const symbols = sunspecSymbols();

const isBitfield = (model: string, point: string): boolean =>
  layoutText(Number(model)).some((text) => text.startsWith(`${point.replace(/^.*_\d+_/, "")}:bitfield`));

const layoutText = (model: number): readonly string[] => MODELS[model]?.split(/[ {}]/) ?? [];

/** Symbols to numbers, "" to null; the rest as it is. */
function plain(model: string, point: string, value: unknown): unknown {
  const names = symbols.get(`${model}:${point.replace(/^.*_\d+_/, "")}`);
  if (value === "") return null;
  if (Array.isArray(value)) return value.reduce((sum: number, name) => sum + 2 ** (names?.get(name) ?? Number.NaN), 0);
  return typeof value === "string" && names?.has(value) ? names.get(value) : value;
}

const TEXT_AS_NUMBER = new Set(["SN"]);
const same = (point: string, ours: unknown, theirs: unknown): boolean =>
  typeof theirs === "number" && typeof ours === "number"
    ? Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs))
    : TEXT_AS_NUMBER.has(point) || point === "Vr"
      ? String(ours) === String(theirs)
      : (ours ?? null) === theirs;

/** What of theirs we decode otherwise, and how many points were compared. */
export function differences(model: string, ours: ReadonlyMap<string, unknown>, theirs: Readonly<Record<string, unknown>>) {
  const lower = new Map([...ours].map(([name, value]) => [name.toLowerCase(), value]));
  let compared = 0;
  const differ: string[] = [];
  for (const [point, stated] of Object.entries(theirs)) {
    const name = point.toLowerCase();
    if (name.endsWith("pad")) continue;
    if (typeof stated === "object" && stated !== null && !Array.isArray(stated)) continue;
    if (!lower.has(name)) {
      differ.push(`${model}:${point} is missing`);
      continue;
    }
    compared += 1;
    const expected = plain(model, point, stated);
    // One source lists the names of set bits and calls an empty list nothing.
    const nothing = expected === null && lower.get(name) === 0 && isBitfield(model, point);
    if (!nothing && !same(point, lower.get(name), expected))
      differ.push(`${model}:${point} ours ${lower.get(name)}, stated ${JSON.stringify(stated)}`);
  }
  return { compared, differ };
}
