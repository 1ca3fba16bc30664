import type { OrderView } from "../../api/state.ts";

/** One order as a step of its side's curve. */
export interface Step {
  readonly order: OrderView;
  readonly from: number;
  readonly to: number;
}

/** Running sums of energy, in the order in which the clearing served them. */
export function stepsOf(orders: readonly OrderView[], side: "buy" | "sell"): Step[] {
  let reached = 0;
  return orders
    .filter((order) => order.side === side)
    .map((order) => {
      const from = reached;
      reached += order.energyWh;
      return { order, from, to: reached };
    });
}

export const totalOf = (steps: readonly Step[]): number => steps.at(-1)?.to ?? 0;

/** The step nearest to a point: the energy decides which orders come into question, the price which of them is meant. */
export function nearest(steps: readonly Step[], energyWh: number, micro: number): Step | undefined {
  const under = steps.filter(({ from, to }) => from <= energyWh && energyWh <= to);
  const candidates = under.length > 0 ? under : steps;
  const distance = ({ order, from, to }: Step) =>
    under.length > 0 ? Math.abs(order.limitMicro - micro) : Math.min(Math.abs(from - energyWh), Math.abs(to - energyWh));
  return candidates.reduce<Step | undefined>(
    (best, step) => (best === undefined || distance(step) < distance(best) ? step : best),
    undefined,
  );
}

/** An SVG path along the steps. */
export function stepPath(steps: readonly Step[], x: (wh: number) => number, y: (micro: number) => number): string {
  return steps
    .map(({ order, from, to }, i) => `${i === 0 ? "M" : "L"}${x(from).toFixed(1)} ${y(order.limitMicro).toFixed(1)}H${x(to).toFixed(1)}`)
    .join("");
}
