import { existsSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type IntervalRow, type Manifest, renderCsv, type Scope } from "../../adapters/exports/index.ts";
import { openStoreReader, type StoreReader } from "../../adapters/store/index.ts";
import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import { deliveryStart, digestsOf, type MarketRules, periodOf } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import type { Command } from "../cli/index.ts";
import { type Evaluation, replayStore, StoreMismatch } from "../node/index.ts";
import type { BatchReceipt, Registry } from "../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "./card.ts";
import { cannotStart } from "./exit.ts";
import { unwrap } from "./home.ts";
import { intervalRows } from "./interval-rows.ts";
import { VERSION } from "./version.ts";

type ExportCommand = Extract<Command, { verb: "export" }>;

const DEFAULT_DATA = "data/street";

/** Writes a street's settled intervals, or one home's, as rows with a manifest beside them; works while the street runs. */
export async function runExport(command: ExportCommand): Promise<number> {
  const data = resolve(command.data ?? DEFAULT_DATA);
  const folder = existsSync(join(data, "operator")) ? join(data, "operator") : data;
  const store = unwrap(openStoreReader(folder));
  try {
    const books = booksOf(store, folder);
    const rows = rowsOf(store, books, { from: instant(command.from, 0), until: instant(command.until, Number.POSITIVE_INFINITY) });
    await write(rows, books.self === null ? "street" : "home", command.out);
    return 0;
  } catch (error) {
    if (!(error instanceof StoreMismatch)) throw error;
    throw cannotStart("STORE_MISMATCH", `${folder}: ${error.message}`, "restore the folder from a copy, or export another home's");
  } finally {
    store.close();
  }
}

interface Books {
  readonly card: StreetCard;
  readonly rules: MarketRules;
  readonly nameOf: (home: HomeId) => string;
  /** Whose rows are written; null: everybody's. */
  readonly self: number | null;
  readonly receipts: ReadonlyMap<number, BatchReceipt>;
}

function booksOf(store: StoreReader, folder: string): Books {
  const card = store.getMeta("card");
  const registry = store.getMeta("registry");
  if (card === null || registry === null)
    throw cannotStart(
      "EXPORT_EMPTY",
      `${folder} holds no street's books yet`,
      "let the street run first, or name its folder with --data DIR",
    );
  const self = store.getMeta("self");
  const street = JSON.parse(card) as StreetCard;
  const names = new Map((JSON.parse(registry) as Registry).homes.map(({ home, name }) => [home, name]));
  const receipts = store
    .periods()
    .map(({ period, bytes }): [number, BatchReceipt] => [period, JSON.parse(new TextDecoder().decode(bytes)) as BatchReceipt]);
  return {
    card: street,
    rules: rulesOf(street),
    nameOf: (home) => names.get(home) ?? `home ${home}`,
    self: self === null ? null : Number(self),
    receipts: new Map(receipts),
  };
}

function rowsOf(store: StoreReader, books: Books, span: { readonly from: number; readonly until: number }): readonly IntervalRow[] {
  const { card, rules, self, nameOf, receipts } = books;
  const rows: IntervalRow[] = [];
  const trades = new Map<Interval, string>();
  replayStore({ rules, digests: digestsOf(domainOf(card)), first: firstOf(card), store }, ({ result, value, settled }: Evaluation) => {
    trades.set(result.interval, value);
    if (settled === null) return;
    const startMs = deliveryStart(rules, settled.interval) * 1000;
    const tradeId = trades.get(settled.interval) ?? null;
    trades.delete(settled.interval);
    if (startMs < span.from || startMs >= span.until) return;
    const receipt = receipts.get(periodOf(rules, settled.interval));
    const batch = { batchId: receipt === undefined ? null : String(receipt.period), txHash: receipt?.transaction ?? null };
    rows.push(
      ...intervalRows(settled, { rules, nameOf, tradeId, ...batch })
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
