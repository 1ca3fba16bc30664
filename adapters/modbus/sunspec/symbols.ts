import { SYMBOLS } from "./generated/symbols.ts";

/** Values of an enum, or numbers of a bitfield's bits, by point. */
type Symbols = ReadonlyMap<string, ReadonlyMap<number, string>>;

const parsed = new Map<number, Symbols>();

function symbolsOf(model: number): Symbols {
  const known = parsed.get(model);
  if (known !== undefined) return known;
  const points = (SYMBOLS[model] ?? "").split(" ").map((text) => {
    const [point = "", list = ""] = text.split(":");
    const names = list.split(",").map((each) => each.split("=") as [string, string]);
    return [point, new Map(names.map(([name, value]) => [Number(value), name]))] as const;
  });
  const symbols = new Map(points);
  parsed.set(model, symbols);
  return symbols;
}

/** What an enum's value or a bitfield's bits mean: "MPPT", "DHCP ZEROCONF"; null: nothing that the definition knows. */
export function symbolOf(model: number, point: string, type: string, value: number): string | null {
  const names = symbolsOf(model).get(point.replace(/^.*_\d+_/, ""));
  if (names === undefined) return null;
  if (!type.startsWith("bitfield")) return names.get(value) ?? null;
  const set = [...names].flatMap(([bit, name]) => (Math.floor(value / 2 ** bit) % 2 === 1 ? [name] : []));
  return set.length === 0 ? null : set.join(" ");
}
