import { assert } from "../../engine/kernel/index.ts";
import { notImplemented, type PointPlace, placesOf } from "./sunspec/index.ts";

const BASE = 40_000;
const HEADER = 2;

/** The SunSpec map of one unit of a simulated device: what isn't set says "not implemented". */
export class RegisterImage {
  private readonly words: Uint16Array;
  private readonly starts = new Map<number, number>();

  constructor(models: readonly number[]) {
    const lengths = models.map((id) => [...placesOf(id).values()].reduce((sum, { size }) => sum + size, 0));
    this.words = new Uint16Array(HEADER + lengths.reduce((sum, length) => sum + length, 0) + HEADER);
    this.words.set([0x5375, 0x6e53]);
    let start = HEADER;
    models.forEach((id, i) => {
      this.starts.set(id, start);
      for (const name of placesOf(id).keys()) this.set(id, name, null);
      this.set(id, "ID", id);
      this.set(id, "L", (lengths[i] ?? 0) - HEADER);
      start += lengths[i] ?? 0;
    });
    this.words.set([0xffff, 0], start);
  }

  /** null: not implemented. Numbers are raw, without a scale factor. */
  set(model: number, name: string, value: number | string | null): void {
    const place = this.place(model, name);
    const at = (this.starts.get(model) ?? 0) + place.offset;
    if (typeof value === "string") this.setText(at, place.size, value);
    else if (value !== null && place.size === 1) this.words[at] = value;
    else this.setWide(at, place.size, value === null ? notImplemented(place.type) : BigInt(value));
  }

  setAll(model: number, values: Readonly<Record<string, number | string | null>>): void {
    for (const [name, value] of Object.entries(values)) this.set(model, name, value);
  }

  address(model: number, name: string): number {
    return BASE + (this.starts.get(model) ?? 0) + this.place(model, name).offset;
  }

  /** undefined: outside the map. */
  read(address: number, count: number): Uint16Array | undefined {
    const from = address - BASE;
    return from < 0 || from + count > this.words.length ? undefined : this.words.subarray(from, from + count);
  }

  private place(model: number, name: string): PointPlace {
    const place = placesOf(model).get(name);
    assert(place !== undefined && this.starts.has(model), `this map has no ${model}:${name}`);
    return place;
  }

  private setText(at: number, size: number, value: string): void {
    for (let i = 0; i < size; i += 1) this.words[at + i] = ((value.charCodeAt(2 * i) || 0) << 8) | (value.charCodeAt(2 * i + 1) || 0);
  }

  private setWide(at: number, size: number, value: bigint): void {
    for (let i = size - 1, rest = value; i >= 0; i -= 1, rest >>= 16n) this.words[at + i] = Number(rest & 0xffffn);
  }
}
