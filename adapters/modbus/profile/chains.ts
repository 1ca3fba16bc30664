import { ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { type Block, BlockReader, type PointReading, type ReadRegisters, type Registers, readingsOf, walkChain } from "../sunspec/index.ts";
import { listed, type SunspecPoint } from "./profile.ts";
import { type Said, said, silent, times } from "./value.ts";

/** A place in a SunSpec chain: "203:W", or "1#2:SN" for that of the second model 1. */
interface Reference {
  readonly model: number;
  readonly index: number;
  readonly point: string;
}

export function referenceOf(written: string): Reference | null {
  const match = /^(\d{1,5})(?:#(\d{1,2}))?:([A-Za-z][A-Za-z0-9_]*)$/.exec(written);
  return match === null ? null : { model: Number(match[1]), index: Number(match[2] ?? 1), point: match[3] ?? "" };
}

/** The models of one unit that a profile looks at, walked once and read each time. */
export class ChainReads {
  private readonly models: ReadonlySet<number>;
  private blocks: readonly Block[] | null = null;
  private atOnce: number | undefined;

  constructor(points: readonly SunspecPoint[], atOnce: number) {
    const references = points.flatMap(({ sunspec }) => listed(sunspec)).map(referenceOf);
    this.models = new Set(references.flatMap((each) => (each === null ? [] : [each.model])));
    this.atOnce = atOnce;
  }

  /** Fails when there is no chain, or another than a moment ago: then it is walked anew next time. */
  async read(read: ReadRegisters): Promise<Result<Readings, DeviceCode>> {
    if (this.blocks === null) {
      const chain = await walkChain(read);
      if (!chain.ok) return chain;
      this.blocks = chain.value.blocks.filter(({ id }) => this.models.has(id));
    }
    const reader = new BlockReader(read, this.atOnce);
    const found = new Map<number, BlockReadings[]>();
    for (const block of this.blocks) {
      const words = await reader.block(block);
      if (!words.ok) {
        if (words.code === "DEVICE_MALFORMED") this.blocks = null;
        return words;
      }
      const told = { address: block.address, registers: words.value, points: readingsOf(words.value) ?? [] };
      found.set(block.id, [...(found.get(block.id) ?? []), told]);
    }
    this.atOnce = reader.atOnce;
    return ok(new Readings(found));
  }
}

/** A model as it was read. */
export interface BlockReadings {
  readonly address: number;
  readonly registers: Registers;
  readonly points: readonly PointReading[];
}

/** What the models of a chain said. */
export class Readings {
  private readonly found: ReadonlyMap<number, readonly BlockReadings[]>;

  constructor(found: ReadonlyMap<number, readonly BlockReadings[]>) {
    this.found = found;
  }

  /** The models that hold a point, by its places. */
  behind(point: SunspecPoint): readonly BlockReadings[] {
    return listed(point.sunspec).flatMap((written) => this.block(written) ?? []);
  }

  /** The first of the point's places that says something, and which that was. */
  said(point: SunspecPoint): { readonly answer: Said; readonly place: string } {
    const places = listed(point.sunspec);
    let missing: Said = silent("not implemented");
    for (const place of places) {
      const reading = this.reading(place);
      if (reading === undefined) continue;
      const { value, silence, doubt } = reading;
      if (value !== null && doubt === null)
        return { answer: said(typeof value === "number" ? times(value, point.gain ?? 1) : value), place };
      missing = silent(doubt === null ? (silence ?? "unreadable") : "out of bounds");
    }
    return { answer: missing, place: places.join(", ") };
  }

  private reading(written: string): PointReading | undefined {
    return this.block(written)?.points.find(({ name }) => name === referenceOf(written)?.point);
  }

  private block(written: string): BlockReadings | undefined {
    const reference = referenceOf(written);
    return reference === null ? undefined : this.found.get(reference.model)?.[reference.index - 1];
  }
}
