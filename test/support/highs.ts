import module, { type Highs } from "highs";
import type { ClearingInput } from "../../engine/auction/index.ts";

/**
 * The optimum of a street by somebody else's solver (HiGHS, MIT, https://highs.dev): the linear program as the rule on wires says it,
 * one column for each order and two for each edge, one row for each node. It works in floats, to about 1e-7 of what it adds up.
 */
export async function openHighs() {
  const highs = await load();
  const solve = (input: ClearingInput, weights: Weights): number => {
    const program = programOf(input, weights);
    const { status, value } = highs.raw.lpCall({ ...program, sense: highs.constants.objectiveSense.maximize });
    if (status === highs.constants.status.error || value.modelStatus !== highs.constants.modelStatus.optimal) {
      throw new Error(`HiGHS found no optimum: status ${status}, model ${value?.modelStatus}`);
    }
    return value.solution.colValue.reduce((sum, amount, column) => sum + amount * program.colCost[column]!, 0);
  };
  return {
    /** The most welfare that any fills reach, in fractions of watt-hours too. */
    welfare: (input: ClearingInput): number => solve(input, { times: 1, buyersMore: 0 }),
    /** The most of welfare doubled plus volume. */
    doubled: (input: ClearingInput): number => solve(input, { times: 2, buyersMore: 1 }),
  };
}

/** The package's types describe its CommonJS half; what an ES module gets as its default is the loader itself. */
const load = module as unknown as () => Promise<Highs>;

interface Weights {
  readonly times: number;
  readonly buyersMore: number;
}

interface Column {
  readonly cost: number;
  readonly most: number;
  /** What one unit puts into nodes (above 0) or takes out. */
  readonly puts: readonly (readonly [node: number, amount: number])[];
}

function programOf({ orders, network }: ClearingInput, { times, buyersMore }: Weights) {
  const forOrders = orders.map(({ body: { home, side, energy, limit } }): Column => {
    const node = network.homes.get(home) ?? 0;
    return side === "buy"
      ? { cost: times * limit + buyersMore, most: energy, puts: [[node, -1]] }
      : { cost: -times * limit, most: energy, puts: [[node, 1]] };
  });
  const forEdges = network.nodes.flatMap(({ edge }, node): readonly Column[] => {
    if (edge === null) return [];
    const arrives = 1 - edge.lossPpm / 1_000_000;
    const way = (from: number, to: number, most: number): Column => ({
      cost: -times * edge.fee,
      most,
      puts: [
        [from, -1],
        [to, arrives],
      ],
    });
    return [way(edge.parent, node, edge.importCapacity), way(node, edge.parent, edge.exportCapacity)];
  });
  const columns = [...forOrders, ...forEdges];
  const entries = columns.flatMap(({ puts }) => puts);
  const starts = [0];
  for (const { puts } of columns) starts.push(starts.at(-1)! + puts.length);
  const rows = network.nodes.map(() => 0);
  return {
    numCols: columns.length,
    numRows: rows.length,
    colCost: columns.map(({ cost }) => cost),
    colLower: columns.map(() => 0),
    colUpper: columns.map(({ most }) => most),
    rowLower: rows,
    rowUpper: rows,
    matrix: {
      format: "csc" as const,
      numRows: rows.length,
      numCols: columns.length,
      starts,
      indices: entries.map(([node]) => node),
      values: entries.map(([, amount]) => amount),
    },
  };
}
