import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { type IntervalRow, type Manifest, renderCsv, type Scope } from "../../adapters/exports/index.ts";
import type { Interval } from "../../engine/kernel/index.ts";
import { deliveryStart, periodOf } from "../../engine/messages/index.ts";
import type { Command } from "../cli/index.ts";
import { type Books, withBooks } from "./books.ts";
import { cannotStart } from "./exit.ts";
import { unwrap } from "./home.ts";
import { intervalRows, type RowFacts } from "./interval-rows.ts";
import { VERSION } from "./version.ts";

type ExportCommand = Extract<Command, { verb: "export" }>;

/** Writes a street's settled intervals, or one home's, as rows with a manifest beside them; works while the street runs. */
export function runExport(command: ExportCommand): Promise<number> {
  return withBooks(command.data, async (books) => {
    const rows = rowsOf(books, { from: instant(command.from, 0), until: instant(command.until, Number.POSITIVE_INFINITY) });
    await write(rows, books.self === null ? "street" : "home", command.out);
    return 0;
  });
}

function rowsOf(
  { rules, self, nameOf, receipts, replay }: Books,
  span: { readonly from: number; readonly until: number },
): readonly IntervalRow[] {
  const rows: IntervalRow[] = [];
  const certified = new Map<Interval, Pick<RowFacts, "kind" | "tradeId">>();
  replay(({ result, value, settled, community }) => {
    certified.set(result.interval, { kind: result.kind, tradeId: value });
    if (settled === null) return;
    const startMs = deliveryStart(rules, settled.interval) * 1000;
    const facts = certified.get(settled.interval)!;
    certified.delete(settled.interval);
    if (startMs < span.from || startMs >= span.until) return;
    const receipt = receipts.get(periodOf(rules, settled.interval));
    const batch = { batchId: receipt === undefined ? null : String(receipt.period), txHash: receipt?.transaction ?? null };
    rows.push(
      ...intervalRows(settled, { rules, nameOf, ...facts, ...batch, community })
        .filter(({ home }) => self === null || home === self)
        .map(({ row }) => row),
    );
  });
  return rows;
}

/** To the terminal; or to a file that appears only when it is whole, with its manifest beside it. */
async function write(rows: readonly IntervalRow[], scope: Scope, out: string | null): Promise<void> {
  const fileName = out === null ? "export.csv" : basename(out);
  const csv = renderCsv(rows, { fileName, scope, generator: `commonwatt ${VERSION}` });
  if (out === null) {
    for await (const chunk of csv.chunks) process.stdout.write(chunk);
    unwrap(csv.manifest());
    return;
  }
  const part = `${out}.part`;
  try {
    const file = await open(part, "w");
    for await (const chunk of csv.chunks) await file.write(chunk);
    await file.close();
    const manifest = unwrap(csv.manifest());
    await writeFile(`${out}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(part, out);
    process.stderr.write(`${rows.length} rows to ${out}${manifest.balance === null ? "" : balanceText(manifest.balance)}\n`);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof Error && "syscall" in error)
      throw cannotStart("EXPORT_UNWRITABLE", `${out} can't be written (${error.message})`, "choose another file with --out FILE");
    throw error;
  }
}

const balanceText = ({ boughtWh, lostWh, soldWh }: NonNullable<Manifest["balance"]>): string =>
  `; ${boughtWh} Wh bought${lostWh === 0 ? "" : ` + ${lostWh} Wh lost`} = ${soldWh} Wh sold`;

const instant = (iso: string | null, otherwise: number): number => (iso === null ? otherwise : Date.parse(iso));
