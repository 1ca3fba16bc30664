import { ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { type Survey, surveyOf, symbolOf } from "../sunspec/index.ts";
import { type CaptureFile, captureSource } from "./capture-source.ts";
import type { NamedValue } from "./evaluate.ts";
import { neutralName } from "./neutral-names.ts";
import { leavesOf, listed, type Point, type Profile } from "./profile.ts";
import { ProfileReader } from "./reader.ts";

/** What we make of one value that a capture's source states. */
export interface Comparison {
  readonly key: string;
  readonly stated: unknown;
  /** In the stated value's unit and sign; undefined: the profile has no such point. */
  readonly ours: unknown;
  /** "203:W", "input 13021"; empty where there is none. */
  readonly source: string;
  readonly verdict: Verdict;
}

/**
 * agrees; differs; unnamed: the profile has no such point. Nobody can compare it: the capture lacks its registers, or its SunSpec
 * model is none that we have the definition of. The source is wrong: it states 0 where the register says "not implemented", or a
 * number beyond its bounds, such as a power factor of 27.
 */
export type Verdict =
  | "agrees"
  | "differs"
  | "unnamed"
  | "not in the capture"
  | "unknown model"
  | "states 0 for not implemented"
  | "states what can't be";

/** Holds what a capture's source states against its registers, read by this profile. */
export async function compareCapture(capture: CaptureFile, profile: Profile): Promise<Result<readonly Comparison[], DeviceCode>> {
  const stated = [...flat(capture.expected ?? {}), ...decoded(capture)];
  const isSunspec = (key: string): boolean => SUNSPEC_KEY.test(key);
  const source = captureSource(capture);
  const values = stated.every(([key]) => isSunspec(key)) ? ok([]) : await new ProfileReader(profile, source).read();
  if (!values.ok) return values;
  const chain = stated.some(([key]) => isSunspec(key))
    ? await surveyOf((address, count) => source.read("holding", 0, address, count))
    : null;
  if (chain !== null && !chain.ok) return chain;
  const aliases = aliasesOf(profile);
  return ok(
    stated.map(([key, value]) =>
      isSunspec(key) && chain?.ok ? compareSunspec(key, value, chain.value) : compareNamed(key, value, values.value, aliases),
    ),
  );
}

const SUNSPEC_KEY = /^\d{1,5}:/;

type Stated = readonly (readonly [key: string, value: unknown])[];

/** Lists as "key.0", "key.1"; what has a unit of its own stays together. */
function flat(expected: Readonly<Record<string, unknown>>): Stated {
  return Object.entries(expected).flatMap(([key, value]): Stated => {
    if (Array.isArray(value) && value.every((each) => typeof each === "number"))
      return value.map((each, i) => [`${key}.${i}`, each] as const);
    return [[key, value]];
  });
}

/** Repeated groups, which are lists there, are left out, and so is padding. */
const decoded = ({ decodedByPysunspec2 = {}, expected }: CaptureFile): Stated =>
  Object.entries(decodedByPysunspec2).flatMap(([model, points]) =>
    Object.entries(points).flatMap(([point, value]): Stated => {
      const key = `${model}:${point}`;
      const isPlain = (typeof value !== "object" || value === null) && !/^pad/i.test(point);
      return isPlain && expected?.[key] === undefined ? [[key, value]] : [];
    }),
  );

interface Alias {
  readonly name: string;
  readonly negate: boolean;
  readonly isSymbol: boolean;
}

function aliasesOf({ points }: Profile): ReadonlyMap<string, Alias> {
  const found = new Map<string, Alias>();
  for (const [name, point] of Object.entries(points)) {
    found.set(name.toLowerCase(), { name, negate: false, isSymbol: false });
    for (const written of listed(point.as ?? [])) {
      const key = written.replace(/^-/, "").toLowerCase();
      found.set(key, { name, negate: written.startsWith("-"), isSymbol: false });
      if (hasSymbol(point)) found.set(`${key}_label`, { name, negate: false, isSymbol: true });
    }
    if (point.symbolAs !== undefined) found.set(point.symbolAs.toLowerCase(), { name, negate: false, isSymbol: true });
  }
  return found;
}

const hasSymbol = (point: Point): boolean => [...leavesOf(point)].some((leaf) => "names" in leaf || "bits" in leaf);

function compareNamed(key: string, stated: unknown, values: readonly NamedValue[], aliases: ReadonlyMap<string, Alias>): Comparison {
  const { value: wanted, unit } = withUnit(key, stated);
  const neutral = neutralName(key);
  const alias = aliases.get(key.toLowerCase()) ?? (neutral === null ? undefined : aliases.get(neutral.toLowerCase()));
  const found = alias && values.find(({ name }) => name === alias.name);
  if (alias === undefined || found === undefined) return { key, stated, ours: undefined, source: "", verdict: "unnamed" };
  const ours = alias.isSymbol ? found.symbol : inUnit(found, unit, alias.negate);
  return { key, stated, ours, source: found.source, verdict: verdictOf(wanted, ours, found) };
}

/** `{value, unit}`, or a number whose key ends with its unit. */
function withUnit(key: string, stated: unknown): { readonly value: unknown; readonly unit: string | null } {
  if (typeof stated === "object" && stated !== null && "value" in stated) {
    const { value, unit } = stated as { readonly value: unknown; readonly unit?: unknown };
    return { value, unit: typeof unit === "string" && unit !== "" ? unit : null };
  }
  return { value: stated, unit: /(kWh|KWh|MWh|kW|KW|mV)(\.\d+)?$/.exec(key)?.[1]?.replace("K", "k") ?? null };
}

const SCALES: Readonly<Record<string, readonly [unit: string, times: number]>> = {
  kWh: ["Wh", 1e-3],
  MWh: ["Wh", 1e-6],
  kW: ["W", 1e-3],
  mV: ["V", 1e3],
};

function inUnit({ value, unit: own }: NamedValue, unit: string | null, negate: boolean): number | string | null {
  if (typeof value !== "number") return value;
  const scale = unit === null ? undefined : SCALES[unit];
  const scaled = scale !== undefined && scale[0] === own ? value * scale[1] : value;
  return negate ? -scaled + 0 : scaled;
}

function verdictOf(stated: unknown, ours: unknown, found: NamedValue): Verdict {
  if (same(stated, ours)) return "agrees";
  if (found.silence === "unreadable") return "not in the capture";
  if (found.silence === "a part is unknown") return "not in the capture";
  if (found.silence === "out of bounds" && typeof stated === "number") return "states what can't be";
  return stated === 0 && found.silence === "not implemented" ? "states 0 for not implemented" : "differs";
}

/** Numbers as far as the digits go that are stated; a float's seventh digit is nobody's. */
function same(stated: unknown, ours: unknown): boolean {
  if (typeof stated !== "number" || typeof ours !== "number") return (ours ?? null) === (stated ?? null);
  const digits = /\.(\d+)$/.exec(String(stated))?.[1]?.length ?? 0;
  const slack = digits >= 3 ? 0.5001 * 10 ** -digits : 1e-9 * Math.max(1, Math.abs(stated));
  return Math.abs(ours - stated) <= slack;
}

function compareSunspec(key: string, stated: unknown, { models }: Survey): Comparison {
  const [id = "", name = ""] = key.split(":");
  const model = models.find((each) => String(each.id) === id);
  const point = model?.points.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (model === undefined || point === undefined) {
    const isUnknown = model !== undefined && model.points.length === 0;
    return {
      key,
      stated,
      ours: undefined,
      source: "",
      verdict: isUnknown ? "unknown model" : model === undefined ? "not in the capture" : "unnamed",
    };
  }
  const { value, type } = point;
  const symbol = typeof value === "number" ? symbolOf(model.id, point.name, type, value) : null;
  const agrees = same(stated, value) || String(stated) === String(value) || fitsText(stated, value, symbol, type);
  const zero = stated === 0 && point.silence === "not implemented" ? "states 0 for not implemented" : "differs";
  return {
    key,
    stated,
    ours: symbol ?? value,
    source: `${model.id}:${point.name}`,
    verdict: agrees ? "agrees" : point.silence === "unreadable" ? "not in the capture" : zero,
  };
}

/** Names instead of numbers; a list of the names of set bits, which some call empty and others nothing. */
function fitsText(stated: unknown, value: unknown, symbol: string | null, type: string): boolean {
  if (stated === "" || stated === null) return value === null || (value === 0 && type.startsWith("bitfield"));
  if (Array.isArray(stated))
    return value === 0 ? stated.length === 0 : [...stated].sort().join(" ") === (symbol ?? "").split(" ").sort().join(" ");
  return typeof stated === "string" && stated === symbol;
}
