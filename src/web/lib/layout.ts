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
  readonly height: number;
}

/** Room for the transformer at the left. */
export const TRUNK = 92;
const CELL = 92;
const ABOVE = 138;
const BELOW = 146;

export function streetLayout(homes: number, width: number): StreetLayout {
  const trunk = trunkOf(width);
  const most = Math.max(2, Math.floor((width - trunk) / CELL));
  const rows = Math.max(1, Math.ceil(homes / (2 * most)));
  const columns = Math.max(1, Math.ceil(homes / (2 * rows)));
  const cell = (width - trunk) / columns;
  const streetY = (row: number) => ABOVE + row * (ABOVE + BELOW);
  const places = Array.from({ length: homes }, (_, home) => {
    const inRow = home % (2 * columns);
    return { x: trunk + cell * ((inRow >> 1) + 0.5), y: streetY(Math.floor(home / (2 * columns))), above: inRow % 2 === 0 };
  });
  const streets = Array.from({ length: rows }, (_, row) => ({
    y: streetY(row),
    until: Math.max(trunk, ...places.filter((place) => place.y === streetY(row)).map(({ x }) => x)) + Math.min(36, cell * 0.36),
  }));
  return { places, streets, cell, height: rows * (ABOVE + BELOW) };
}

export const trunkOf = (width: number): number => (width < 560 ? 54 : TRUNK);

/** Line width for an energy, relative to the largest on the picture: thin is still visible, thick still a line. */
export const thickness = (wh: number, most: number): number => (wh <= 0 || most <= 0 ? 0 : 2 + 7 * Math.sqrt(Math.min(1, wh / most)));
