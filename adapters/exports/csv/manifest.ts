import { createHash } from "node:crypto";
import { assert, fail, ok, type Result } from "../../../engine/kernel/index.ts";
import { FLOWS, type Flow, type IntervalRow } from "./row.ts";

/** What stands beside an export, so that whoever gets the file can check it without us. */
export interface Manifest {
  readonly schema: "commonwatt-interval-rows/1";
  readonly generator: string;
  readonly scope: Scope;
  readonly file: { readonly name: string; readonly sha256: string; readonly bytes: number };
  readonly rows: number;
  readonly meteringPoints: number;
  /** ISO UTC; null in an empty export. */
  readonly from: string | null;
  readonly until: string | null;
  readonly revision: number;
  readonly currency: string | null;
  readonly energyWh: Readonly<Record<Flow, number>>;
  readonly amountMicro: Readonly<Record<Flow | "total", number>>;
  /** In every interval the neighbours bought what neighbours sold; null for one home alone, where that can't be seen. */
  readonly balance: { readonly boughtWh: number; readonly soldWh: number; readonly holds: true } | null;
}

/** street: all homes of a street, so that bought = sold must hold. home: some of them. */
export type Scope = "street" | "home";

/** Sums an export up while it passes. */
export interface Tally {
  row(row: IntervalRow): void;
  text(text: string): void;
  result(facts: { readonly fileName: string; readonly scope: Scope; readonly generator: string }): Result<Manifest, "EXPORT_UNBALANCED">;
}

export function newTally(): Tally {
  const hash = createHash("sha256");
  const points = new Set<string>();
  /** Bought minus sold, of the intervals where that isn't 0. */
  const open = new Map<number, number>();
  const energyWh = zeros();
  const amountMicro = zeros();
  const seen = {
    bytes: 0,
    rows: 0,
    from: Number.POSITIVE_INFINITY,
    until: Number.NEGATIVE_INFINITY,
    revision: 0,
    currency: null as string | null,
  };
  return {
    row: (row) => {
      assert(
        seen.currency === null || seen.currency === row.currency,
        `an export has one currency, not ${seen.currency} and ${row.currency}`,
      );
      seen.currency = row.currency;
      seen.rows += 1;
      seen.from = Math.min(seen.from, row.startMs);
      seen.until = Math.max(seen.until, row.endMs);
      seen.revision = Math.max(seen.revision, row.revision);
      points.add(row.meteringPoint);
      energyWh[row.flow] = safe(energyWh[row.flow] + row.energyWh);
      amountMicro[row.flow] = safe(amountMicro[row.flow] + row.amountMicro);
      balance(open, row);
    },
    text: (text) => {
      hash.update(text, "utf8");
      seen.bytes += Buffer.byteLength(text, "utf8");
    },
    result: ({ fileName, scope, generator }) => {
      if (scope === "street" && open.size > 0) return unbalanced(fileName, open);
      return ok({
        schema: "commonwatt-interval-rows/1",
        generator,
        scope,
        file: { name: fileName, sha256: hash.copy().digest("hex"), bytes: seen.bytes },
        rows: seen.rows,
        meteringPoints: points.size,
        from: seen.rows === 0 ? null : isoSeconds(seen.from),
        until: seen.rows === 0 ? null : isoSeconds(seen.until),
        revision: seen.revision,
        currency: seen.currency,
        energyWh,
        amountMicro: { ...amountMicro, total: safe(FLOWS.reduce((total, flow) => total + amountMicro[flow], 0)) },
        balance: scope === "street" ? { boughtWh: energyWh.p2p_import, soldWh: energyWh.p2p_export, holds: true } : null,
      });
    },
  };
}

function balance(open: Map<number, number>, { startMs, flow, energyWh }: IntervalRow): void {
  if (flow !== "p2p_import" && flow !== "p2p_export") return;
  const difference = (open.get(startMs) ?? 0) + (flow === "p2p_import" ? energyWh : -energyWh);
  if (difference === 0) open.delete(startMs);
  else open.set(startMs, difference);
}

function unbalanced(fileName: string, open: ReadonlyMap<number, number>) {
  const [start, difference] = [...open].reduce((first, each) => (each[0] < first[0] ? each : first));
  const what = difference > 0 ? `${difference} Wh more bought than sold` : `${-difference} Wh more sold than bought`;
  return fail(
    "EXPORT_UNBALANCED",
    `${fileName}: ${what} in the interval of ${isoSeconds(start)}, and ${open.size - 1} more like it; don't use this file, export all homes of the street`,
  );
}

const zeros = (): Record<Flow, number> => ({ utility_import: 0, utility_export: 0, p2p_import: 0, p2p_export: 0 });

function safe(value: number): number {
  assert(Number.isSafeInteger(value), `a sum beyond 2^53: ${value}`);
  return value;
}

/** 2026-03-29T01:00:00Z */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
