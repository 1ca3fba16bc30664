import { dirname, resolve } from "node:path";
import { Decimal } from "decimal.js";
import { type MicroPerKwh, microPerKwh } from "../../../engine/kernel/index.ts";
import type { ConfigCode, ConfigProblem } from "./problems.ts";
import { keyOf } from "./schema.ts";
import type { Path, Source } from "./yaml.ts";

/** A file that fits its schema, while it is turned into what the program uses: what the schema can't say is checked here. */
export class CrossCheck {
  readonly problems: ConfigProblem[] = [];
  readonly #source: Source;
  readonly #folder: string;

  constructor(source: Source, file: string) {
    this.#source = source;
    this.#folder = dirname(resolve(file));
  }

  /** Paths count from the file that names them. */
  path(written: string): string {
    return resolve(this.#folder, written);
  }

  /** A scalar as it was written; null where there is none. */
  written(path: Path): string | null {
    return this.#source.written(path);
  }

  conflict(path: Path, what: string, wayOut: string): void {
    this.refuse("CONFIG_CONFLICT", path, what, wayOut);
  }

  refuse(code: ConfigCode, path: Path, what: string, wayOut: string): void {
    this.problems.push({ code, ...this.#source.positionOf(path), key: keyOf(path), what, wayOut });
  }

  /** A decimal price per kWh in micro-currency, exactly; `instead` is used where the file says nothing. null with a problem when it is none. */
  price(path: Path, instead: string): MicroPerKwh | null {
    const written = this.#source.written(path) ?? instead;
    const micro = /^\d{1,3}(\.\d{1,12})?$/.test(written) ? new Decimal(written).times(1_000_000) : null;
    if (micro?.isInteger() && microPerKwh.is(micro.toNumber())) return microPerKwh(micro.toNumber());
    const what = micro === null ? `"${written.slice(0, 40)}" is no price` : `${written} is beyond 100 or finer than a millionth`;
    this.problems.push({
      code: "CONFIG_VALUE",
      ...this.#source.positionOf(path),
      key: keyOf(path),
      what,
      wayOut: 'write a decimal per kWh with a point, such as "0.142"',
    });
    return null;
  }

  /** A decimal in micro-currency, whatever it is: the engine's door says what fits. null: it is none. */
  micro(path: Path, instead: string): number | null {
    const written = this.#source.written(path) ?? instead;
    return /^-?\d{1,12}(\.\d{1,12})?$/.test(written) ? new Decimal(written).times(1_000_000).toNumber() : null;
  }

  /** A real instant in UTC; the schema has checked its form only. */
  instant(path: Path, written: string): void {
    const iso = written.length === 17 ? `${written.slice(0, 16)}:00Z` : written;
    const at = Date.parse(iso);
    if (!Number.isNaN(at) && new Date(at).toISOString() === iso.replace("Z", ".000Z")) return;
    this.problems.push({
      code: "CONFIG_VALUE",
      ...this.#source.positionOf(path),
      key: keyOf(path),
      what: `${written} is not on the calendar`,
      wayOut: "correct the date or the time",
    });
  }
}
