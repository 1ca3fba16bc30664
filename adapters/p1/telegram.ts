import { fail, ok, type Result, type Wh, wh } from "../../engine/kernel/index.ts";
import type { DeviceCode, MeterOrigin } from "../../src/ports/index.ts";
import { crc16 } from "./crc.ts";
import { instantIn, type Zone } from "./instant.ts";

/** What a telegram says of electricity; null is unknown. */
export interface Telegram {
  /** The meter's own time, unix seconds. */
  readonly at: number | null;
  /** + is import. */
  readonly gridW: number | null;
  readonly importWh: Wh | null;
  readonly exportWh: Wh | null;
  readonly identity: Pick<MeterOrigin, "manufacturer" | "model" | "serial">;
}

const TEXT = new TextDecoder("latin1");
const IDENT = /^\/([A-Za-z]{3})(.)(.*)$/;
const LINE = /^\d{1,3}-\d{1,3}:(\d{1,3}\.\d{1,3}\.\d{1,3})(?:\.255)?((?:\([^()]*\))+)$/;
/** DSMR 2.2 and 3 put a gas meter's value on a line of its own. */
const SECOND_LINE = /^\([^()]*\)$/;
const END = /!([0-9A-Fa-f]{4})?\r?\n?$/;
/** Electricity is channel 0, whose lines begin with 1-0 or, for the meter itself, with 0-0; others are gas, water, heat. */
const CHANNEL_0 = /^(?:1-0|0-0|1-3):/;
const VALUE = /^(\d{1,9})(?:\.(\d{1,6}))?\*(k?)W(h?)$/i;

/** A whole telegram, from "/" to the end of its last line. Without a check sum (DSMR 2.2 and 3) every line of it must be sound. */
export function readTelegram(bytes: Uint8Array, zone: Zone = "CET"): Result<Telegram, DeviceCode> {
  const written = TEXT.decode(bytes);
  const end = END.exec(written);
  if (end === null) return fail("DEVICE_MALFORMED", "the telegram has no end");
  const given = end[1] === undefined ? null : Number.parseInt(end[1], 16);
  const counted = crc16(bytes.subarray(0, end.index + 1));
  if (given !== null && given !== counted)
    return fail("DEVICE_MALFORMED", `the telegram's check sum is ${hex(given)}, its bytes make ${hex(counted)}`);
  const [first = "", ...lines] = written.slice(0, end.index).split(/\r?\n/);
  const ident = IDENT.exec(first);
  if (ident === null) return fail("DEVICE_MALFORMED", `no meter begins its telegram with "${first.slice(0, 20)}"`);
  const objects = objectsIn(lines, given !== null);
  if (!objects.ok) return objects;
  const at = instantIn(objects.value.get("1.0.0") ?? "", zone);
  if (given === null && (at !== null || objects.value.has("0.2.8")))
    return fail("DEVICE_MALFORMED", "a meter of this version gives a check sum, and this telegram has none");
  return ok({ at, gridW: powerIn(objects.value), ...countersIn(objects.value), identity: identityOf(ident, objects.value) });
}

const hex = (crc: number): string => crc.toString(16).toUpperCase().padStart(4, "0");

/** Values of channel 0 by their codes; each once. */
function objectsIn(lines: readonly string[], isChecked: boolean): Result<ReadonlyMap<string, string>, DeviceCode> {
  const objects = new Map<string, string>();
  for (const line of lines) {
    const found = LINE.exec(line);
    if (found === null && !isChecked && line !== "" && !SECOND_LINE.test(line))
      return fail("DEVICE_MALFORMED", `"${line.slice(0, 40)}" is no line of a telegram`);
    if (found === null || !CHANNEL_0.test(line)) continue;
    const [, code = "", values = ""] = found;
    const value = values.slice(values.lastIndexOf("(") + 1, -1);
    if ((objects.get(code) ?? value) !== value) return fail("DEVICE_MALFORMED", `${code} stands twice in the telegram`);
    objects.set(code, value);
  }
  return ok(objects);
}

type Objects = ReadonlyMap<string, string>;

/** Thousandths of what the unit's name says without its k: W or Wh, exactly; null: no such value. */
function milli(written: string | undefined, isEnergy: boolean): number | null {
  const found = VALUE.exec(written ?? "");
  if (found === null || (found[4] !== "") !== isEnergy) return null;
  const [, whole = "", fraction = "", kilo] = found;
  const thousandths = Number(`${whole}${fraction.padEnd(6, "0")}`) / 1_000;
  return kilo === "" ? Math.floor(thousandths) : Math.floor(thousandths * 1_000);
}

function watts(objects: Objects, code: string): number | null {
  const value = milli(objects.get(code), false);
  return value === null ? null : value / 1_000;
}

function wattHours(objects: Objects, code: string): number | null {
  const value = milli(objects.get(code), true);
  return value === null ? null : Math.floor(value / 1_000);
}

const TARIFFS = [1, 2, 3, 4];
const PHASES = [2, 4, 6];

function countersIn(objects: Objects): Pick<Telegram, "importWh" | "exportWh"> {
  return { importWh: counterIn(objects, 1), exportWh: counterIn(objects, 2) };
}

/** The total where the meter gives it, else its tariffs together. */
function counterIn(objects: Objects, direction: 1 | 2): Wh | null {
  const total = objects.has(`${direction}.8.0`) ? wattHours(objects, `${direction}.8.0`) : null;
  const tariffs = TARIFFS.map((tariff) => `${direction}.8.${tariff}`).filter((code) => objects.has(code));
  const sum = together(tariffs.map((code) => wattHours(objects, code)));
  const value = total ?? sum;
  return value !== null && wh.is(value) ? wh(value) : null;
}

/** Import less export, of all phases together or one by one. */
function powerIn(objects: Objects): number | null {
  const [imported, exported] = [watts(objects, "1.7.0"), watts(objects, "2.7.0")];
  if (imported !== null && exported !== null) return imported - exported;
  const phases = PHASES.filter((phase) => objects.has(`${phase}1.7.0`));
  const into = together(phases.map((phase) => watts(objects, `${phase}1.7.0`)));
  const out = together(phases.map((phase) => watts(objects, `${phase}2.7.0`)));
  return into === null || out === null ? null : into - out;
}

/** null when there is nothing, or one of them is unknown. */
const together = (values: readonly (number | null)[]): number | null =>
  values.length === 0 ? null : values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0);

/** The equipment's number is text, written as hex digits; Luxembourg has it elsewhere, Sweden in the first line alone. */
function identityOf([, manufacturer = "", , model = ""]: RegExpExecArray, objects: Objects): Telegram["identity"] {
  const written = ["96.1.1", "96.1.0", "42.0.0"].map((code) => objects.get(code)).find((value) => value !== undefined && value !== "");
  return { manufacturer, model, serial: plain(written ?? model) };
}

function plain(written: string): string {
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(written)) return written;
  const text = TEXT.decode(Uint8Array.from(written.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
  return /^[ -~]+$/.test(text) ? text : written;
}
