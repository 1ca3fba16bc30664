import { writeFile } from "node:fs/promises";
import { readStatement } from "../../adapters/evm/index.ts";
import type { Command } from "../cli/index.ts";
import type { Statement, StatementLine } from "../ports/index.ts";
import { amountText } from "./amount.ts";
import { domainOf, readCard } from "./card.ts";
import { cannotStart } from "./exit.ts";
import { unwrap } from "./home.ts";

const DASHBOARD = "http://127.0.0.1:8080";
const HEADER = "time,kind,period,account,amount,held,transaction";

/** What moved in the account of supplier, grid or community, line by line, as the vault's events tell it; refused unless it adds up. */
export async function runStatement({ street, account, out }: Extract<Command, { verb: "statement" }>): Promise<number> {
  const card = await readCard({ kind: "url", url: new URL("/api/street", street ?? DASHBOARD).href });
  const { chainId, vault } = domainOf(card);
  const statement = unwrap(await readStatement({ rpc: card.chain.rpc, chainId, vault }, account));
  const rows = rowsOf(statement);
  const text = `${[HEADER, ...rows].join("\n")}\n`;
  if (out === null) process.stdout.write(text);
  else
    await writeFile(out, text).catch((error: Error) => {
      throw cannotStart("EXPORT_UNWRITABLE", `${out} can't be written (${error.message})`, "choose another file with --out FILE");
    });
  process.stderr.write(`${rows.length} lines; the ${account}'s account holds ${amountText(statement.held)} ${card.rules.currency}\n`);
  return 0;
}

/** A line each, with what the account held after it. */
export function rowsOf({ account, lines, held }: Statement): readonly string[] {
  let sum = 0;
  const rows = lines.map((line) => {
    sum += line.micro;
    return rowOf(line, sum);
  });
  if (sum !== held)
    throw cannotStart(
      "STATEMENT_WRONG",
      `the vault's events make ${amountText(sum)} of the ${account}'s account, the vault says ${amountText(held)}`,
      "ask another node of the chain: this one keeps events or balances back",
    );
  return rows;
}

const rowOf = ({ at, kind, period, other, micro, transaction }: StatementLine, held: number): string =>
  [new Date(at * 1000).toISOString(), kind, period ?? "", nameOf(other), amountText(micro), amountText(held), transaction].join(",");

/** An address, or a home by its number. */
const nameOf = (other: StatementLine["other"]): string => (typeof other === "number" ? `home ${other}` : (other ?? ""));
