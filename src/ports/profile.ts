/** One home's energy of one step: load and PV are gross and >= 0. */
export interface StepEnergy {
  readonly loadWh: number;
  readonly pvWh: number;
}

/** What a home uses and harvests over time: a measured file or a model. Pure: the same step always gives the same energy. */
export interface HomeProfile {
  /** Length of a step; steps are counted from 1970-01-01T00:00:00Z. */
  readonly stepSeconds: number;
  /** "net": a meter's import and export of the step (load = import, pv = export), both may be > 0: import comes first, export second, half of the step each. */
  readonly kind: "gross" | "net";
  /** null outside the profile's time. */
  energyAt(step: number): StepEnergy | null;
}
