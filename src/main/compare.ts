import { Decimal } from "decimal.js";
import {
  type ClearingInput,
  clearingRules,
  compareMechanisms,
  type MechanismComparison,
  networkOf,
  nodeNames,
  ONE_NODE,
} from "../../engine/auction/index.ts";
import type { Nano } from "../../engine/kernel/index.ts";
import { DEFAULT_RULES, deliveryStart, type MarketRules } from "../../engine/messages/index.ts";
import { communityPercentOf } from "../../engine/settlement/index.ts";
import type { Command } from "../cli/index.ts";
import type { Evaluation } from "../node/index.ts";
import { withBooks } from "./books.ts";
import { cannotStart } from "./exit.ts";

type CompareCommand = Extract<Command, { verb: "compare" }>;

/** Tells what every mechanism would have made of the orders of one certified interval; works while the street runs. */
export function runCompare(command: CompareCommand): Promise<number> {
  return withBooks(command.data, async ({ rules: first, replay }) => {
    const wanted = command.at === null ? null : Date.parse(command.at) / 1000;
    let found: Evaluation | null = null;
    replay((evaluation) => {
      const { clearing, result } = evaluation;
      if (wanted === null ? clearing.kind === "trade" : deliveryStart(first, result.interval) === wanted) found = evaluation;
    });
    if (found === null)
      throw cannotStart(
        "COMPARE_EMPTY",
        command.at === null ? "nothing has traded yet" : `no interval that begins at ${command.at} is certified`,
        "give the start of a certified interval in UTC with --at, or leave it out for the last with trade",
      );
    const { rules } = (found as Evaluation).state.cleared.at(-1)!;
    process.stdout.write(`${comparisonText(rules, found, command["one-node"] === true)}\n`);
    return 0;
  });
}

type Compared = Pick<Evaluation, "orders"> & { readonly result: Pick<Evaluation["result"], "interval" | "kind"> };

/** The table: a line for each mechanism, money in the currency, to the nano. */
export function comparisonText(rules: MarketRules, { result, orders }: Compared, asOneNode: boolean): string {
  const network = asOneNode ? ONE_NODE : networkOf(rules);
  const { interval } = result;
  const input: ClearingInput = {
    interval,
    orders: orders.map((order, rank) => ({ ...order, rank })),
    network,
    rules: clearingRules(rules),
  };
  const at = new Date(deliveryStart(rules, interval) * 1000).toISOString().replace(".000Z", "Z");
  const nodes = asOneNode ? 1 : nodeNames(rules).length;
  const rows = Object.entries(compareMechanisms(input)).map(([name, made]) => [
    name === (rules.mechanism ?? DEFAULT_RULES.mechanism) ? `${name} *` : name,
    ...(made === null ? ["knows no wires"] : figures(made)),
  ]);
  return [
    `${at}: ${result.kind === "void" ? "agreed too late to trade, so " : ""}${orders.length} orders on ${nodes === 1 ? "one node" : `${nodes} nodes`}; money in ${rules.currency}, * the street's own${communityText(rules)}`,
    ...aligned([["mechanism", "Wh", "price per kWh", "buyers pay", "sellers get", "between", "welfare", "efficiency"], ...rows]),
  ].join("\n");
}

function figures({ volume, price, buyersPay, sellersGet, surplus, welfare, efficiencyPermille }: MechanismComparison): readonly string[] {
  const amounts = [buyersPay, sellersGet, surplus, welfare].map(amountText);
  return [
    `${volume}`,
    price === null ? "no trade" : new Decimal(price).div(1e6).toFixed(),
    ...amounts,
    `${new Decimal(efficiencyPermille).div(10).toFixed(1)} %`,
  ];
}

function communityText(rules: MarketRules): string {
  const percent = communityPercentOf(rules);
  return percent === 0 ? "" : `; ${percent} % of what is between is the community's`;
}

const amountText = (amount: Nano): string => new Decimal(amount).div(1e9).toFixed();

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join("  "));
}
