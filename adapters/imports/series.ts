import type { HomeProfile, StepEnergy } from "../../src/ports/index.ts";
import type { Grid } from "./grid.ts";
import { type HomeRows, type Table, UNKNOWN } from "./table.ts";

export interface MeasuredHome {
  /** As in the file. */
  readonly id: string;
  readonly profile: HomeProfile;
}

/** A measured home's energies on the file's even grid, 4 bytes each. */
interface Series {
  readonly firstStep: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
}

export function measuredHome(home: HomeRows, table: Table, grid: Grid, kind: HomeProfile["kind"], parts: number): MeasuredHome {
  const series = seriesOf(home, table, grid);
  const measured = (step: number): StepEnergy | null => at(series, step);
  const energyAt = parts === 1 ? measured : (step: number): StepEnergy | null => split(measured(Math.floor(step / parts)), step, parts);
  return { id: home.id, profile: { stepSeconds: grid.stepSeconds / parts, kind, energyAt } };
}

function seriesOf(home: HomeRows, table: Table, grid: Grid): Series {
  const length = (grid.end - grid.start) / grid.stepSeconds;
  const first = new Int32Array(length).fill(UNKNOWN);
  const second = new Int32Array(length).fill(UNKNOWN);
  for (let row = 0; row < home.moments.length; row++) {
    const index = (table.instants[home.moments.at(row)]! - grid.start) / grid.stepSeconds;
    first[index] = home.first.at(row);
    second[index] = home.second.at(row);
  }
  return { firstStep: grid.start / grid.stepSeconds, first, second };
}

function at(series: Series, step: number): StepEnergy | null {
  const index = step - series.firstStep;
  const loadWh = series.first[index];
  const pvWh = series.second[index];
  if (loadWh === undefined || pvWh === undefined || loadWh === UNKNOWN || pvWh === UNKNOWN) return null;
  return { loadWh, pvWh };
}

/** Even shares in whole Wh that add up exactly; all remainders being equal, the first parts of a row get the odd Wh. */
function split(whole: StepEnergy | null, step: number, parts: number): StepEnergy | null {
  if (whole === null) return null;
  const part = ((step % parts) + parts) % parts;
  return { loadWh: share(whole.loadWh, part, parts), pvWh: share(whole.pvWh, part, parts) };
}

const share = (energy: number, part: number, parts: number): number => Math.floor(energy / parts) + (part < energy % parts ? 1 : 0);
