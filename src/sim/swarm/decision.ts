import type { Certified, Evaluation } from "../../node/index.ts";

const known = new WeakMap<Evaluation, string>();

/** What an interval came to, in words that no signature changes: members, kind, trades and books. Homes that share the work share the words. */
export function decisionOf({ evaluation }: Certified): string {
  const text = known.get(evaluation) ?? describe(evaluation);
  known.set(evaluation, text);
  return text;
}

function describe({ result, clearing, state }: Evaluation): string {
  const { interval, kind, nextMembers } = result;
  const fills = clearing.kind === "trade" ? clearing.fills : [];
  const trades = fills.map(({ order, energy, amount }) => `${order} ${energy} ${amount}`).sort();
  const { accounts, residual, surplus } = state;
  const books = [...accounts].sort(([a], [b]) => a - b);
  return `${interval} ${kind} ${nextMembers} ${trades.join()} ${JSON.stringify([books, residual, surplus])}`;
}
