import { maskField, maskPattern, patternsOf, places } from "./mask.ts";
import { placesOf, SUNS, type Survey } from "./sunspec/index.ts";

type Word = number | null;

/** A device's registers as a file: what it said once, for tests to say again. Addresses count from 0. */
export interface Capture {
  readonly device: {
    readonly vendor: string;
    readonly model: string;
    readonly protocol: "SunSpec";
    readonly common: Readonly<Record<string, string | number | null>>;
  };
  readonly realism: string;
  /** ISO 8601. */
  readonly capturedOrPublished: string;
  readonly unitId: number;
  readonly base: number;
  /** null: the device refuses that register, or it was left out to protect whoever lives there. */
  readonly blocks: readonly { readonly table: "holding"; readonly base: number; readonly registers: readonly Word[] }[];
  readonly models: readonly string[];
  readonly end: Survey["end"];
  /** What its display or its maker's app said at that moment, as "model:point"; for whoever contributes it to fill in. */
  readonly expected: Readonly<Record<string, number | string | null>> | null;
  readonly masked: readonly string[];
}

/** Addresses, names and passwords of the network it is in (2 to 19), and where on Earth it stands. */
const isPrivate = (id: number): boolean => (id >= 2 && id <= 19) || id === 305;

const HEADER = 2;

/**
 * What a survey saw, as a file to contribute. Serial numbers keep their form, each letter an X and each digit a 0, wherever
 * they stand, as text or as a 32-bit number; models that tell where the device is keep their header alone.
 */
export function captureOf(survey: Survey, { unit, at }: { readonly unit: number; readonly at: Date }): Capture {
  const common = survey.models.find(({ id }) => id === 1);
  const points = Object.fromEntries(
    (common?.points ?? []).filter(({ type }) => type !== "pad").map(({ name, value }) => [name, name === "SN" ? maskedText(value) : value]),
  );
  const { words, masked } = maskedWords(survey);
  return {
    device: { vendor: String(points.Mn ?? ""), model: String(points.Md ?? ""), protocol: "SunSpec", common: points },
    realism: "real device dump (commonwatt device dump)",
    capturedOrPublished: at.toISOString(),
    unitId: unit,
    base: survey.base,
    blocks: [{ table: "holding", base: survey.base, registers: words }],
    models: [...new Set(survey.models.map(({ id }) => String(id)))],
    end: survey.end,
    expected: null,
    masked,
  };
}

const maskedText = (value: string | number | null): string | number | null =>
  typeof value === "string" ? value.replaceAll(/\d/g, "0").replaceAll(/[^ -~]|[a-z]/giu, "X") : value;

function maskedWords({ base, models, endWords }: Survey): { readonly words: readonly Word[]; readonly masked: readonly string[] } {
  const masked: string[] = [];
  const words: Word[] = [...SUNS];
  const fields: (readonly [start: number, size: number])[] = [];
  for (const { id, address, registers } of models) {
    const own = Array.from(registers);
    const serial = placesOf(id).get("SN");
    if (serial !== undefined && serial.offset + serial.size <= own.length) fields.push([words.length + serial.offset, serial.size]);
    if (isPrivate(id)) masked.push(`model ${id} at ${address}`);
    words.push(...(isPrivate(id) ? own.map((word, i) => (i < HEADER ? word : null)) : own));
  }
  words.push(...endWords);
  const bytes = Uint8Array.from(words.flatMap((word) => [(word ?? 0) >> 8, (word ?? 0) & 0xff]));
  for (const [start, size] of fields) {
    maskField(bytes, 2 * start, 2 * size);
    masked.push(`serial number at ${base + start}`);
  }
  for (const pattern of serialsOf(models).flatMap(patternsOf)) {
    for (const start of places(bytes, pattern)) {
      maskPattern(bytes, start, pattern);
      masked.push(`serial number at ${base + (start >> 1)}`);
    }
  }
  return { words: words.map((word, i) => (word === null ? null : ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))), masked };
}

/** Longest first, lest a part of one be masked and the rest be left. */
function serialsOf(models: Survey["models"]): readonly string[] {
  const found = models.flatMap(({ points }) =>
    points.flatMap(({ name, value }) => (name === "SN" && value !== null ? [String(value)] : [])),
  );
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}
