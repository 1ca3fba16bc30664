import module, { type Highs } from "highs";
import type { ClearingInput } from "../../engine/auction/index.ts";

/** The street's linear program as text (CPLEX LP), the way HiGHS's npm package is documented to be called; edges without losses only. */
export function programText({ orders, network }: ClearingInput): string {
  const objective: string[] = [];
  const bounds: string[] = [];
  const rows = network.nodes.map((): string[] => []);
  const column = (name: string, cost: number, most: number): void => {
    objective.push(`${cost < 0 ? "-" : "+"} ${Math.abs(cost)} ${name}`);
    bounds.push(` 0 <= ${name} <= ${most}`);
  };
  for (const [i, { body }] of orders.entries()) {
    const isBuy = body.side === "buy";
    column(`o${i}`, isBuy ? body.limit : -body.limit, body.energy);
    rows[network.homes.get(body.home) ?? 0]!.push(`${isBuy ? "-" : "+"} o${i}`);
  }
  for (const [node, { edge }] of network.nodes.entries()) {
    if (edge === null) continue;
    column(`i${node}`, -edge.fee, edge.importCapacity);
    column(`e${node}`, -edge.fee, edge.exportCapacity);
    rows[node]!.push(`+ i${node} - e${node}`);
    rows[edge.parent]!.push(`- i${node} + e${node}`);
  }
  const balances = rows.flatMap((terms, node) => (terms.length === 0 ? [] : [` n${node}: ${terms.join(" ")} = 0`]));
  return ["Maximize", ` obj: ${objective.join("\n ")}`, "Subject To", ...balances, "Bounds", ...bounds, "End"].join("\n");
}

/** The package's types describe its CommonJS half; what an ES module gets as its default is the loader itself. */
const load = module as unknown as () => Promise<Highs>;

export async function openTextSolver(): Promise<(text: string) => number> {
  const highs = await load();
  return (text) => highs.solve(text).ObjectiveValue;
}
