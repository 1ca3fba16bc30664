/** What is known of a street beyond its market: shown, never traded on. */
export interface StreetLabel {
  readonly name: string;
  readonly timeZone: string;
  readonly readings: string;
  readonly synthetic: boolean;
  /** By name; homes that others run are not in it. */
  readonly equipment: ReadonlyMap<string, { readonly solar: boolean; readonly battery: boolean }>;
}
