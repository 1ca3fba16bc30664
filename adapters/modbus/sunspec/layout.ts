import { MODELS } from "./generated/models.ts";

/** One model's points, as the table lists them. Offsets count registers from the model's id register. */
export interface Point {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** The name of its scale factor, or a constant exponent. */
  readonly scale: string | number | null;
  /** As the definition writes it: "W", "Wh", "% WMax"; null without one. */
  readonly unit: string | null;
}

export interface Group {
  readonly name: string;
  /** 0: as often as fits; a name: as often as that point says. */
  readonly count: number | string;
  readonly points: readonly Point[];
  readonly groups: readonly Group[];
}

/** Where one point of a model's fixed part is. */
export interface PointPlace extends Point {
  readonly offset: number;
  /** Of its scale factor; null when that is constant or there is none. */
  readonly scaleOffset: number | null;
}

const numberOr = (text: string): string | number => (/^-?\d+$/.test(text) ? Number(text) : text);

function parsePoint(token: string): Point {
  const [, name, type, size, scale, unit] = /^([^:]+):([^*@~]+)(?:\*(\d+))?(?:@([^~]+))?(?:~(.+))?$/.exec(token) as unknown as [
    string,
    string,
    string,
    string?,
    string?,
    string?,
  ];
  return {
    name,
    type,
    size: Number(size ?? 1),
    scale: scale === undefined ? null : numberOr(scale),
    unit: unit?.replaceAll("_", " ") ?? null,
  };
}

function parseGroup(name: string, count: number | string, tokens: string[]): Group {
  const points: Point[] = [];
  const groups: Group[] = [];
  for (let token = tokens.shift(); token !== undefined && token !== "}"; token = tokens.shift()) {
    if (token.startsWith("{")) {
      const [inner = "", times = "1"] = token.slice(1).split("#");
      groups.push(parseGroup(inner, numberOr(times), tokens));
    } else {
      points.push(parsePoint(token));
    }
  }
  return { name, count, points, groups };
}

const parsed = new Map<number, Group>();

/** The layout of a model, called as the definition calls it ("inverter_three_phase"); undefined for ids that nobody published. */
export function layoutOf(id: number): Group | undefined {
  const known = parsed.get(id);
  if (known !== undefined) return known;
  const text = VENDOR_MODELS[id] ?? MODELS[id];
  if (text === undefined) return undefined;
  const [name = "", ...tokens] = text.replaceAll("}", " }").split(" ");
  const group = parseGroup(name, 1, tokens);
  parsed.set(id, group);
  return group;
}

/** The meter's memory of the last interval's end, as our simulator offers it: seconds of an interval, unix seconds of that end, counters in Wh. */
export const INTERVAL_REGISTER = 64900;

const VENDOR_MODELS: Readonly<Record<number, string>> = {
  [INTERVAL_REGISTER]: "interval_register ID:uint16 L:uint16 Sec:uint32*2~Secs End:uint32*2~Secs TotWhImp:acc64*4~Wh TotWhExp:acc64*4~Wh",
};

const places = new Map<number, ReadonlyMap<string, PointPlace>>();

/** The points of a model's fixed part by name, in their order; empty for an unknown model. */
export function placesOf(id: number): ReadonlyMap<string, PointPlace> {
  const known = places.get(id);
  if (known !== undefined) return known;
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const point of layoutOf(id)?.points ?? []) {
    offsets.set(point.name, offset);
    offset += point.size;
  }
  const placed = new Map<string, PointPlace>();
  for (const point of layoutOf(id)?.points ?? []) {
    const scaleOffset = typeof point.scale === "string" ? (offsets.get(point.scale) ?? null) : null;
    placed.set(point.name, { ...point, offset: offsets.get(point.name) ?? 0, scaleOffset });
  }
  places.set(id, placed);
  return placed;
}
