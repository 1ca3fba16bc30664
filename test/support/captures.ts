import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

export function sunspecCaptures(): readonly Capture[] {
  if (capturesMissing !== null) return [];
  const all = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({ file, ...(JSON.parse(readFileSync(folder + file, "utf8")) as Omit<Capture, "file">) }));
  return all.filter(({ device }) => device.protocol.startsWith("SunSpec"));
}

/** "id:point" -> name of a symbol -> its number, from the official definitions. */
export function sunspecSymbols(): ReadonlyMap<string, ReadonlyMap<string, number>> {
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
