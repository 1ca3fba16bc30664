import { MODELS } from "../../adapters/modbus/sunspec/generated/models.ts";
import { placesOf, type ReadRegisters, type Survey, surveyOf } from "../../adapters/modbus/sunspec/index.ts";
import { placed } from "../../adapters/modbus/sunspec/places.ts";
import { telemetryOf } from "../../adapters/modbus/telemetry.ts";
import { Unit } from "../../adapters/modbus/unit.ts";
import { fail, ok } from "../../engine/kernel/index.ts";
import { type Dice, diceOf } from "../../src/sim/index.ts";
import { allCaptures, isWholeMap } from "./captures.ts";
import { never } from "./real-time.ts";
import { MARKER } from "./register-device.ts";

type Words = (number | null)[];

const IDS = Object.keys(MODELS).map(Number);
const SENTINELS = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0xfffe, 0xff7f, 0x7fc0, 0x7f80, 10, 0xfff6, 11, 0xfff5];
const BASE = 40_000;

const captured: readonly Words[] = allCaptures()
  .filter(isWholeMap)
  .map(({ blocks }) => [...blocks[0]!.registers]);

const word = (dice: Dice): number => (dice.happens(0.5) ? dice.pick(SENTINELS) : dice.below(0x1_0000));

const KINDS: Readonly<Record<string, (dice: Dice) => Words>> = {
  noise: (dice) => [
    ...MARKER,
    dice.pick(IDS),
    ...Array.from({ length: dice.below(600) }, () => (dice.happens(0.1) ? dice.pick(IDS) : word(dice))),
  ],
  models,
  mutated: (dice) => mutated(dice, models(dice)),
  // Without the captures there are only our own maps to mutate.
  captured: (dice) => mutated(dice, captured.length === 0 ? models(dice) : [...dice.pick(captured)]),
};

export const MAP_KINDS: readonly string[] = Object.keys(KINDS);

/** Models that we know, of lengths that are right or nearly; what their registers hold is anything. */
function models(dice: Dice): Words {
  const words: Words = [...MARKER];
  for (let left = 1 + dice.below(8); left > 0; left -= 1) {
    const id = dice.happens(0.1) ? dice.below(0x1_0000) : dice.pick(IDS);
    const fixed = [...placesOf(id).values()].reduce((sum, { size }) => sum + size, 0) - 2;
    const length = Math.max(0, dice.pick([fixed, fixed, fixed, fixed - 1, fixed + 1, fixed + dice.below(200), dice.below(300)]));
    words.push(id, length, ...Array.from({ length }, () => word(dice)));
  }
  return dice.happens(0.8) ? [...words, 0xffff, dice.pick([0, 0, 1, 0xffff])] : words;
}

/** A few registers changed, lost, doubled or exchanged, or the rest cut off. */
function mutated(dice: Dice, words: Words): Words {
  for (let left = 1 + dice.below(6); left > 0; left -= 1) {
    const at = dice.below(words.length);
    dice.pick<() => void>([
      () => void words.splice(at, 1, word(dice)),
      () => void words.splice(at, 1, (words[at] ?? 0) ^ (1 << dice.below(16))),
      () => void words.splice(at, 1, null),
      () => void words.splice(at, 1),
      () => void words.splice(at, 0, word(dice)),
      () => void words.splice(at, 2, words[at + 1] ?? 0, words[at] ?? 0),
      () => void words.splice(at, words.length),
    ])();
  }
  return words;
}

/** What `seed`'s map makes of our readers: what is wrong with that, empty when nothing is; and how many points said something. */
export async function tryMap(seed: number): Promise<{ readonly kind: string; readonly values: number; readonly wrong: readonly string[] }> {
  const dice = diceOf(seed);
  const kind = dice.pick(MAP_KINDS);
  const wrong: string[] = [];
  const read = deviceWith(dice, KINDS[kind]!(dice), wrong);
  const survey = await surveyOf(read, undefined, dice.pick([125, 125, 60, 16]));
  const values = survey.ok ? valuesIn(survey.value, wrong) : 0;
  await tryReading(read, wrong);
  return { kind, values, wrong };
}

/** Refuses with some exception what lies outside, what is too long for it, and now and then anything. */
function deviceWith(dice: Dice, words: Words, wrong: string[]): ReadRegisters {
  const limit = dice.pick([125, 125, 125, 100, 50, 10, 2]);
  const flaky = dice.pick([0, 0, 0, 0.01, 0.1]);
  const exceptions = dice.pick([[2], [2], [3], [4], [1, 2, 4, 6, 11]]);
  let asked = 0;
  return async (address, count) => {
    asked += 1;
    if (!(count >= 1 && count <= 125 && address >= 0 && address + count <= 0x1_0000))
      wrong.push(`asks for ${count} registers at ${address}`);
    if (asked === 20_000) wrong.push("asks without end");
    if (asked > 20_000) return fail("DEVICE_TIMEOUT", "enough");
    const found = Array.from({ length: count }, (_, i) => words[address - BASE + i] ?? null);
    const exception = dice.pick(exceptions);
    const isRefused = count > limit || dice.happens(flaky) || found.some((each) => each === null);
    return isRefused ? { ...fail("DEVICE_EXCEPTION", `exception ${exception}`), exception } : ok(found as number[]);
  };
}

/** The sentinels once more, from the specification: what must never come out as a number. */
const SILENT: Readonly<Record<string, bigint>> = {
  int16: 0x8000n,
  uint16: 0xffffn,
  enum16: 0xffffn,
  bitfield16: 0xffffn,
  count: 0xffffn,
  sunssf: 0x8000n,
  acc32: 0n,
  acc64: 0n,
  int32: 0x8000_0000n,
  uint32: 0xffff_ffffn,
  bitfield32: 0xffff_ffffn,
  uint64: 0xffff_ffff_ffff_ffffn,
};

function valuesIn({ models: found }: Survey, wrong: string[]): number {
  let values = 0;
  for (const { id, length, registers, points } of found) {
    const places = placed(id, registers, Math.min(registers.length, length + 2));
    if (places.length !== points.length) wrong.push(`model ${id}: ${points.length} points at ${places.length} places`);
    for (const [i, { name, type, value, silence }] of points.entries()) {
      const place = places[i]!;
      if ((value === null) !== (silence !== null)) wrong.push(`${id}:${name} is ${value} and says ${silence}`);
      if (value === null) continue;
      values += 1;
      const own = Array.from(registers).slice(place.offset, place.offset + place.point.size);
      if (own.some((each) => each === null)) wrong.push(`${id}:${name} is ${value} out of a hole`);
      const raw = own.reduce<bigint>((sum, each) => (sum << 16n) | BigInt(each ?? 0), 0n);
      const why = typeof value === "string" ? wrongText(value, place.point.size) : wrongNumber(type, raw, place.point.size, value);
      if (why !== null) wrong.push(`${id}:${name} (${type} 0x${raw.toString(16)}) is ${value}: ${why}`);
    }
  }
  return values;
}

const wrongText = (text: string, size: number): string | null =>
  text.length > Math.max(2 * size, 39) || /[\p{Cc}\p{Cf}]/u.test(text) ? "no text that a device could have meant" : null;

/** Scale factors reach from -10 to 10, whatever they are. */
function wrongNumber(type: string, raw: bigint, size: number, value: number): string | null {
  if (!Number.isFinite(value)) return "no number";
  if (SILENT[type] === raw) return "the sentinel";
  if (type === "float32") return Math.abs(value) > 3.403e38 ? "no float32" : null;
  if (type === "sunssf") return Math.abs(value) > 10 ? "no scale factor" : null;
  const signed = type.startsWith("int") ? BigInt.asIntN(16 * size, raw) : raw;
  const exponent = Math.round(Math.log10(Math.abs(value / Number(signed))));
  if (signed === 0n) return value === 0 ? null : "not 0";
  if (Math.abs(exponent) > 10 || Number.isNaN(exponent)) return "beyond every scale";
  return Math.abs(value / (Number(signed) * 10 ** exponent) - 1) > 1e-12 ? "not its registers" : null;
}

const MAX_W = 30_000;

/** What the market would be told. */
async function tryReading(read: ReadRegisters, wrong: string[]): Promise<void> {
  const link = { read: (_unit: number, address: number, count: number) => read(address, count) };
  const reading = await new Unit(link, 1, ["meter", "inverter", "battery"]).read(never);
  if (!reading.ok) return;
  for (const inverterPower of ["pv", "pv-and-battery"] as const) {
    const telemetry = telemetryOf(reading.value.values, { meterSign: "import", inverterPower, maxW: MAX_W });
    if (!telemetry.ok) continue;
    const { gridW, pvW, batteryW, socPercent, importWh, exportWh } = telemetry.value;
    const within = (name: string, value: number | null, least: number, most: number) => {
      if (value !== null && !(value >= least && value <= most)) wrong.push(`telemetry: ${name} ${value}`);
    };
    within("gridW", gridW, -MAX_W, MAX_W);
    within("batteryW", batteryW, -MAX_W, MAX_W);
    within("pvW", pvW, 0, 2 * MAX_W);
    within("socPercent", socPercent, 0, 100);
    within("importWh", importWh, 0, 1e9);
    within("exportWh", exportWh, 0, 1e9);
  }
}
