export type Scale = (value: number) => number;

/** From a range of values to a range of pixels. */
export const scale = ([a, b]: readonly [number, number], [from, to]: readonly [number, number]): Scale => {
  const size = b - a || 1;
  return (value) => from + ((value - a) / size) * (to - from);
};

/** Round numbers inside a range, about `many` of them. */
export function ticks([a, b]: readonly [number, number], many: number): number[] {
  const raw = (b - a) / Math.max(1, many);
  if (!(raw > 0)) return [a];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10) * power;
  const first = Math.ceil(a / step);
  return Array.from({ length: Math.max(0, Math.floor(b / step) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The range of some values, widened a little so that nothing sticks to the edge. */
export function around(values: readonly number[], share: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}
