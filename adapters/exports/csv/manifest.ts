import { createHash } from "node:crypto";
import { assert, fail, ok, type Result } from "../../../engine/kernel/index.ts";
import { FLOWS, type Flow, type IntervalRow } from "./row.ts";

/** What stands beside an export, so that whoever gets the file can check it without us. */
export interface Manifest {
  readonly schema: "commonwatt-interval-rows/4";
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
  /**
   * In every interval neighbours sold what neighbours bought and what was lost on the way, and what buyers paid and homes were charged is what
   * sellers and the surplus's account got; null for one home alone, where that can't be seen.
   */
  readonly balance: { readonly boughtWh: number; readonly lostWh: number; readonly soldWh: number; readonly holds: true } | null;
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
  const open = new Map<number, Imbalance>();
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
        schema: "commonwatt-interval-rows/4",
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
        balance:
          scope === "street"
            ? { boughtWh: energyWh.p2p_import, lostWh: energyWh.grid_loss, soldWh: energyWh.p2p_export, holds: true }
            : null,
      });
    },
  };
}

/** Of an interval: bought and lost minus sold, Wh; what all who trade got, micro. Intervals where both are 0 are not kept. */
interface Imbalance {
  readonly energyWh: number;
  readonly amountMicro: number;
}

function balance(open: Map<number, Imbalance>, { startMs, flow, energyWh, amountMicro }: IntervalRow): void {
  if (!TRADED.includes(flow)) return;
  const before = open.get(startMs) ?? { energyWh: 0, amountMicro: 0 };
  const after = { energyWh: safe(before.energyWh + ENERGY_SIGNS[flow] * energyWh), amountMicro: safe(before.amountMicro + amountMicro) };
  if (after.energyWh === 0 && after.amountMicro === 0) open.delete(startMs);
  else open.set(startMs, after);
}

/** How each flow's energy counts where bought and lost must be sold. */
const ENERGY_SIGNS: Readonly<Record<Flow, -1 | 0 | 1>> = {
  utility_import: 0,
  utility_export: 0,
  p2p_import: 1,
  p2p_export: -1,
  grid_fee: 0,
  congestion_rent: 0,
  grid_loss: 1,
  market_surplus: 0,
  withheld_charge: 0,
  community_share: 0,
};

/** Whose money must sum to zero. */
const TRADED: readonly Flow[] = FLOWS.filter((flow) => flow !== "utility_import" && flow !== "utility_export");

function unbalanced(fileName: string, open: ReadonlyMap<number, Imbalance>) {
  const [start, { energyWh, amountMicro }] = [...open].reduce((first, each) => (each[0] < first[0] ? each : first));
  const energy = energyWh > 0 ? `${energyWh} Wh more bought than sold` : `${-energyWh} Wh more sold than bought`;
  const money = amountMicro > 0 ? `${amountMicro} micro more received than paid` : `${-amountMicro} micro more paid than received`;
  const what = energyWh === 0 ? money : energy;
  return fail(
    "EXPORT_UNBALANCED",
    `${fileName}: ${what} in the interval of ${isoSeconds(start)}, and ${open.size - 1} more like it; don't use this file, export all homes of the street`,
  );
}

const zeros = (): Record<Flow, number> => Object.fromEntries(FLOWS.map((flow) => [flow, 0])) as Record<Flow, number>;

function safe(value: number): number {
  assert(Number.isSafeInteger(value), `a sum beyond 2^53: ${value}`);
  return value;
}

/** 2026-03-29T01:00:00Z */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
