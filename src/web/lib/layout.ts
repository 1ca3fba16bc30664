/** Where the homes stand: along as few streets as the width allows, on both sides. Pixels. */
export interface Place {
  readonly x: number;
  /** Middle of its street. */
  readonly y: number;
  readonly above: boolean;
}

export interface StreetLayout {
  readonly places: readonly Place[];
  readonly streets: readonly { readonly y: number; readonly until: number }[];
  readonly cell: number;
  /** How much larger than at its smallest everything is drawn. */
  readonly zoom: number;
  readonly height: number;
}

const CELL = 88;
/** From the middle of a street to the ground of the homes above and to the roofs of those below, before zoom. */
export const SETBACK = 40;
export const HOUSE = 54;
/** Half the width of the road, which ends round. */
export const ROAD = 19;
/** Two lines of text, which don't grow. */
const WORDS = 44;

export function streetLayout(homes: number, width: number): StreetLayout {
  const trunk = trunkOf(width);
  const most = Math.max(2, Math.floor((width - trunk) / CELL));
  const rows = Math.max(1, Math.ceil(homes / (2 * most)));
  const columns = Math.max(1, Math.ceil(homes / (2 * rows)));
  const cell = (width - trunk) / columns;
  const zoom = Math.min(1.5, Math.max(1, cell / 116));
  const half = (SETBACK + HOUSE) * zoom + WORDS;
  const streetY = (row: number) => half + row * (2 * half + 12);
  const places = Array.from({ length: homes }, (_, home) => {
    const inRow = home % (2 * columns);
    return { x: trunk + cell * ((inRow >> 1) + 0.5), y: streetY(Math.floor(home / (2 * columns))), above: inRow % 2 === 0 };
  });
  const streets = Array.from({ length: rows }, (_, row) => ({
    y: streetY(row),
    until: Math.min(width - ROAD, Math.max(trunk, ...places.filter((place) => place.y === streetY(row)).map(({ x }) => x)) + 36),
  }));
  return { places, streets, cell, zoom, height: rows * (2 * half + 12) - 12 };
}

/** Room for the transformer at the left, with its words where the picture is wide. */
export const trunkOf = (width: number): number => (isWide(width) ? 112 : 44);
export const isWide = (width: number): boolean => width >= 560;

/** Line width for an energy, relative to the largest on the picture: thin is still visible, thick still a line. */
export const thickness = (wh: number, most: number): number => (wh <= 0 || most <= 0 ? 0 : 2 + 7 * Math.sqrt(Math.min(1, wh / most)));
